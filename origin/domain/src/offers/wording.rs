//! The languages of an offer's texts. An offer is written in one language; it may say the same in others.

use serde::{Deserialize, Serialize};

use super::rules;
use crate::{
    Offer,
    broken::{BrokenField, BrokenRule, Reading, Rule},
    sentence::Language,
    texts::description,
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

/// What an offer says in this language; in the language in which it was written if it says nothing in
/// this one.
pub fn texts(offer: &Offer, language: Option<Language>) -> OfferTexts {
    let mut translations = offer.wording.translations.iter();
    let wanted = translations.find(|texts| Some(texts.language) == language);
    wanted.cloned().unwrap_or_else(|| OfferTexts {
        language: offer.wording.language,
        title: offer.title.clone(),
        description: offer.description.clone(),
        conditions: offer.conditions.clone(),
    })
}

/// What a search finds in a description: that of each language, and the titles of the others.
pub fn searched(description: String, translations: &[OfferTexts]) -> String {
    let mut all = description;
    for texts in translations {
        for text in [&texts.title, &texts.description] {
            all.push(' ');
            all.push_str(text);
        }
    }
    all
}

/// Reads a translation, by the rules of the offer's own texts.
pub fn translation(
    language: Language,
    (title, about): (&str, &str),
    conditions: Vec<String>,
) -> Result<OfferTexts, Vec<BrokenField>> {
    let mut reading = Reading::default();
    let read = OfferTexts {
        language,
        title: reading.take(rules::title(title)),
        description: reading.take(description(about)),
        conditions: rules::conditions(&mut reading, conditions),
    };
    reading.end(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> OfferTexts {
        translation(
            Language::English,
            ("Two pancakes", "In the evening"),
            vec![],
        )
        .unwrap()
    }

    fn offer(wording: Wording) -> Offer {
        Offer {
            wording,
            ..crate::offers::events::tests::offer()
        }
    }

    #[test]
    fn an_offer_says_in_a_language_what_it_can() {
        let french = offer(Wording::default());
        for wanted in [None, Some(Language::French), Some(Language::English)] {
            let texts = texts(&french, wanted);
            assert_eq!(
                (texts.language, &texts.title),
                (Language::French, &french.title)
            );
        }
        let both = offer(Wording {
            translations: vec![english()],
            ..Wording::default()
        });
        assert_eq!(texts(&both, Some(Language::English)), english());
        assert_eq!(texts(&both, Some(Language::French)).title, both.title);
        assert_eq!(texts(&both, None).language, Language::French);
    }

    #[test]
    fn a_language_is_spoken_once() {
        let of = |language, translations| Wording {
            language,
            translations,
        };
        assert_eq!(of(Language::French, vec![english()]).check(), Ok(()));
        for wrong in [
            of(Language::English, vec![english()]),
            of(Language::French, vec![english(), english()]),
        ] {
            assert_eq!(wrong.check().unwrap_err().rule.word, "TRANSLATION");
        }
    }

    #[test]
    fn a_translation_is_held_to_the_rules_of_the_texts() {
        let long = "x".repeat(121);
        let broken = translation(Language::English, (&long, "fine"), vec![String::new()]);
        let paths: Vec<String> = broken.unwrap_err().into_iter().map(|b| b.path).collect();
        assert_eq!(paths, ["title", "conditions[0]"]);
    }

    #[test]
    fn a_search_finds_what_is_said_in_any_language() {
        let all = searched("Le soir".into(), &[english()]);
        assert_eq!(all, "Le soir Two pancakes In the evening");
    }
}
