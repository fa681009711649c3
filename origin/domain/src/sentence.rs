//! What people are told, in every language of the app.

use std::borrow::Cow;

use crate::words::words;

words! {
    /// A language of the app.
    Language { French = "fr", English = "en" }
}

/// A message in every language of the app. It becomes one text where the answer is written: only
/// there the reader's language is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    french: Cow<'static, str>,
    english: Cow<'static, str>,
}

impl Sentence {
    pub const fn new(french: &'static str, english: &'static str) -> Self {
        Self {
            french: Cow::Borrowed(french),
            english: Cow::Borrowed(english),
        }
    }

    /// A message with names or numbers in it.
    pub const fn with(french: String, english: String) -> Self {
        Self {
            french: Cow::Owned(french),
            english: Cow::Owned(english),
        }
    }

    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::French => &self.french,
            Language::English => &self.english,
        }
    }
}
