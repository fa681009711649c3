//! News: what an administrator writes to everybody who wants it.

use serde::{Deserialize, Serialize};

use crate::{
    CampaignId,
    broken::{BrokenRule, Rule},
    messages::letter::News,
    sentence::Language,
    texts::line,
};

/// Maximum length of the path that the app opens.
const MOST_PATH_CHARS: usize = 200;

const TITLE: Rule = Rule::new(
    "NEWS_TITLE",
    "compte de 1 à 120 caractères sur une ligne",
    "has 1 to 120 characters on one line",
);
const PARAGRAPHS: Rule = Rule::new(
    "NEWS_PARAGRAPHS",
    "sont de 1 à 12, chacun de 1 à 800 caractères sur une ligne",
    "are 1 to 12, each with 1 to 800 characters on one line",
);
const PATH: Rule = Rule::new(
    "NEWS_PATH",
    "commence par « / » et compte au plus 200 caractères ASCII, sans espace, « ? » ni « # »",
    "begins with / and has at most 200 ASCII characters without a space, ? or #",
);

/// A text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub title: String,
    pub paragraphs: Vec<String>,
}

/// What is told, in every language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub fr: Text,
    pub en: Text,
    /// What the app opens, such as "/offers"; its first page if none.
    pub path: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    pub id: CampaignId,
    pub content: Content,
    pub created_at_ms: i64,
}

impl Text {
    /// As it is kept; `fields` name its two parts in errors.
    pub fn checked(self, [title, paragraphs]: [&'static str; 2]) -> Result<Self, BrokenRule> {
        let given = line(&self.title, 1..=News::MOST_TITLE_CHARS);
        let given = given.ok_or_else(|| TITLE.at(title))?;
        let all = self.paragraphs.iter();
        let all = all.map(|one| line(one, 1..=News::MOST_PARAGRAPH_CHARS));
        let all: Option<Vec<String>> = all.collect();
        let is_right = |all: &Vec<String>| (1..=News::MOST_PARAGRAPHS).contains(&all.len());
        let all = all
            .filter(is_right)
            .ok_or_else(|| PARAGRAPHS.at(paragraphs))?;
        Ok(Self {
            title: given,
            paragraphs: all,
        })
    }
}

/// Checks what the app opens.
pub fn path(given: Option<String>) -> Result<Option<String>, BrokenRule> {
    let is_right = |path: &String| {
        path.starts_with('/')
            && path.len() <= MOST_PATH_CHARS
            && path
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"?#".contains(&b))
    };
    match given {
        Some(path) if !is_right(&path) => Err(PATH.at("path")),
        given => Ok(given),
    }
}

impl Campaign {
    /// The message for a person with this first name, in their language.
    pub fn letter(&self, first_name: String, language: Language) -> News {
        let Content { fr, en, path } = &self.content;
        let text = match language {
            Language::French => fr,
            Language::English => en,
        };
        News {
            first_name,
            title: text.title.clone(),
            paragraphs: text.paragraphs.clone(),
            path: path.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, paragraphs: &[&str]) -> Text {
        Text {
            title: title.to_owned(),
            paragraphs: paragraphs.iter().map(|&one| one.to_owned()).collect(),
        }
    }

    #[test]
    fn a_text_has_a_title_and_paragraphs_of_a_line() {
        let checked = |text: Text| text.checked(["fr.title", "fr.paragraphs"]);
        let good = text("  Ce soir ", &["Un verre offert.", "À bientôt"]);
        assert_eq!(checked(good).unwrap().title, "Ce soir");
        for (bad, field) in [
            (text("", &["a"]), "fr.title"),
            (text("a\nb", &["a"]), "fr.title"),
            (text(&"a".repeat(121), &["a"]), "fr.title"),
            (text("a", &[]), "fr.paragraphs"),
            (text("a", &["a"; 13]), "fr.paragraphs"),
            (text("a", &["a", ""]), "fr.paragraphs"),
            (text("a", &[&"a".repeat(801)]), "fr.paragraphs"),
        ] {
            let refused = checked(bad.clone()).unwrap_err();
            assert_eq!(refused.field, field, "{bad:?}");
        }
    }

    #[test]
    fn a_path_stays_on_the_site() {
        for good in [None, Some("/"), Some("/offers/1")] {
            assert!(path(good.map(str::to_owned)).is_ok(), "{good:?}");
        }
        let long = format!("/{}", "a".repeat(200));
        for bad in [
            "",
            "offers",
            "https://a.example",
            "/a b",
            "/é",
            "/a?b",
            "/a#b",
            &long,
        ] {
            assert!(path(Some(bad.to_owned())).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_person_reads_it_in_their_language() {
        let campaign = Campaign {
            id: CampaignId::derive("campaign", "1"),
            content: Content {
                fr: text("Ce soir", &["Un verre"]),
                en: text("Tonight", &["A drink"]),
                path: None,
            },
            created_at_ms: 1,
        };
        let title = |language| campaign.letter("Ana".to_owned(), language).title;
        assert_eq!(title(Language::French), "Ce soir");
        assert_eq!(title(Language::English), "Tonight");
    }
}
