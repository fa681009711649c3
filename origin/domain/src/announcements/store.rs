//! The store trait of campaigns and audiences.

use std::fmt;

use async_trait::async_trait;

use super::{
    audience::{Audience, Page},
    campaign::Campaign,
};
use crate::{CampaignId, StoreError, UserId, queue::NewTask};

/// The outcome of a new campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The campaign as it is stored: the same request had stored it before, or this one did.
    Done(Box<Campaign>),
    /// There is another campaign with this id.
    Other,
}

/// The campaigns and audiences in a database.
#[async_trait]
pub trait AnnouncementStore: fmt::Debug + Send + Sync {
    /// Stores a campaign and the task that tells it, in one transaction.
    async fn send(&self, campaign: Campaign, task: NewTask) -> Result<Sent, StoreError>;

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, StoreError>;

    /// The first page of an audience, or the one after this person.
    async fn audience(&self, of: &Audience, after: Option<&UserId>) -> Result<Page, StoreError>;
}
