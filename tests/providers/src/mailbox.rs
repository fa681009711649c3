//! What was sent, newest last, up to a limit.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use serde::Serialize;

const MOST: usize = 500;
/// The most keys that are counted.
const MOST_COUNTED: usize = 1_000_000;

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

/// How often messages with one key were taken.
#[derive(Clone, Debug)]
pub struct Counted {
    pub provider: &'static str,
    pub to: Vec<String>,
    pub times: u32,
    /// When the first one was.
    pub first: Instant,
}

#[derive(Default)]
pub(crate) struct Mailbox {
    items: VecDeque<Item>,
    count: u64,
    /// By key.
    counted: HashMap<String, Counted>,
}

impl Mailbox {
    /// Keeps a message and gives it its number.
    pub(crate) fn keep(&mut self, mut item: Item) {
        self.count += 1;
        item.number = self.count;
        if let Some(key) = &item.key {
            if let Some(counted) = self.counted.get_mut(key) {
                counted.times += 1;
            } else if self.counted.len() < MOST_COUNTED {
                let counted = Counted {
                    provider: item.provider,
                    to: item.to.clone(),
                    times: 1,
                    first: Instant::now(),
                };
                self.counted.insert(key.clone(), counted);
            }
        }
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

    pub(crate) const fn counted(&self) -> &HashMap<String, Counted> {
        &self.counted
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.counted.clear();
    }
}

pub(crate) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
