//! One search over offers, partners and establishments, and suggestions while somebody types.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use catalogue_index::{FoundByName, Suggested, Suggestion};
use domain::{
    EstablishmentId, PartnerId,
    broken::{BrokenRule, Rule},
    tags,
};

use crate::{
    nodes::{
        category::OfferCategory,
        directives::{cache_control, snap_to_cell},
        facets::whole,
        offer::OfferConnection,
        offer_list::{Wanted, ask, list},
        page::page_size,
        partner::{EstablishmentNode, PartnerNode},
        place::LocationInput,
    },
    offers::filters::{OffersInput, Question},
    request::{
        context::RequestContext,
        errors::{broken, failed},
    },
};

/// How many of each kind a search shows unless it is told.
const DEFAULT_FIRST: i32 = 5;
const DEFAULT_SUGGESTIONS: i32 = 8;

const TEXT: Rule = Rule::new(
    "SUGGESTION_TEXT",
    "compte de 2 à 50 caractères en minuscules, sans espace au début, à la fin ni double",
    "has 2 to 50 characters in lower case, without spaces at its ends or two in a row",
);

/// What to look for everywhere.
#[derive(Clone, Debug, InputObject)]
pub struct SearchInput {
    /// As in lists of offers; also what partners and establishments are named.
    text: String,
    /// The nearest come first, within `maxDistance`. Partners are found everywhere.
    #[graphql(directive = snap_to_cell::apply(Some(8)))]
    location: Option<LocationInput>,
    /// Kilometres, more than 0 to 50; default 10.
    max_distance: Option<f64>,
    /// The number of offers, partners and establishments, 1 to 100 of each; default 5.
    first: Option<i32>,
}

/// What a search found: the first of each kind.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct SearchResult {
    /// As `offers` gives them: its cursors lead on there.
    offers: OfferConnection,
    partners: PartnerMatches,
    establishments: EstablishmentMatches,
}

/// Partners with offers that can be used now, by name.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct PartnerMatches {
    nodes: Vec<PartnerNode>,
    total_count: i32,
}

/// Establishments with offers that can be used now, by name.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct EstablishmentMatches {
    nodes: Vec<EstablishmentNode>,
    total_count: i32,
}

/// What a suggestion names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SuggestionKind {
    Category,
    City,
    Partner,
    Establishment,
}

/// What somebody may mean who types a text.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(
    name = "Suggestion",
    complex,
    directive = cache_control::apply(Some(86_400), None, None, None)
)]
pub struct SuggestionNode {
    kind: SuggestionKind,
    /// The name of the city, the partner or the establishment; of a category its French name.
    text: String,
    /// How many offers of it can be used now.
    offer_count: i32,
    category: Option<OfferCategory>,
    #[graphql(skip)]
    id: Option<String>,
}

#[ComplexObject]
impl SuggestionNode {
    /// Of the partner or the establishment.
    async fn id(&self) -> Option<ID> {
        self.id.clone().map(ID)
    }
}

#[derive(Debug, Default)]
pub struct SearchQueries;

#[Object]
impl SearchQueries {
    /// Offers, partners and establishments that have all words of a text, as lists of offers search. Only what
    /// has offers that can be used now.
    #[graphql(directive = cache_control::apply(Some(300), Some(60), Some(86_400), None))]
    async fn search(&self, ctx: &Context<'_>, input: SearchInput) -> Result<SearchResult> {
        let request = RequestContext::of(ctx);
        let first = input.first.unwrap_or(DEFAULT_FIRST);
        let offers = ctx.look_ahead().field("offers");
        let is_selected = |field: &&str| offers.field(field).exists();
        let wanted = Wanted {
            total: ["totalCount", "isTotalExact"].iter().any(is_selected),
            facets: is_selected(&"facets"),
        };
        let of_offers = OffersInput {
            location: input.location,
            max_distance: input.max_distance,
            search: Some(input.text),
            first: Some(first),
            ..OffersInput::default()
        };
        let Question { query, .. } = of_offers.query(wanted, request.now_ms)?;
        // Partners are looked for everywhere, and offers make them found.
        request.facts.tag(tags::all_offers());
        let page = list(request, &query).await?;
        for item in &page.items {
            request.facts.shows_offer(&item.offer, request.now_ms);
        }
        let (text, near) = (
            query.search.as_deref().unwrap_or_default(),
            query.near.as_ref(),
        );
        let (partners, places) = ask(request, |index| {
            let partners = index.find_partners(text, None, query.first);
            Ok((partners, index.find_places(text, near, query.first)))
        })
        .await?;
        Ok(SearchResult {
            offers: OfferConnection::new(page, false),
            partners: partner_matches(request, partners).await?,
            establishments: place_matches(request, places).await?,
        })
    }

    /// What a text may mean that somebody is typing: categories, cities, partners and establishments with offers
    /// that can be used now. Each word of the text is the beginning of one, and may have a typing error if it
    /// has 4 letters or more.
    #[graphql(directive = cache_control::apply(Some(60), Some(60), Some(86_400), None))]
    async fn search_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "2 to 50 characters in lower case, without spaces at its ends or two in a row: so answers are \
                    shared."
        )]
        text: String,
        #[graphql(
            desc = "The nearest establishments come first.",
            directive = snap_to_cell::apply(Some(8))
        )]
        near: Option<LocationInput>,
        #[graphql(desc = "1 to 100; default 8.")] first: Option<i32>,
    ) -> Result<Vec<SuggestionNode>> {
        let request = RequestContext::of(ctx);
        let text = typed(text).map_err(|rule| broken(vec![rule.into()]))?;
        let near = near.map(LocationInput::point).transpose()?;
        let first = page_size(Some(first.unwrap_or(DEFAULT_SUGGESTIONS)))?;
        request.facts.tag(tags::all_offers());
        let found = ask(request, |index| Ok(index.suggestions(&text, near, first))).await?;
        Ok(found.into_iter().map(SuggestionNode::from).collect())
    }
}

/// The text, if it is spelt in the one way in which it is asked for.
fn typed(text: String) -> Result<String, BrokenRule> {
    let length = text.chars().count();
    let is_plain = text.to_lowercase() == text
        && text.split_whitespace().collect::<Vec<_>>().join(" ") == text;
    if is_plain && (2..=50).contains(&length) {
        Ok(text)
    } else {
        Err(TEXT.at("text"))
    }
}

async fn partner_matches(
    request: &RequestContext,
    found: FoundByName<PartnerId>,
) -> Result<PartnerMatches> {
    let loader = &request.loader;
    let mut partners = loader
        .load_many(found.items.clone())
        .await
        .map_err(failed)?;
    let partners = found.items.iter().filter_map(|id| partners.remove(id));
    let node = |partner| {
        request.facts.shows_partner(&partner);
        PartnerNode(partner)
    };
    Ok(PartnerMatches {
        nodes: partners.map(node).collect(),
        total_count: whole(found.total),
    })
}

async fn place_matches(
    request: &RequestContext,
    found: FoundByName<EstablishmentId>,
) -> Result<EstablishmentMatches> {
    let loader = &request.loader;
    let mut places = loader
        .load_many(found.items.clone())
        .await
        .map_err(failed)?;
    let places = found.items.iter().filter_map(|id| places.remove(id));
    let node = |place| {
        request.facts.shows_establishment(&place);
        EstablishmentNode(place)
    };
    Ok(EstablishmentMatches {
        nodes: places.map(node).collect(),
        total_count: whole(found.total),
    })
}

impl From<Suggestion> for SuggestionNode {
    fn from(suggestion: Suggestion) -> Self {
        let offer_count = whole(suggestion.offers);
        let node = |kind, text, id| Self {
            kind,
            text,
            offer_count,
            category: None,
            id,
        };
        match suggestion.what {
            Suggested::Category(category) => Self {
                category: Some(category.into()),
                ..node(
                    SuggestionKind::Category,
                    category.name_fr().to_owned(),
                    None,
                )
            },
            Suggested::City(name) => node(SuggestionKind::City, name, None),
            Suggested::Partner(id, name) => {
                node(SuggestionKind::Partner, name, Some(id.to_string()))
            }
            Suggested::Establishment(id, name) => {
                node(SuggestionKind::Establishment, name, Some(id.to_string()))
            }
        }
    }
}
