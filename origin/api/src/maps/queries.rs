//! Queries that ask the map service. Where somebody is and what they type is neither stored nor logged.

use async_graphql::{Context, ID, Object, Result};
use domain::{
    GeoPoint, OfferId,
    broken::Reading,
    maps::{
        Typed,
        codes::MAPS_UNAVAILABLE,
        travel::{By, Duration, MOST_OFFERS, Way, coarse},
        typing::{self, SHORTEST},
    },
    sentence::Sentence,
};
use pq_core::ErrorCode;

use crate::{
    maps::service::Away,
    nodes::{
        directives::{CacheControlScope, cache_control},
        partner::public_offers,
        place::LocationInput,
        travel::{PlaceSuggestion, Travel},
    },
    request::{
        attempts::{Attempt, count_attempt},
        context::RequestContext,
        errors::{broken, refused},
        reader::Reader,
    },
};

#[derive(Debug, Default)]
pub struct MapQueries;

#[Object]
impl MapQueries {
    /// Up to five places whose name or address may be meant; for the staff of partners. None for fewer
    /// than three characters. Show "Google Maps" beside them. Refusals: `MAPS_UNAVAILABLE`,
    /// `RATE_LIMITED`.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn place_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 200 characters on one line.")] text: String,
        #[graphql(
            desc = "A random text, such as a UUID: the same until the user chooses, then a new one. \
                          At most 36 letters, digits, `-` and `_`."
        )]
        session_token: ID,
        #[graphql(desc = "Places near it come first.")] near: Option<LocationInput>,
    ) -> Result<Vec<PlaceSuggestion>> {
        let request = RequestContext::of(ctx);
        let mut reading = Reading::default();
        let text = reading.take(typing::text(&text));
        let session = reading.take(typing::session(&session_token));
        let near = reading.take(near.map(|near| near.read("near")).transpose());
        let (text, session, near) = reading.end((text, session, near)).map_err(broken)?;
        if text.chars().count() < SHORTEST {
            return Ok(Vec::new());
        }
        count_attempt(request, Attempt::Suggest).await?;
        let services = &request.services;
        let typed = Typed {
            text,
            session,
            near: near.map(coarse),
            language: Reader::of(&request.asker).language(services).await,
        };
        let found = services.maps.suggest(&typed).await;
        let found = found.map_err(|Away| unavailable())?;
        Ok(found.into_iter().map(PlaceSuggestion::from).collect())
    }

    /// How long the way from a location to offers takes, in the order of the ids; offers that do not
    /// exist are left out. Send it by POST: the location is the user's. Show "Google Maps" beside times
    /// that are no estimates. Refusals: `BAD_USER_INPUT`, `LOCATION_OUT_OF_RANGE`, `RATE_LIMITED`.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn travel(
        &self,
        ctx: &Context<'_>,
        from: LocationInput,
        #[graphql(desc = "At most 25.")] offer_ids: Vec<ID>,
    ) -> Result<Vec<Travel>> {
        let request = RequestContext::of(ctx);
        let from = coarse(from.point()?);
        if offer_ids.len() > MOST_OFFERS {
            return Err(too_many());
        }
        count_attempt(request, Attempt::Travel(&request.signed_in()?.id)).await?;
        // Others are told estimates: an account without a proven address costs its owner nothing.
        let is_asked = request.account().await?.email_verified_at_ms.is_some();
        let ids = offer_ids.iter().filter_map(|id| OfferId::parse(id));
        let offers = public_offers(request, ids.collect()).await?;
        let to: Vec<GeoPoint> = offers.iter().map(|offer| offer.location).collect();
        let wanted = Wanted::of(ctx);
        let (walks, rides) = futures_util::join!(
            ways(request, from, &to, By::Foot, (wanted.walks, is_asked)),
            ways(request, from, &to, By::Transit, (wanted.rides, is_asked)),
        );
        let times = walks.into_iter().zip(rides);
        let shown = offers.into_iter().zip(times);
        Ok(shown
            .map(|(offer, (walk, ride))| Travel::new(offer, walk, ride))
            .collect())
    }
}

/// Which times are asked for: each costs.
struct Wanted {
    walks: bool,
    rides: bool,
}

impl Wanted {
    fn of(ctx: &Context<'_>) -> Self {
        let selected = ctx.look_ahead();
        let rides = selected.field("transitMinutes").exists();
        let walks = selected.field("walkMinutes").exists();
        Self {
            walks: walks || (selected.field("isEstimate").exists() && !rides),
            rides,
        }
    }
}

async fn ways(
    request: &RequestContext,
    from: GeoPoint,
    to: &[GeoPoint],
    by: By,
    (is_wanted, is_asked): (bool, bool),
) -> Vec<Option<Duration>> {
    if !is_wanted {
        return vec![None; to.len()];
    }
    let ways = if is_asked {
        request.services.maps.ways(from, to, by).await
    } else {
        Vec::new()
    };
    // A service that left some out knows nothing of them.
    let ways = ways.into_iter().chain(std::iter::repeat(Way::Unknown));
    to.iter()
        .zip(ways)
        .map(|(to, way)| Some(Duration::of(way, from, *to, by)))
        .collect()
}

fn unavailable() -> async_graphql::Error {
    refused(
        MAPS_UNAVAILABLE,
        Sentence::new(
            "il n’y a pas de suggestions en ce moment : saisissez l’adresse",
            "there are no suggestions now: type the address",
        ),
    )
}

fn too_many() -> async_graphql::Error {
    refused(
        ErrorCode::BAD_USER_INPUT,
        Sentence::with(
            format!("`offerIds` : au plus {MOST_OFFERS}"),
            format!("`offerIds` has at most {MOST_OFFERS}"),
        ),
    )
}
