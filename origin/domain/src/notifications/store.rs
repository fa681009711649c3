//! The store trait of devices and of the inbox. Entries are stored with the end of the task that
//! found them.

use std::fmt;

use async_trait::async_trait;

use super::{
    device::{Device, DeviceId, Platform},
    inbox::{Entry, InboxCursor},
};
use crate::{NotificationId, StoreError, UserId};

/// The outcome of a device's registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The account does not exist any more, or is disabled; nothing was written.
    NoAccount,
    Done(Device),
}

/// A page of an inbox, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxPage {
    pub items: Vec<Entry>,
    pub has_next_page: bool,
}

/// Which entries are marked as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    All,
    These(Vec<NotificationId>),
}

/// The devices and inboxes in a database.
#[async_trait]
pub trait NotificationStore: fmt::Debug + Send + Sync {
    /// Registers a device, or notes that it was seen. A device of another account moves to this one:
    /// who holds it has signed in here. Of more than
    /// [`MOST_DEVICES`](super::device::MOST_DEVICES) those seen longest ago go.
    async fn register(
        &self,
        user: &UserId,
        id: &DeviceId,
        platform: Platform,
        now_ms: i64,
    ) -> Result<Registered, StoreError>;

    /// Returns whether the user had it.
    async fn remove_device(&self, user: &UserId, id: &DeviceId) -> Result<bool, StoreError>;

    /// A user's devices, those seen last first.
    async fn devices(&self, user: &UserId) -> Result<Vec<Device>, StoreError>;

    /// Removes devices that the provider does not know any more; returns how many there were.
    async fn forget_devices(&self, ids: &[DeviceId]) -> Result<usize, StoreError>;

    async fn page(
        &self,
        user: &UserId,
        first: usize,
        after: Option<InboxCursor>,
    ) -> Result<InboxPage, StoreError>;

    async fn unread(&self, user: &UserId) -> Result<u64, StoreError>;

    /// Marks a user's unread entries as read; returns how many were marked.
    async fn mark_read(
        &self,
        user: &UserId,
        which: &Marked,
        now_ms: i64,
    ) -> Result<usize, StoreError>;

    /// Removes entries from before this time, at most `most`; returns how many.
    async fn forget_entries(&self, before_ms: i64, most: usize) -> Result<usize, StoreError>;
}
