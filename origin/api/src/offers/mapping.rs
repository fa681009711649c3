//! Offers on a map.

use async_graphql::{Context, Object, Result, SimpleObject};
use catalogue_index::Cluster;
use domain::{
    OfferId,
    offers::{codes::ZOOM_OUT_OF_RANGE, store::OfferQuery},
    sentence::Sentence,
};

use crate::{
    nodes::{
        directives::cache_control,
        facets::whole,
        offer::OfferNode,
        offer_list::{Wanted, ask, note_reach},
        place::{BoxInput, Location},
    },
    offers::filters::{ClusterFilterInput, Question},
    request::{context::RequestContext, errors::failed, errors::refused},
};

/// The largest box of a map.
const LARGEST_BOX_DEGREES: f64 = 30.0;
const MOST_ZOOM: i32 = 22;

/// Offers that are near to each other.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OfferCluster {
    /// The middle of the cluster; of a single offer its place.
    location: Location,
    count: i32,
    /// Whether `count` is exact; if not, there may be fewer.
    is_exact: bool,
    /// The offer, if it is a single one.
    offer: Option<OfferNode>,
}

#[derive(Debug, Default)]
pub struct ClusterQueries;

#[Object]
impl ClusterQueries {
    /// The offers in a box that can be used now, in at most 500 clusters, the largest first. The box is at most
    /// 30 degrees high and wide. Counts are exact; where filters other than `categories` leave more than
    /// 200,000 offers to look at, the rest is estimated.
    #[graphql(directive = cache_control::apply(Some(300), Some(60), Some(86_400), None))]
    async fn offer_clusters(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "box")] within: BoxInput,
        #[graphql(
            desc = "0 to 22, as maps on the web count: the closer, the smaller are clusters."
        )]
        zoom: i32,
        filter: Option<ClusterFilterInput>,
    ) -> Result<Vec<OfferCluster>> {
        let request = RequestContext::of(ctx);
        let within = within.at_most(LARGEST_BOX_DEGREES)?;
        let zoom = zoom_of(zoom)?;
        let input = filter.unwrap_or_default().into_list();
        let Question { query, ends_at_ms } = input.query(Wanted::default(), request.now_ms)?;
        if let Some(ends_at_ms) = ends_at_ms {
            request.facts.ends_at(ends_at_ms, request.now_ms);
        }
        let query = OfferQuery {
            within: Some(within),
            ..query
        };
        note_reach(request, &query);
        let clusters = ask(request, |index| Ok(index.clusters(&query, zoom))).await?;
        let ids: Vec<OfferId> = clusters
            .iter()
            .filter_map(|one| one.offer.clone())
            .collect();
        let mut offers = request.loader.load_many(ids).await.map_err(failed)?;
        let node = |cluster: Cluster| {
            let offer = cluster.offer.and_then(|id| offers.remove(&id));
            if let Some(offer) = &offer {
                request.facts.shows_offer(offer, request.now_ms);
            }
            OfferCluster {
                location: cluster.location.into(),
                count: whole(cluster.count),
                is_exact: cluster.is_exact,
                offer: offer.map(OfferNode::from),
            }
        };
        Ok(clusters.into_iter().map(node).collect())
    }
}

fn zoom_of(zoom: i32) -> Result<u8> {
    let known = u8::try_from(zoom).ok().filter(|_| zoom <= MOST_ZOOM);
    known.ok_or_else(|| {
        refused(
            ZOOM_OUT_OF_RANGE,
            Sentence::with(
                format!("`zoom` doit être compris entre 0 et {MOST_ZOOM}"),
                format!("`zoom` must be 0 to {MOST_ZOOM}"),
            ),
        )
    })
}
