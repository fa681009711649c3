//! What a partner sees of its offers, by day of Europe/Paris.
//!
//! A view is an offer's own page that this origin answered, also out of its cache. What an edge
//! answers from its own copies it does not see, nor offers in lists: views show a course, not a
//! sum. No read writes: views are added up in memory and stored every few seconds.

pub mod store;

use super::{OfferId, paris::Day};

/// How often an offer was seen on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub offer: OfferId,
    pub day: Day,
    pub views: i64,
}
