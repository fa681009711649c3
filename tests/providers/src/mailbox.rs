//! What was sent, newest last, up to a limit.

use std::collections::VecDeque;

use serde::Serialize;

const MOST: usize = 500;

/// A message that a fake took.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Counts from 1.
    pub number: u64,
    /// The name that the sender was told.
    pub id: String,
    /// `ses`, `twilio` or `onesignal`.
    pub provider: &'static str,
    pub to: Vec<String>,
    pub from: String,
    /// An e-mail's subject, a push's heading.
    pub title: String,
    pub text: String,
    pub html: Option<String>,
    pub headers: Vec<(String, String)>,
    pub link: Option<String>,
    /// The idempotency key, or the tag that carries it.
    pub key: Option<String>,
    pub at: String,
}

#[derive(Default)]
pub(crate) struct Mailbox {
    items: VecDeque<Item>,
    count: u64,
}

impl Mailbox {
    /// Keeps a message and gives it its number.
    pub(crate) fn keep(&mut self, mut item: Item) {
        self.count += 1;
        item.number = self.count;
        if self.items.len() == MOST {
            self.items.pop_front();
        }
        self.items.push_back(item);
    }

    /// The number of the next message.
    pub(crate) const fn next(&self) -> u64 {
        self.count + 1
    }

    pub(crate) fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }
}

pub(crate) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
