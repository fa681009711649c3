//! The store trait of the showcase site.

use std::fmt;

use async_trait::async_trait;

use super::{
    sitemap::{SitemapCursor, SitemapEntry},
    slugs::{PageKind, Slug},
};
use crate::StoreError;

/// How many pages one call of [`SiteStore::name_pages`] names.
pub const NAMED_AT_ONCE: usize = 1_000;

/// The pages of the showcase site in a database.
#[async_trait]
pub trait SiteStore: fmt::Debug + Send + Sync {
    /// The id of the row that has or had this slug.
    async fn id_of(&self, kind: PageKind, slug: &Slug) -> Result<Option<String>, StoreError>;

    /// Gives slugs to rows that have none; at most [`NAMED_AT_ONCE`]. Returns how many it looked at:
    /// fewer than that many means that no more are left. Two servers may do it at once. It purges
    /// nothing: an answer that shows the id as the address leads to the page as well.
    async fn name_pages(&self, kind: PageKind, now_ms: i64) -> Result<usize, StoreError>;

    /// The next `most` rows of the cursor's kind, by id, those that are not shown among them: so the cost
    /// of a page does not depend on how many are hidden.
    async fn sitemap(
        &self,
        after: &SitemapCursor,
        most: usize,
        now_ms: i64,
    ) -> Result<Vec<SitemapEntry>, StoreError>;
}
