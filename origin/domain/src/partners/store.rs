//! The store trait of partners and establishments, its queries and results.

pub mod change;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, fmt};

use async_trait::async_trait;

use crate::{
    Category, Establishment, EstablishmentId, Partner, PartnerId, StoreError, UserId,
    cursor::{CursorKind, seal, unseal_of},
    search_text as text,
};

use super::{refusals::StandingRefusal, siret::Siret};

pub use super::edit::{EstablishmentEdit, PartnerEdit};
pub use crate::offers::store::Author;

pub use change::{Founded, PartnerUpdated, PlaceAdded, PlaceArchived, PlaceUpdated};

/// Which partners a list has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those that the public sees.
    #[default]
    Public,
    /// Export and copy of a database: every partner.
    All,
}

#[derive(Debug, Clone, Default)]
pub struct PartnerQuery {
    pub shown: Shown,
    pub category: Option<Category>,
    /// Every word must occur in the name or description, ignoring accents and case; a backend may
    /// also find words that begin with it. A search without words finds nothing.
    pub search: Option<String>,
    pub first: usize,
    pub after: Option<PartnerCursor>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartnerPage {
    pub items: Vec<Partner>,
    pub has_next_page: bool,
    pub total: u64,
}

/// The position after a partner, in the order of folded names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerCursor {
    pub name_folded: String,
    pub id: PartnerId,
}

impl PartnerCursor {
    pub fn of(partner: &Partner) -> Self {
        Self {
            name_folded: text::fold(&partner.name),
            id: partner.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        seal(
            CursorKind::PartnerName,
            &[&self.id.to_bytes()[..], self.name_folded.as_bytes()].concat(),
        )
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::PartnerName, text)?;
        let (id, name) = body.split_first_chunk::<12>()?;
        let name_folded = std::str::from_utf8(name).ok()?.to_owned();
        Some(Self {
            name_folded,
            id: PartnerId::from_bytes(*id),
        })
    }
}

/// The position after a partner, in a list by distance.
#[derive(Debug, Clone, PartialEq)]
pub struct NearCursor {
    pub distance_km: f64,
    pub id: PartnerId,
}

impl NearCursor {
    pub fn encode(&self) -> String {
        let distance = self.distance_km.to_bits().to_be_bytes();
        seal(
            CursorKind::PartnerNear,
            &[&distance[..], &self.id.to_bytes()].concat(),
        )
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::PartnerNear, text)?;
        let (distance, id) = body.split_first_chunk::<8>()?;
        let distance_km = f64::from_bits(u64::from_be_bytes(*distance));
        let is_distance = distance_km.is_sign_positive() && distance_km.is_finite();
        is_distance.then_some(Self {
            distance_km,
            id: PartnerId::from_bytes(id.try_into().ok()?),
        })
    }
}

/// The position after a partner in the list of those to review: the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToReviewCursor {
    pub submitted_at_ms: i64,
    pub id: PartnerId,
}

impl ToReviewCursor {
    pub fn of(partner: &Partner) -> Self {
        Self {
            submitted_at_ms: partner.standing.submitted_at_ms.unwrap_or_default(),
            id: partner.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let at = self.submitted_at_ms.to_be_bytes();
        seal(
            CursorKind::PartnerToReview,
            &[&at[..], &self.id.to_bytes()].concat(),
        )
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::PartnerToReview, text)?;
        let (at, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            submitted_at_ms: i64::from_be_bytes(*at),
            id: PartnerId::from_bytes(id.try_into().ok()?),
        })
    }
}

/// A page of partners to review, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToReviewPage {
    pub items: Vec<Partner>,
    pub has_next_page: bool,
}

/// The outcome of another standing of a partner.
#[derive(Debug, Clone, PartialEq)]
pub enum Stood {
    Refused(StandingRefusal),
    /// It is what it was; nothing was stored.
    Before(Box<Partner>),
    Done(Box<Partner>),
}

impl From<StandingRefusal> for Stood {
    fn from(refusal: StandingRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The partners in a database.
#[async_trait]
pub trait PartnerStore: fmt::Debug + Send + Sync {
    /// The partners that exist among `ids`.
    async fn partners_by_ids(
        &self,
        ids: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Partner>, StoreError>;

    /// The establishments that exist among `ids`.
    async fn establishments_by_ids(
        &self,
        ids: &[EstablishmentId],
    ) -> Result<HashMap<EstablishmentId, Establishment>, StoreError>;

    /// The establishments of each partner, ordered by id; a partner without one is absent.
    async fn establishments_of(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Vec<Establishment>>, StoreError>;

    /// One page of partners by folded name, then id.
    async fn list(&self, query: &PartnerQuery) -> Result<PartnerPage, StoreError>;

    /// Stores a new partner, makes a user its owner and stores the purge, in one transaction.
    async fn found(
        &self,
        partner: Partner,
        owner: UserId,
        author: Author,
        now_ms: i64,
    ) -> Result<Founded, StoreError>;

    /// One page of the partners that wait for an operator's decision, the oldest first.
    async fn to_review(
        &self,
        first: usize,
        after: Option<ToReviewCursor>,
    ) -> Result<ToReviewPage, StoreError>;

    /// Submits a partner, with its purge in the same transaction: see
    /// [`submitted`](super::review::submitted).
    async fn submit(
        &self,
        id: PartnerId,
        siret: Siret,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError>;

    /// Ends a partner for good, in one transaction with its purges and the task that ends what it had: see
    /// [`ending`](super::ending). A partner that has ended before is answered as it is.
    async fn end(&self, id: PartnerId, author: Author, now_ms: i64) -> Result<Stood, StoreError>;

    /// Edits a partner, with its purge in the same transaction.
    async fn update_partner(
        &self,
        id: PartnerId,
        edit: PartnerEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<PartnerUpdated, StoreError>;

    /// Stores a new establishment, with its purge in the same transaction.
    async fn add_establishment(
        &self,
        place: Establishment,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceAdded, StoreError>;

    /// Edits an establishment. A new location is copied to its offers, and the lists around the old
    /// and new location are purged, all in one transaction.
    async fn update_establishment(
        &self,
        id: EstablishmentId,
        edit: EstablishmentEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceUpdated, StoreError>;

    /// Archives an establishment, unless it has offers that are not archived; with its purge in the
    /// same transaction.
    async fn archive_establishment(
        &self,
        id: EstablishmentId,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceArchived, StoreError>;
}
