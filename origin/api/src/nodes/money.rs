//! Prices, and what was booked at them.

use async_graphql::{Enum, SimpleObject};
use domain::payments::{
    money,
    price::{BookedPrice, OfferPrice},
};

use crate::nodes::{
    directives::{CacheControlScope, cache_control},
    moment::{DateTime, timestamp},
};

/// A currency by ISO 4217. Amounts are integers of its minor unit, one hundredth: 1250 `EUR` is
/// 12.50 €.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "money::Currency")]
pub enum Currency {
    Eur,
    Chf,
    Gbp,
}

/// What is paid when an offer is booked.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct Price {
    /// What is paid, with tax, in the currency's minor unit.
    amount: i32,
    currency: Currency,
    /// What it costs without the offer, with tax; null if the partner does not say.
    original: Option<i32>,
    /// Whether the rest is paid at the venue.
    is_deposit: bool,
    /// A guest who cancels at least so many minutes before the booking begins is refunded; null:
    /// guests who cancel are not refunded.
    refundable_until: Option<i32>,
    /// The rate of value-added tax that the amount contains, in basis points: 1000 is 10 %.
    vat_rate: i32,
}

impl From<OfferPrice> for Price {
    fn from(price: OfferPrice) -> Self {
        Self {
            amount: minor(price.amount),
            currency: price.currency.into(),
            original: price.original.map(minor),
            is_deposit: price.is_deposit,
            refundable_until: price.refundable_until_min,
            vat_rate: price.vat_rate_bp,
        }
    }
}

/// What the price was when the offer was booked. Later changes of the offer do not change it.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "BookedPrice", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct BookedPriceNode {
    /// What is paid, with tax, in the currency's minor unit.
    amount: i32,
    currency: Currency,
    /// Whether the rest is paid at the venue.
    is_deposit: bool,
    /// The first moment at which a guest who cancels is not refunded; null: never refunded.
    refundable_until: Option<DateTime>,
    /// The rate of value-added tax that the amount contains, in basis points: 1000 is 10 %.
    vat_rate: i32,
}

impl From<BookedPrice> for BookedPriceNode {
    fn from(price: BookedPrice) -> Self {
        Self {
            amount: minor(price.amount),
            currency: price.currency.into(),
            is_deposit: price.is_deposit,
            refundable_until: price.refundable_until_ms.map(timestamp),
            vat_rate: price.vat_rate_bp,
        }
    }
}

/// An amount as GraphQL's `Int`. Prices are far smaller; a sum that is not stays at the largest.
pub fn minor(amount: i64) -> i32 {
    i32::try_from(amount).unwrap_or(if amount < 0 { i32::MIN } else { i32::MAX })
}
