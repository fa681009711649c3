//! A user's preferences as GraphQL input and output.

use async_graphql::{Enum, InputObject, SimpleObject};
use domain::{messages::settings::Switches, sentence::Language, users::account::Preferences};

use crate::nodes::category::OfferCategory;

/// A language in which a user gets messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Language")]
pub enum AppLanguage {
    French,
    English,
}

/// What a user likes, and how they want to be told of news.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Preferences")]
pub struct PreferencesNode {
    language: AppLanguage,
    categories: Vec<OfferCategory>,
    news_by_email: bool,
    news_by_push: bool,
    news_by_sms: bool,
}

/// All of a user's preferences; they replace the stored ones.
#[derive(Clone, Debug, InputObject)]
pub struct PreferencesInput {
    language: AppLanguage,
    categories: Vec<OfferCategory>,
    news_by_email: bool,
    news_by_push: bool,
    news_by_sms: bool,
}

impl From<Preferences> for PreferencesNode {
    fn from(of: Preferences) -> Self {
        Self {
            language: of.language.into(),
            categories: of.categories.into_iter().map(Into::into).collect(),
            news_by_email: of.news_by_email,
            news_by_push: of.news_by_push,
            news_by_sms: of.news_by_sms,
        }
    }
}

impl From<PreferencesInput> for Preferences {
    fn from(input: PreferencesInput) -> Self {
        let mut categories: Vec<domain::Category> =
            input.categories.into_iter().map(Into::into).collect();
        categories.sort_unstable();
        categories.dedup();
        Self {
            language: input.language.into(),
            categories,
            news_by_email: input.news_by_email,
            news_by_push: input.news_by_push,
            news_by_sms: input.news_by_sms,
            // An edit of the profile keeps those of the account.
            switches: Switches::default(),
        }
    }
}
