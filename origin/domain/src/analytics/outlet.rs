//! Who takes product events: a third party that knows pseudonyms only.

use std::fmt;

use async_trait::async_trait;

use super::EventName;
use crate::OfferId;

/// An event as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// The same each time that the event is sent: the taker keeps it once.
    pub id: String,
    /// The person's pseudonym.
    pub person: String,
    pub name: EventName,
    pub offer: Option<OfferId>,
    pub at_ms: i64,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Taken,
    /// It will never be taken.
    Refused,
    /// To be sent again, after so long if the taker said it.
    Later {
        after_ms: Option<i64>,
    },
}

/// Why nothing, or not all, was taken. It says nothing of the events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("not now: {why}")]
    Later { why: String, after_ms: Option<i64> },
    /// Our request or our account is wrong.
    #[error("refused: {why}")]
    Refused { why: String },
}

/// What became of some events, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub fates: Vec<Fate>,
    /// The last trouble on the way.
    pub trouble: Option<Trouble>,
}

#[async_trait]
pub trait Outlet: fmt::Debug + Send + Sync {
    /// Its name in logs and metrics.
    fn name(&self) -> &'static str;

    async fn send(&self, events: &[OutgoingEvent]) -> Sent;

    /// Has everything deleted that it has of these people. Those that it does not know are no error.
    async fn forget(&self, people: &[String]) -> Result<(), Trouble>;

    /// The most people for one call of [`Self::forget`].
    fn most_forgotten(&self) -> usize;
}
