//! The store trait of offers, its queries and results.

mod change;
mod cursor;

use std::{collections::HashMap, fmt};

use async_trait::async_trait;

use super::{discount::DiscountKind, edit::OfferEdit, listing::Listings};
use crate::{Category, GeoPoint, Offer, OfferId, PartnerId, StoreError, slugs::Slug};

pub use change::{
    Author, Change, Created, Creation, MOST_OFFERS, Purging, Updated, change, creation,
};
pub use cursor::{OfferCursor, OfferPosition, Rank};

/// A reading of all listings in batches, in no order. It has every offer that nobody changes meanwhile.
/// Of an offer that is added, changed or removed during the reading it may have an older state, a newer
/// one, several or none.
#[async_trait]
pub trait AllListings: Send {
    /// The next batch, of at most `most` listings; an empty one at the end. After an error the reading
    /// cannot go on.
    async fn next(&mut self, most: usize) -> Result<Listings, StoreError>;
}

/// A search disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    pub centre: GeoPoint,
    pub max_distance_km: f64,
}

/// A small question with which the database checks the catalogue index. It is about offers that
/// everybody sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// The offers within a disk.
    Near(Near),
    /// Offers that have this word in the title or description; a backend may leave some out.
    Word(String),
}

/// Who a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// The public: active offers within their validity, of partners that are approved.
    Public,
    /// The partner portal: every offer that is not archived.
    Portal,
    /// Export and copy of a database: every offer.
    All,
}

/// Which parts of a connection the query selected; the total costs a count of all that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    Edges,
    EdgesAndTotal,
}

/// What a list is sorted by, after how well offers match the words of a search. What is the same
/// otherwise stands newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferOrder {
    /// Nearest first; only with a location.
    Distance,
    /// The greatest percentage first.
    Discount,
    /// What ends soonest first.
    Ending,
    /// The partner with the best rating first, those without one last.
    Rating,
    Newest,
}

/// A box of parallels and meridians, in degrees; the borders belong to it. It does not cross the 180th
/// meridian and is less than 180 degrees wide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoBox {
    pub south: f64,
    pub west: f64,
    pub north: f64,
    pub east: f64,
}

impl GeoBox {
    pub fn contains(&self, place: GeoPoint) -> bool {
        (self.south..=self.north).contains(&place.lat)
            && (self.west..=self.east).contains(&place.lng)
    }
}

/// Which city a list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InCity {
    /// All cities of this name, by its key: see [`city_key`](crate::search_text::city_key).
    Named(String),
    /// The one city of this slug: see [`cities`](crate::cities).
    Page(Slug),
}

/// A question about lists of offers, which the catalogue index answers.
#[derive(Debug, Clone)]
pub struct OfferQuery {
    /// Within this disk.
    pub near: Option<Near>,
    /// Any of these; empty means all.
    pub categories: Vec<Category>,
    pub min_discount: Option<i32>,
    /// Each word must be the beginning of a word in the title, the description or the name of the
    /// partner or establishment, ignoring accents and case. A search without words finds nothing.
    pub search: Option<String>,
    pub partner: Option<PartnerId>,
    pub include_inactive: Visibility,
    pub first: usize,
    pub after: Option<OfferCursor>,
    pub now_ms: i64,
    pub columns: Columns,
    /// None: nearest first with `near`, else newest first.
    pub order: Option<OfferOrder>,
    pub within: Option<GeoBox>,
    /// Any of these; empty means all.
    pub kinds: Vec<DiscountKind>,
    /// Usable at this moment by validity and schedule.
    pub open_at_ms: Option<i64>,
    pub city: Option<InCity>,
    /// Valid until before this hour, in hours since the Unix epoch.
    pub ends_before_hour: Option<i64>,
    /// Created on this day or later, in days since the Unix epoch.
    pub created_since_day: Option<i64>,
    /// Whether to count by category, kind of discount and city.
    pub facets: bool,
}

impl OfferQuery {
    /// The newest `first` offers that everybody sees, without a total.
    pub const fn newest(first: usize, now_ms: i64) -> Self {
        Self {
            near: None,
            categories: Vec::new(),
            min_discount: None,
            search: None,
            partner: None,
            include_inactive: Visibility::Public,
            first,
            after: None,
            now_ms,
            columns: Columns::Edges,
            order: None,
            within: None,
            kinds: Vec::new(),
            open_at_ms: None,
            city: None,
            ends_before_hour: None,
            created_since_day: None,
            facets: false,
        }
    }

    /// What the list is sorted by.
    pub fn sorted_by(&self) -> OfferOrder {
        let default = if self.near.is_some() {
            OfferOrder::Distance
        } else {
            OfferOrder::Newest
        };
        self.order.unwrap_or(default)
    }
}

/// The offers in a database.
#[async_trait]
pub trait OfferStore: fmt::Debug + Send + Sync {
    /// The offers that exist among `ids`, visible or not.
    async fn by_ids(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, Offer>, StoreError>;

    /// The newest offers of each partner, at most `limit_each`, in one query; a partner without any
    /// is absent.
    async fn of_partners(
        &self,
        partners: &[PartnerId],
        visibility: Visibility,
        limit_each: usize,
        now_ms: i64,
    ) -> Result<HashMap<PartnerId, Vec<Offer>>, StoreError>;

    /// Begins to read the listings of all offers, visible or not.
    fn all_listings(&self) -> Box<dyn AllListings>;

    /// The listing of the offer after this one, in an order of the store's own; without an id, of the
    /// first one. Empty after the last one.
    async fn listing_after(&self, id: Option<&OfferId>) -> Result<Listings, StoreError>;

    /// The listings of those of these offers that exist.
    async fn listings_of(&self, ids: &[OfferId]) -> Result<Listings, StoreError>;

    /// Answers a sample from the database's own indexes: at most `limit` ids, in no order.
    async fn sample(
        &self,
        sample: &Sample,
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<OfferId>, StoreError>;

    /// The remaining places of those among `ids` that have a quota.
    async fn remaining(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, i32>, StoreError>;

    /// Tells the purge log of offers that began or ended up to `until_ms`: stores their purges and up
    /// to where they were told, in one transaction. Tells of at most [`validity::AT_ONCE`] and
    /// returns how many; two servers at once tell of each offer once.
    ///
    /// [`validity::AT_ONCE`]: super::validity::AT_ONCE
    async fn tell_of_turns(&self, until_ms: i64) -> Result<usize, StoreError>;

    /// Stores a new offer with the location of its establishment. The reads for [`creation`], the
    /// offer and its purge are one transaction.
    async fn create(
        &self,
        draft: Offer,
        author: Author,
        now_ms: i64,
    ) -> Result<Created, StoreError>;

    /// Edits one offer. Read, [`change`], write and purge are one transaction.
    async fn update(
        &self,
        id: OfferId,
        edit: OfferEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<Updated, StoreError>;
}
