//! The languages of an offer's texts. An offer is written in one language; it may say the same in others.

use serde::{Deserialize, Serialize};

use crate::{
    broken::{BrokenRule, Rule},
    sentence::Language,
};

const TRANSLATION: Rule = Rule::new(
    "TRANSLATION",
    "sont chacune dans une autre langue que l’offre, et une seule par langue",
    "are each in another language than the offer, one a language",
);

/// What an offer says in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferTexts {
    pub language: Language,
    pub title: String,
    pub description: String,
    pub conditions: Vec<String>,
}

/// In which languages an offer says what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// Of its title, description and conditions.
    pub language: Language,
    /// In other languages, each once.
    pub translations: Vec<OfferTexts>,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            language: Language::French,
            translations: Vec::new(),
        }
    }
}

impl Wording {
    /// Exports of earlier formats have none: left out where there is nothing to say.
    pub fn is_french_alone(&self) -> bool {
        *self == Self::default()
    }

    /// Whether no two texts are in one language.
    pub fn check(&self) -> Result<(), BrokenRule> {
        let all = self.translations.iter().map(|texts| texts.language);
        let mut seen = vec![self.language];
        for language in all {
            if seen.contains(&language) {
                return Err(TRANSLATION.at("translations"));
            }
            seen.push(language);
        }
        Ok(())
    }
}
