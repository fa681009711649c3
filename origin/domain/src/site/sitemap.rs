//! The list of all pages, for search engines: partners, then establishments, then offers, each by id.
//!
//! The order does not depend on anything that is edited, so that paging misses nothing and shows nothing
//! twice while partners write.

use super::slugs::PageKind;
use crate::{
    cursor::{CursorKind, seal, unseal_of},
    nouns::ID_BYTES,
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

/// The position after an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitemapCursor {
    pub kind: PageKind,
    /// None: at the beginning of its kind.
    pub id: Option<String>,
}

impl SitemapCursor {
    /// The beginning of the list.
    pub const BEGIN: Self = Self {
        kind: PageKind::Partner,
        id: None,
    };

    pub fn encode(&self) -> String {
        let id = self.id.as_deref().unwrap_or_default();
        let bytes = hex::decode(id).unwrap_or_default();
        seal(
            CursorKind::Sitemap,
            &[&[byte(self.kind)], &bytes[..]].concat(),
        )
    }

    pub fn decode(text: &str) -> Option<Self> {
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
    pub const fn next_kind(kind: PageKind) -> Option<Self> {
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
                let cursor = SitemapCursor { kind: *kind, id };
                assert_eq!(SitemapCursor::decode(&cursor.encode()), Some(cursor));
            }
        }
        for bad in [&[][..], &[9], &[1, 2]] {
            assert_eq!(SitemapCursor::decode(&seal(CursorKind::Sitemap, bad)), None);
        }
    }
}
