//! One open connection and its subscriptions.

use std::sync::Arc;

use api::live::{event::Event, position::Position, topic::Topic};
use cache_core::Revision;

use super::{
    super::{
        OPERATIONS,
        mailbox::{Mailbox, OperationNumber, TooMuchMissed},
        seats::{Client, NoSeat, Seat},
    },
    ConnectionId, Hub, Key,
};

/// One open connection; it is forgotten, with its subscriptions, when it is dropped.
#[derive(Debug)]
pub(in crate::live) struct Connection {
    pub(super) hub: Hub,
    pub(super) id: ConnectionId,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) seat: Seat,
    /// Its subscriptions.
    pub(super) operations: Vec<OperationNumber>,
    pub(super) last: u32,
    /// Its subscriptions get what comes after this, or after an earlier revision.
    pub(super) begins_after: Revision,
}

/// What a subscription gets at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::live) enum Start {
    /// The present state, if there is one.
    Now,
    /// What its client missed, from elsewhere.
    Resumed,
}

/// A connection has as many subscriptions as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connection has at most {OPERATIONS} subscriptions")]
pub(in crate::live) struct TooMany;

impl Connection {
    pub(in crate::live) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// Counts it for another client from now on.
    pub(in crate::live) fn counts_for(&mut self, client: Client) -> Result<(), NoSeat> {
        self.seat.counts_for(client)
    }

    /// A number for one more subscription, which gets no events yet.
    pub(in crate::live) fn number(&mut self) -> Result<OperationNumber, TooMany> {
        if self.operations.len() >= OPERATIONS {
            return Err(TooMany);
        }
        self.last = self.last.wrapping_add(1);
        let number = OperationNumber(self.last);
        self.operations.push(number);
        Ok(number)
    }

    /// From now on the subscription gets the topic's events: those after the revision that is returned,
    /// and none before it. At the start a thing is read once more, because it may have changed between
    /// the first read and this call.
    pub(in crate::live) fn listen(
        &mut self,
        operation: OperationNumber,
        topic: Topic,
        start: Start,
    ) -> Revision {
        let look_again = match (&topic, start) {
            (Topic::Thing(_), Start::Now) => true,
            (Topic::Thing(_) | Topic::Offers(_), Start::Resumed)
            | (Topic::Offers(_), Start::Now) => false,
        };
        let key = self.key(operation);
        let after = {
            let mut state = self.hub.state();
            let after = *self.hub.0.followed.borrow();
            state.index.insert(key, topic);
            state.begins_after.insert(key, Position::whole(after));
            after
        };
        self.begins_after = self.begins_after.max(after);
        if look_again {
            let event = Event::LookAgain { required: after };
            self.mailbox.put(operation, event);
        }
        after
    }

    /// Tells a subscription first what its client missed.
    pub(in crate::live) fn put_missed(
        &self,
        operation: OperationNumber,
        events: Vec<Event>,
    ) -> Result<(), TooMuchMissed> {
        self.mailbox.put_missed(operation, events)
    }

    /// Tells a subscription first the present state, if it has one.
    pub(in crate::live) fn looks_again(
        &self,
        operation: OperationNumber,
        topic: &Topic,
        after: Revision,
    ) {
        match topic {
            Topic::Thing(_) => {
                let event = Event::LookAgain { required: after };
                self.mailbox.put_first(operation, event);
            }
            Topic::Offers(_) => {}
        }
    }

    /// Up to where all of its subscriptions were sent everything; none while something waits.
    pub(in crate::live) fn is_current_to(&self) -> Option<Revision> {
        let told = self.hub.state().told;
        (self.mailbox.is_empty() && told >= self.begins_after).then_some(told)
    }

    /// Forgets a subscription.
    pub(in crate::live) fn forget(&mut self, operation: OperationNumber) {
        self.operations.retain(|known| *known != operation);
        let key = self.key(operation);
        self.hub.state().forget(key);
    }

    const fn key(&self, operation: OperationNumber) -> Key {
        Key {
            connection: self.id,
            operation,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        for operation in &self.operations {
            state.forget(self.key(*operation));
        }
        state.mailboxes.remove(&self.id);
    }
}
