//! How many offers of a list are of which kind.

use async_graphql::SimpleObject;
use catalogue_index::Facets;

use super::{category::OfferCategory, directives::cache_control, discount::DiscountKind};

/// Numbers of the offers of the whole list, the greatest first; what the list has none of is left out.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OfferFacets {
    categories: Vec<CategoryCount>,
    discount_kinds: Vec<DiscountKindCount>,
    /// The 20 cities with the most offers.
    cities: Vec<CityCount>,
    /// Whether the numbers are exact, as they are for lists of up to 10,000 offers. Of longer ones they may be
    /// less than there are.
    is_exact: bool,
}

/// How many offers of a list are in a category.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct CategoryCount {
    category: OfferCategory,
    count: i32,
}

/// How many offers of a list give a discount of a kind.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct DiscountKindCount {
    kind: DiscountKind,
    count: i32,
}

/// How many offers of a list are in a city.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct CityCount {
    /// The name of the city, for `OffersInput.city`.
    city: String,
    count: i32,
}

/// A number of offers as GraphQL's `Int`.
pub fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl From<Facets> for OfferFacets {
    fn from(facets: Facets) -> Self {
        let categories = facets.categories.into_iter();
        let kinds = facets.kinds.into_iter();
        let cities = facets.cities.into_iter();
        Self {
            categories: categories
                .map(|(category, count)| CategoryCount {
                    category: category.into(),
                    count: whole(count),
                })
                .collect(),
            discount_kinds: kinds
                .map(|(kind, count)| DiscountKindCount {
                    kind: kind.into(),
                    count: whole(count),
                })
                .collect(),
            cities: cities
                .map(|(city, count)| CityCount {
                    city,
                    count: whole(count),
                })
                .collect(),
            is_exact: facets.is_exact,
        }
    }
}
