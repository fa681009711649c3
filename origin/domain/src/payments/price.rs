//! What an offer asks for, and what a booking keeps of that.

use serde::{Deserialize, Serialize};

use super::money::{Currency, Money};

/// The price of an offer: what is paid when it is booked. An offer without one is free to book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferPrice {
    /// What is paid, with tax, in the currency's minor unit.
    pub amount: i64,
    pub currency: Currency,
    /// What it costs without the offer, with tax.
    pub original: Option<i64>,
    /// Whether the rest is paid at the venue.
    pub is_deposit: bool,
    /// A guest who cancels at least so many minutes before the booking begins is refunded; none:
    /// guests are not refunded.
    pub refundable_until_min: Option<i32>,
    /// The rate of value-added tax that the amount contains, in basis points: 1000 is 10 %.
    pub vat_rate_bp: i32,
}

/// What the price was when an offer was booked. Later edits of the offer do not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedPrice {
    pub amount: i64,
    pub currency: Currency,
    pub is_deposit: bool,
    pub vat_rate_bp: i32,
    /// Our fee, which the amount contains.
    pub fee: i64,
    /// The first moment at which a guest who cancels is not refunded; none: never refunded.
    pub refundable_until_ms: Option<i64>,
    /// The booking holds its place until then; it is confirmed when the money has come.
    pub pay_before_ms: i64,
}

impl BookedPrice {
    pub const fn money(&self) -> Money {
        Money {
            minor: self.amount,
            currency: self.currency,
        }
    }
}
