//! The input type of prices.

use async_graphql::{InputObject, MaybeUndefined};
use domain::{broken::Reading, offers::edit::Edit, payments::price::OfferPrice};

use crate::nodes::money::Currency;

/// What is paid when the offer is booked. The partner's account must take payments.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct PriceInput {
    /// With tax, in the currency's minor unit; 50 to 1000000.
    amount: i32,
    currency: Currency,
    /// What it costs without the offer, with tax; not less than `amount`.
    original: Option<i32>,
    /// Whether the rest is paid at the venue.
    #[graphql(default)]
    is_deposit: bool,
    /// A guest who cancels at least so many minutes before the booking begins is refunded, 0 to 43200;
    /// if absent, guests who cancel are not refunded.
    refundable_until: Option<i32>,
    /// The rate of value-added tax that the amount contains, in basis points: 1000 is 10 %; 0 to 3000.
    vat_rate: i32,
}

impl PriceInput {
    pub(super) fn read(self, reading: &mut Reading) -> Option<OfferPrice> {
        let price = OfferPrice {
            amount: self.amount.into(),
            currency: self.currency.into(),
            original: self.original.map(Into::into),
            is_deposit: self.is_deposit,
            refundable_until_min: self.refundable_until,
            vat_rate_bp: self.vat_rate,
        };
        reading.within("price", price.checked().map(Some))
    }
}

pub(super) fn price_edit(
    reading: &mut Reading,
    given: MaybeUndefined<PriceInput>,
) -> Edit<Option<OfferPrice>> {
    match given {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Set(None),
        MaybeUndefined::Value(given) => Edit::Set(given.read(reading)),
    }
}
