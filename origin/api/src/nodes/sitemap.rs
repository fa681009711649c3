//! The list of all pages of the showcase site.

use async_graphql::{Enum, SimpleObject};
use domain::{
    site::sitemap::{SitemapCursor, SitemapEntry, SitemapPosition},
    slugs::{self, Slug},
};

use super::{
    directives::cache_control,
    moment::{DateTime, timestamp},
    page::PageInfo,
};

/// What a page of the site is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PageKind {
    Partner,
    Establishment,
    Offer,
    City,
}

impl From<slugs::PageKind> for PageKind {
    fn from(kind: slugs::PageKind) -> Self {
        match kind {
            slugs::PageKind::Partner => Self::Partner,
            slugs::PageKind::Establishment => Self::Establishment,
            slugs::PageKind::Offer => Self::Offer,
        }
    }
}

/// A page of the sitemap.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct SitemapConnection {
    edges: Vec<SitemapEdge>,
    page_info: PageInfo,
}

/// A page in the list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct SitemapEdge {
    cursor: String,
    node: SitemapPage,
}

/// A page of the showcase site.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct SitemapPage {
    kind: PageKind,
    slug: String,
    /// When it last changed; null if that is not known, as of cities. It may be an hour behind.
    updated_at: Option<DateTime>,
}

impl SitemapConnection {
    /// A page of the list. `next` is where the list goes on.
    pub fn new(
        edges: Vec<SitemapEdge>,
        next: Option<&SitemapPosition>,
        has_previous_page: bool,
    ) -> Self {
        let mut page_info = PageInfo {
            has_next_page: next.is_some(),
            has_previous_page,
            ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
        };
        if let Some(next) = next {
            page_info.end_cursor = Some(next.encode());
        }
        Self { edges, page_info }
    }
}

impl SitemapEdge {
    pub fn city(slug: Slug) -> Self {
        Self {
            node: SitemapPage {
                kind: PageKind::City,
                slug: slug.to_string(),
                updated_at: None,
            },
            cursor: SitemapPosition::City(Some(slug)).encode(),
        }
    }
}

impl From<SitemapEntry> for SitemapEdge {
    fn from(entry: SitemapEntry) -> Self {
        let SitemapEntry {
            kind,
            id,
            address,
            updated_at_ms,
            is_shown: _,
        } = entry;
        Self {
            cursor: SitemapPosition::Row(SitemapCursor { kind, id: Some(id) }).encode(),
            node: SitemapPage {
                kind: kind.into(),
                slug: address,
                updated_at: updated_at_ms.map(timestamp),
            },
        }
    }
}
