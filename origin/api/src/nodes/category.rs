//! Categories of offers, and the languages that their names are in.

use async_graphql::{ComplexObject, Enum, SimpleObject};
use domain::sentence::Language;

use super::directives::cache_control;

/// The kind of outing that an offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Category")]
pub enum OfferCategory {
    Bar,
    Restaurant,
    Club,
    Cinema,
    Sport,
    Leisure,
    Event,
    Other,
}

/// A language of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Locale {
    Fr,
    En,
}

impl From<Locale> for Language {
    fn from(locale: Locale) -> Self {
        match locale {
            Locale::Fr => Self::French,
            Locale::En => Self::English,
        }
    }
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::French => Self::Fr,
            Language::English => Self::En,
        }
    }
}

/// A category of offers, with its name.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(complex, directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct Category {
    id: OfferCategory,
}

#[ComplexObject]
impl Category {
    async fn name(
        &self,
        #[graphql(default_with = "Some(Locale::Fr)")] locale: Option<Locale>,
    ) -> &'static str {
        let category = domain::Category::from(self.id);
        match locale {
            Some(Locale::Fr) | None => category.name_fr(),
            Some(Locale::En) => category.name_en(),
        }
    }
}

impl From<domain::Category> for Category {
    fn from(category: domain::Category) -> Self {
        Self {
            id: category.into(),
        }
    }
}
