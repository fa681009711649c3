//! Lists of cities.

use crate::{
    cursor::{CursorKind, seal, unseal_of},
    offers::store::Rank,
    slugs::Slug,
};

/// The position after a city: by slug, and with a search those that need no typing error first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CityCursor {
    pub rank: Rank,
    pub slug: Slug,
}

impl CityCursor {
    /// In a list without a search.
    pub const fn of_all(slug: Slug) -> Self {
        Self {
            rank: Rank::Title,
            slug,
        }
    }

    pub fn encode(&self) -> String {
        let almost = u8::from(self.rank != Rank::Title);
        let body = [&[almost], self.slug.as_str().as_bytes()].concat();
        seal(CursorKind::City, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::City, text)?;
        let (almost, slug) = body.split_first()?;
        let rank = match almost {
            0 => Rank::Title,
            1 => Rank::AlmostTitle,
            _ => return None,
        };
        Some(Self {
            rank,
            slug: Slug::parse(std::str::from_utf8(slug).ok()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        for rank in [Rank::Title, Rank::AlmostTitle] {
            let cursor = CityCursor {
                rank,
                slug: Slug::parse("paris-75").unwrap(),
            };
            assert_eq!(CityCursor::decode(&cursor.encode()), Some(cursor));
        }
        for bad in [&b""[..], b"\x00", b"\x02paris-75", b"\x00Paris"] {
            assert_eq!(CityCursor::decode(&seal(CursorKind::City, bad)), None);
        }
    }
}
