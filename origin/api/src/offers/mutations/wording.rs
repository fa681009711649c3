//! What an offer says in other languages, as input.

use async_graphql::InputObject;
use domain::{
    broken::{Reading, at_most_20},
    offers::{translating::translation, wording::OfferTexts},
};

use crate::nodes::category::Locale;

/// What an offer says in one language.
#[derive(Clone, Debug, InputObject)]
pub struct OfferTextsInput {
    /// Not the offer's own `language`.
    locale: Locale,
    /// 2 to 120 characters on one line.
    title: String,
    /// At most 4000 characters.
    description: String,
    /// At most 20, each of 1 to 200 characters.
    #[graphql(default)]
    conditions: Vec<String>,
}

/// Reads translations, each by the rules of the offer's own texts.
pub(super) fn translations(reading: &mut Reading, given: Vec<OfferTextsInput>) -> Vec<OfferTexts> {
    let given = reading.take(at_most_20("translations", given));
    let read = given.into_iter().enumerate().filter_map(|(index, texts)| {
        let language = texts.locale.into();
        let read = translation(
            language,
            (&texts.title, &texts.description),
            texts.conditions,
        );
        reading.within(&format!("translations[{index}]"), read.map(Some))
    });
    read.collect()
}
