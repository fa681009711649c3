//! Slugs: what stands for a page's id in its address on the showcase site.
//!
//! A slug is made of a name, and of a part of the id where another page has that slug already. A page
//! keeps its earlier slugs, so that links to them still find it; the newest one is its address.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::{OfferId, search_text::fold, words::words};

words! {
    /// What has a page of its own. A slug is unique among pages of one kind.
    PageKind {
        Partner = "partner",
        Establishment = "establishment",
        Offer = "offer",
    }
}

/// The maximum length of a slug.
const MAX_SLUG_BYTES: usize = 80;
/// Of a name no more is taken: a hyphen and a whole id fit behind it.
const MAX_NAME_BYTES: usize = 55;
/// Where the name is taken, so many characters of the id follow it, and of fewer the shortest that is free.
const ID_CHARS: [usize; 2] = [4, 24];
/// How many slugs a page keeps. Whoever renames a page again and again takes no more names than these.
pub const MOST_SLUGS: usize = 20;

/// Lower-case ASCII letters and digits, with single hyphens between them; at most 80.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// The text was not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a slug is lower-case ASCII letters and digits, with hyphens between them")]
pub struct NotASlug;

impl Slug {
    pub fn parse(text: &str) -> Option<Self> {
        is_slug(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;

    fn try_from(text: String) -> Result<Self, NotASlug> {
        if is_slug(&text) {
            Ok(Self(text))
        } else {
            Err(NotASlug)
        }
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_slug(text: &str) -> bool {
    let is_word = |word: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !word.is_empty() && word.bytes().all(is_plain)
    };
    text.len() <= MAX_SLUG_BYTES && text.split('-').all(is_word)
}

/// The slugs of a page, newest first: the first is its address, the others lead there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slugs(Vec<Slug>);

impl Slugs {
    /// As they are stored, newest first.
    pub const fn new(newest_first: Vec<Slug>) -> Self {
        Self(newest_first)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn present(&self) -> Option<&Slug> {
        self.0.first()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Slug> {
        self.0.iter()
    }

    fn with(&self, newest: Slug) -> Self {
        let before = self.0.iter().filter(|slug| **slug != newest).cloned();
        let before: Vec<Slug> = before.take(MOST_SLUGS - 1).collect();
        Self([vec![newest], before].concat())
    }
}

impl<'a> IntoIterator for &'a Slugs {
    type Item = &'a Slug;
    type IntoIter = std::slice::Iter<'a, Slug>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a row keeps for its page on the showcase site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebPage {
    /// Empty only until the job that names pages comes by: of rows that were filled in at once, and of
    /// those that older programs stored.
    #[serde(default, skip_serializing_if = "Slugs::is_empty")]
    pub slugs: Slugs,
    /// When its content was last edited; 0 if that was before moments of edits were stored.
    #[serde(default)]
    pub updated_at_ms: i64,
}

impl WebPage {
    /// The page of something new.
    pub fn begun(now_ms: i64) -> Self {
        Self {
            slugs: Slugs::default(),
            updated_at_ms: now_ms,
        }
    }

    /// Exports of earlier formats have no pages: left out where there is nothing to say.
    pub fn is_blank(&self) -> bool {
        *self == Self::default()
    }

    /// The page's address: its slug, or the id while it has none. Look-ups know both.
    pub fn address(&self, id: &impl AsRef<str>) -> String {
        let slug = self.slugs.present().map(Slug::as_str);
        slug.unwrap_or_else(|| id.as_ref()).to_owned()
    }
}

/// A page that gets another slug, because its name is another one or it has none yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    before: Slugs,
    /// Slugs of this name; the last one has the whole id and is nobody else's.
    candidates: Vec<Slug>,
}

impl Naming {
    /// None if the page's address is of this name already. `parts` are what the name is made of.
    pub fn of(
        kind: PageKind,
        id: &impl AsRef<str>,
        parts: &[&str],
        before: &Slugs,
    ) -> Option<Self> {
        let candidates = candidates(kind, id.as_ref(), parts);
        let fits = before
            .present()
            .is_some_and(|slug| candidates.contains(slug));
        (!fits).then(|| Self {
            before: before.clone(),
            candidates,
        })
    }

    /// The slugs that may be taken: a backend finds those which other pages have.
    pub fn candidates(&self) -> &[Slug] {
        &self.candidates
    }

    /// The page's slugs, if others have those in `taken`. One of its own earlier ones comes first.
    pub fn slugs(&self, taken: &BTreeSet<Slug>) -> Slugs {
        let own = self
            .candidates
            .iter()
            .find(|slug| self.before.0.contains(slug));
        let free = || self.candidates.iter().find(|slug| !taken.contains(slug));
        let newest = own.or_else(free).or(self.candidates.last());
        newest.map_or_else(
            || self.before.clone(),
            |slug| self.before.with(slug.clone()),
        )
    }
}

fn candidates(kind: PageKind, id: &str, parts: &[&str]) -> Vec<Slug> {
    let name = name(kind.as_str(), parts);
    let with_id = ID_CHARS.map(|count| format!("{name}-{}", &id[..count.min(id.len())]));
    let all = std::iter::once(name).chain(with_id);
    all.filter_map(|text| Slug::parse(&text)).collect()
}

/// The words of a name in a slug's letters, cut at a word where it is too long; `kind` where it has none.
pub(crate) fn name(kind: &str, parts: &[&str]) -> String {
    let mut name = String::new();
    let folded = fold(&parts.join(" "));
    for word in folded.split(|c: char| !c.is_ascii_alphanumeric()) {
        let glue = if name.is_empty() { "" } else { "-" };
        if word.is_empty() {
            continue;
        }
        if name.len() + glue.len() + word.len() > MAX_NAME_BYTES {
            if name.is_empty() {
                name.push_str(&word[..MAX_NAME_BYTES]);
            }
            break;
        }
        name.push_str(glue);
        name.push_str(word);
    }
    // A name without a Latin letter has no slug, and what looks like an id is looked up as one.
    match name.as_str() {
        "" => kind.to_owned(),
        id if OfferId::parse(id).is_some() => format!("{kind}-{id}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap_or_else(|| panic!("{text:?}"))
    }

    fn naming(parts: &[&str], before: &Slugs) -> Option<Naming> {
        let id = OfferId::derive("offer", "1");
        Naming::of(PageKind::Offer, &id, parts, before)
    }

    fn named(parts: &[&str], before: &Slugs, taken: &[&str]) -> Slugs {
        let taken = taken.iter().map(|text| slug(text)).collect();
        naming(parts, before).map_or_else(|| before.clone(), |naming| naming.slugs(&taken))
    }

    #[test]
    fn a_slug_is_words_of_plain_letters() {
        for good in ["a", "chez-ana-paris", "2-pour-1", &"x".repeat(80)] {
            assert!(Slug::parse(good).is_some(), "{good}");
        }
        let long = "x".repeat(81);
        for bad in ["", "-a", "a-", "a--b", "A", "é", "a b", "a_b", "a/b", &long] {
            assert_eq!(Slug::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_becomes_plain_letters() {
        let of = |parts: &[&str]| named(parts, &Slugs::default(), &[]).0[0].to_string();
        assert_eq!(
            of(&["L’Œuf à la Coque", "Évry-Courcouronnes"]),
            "l-oeuf-a-la-coque-evry-courcouronnes"
        );
        assert_eq!(of(&["  −20 % !! "]), "20");
        assert_eq!(of(&["日本"]), "offer");
        assert_eq!(of(&["日本", "Paris"]), "paris");
        assert_eq!(
            of(&["0123456789abcdef01234567"]),
            "offer-0123456789abcdef01234567"
        );
        let long = "mot ".repeat(40);
        assert_eq!(of(&[&long]).len(), 55);
        assert_eq!(of(&[&"x".repeat(100)]).len(), 55);
    }

    #[test]
    fn a_taken_name_gets_a_part_of_the_id() {
        let id = OfferId::derive("offer", "1");
        let (short, whole) = (format!("ana-{}", &id.as_str()[..4]), format!("ana-{id}"));
        let none = Slugs::default();
        assert_eq!(named(&["Ana"], &none, &["ana"]).0, [slug(&short)]);
        assert_eq!(named(&["Ana"], &none, &["ana", &short]).0, [slug(&whole)]);
    }

    #[test]
    fn a_renamed_page_keeps_its_earlier_slugs_and_may_go_back() {
        let first = named(&["Ana"], &Slugs::default(), &["ana"]);
        // The name became free meanwhile: the address stays as it is.
        assert_eq!(naming(&["Ana"], &first), None);
        let second = named(&["Bob"], &first, &[]);
        assert_eq!(second.0, [slug("bob"), first.0[0].clone()]);
        let third = named(&["Ana"], &second, &[]);
        assert_eq!(third.0, [first.0[0].clone(), slug("bob")]);
    }

    #[test]
    fn a_page_keeps_so_many_slugs_and_no_more() {
        let mut slugs = Slugs::default();
        for number in 0..30 {
            slugs = named(&[&format!("nom {number}")], &slugs, &[]);
        }
        assert_eq!(slugs.0.len(), MOST_SLUGS);
        assert_eq!(
            (slugs.0[0].as_str(), slugs.0[19].as_str()),
            ("nom-29", "nom-10")
        );
    }

    #[test]
    fn a_page_without_a_slug_is_known_by_its_id() {
        let id = OfferId::derive("offer", "1");
        assert_eq!(WebPage::default().address(&id), id.as_str());
        assert_eq!(OfferId::parse(&WebPage::default().address(&id)), Some(id));
    }

    proptest! {
        #[test]
        fn every_name_gives_a_slug_that_is_free(parts in proptest::collection::vec("\\PC{0,90}", 0..3), seed in 0..50_u32) {
            let id = OfferId::derive("offer", &seed.to_string());
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            for kind in PageKind::ALL {
                let naming = Naming::of(*kind, &id, &parts, &Slugs::default()).unwrap();
                prop_assert_eq!(naming.candidates().len(), 3);
                let taken = naming.candidates()[..2].iter().cloned().collect();
                let slugs = naming.slugs(&taken);
                let present = slugs.present().unwrap();
                prop_assert!(is_slug(present.as_str()));
                prop_assert!(present.as_str().ends_with(id.as_str()));
            }
        }
    }
}
