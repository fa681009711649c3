//! Statistics of a partner's offers, by night: from 06:00 to 06:00 in Europe/Paris.
//!
//! A view is an offer's own page that this origin answered, also from its cache. Answers from an
//! edge's cache and offers in lists are not counted: views show a trend, not a total. Reads never
//! write: views are counted in memory and stored every few seconds.

pub mod store;

use super::{OfferId, paris::Day};

/// How often an offer was viewed in the night that begins on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub offer: OfferId,
    pub day: Day,
    pub views: i64,
}
