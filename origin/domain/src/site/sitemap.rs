//! The list of all pages, for search engines: partners, then establishments, then offers, each by id, then
//! cities by slug.
//!
//! The order does not depend on anything that is edited, so that paging misses nothing and shows nothing
//! twice while partners write.

use crate::{
    cursor::{CursorKind, seal, unseal_of},
    nouns::ID_BYTES,
    slugs::{PageKind, Slug},
};

/// A page of the showcase site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitemapEntry {
    pub kind: PageKind,
    pub id: String,
    /// The slug, or the id while it has none.
    pub address: String,
    /// When it last changed; none if nobody knows.
    pub updated_at_ms: Option<i64>,
    /// Whether it is shown to the public: others are read and left out.
    pub is_shown: bool,
}

/// The position after a page of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SitemapPosition {
    /// Of a row in the database.
    Row(SitemapCursor),
    /// Of a city. None: before the first one.
    City(Option<Slug>),
}

const CITY: u8 = 4;

impl SitemapPosition {
    /// The beginning of the list.
    pub const BEGIN: Self = Self::Row(SitemapCursor::BEGIN);

    /// The beginning of what comes after the rows of a kind.
    pub fn after_kind(kind: PageKind) -> Self {
        match SitemapCursor::next_kind(kind) {
            Some(next) => Self::Row(next),
            None => Self::City(None),
        }
    }

    pub fn encode(&self) -> String {
        match self {
            Self::Row(cursor) => cursor.encode(),
            Self::City(slug) => {
                let slug = slug.as_ref().map_or("", Slug::as_str);
                seal(CursorKind::Sitemap, &[&[CITY], slug.as_bytes()].concat())
            }
        }
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::Sitemap, text)?;
        match body.split_first()? {
            (&CITY, []) => Some(Self::City(None)),
            (&CITY, slug) => {
                let slug = Slug::parse(std::str::from_utf8(slug).ok()?)?;
                Some(Self::City(Some(slug)))
            }
            _ => SitemapCursor::decode(text).map(Self::Row),
        }
    }
}

/// The position after a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitemapCursor {
    pub kind: PageKind,
    /// None: at the beginning of its kind.
    pub id: Option<String>,
}

impl SitemapCursor {
    /// Before the first row.
    const BEGIN: Self = Self {
        kind: PageKind::Partner,
        id: None,
    };

    fn encode(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        let bytes = hex::decode(id).unwrap_or_default();
        seal(
            CursorKind::Sitemap,
            &[&[byte(self.kind)], &bytes[..]].concat(),
        )
    }

    fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::Sitemap, text)?;
        let (first, id) = body.split_first()?;
        let kind = PageKind::ALL.iter().find(|kind| byte(**kind) == *first)?;
        let id = match id.len() {
            0 => None,
            ID_BYTES => Some(hex::encode(id)),
            _ => return None,
        };
        Some(Self { kind: *kind, id })
    }

    /// The beginning of the next kind; none after the last one.
    const fn next_kind(kind: PageKind) -> Option<Self> {
        let kind = match kind {
            PageKind::Partner => PageKind::Establishment,
            PageKind::Establishment => PageKind::Offer,
            PageKind::Offer => return None,
        };
        Some(Self { kind, id: None })
    }
}

const fn byte(kind: PageKind) -> u8 {
    match kind {
        PageKind::Partner => 1,
        PageKind::Establishment => 2,
        PageKind::Offer => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OfferId;

    #[test]
    fn a_cursor_reads_back() {
        let id = Some(OfferId::derive("offer", "1").to_string());
        for kind in PageKind::ALL {
            for id in [None, id.clone()] {
                let at = SitemapPosition::Row(SitemapCursor { kind: *kind, id });
                assert_eq!(SitemapPosition::decode(&at.encode()), Some(at));
            }
        }
        for slug in [None, Slug::parse("paris-75")] {
            let at = SitemapPosition::City(slug);
            assert_eq!(SitemapPosition::decode(&at.encode()), Some(at));
        }
        for bad in [&[][..], &[9], &[1, 2], b"\x04Paris"] {
            let cursor = seal(CursorKind::Sitemap, bad);
            assert_eq!(SitemapPosition::decode(&cursor), None);
        }
    }
}
