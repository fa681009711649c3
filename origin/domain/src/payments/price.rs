//! What an offer asks for, and what a booking keeps of that.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::money::{Currency, Money};
use crate::bookings::party::PartySize;
use crate::broken::{BrokenField, BrokenRule, Reading, Rule};

const MINUTE_MS: i64 = 60_000;

/// How long a booking holds its place for the money.
pub const PAID_WITHIN_MS: i64 = 10 * MINUTE_MS;

/// What an offer may cost, in the minor unit. Providers take no less, and nobody means more.
const AMOUNTS: std::ops::RangeInclusive<i64> = 50..=1_000_000;
/// 30 days.
const MOST_REFUNDABLE_MIN: i32 = 30 * 24 * 60;
const MOST_VAT_BP: i32 = 3_000;

const AMOUNT: Rule = Rule::new(
    "AMOUNT",
    "va de 50 à 1 000 000, dans la plus petite unité de la devise",
    "is 50 to 1,000,000, in the currency's minor unit",
);
const ORIGINAL: Rule = Rule::new(
    "ORIGINAL",
    "va de `amount` à 1 000 000",
    "is `amount` to 1,000,000",
);
const REFUNDABLE: Rule = Rule::new(
    "REFUNDABLE",
    "va de 0 à 43 200 minutes",
    "is 0 to 43,200 minutes",
);
const VAT: Rule = Rule::new(
    "VAT_RATE",
    "va de 0 à 3 000 points de base",
    "is 0 to 3,000 basis points",
);

/// The price of an offer: what is paid for each person when it is booked. An offer without one is free to book.
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

impl OfferPrice {
    /// The price, or every rule that it breaks.
    pub fn checked(self) -> Result<Self, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let good = |is_good: bool, rule: BrokenRule| if is_good { Ok(()) } else { Err(rule) };
        reading.take(good(AMOUNTS.contains(&self.amount), AMOUNT.at("amount")));
        // With a wrong amount that alone is named.
        let least = if AMOUNTS.contains(&self.amount) {
            self.amount
        } else {
            *AMOUNTS.start()
        };
        let is_original = |original| (least..=*AMOUNTS.end()).contains(&original);
        let original = self.original.is_none_or(is_original);
        reading.take(good(original, ORIGINAL.at("original")));
        let is_refundable = |minutes| (0..=MOST_REFUNDABLE_MIN).contains(&minutes);
        let refundable = self.refundable_until_min.is_none_or(is_refundable);
        reading.take(good(refundable, REFUNDABLE.at("refundableUntil")));
        let vat = (0..=MOST_VAT_BP).contains(&self.vat_rate_bp);
        reading.take(good(vat, VAT.at("vatRate")));
        reading.end(self)
    }
}

/// On which terms we take payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Our part of each payment, in basis points.
    pub fee_bp: i64,
}

/// What the price was when an offer was booked. Later edits of the offer do not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookedPrice {
    /// For all people of the booking together.
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
    /// What a booking of so many people for this window keeps of a price for one. Who books what is open already has the time
    /// to pay as well, but never after the end.
    pub fn of(
        price: OfferPrice,
        terms: Terms,
        party: PartySize,
        window: &Range<i64>,
        now_ms: i64,
    ) -> Self {
        let money = Money {
            minor: price.amount * i64::from(party.people()),
            currency: price.currency,
        };
        let until_ms = |minutes| window.start - i64::from(minutes) * MINUTE_MS;
        Self {
            amount: money.minor,
            currency: price.currency,
            is_deposit: price.is_deposit,
            vat_rate_bp: price.vat_rate_bp,
            fee: money.share(terms.fee_bp).clamp(0, money.minor),
            refundable_until_ms: price.refundable_until_min.map(until_ms),
            pay_before_ms: window.end.min(now_ms + PAID_WITHIN_MS),
        }
    }

    pub const fn money(&self) -> Money {
        Money {
            minor: self.amount,
            currency: self.currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> OfferPrice {
        OfferPrice {
            amount: 1_250,
            currency: Currency::Eur,
            original: None,
            is_deposit: false,
            refundable_until_min: None,
            vat_rate_bp: 1_000,
        }
    }

    #[test]
    fn a_price_within_its_bounds_is_good_and_every_rule_that_breaks_is_named() {
        let broken = |price: OfferPrice| -> Vec<String> {
            let broken = price.checked().err().unwrap_or_default();
            broken.into_iter().map(|field| field.path).collect()
        };
        for amount in [50, 1_000_000] {
            assert_eq!(broken(OfferPrice { amount, ..price() }), [""; 0]);
        }
        for amount in [i64::MIN, -1, 0, 49, 1_000_001, i64::MAX] {
            assert_eq!(broken(OfferPrice { amount, ..price() }), ["amount"]);
        }
        for (original, good) in [
            (1_249, false),
            (1_250, true),
            (1_000_000, true),
            (1_000_001, false),
        ] {
            let original = Some(original);
            let found = broken(OfferPrice {
                original,
                ..price()
            });
            assert_eq!(found.is_empty(), good, "{original:?}");
        }
        for (minutes, good) in [(-1, false), (0, true), (43_200, true), (43_201, false)] {
            let refundable_until_min = Some(minutes);
            let found = broken(OfferPrice {
                refundable_until_min,
                ..price()
            });
            assert_eq!(found.is_empty(), good, "{minutes}");
        }
        for (vat_rate_bp, good) in [(-1, false), (0, true), (3_000, true), (3_001, false)] {
            let found = broken(OfferPrice {
                vat_rate_bp,
                ..price()
            });
            assert_eq!(found.is_empty(), good, "{vat_rate_bp}");
        }
        let all = OfferPrice {
            amount: 0,
            original: Some(-1),
            refundable_until_min: Some(-1),
            vat_rate_bp: -1,
            ..price()
        };
        let fields = ["amount", "original", "refundableUntil", "vatRate"];
        assert_eq!(broken(all), fields);
    }

    #[test]
    fn a_booking_keeps_the_fee_and_the_moments_and_nothing_can_be_paid_after_its_end() {
        let refundable = OfferPrice {
            refundable_until_min: Some(90),
            ..price()
        };
        let terms = Terms { fee_bp: 725 };
        let hour_ms = 60 * MINUTE_MS;
        let booked = BookedPrice::of(
            refundable,
            terms,
            PartySize::ONE,
            &(5 * hour_ms..9 * hour_ms),
            0,
        );
        // 90.625, rounded down.
        assert_eq!(booked.fee, 90);
        let until_ms = 5 * hour_ms - 90 * MINUTE_MS;
        assert_eq!(booked.refundable_until_ms, Some(until_ms));
        assert_eq!(booked.pay_before_ms, PAID_WITHIN_MS);
        let open = BookedPrice::of(price(), terms, PartySize::ONE, &(0..hour_ms), 0);
        assert_eq!(open.pay_before_ms, PAID_WITHIN_MS, "it is open already");
        assert_eq!(open.refundable_until_ms, None);
        let four = PartySize::new(4).unwrap();
        let booked = BookedPrice::of(price(), terms, four, &(0..hour_ms), 0);
        // Of 5,000 together.
        assert_eq!((booked.amount, booked.fee), (5_000, 362));
        let ends = BookedPrice::of(price(), terms, PartySize::ONE, &(0..MINUTE_MS), 0);
        assert_eq!(ends.pay_before_ms, MINUTE_MS);
    }
}
