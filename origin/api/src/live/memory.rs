//! What the server remembers of one subscription between two events.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    NotificationId, bookings::booking::BookingStatus, messages::kind::Lane,
    notifications::inbox::Entry,
};

use super::topic::Topic;

/// State that one subscription keeps from event to event.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    waits_for: Option<Topic>,
    /// It goes on after an event that an earlier subscription heard.
    is_resumed: bool,
    /// The booking's status at the last read.
    status: Option<BookingStatus>,
    /// Of the newest entries of the inbox, those that were there before or were told.
    known: HashMap<NotificationId, Known>,
    /// Whether the last read left something to be told.
    has_more: bool,
}

/// Why an entry of the inbox is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It was there when the subscription began.
    Before,
    Told,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn waits_for(&self, topic: Topic) {
        self.lock().waits_for = Some(topic);
    }

    /// The subscription's topic, once the field has run for the first time.
    pub fn take_topic(&self) -> Option<Topic> {
        self.lock().waits_for.take()
    }

    /// The subscription goes on after an event that was heard before. What the first run of the field
    /// saw may have come after that event, so it was not told.
    pub fn resumes(&self) {
        let mut memory = self.lock();
        memory.is_resumed = true;
        memory.status = None;
    }

    /// What came after the event that was heard before is not known: the present state is told, and
    /// what comes from now on.
    pub fn starts_over(&self) {
        let mut memory = self.lock();
        memory.is_resumed = false;
        memory.status = None;
    }

    /// Whether the booking's status differs from the last one read.
    pub(super) fn is_news(&self, status: BookingStatus) -> bool {
        self.lock().status.replace(status) != Some(status)
    }

    /// These entries were there when the subscription began.
    pub(super) fn knows(&self, newest: &[Entry]) {
        let before = newest.iter().map(|entry| (entry.id.clone(), Known::Before));
        self.lock().known = before.collect();
    }

    /// Whether an entry that came is to be told; asked once. One that was there before the subscription
    /// began is told to a client that came back: it came after the event that the client heard.
    pub(super) fn tells(&self, entry: &NotificationId, newest: &[Entry]) -> bool {
        let mut memory = self.lock();
        memory.forget_all_but(newest);
        match memory.known.insert(entry.clone(), Known::Told) {
            None => true,
            Some(Known::Before) => memory.is_resumed,
            Some(Known::Told) => false,
        }
    }

    /// The oldest entry that is not known. Entries come from several workers whose clocks differ, so
    /// a position in the inbox would leave some out.
    pub(super) fn next<'e>(&self, newest: &'e [Entry]) -> Option<&'e Entry> {
        let mut memory = self.lock();
        memory.forget_all_but(newest);
        // What is sent to many is seen when the inbox is read.
        let of_many = |entry: &&Entry| {
            let letter = entry.letter();
            letter.is_some_and(|letter| letter.kind().lane() == Lane::Campaigns)
        };
        for entry in newest.iter().filter(of_many) {
            memory.known.insert(entry.id.clone(), Known::Told);
        }
        let known = &memory.known;
        let mut untold = newest
            .iter()
            .rev()
            .filter(|entry| !known.contains_key(&entry.id));
        let (next, more) = (untold.next(), untold.next());
        memory.has_more = more.is_some();
        let told = next.map(|entry| (entry.id.clone(), Known::Told));
        memory.known.extend(told);
        next
    }

    /// Whether the last read left something to be told; asked once.
    pub fn take_more(&self) -> bool {
        std::mem::take(&mut self.lock().has_more)
    }
}

impl Remembered {
    fn forget_all_but(&mut self, newest: &[Entry]) {
        let is_there = |id: &NotificationId| newest.iter().any(|entry| entry.id == *id);
        self.known.retain(|id, _| is_there(id));
    }
}
