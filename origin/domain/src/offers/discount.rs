//! Discounts other than a percentage: an amount off, two for one, something free, a fixed price.
//!
//! Every discount has a percentage, by which lists filter and sort; here it is computed for those that
//! are something else.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{
    broken::{BrokenField, BrokenRule, Reading, Rule},
    payments::money::Currency,
    texts::line,
    words::words,
};

words! {
    /// What a discount is.
    DiscountKind {
        Percentage = "PERCENTAGE",
        Amount = "AMOUNT",
        TwoForOne = "TWO_FOR_ONE",
        FreeItem = "FREE_ITEM",
        FixedPrice = "FIXED_PRICE",
    }
}

/// How many kinds there are.
pub const KINDS: usize = DiscountKind::ALL.len();

/// What an amount may be, in the minor unit.
const AMOUNTS: std::ops::RangeInclusive<i64> = 1..=1_000_000;

const AMOUNT: Rule = Rule::new(
    "AMOUNT",
    "va de 1 à 1 000 000, dans la plus petite unité de la devise",
    "is 1 to 1,000,000, in the currency's minor unit",
);
const ORIGINAL: Rule = Rule::new(
    "ORIGINAL",
    "va du montant à 1 000 000",
    "is the amount to 1,000,000",
);
const ITEM: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 2 à 80 caractères sur une ligne",
    "has 2 to 80 characters on one line",
);
const NEEDED: Rule = Rule::new(
    "REQUIRED",
    "est nécessaire pour ce `kind`",
    "is needed for this `kind`",
);
const FOREIGN: Rule = Rule::new(
    "FOREIGN",
    "ne va pas avec ce `kind`",
    "does not belong to this `kind`",
);

/// A discount that is no percentage. Amounts are with tax, in the currency's minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DiscountTerms {
    /// So much off.
    Amount {
        amount: i64,
        currency: Currency,
        /// What it costs without the offer, if the partner says so.
        original: Option<i64>,
    },
    TwoForOne,
    FreeItem {
        item: String,
    },
    FixedPrice {
        price: i64,
        currency: Currency,
        /// What it costs without the offer, if the partner says so.
        original: Option<i64>,
    },
}

impl DiscountTerms {
    pub const fn kind(&self) -> DiscountKind {
        match self {
            Self::Amount { .. } => DiscountKind::Amount,
            Self::TwoForOne => DiscountKind::TwoForOne,
            Self::FreeItem { .. } => DiscountKind::FreeItem,
            Self::FixedPrice { .. } => DiscountKind::FixedPrice,
        }
    }

    /// What it comes to in percent, rounded down; 0 if that is not known.
    pub fn percentage(&self) -> i32 {
        let share = |saved: i64, original: Option<i64>| {
            let original = original.filter(|original| *original > 0)?;
            i32::try_from(saved.saturating_mul(100) / original).ok()
        };
        let percentage = match self {
            Self::Amount {
                amount, original, ..
            } => share(*amount, *original),
            Self::TwoForOne => Some(50),
            Self::FreeItem { .. } => None,
            Self::FixedPrice {
                price, original, ..
            } => share(original.unwrap_or(*price) - price, *original),
        };
        percentage.unwrap_or(0).clamp(0, 100)
    }
}

/// The fields of a discount as they are given: which of them may be there, its kind decides.
#[derive(Debug, Clone, Default)]
pub struct GivenDiscount {
    /// None: a percentage.
    pub kind: Option<DiscountKind>,
    pub percentage: Option<i32>,
    pub amount: Option<i32>,
    pub price: Option<i32>,
    pub original: Option<i32>,
    pub currency: Option<Currency>,
    pub item: Option<String>,
}

/// What a discount is, without its description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiscountValue {
    /// 0 to 100.
    pub percentage: i32,
    /// None: the percentage is all there is.
    pub terms: Option<DiscountTerms>,
}

impl GivenDiscount {
    /// Whether any of the fields is given.
    pub const fn says_what_it_is(&self) -> bool {
        self.kind.is_some()
            || self.percentage.is_some()
            || self.amount.is_some()
            || self.price.is_some()
            || self.original.is_some()
            || self.currency.is_some()
            || self.item.is_some()
    }

    /// The discount, or every rule that it breaks.
    pub fn read(self) -> Result<DiscountValue, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let kind = self.kind.unwrap_or(DiscountKind::Percentage);
        self.name_foreign(kind, &mut reading);
        let terms = match kind {
            DiscountKind::Percentage => {
                let given = self.percentage.ok_or(NEEDED.at("percentage"));
                let percentage = given.and_then(|number| {
                    super::rules::percentage(number).map_err(|broken| BrokenRule {
                        field: "percentage",
                        ..broken
                    })
                });
                let percentage = reading.take(percentage);
                let terms = None;
                return reading.end(DiscountValue { percentage, terms });
            }
            DiscountKind::Amount => {
                let (amount, currency, original) = self.money("amount", self.amount, &mut reading);
                DiscountTerms::Amount {
                    amount,
                    currency,
                    original,
                }
            }
            DiscountKind::TwoForOne => DiscountTerms::TwoForOne,
            DiscountKind::FreeItem => {
                let given = self.item.as_deref().ok_or(NEEDED.at("item"));
                let item = given.and_then(|text| line(text, 2..=80).ok_or(ITEM.at("item")));
                DiscountTerms::FreeItem {
                    item: reading.take(item),
                }
            }
            DiscountKind::FixedPrice => {
                let (price, currency, original) = self.money("price", self.price, &mut reading);
                DiscountTerms::FixedPrice {
                    price,
                    currency,
                    original,
                }
            }
        };
        reading.end(DiscountValue {
            percentage: terms.percentage(),
            terms: Some(terms),
        })
    }

    /// Names the fields that are given and do not belong to this kind.
    fn name_foreign(&self, kind: DiscountKind, reading: &mut Reading) {
        let is_money = matches!(kind, DiscountKind::Amount | DiscountKind::FixedPrice);
        for (field, is_given, belongs) in [
            (
                "percentage",
                self.percentage.is_some(),
                kind == DiscountKind::Percentage,
            ),
            (
                "amount",
                self.amount.is_some(),
                kind == DiscountKind::Amount,
            ),
            (
                "price",
                self.price.is_some(),
                kind == DiscountKind::FixedPrice,
            ),
            ("original", self.original.is_some(), is_money),
            ("currency", self.currency.is_some(), is_money),
            ("item", self.item.is_some(), kind == DiscountKind::FreeItem),
        ] {
            if is_given && !belongs {
                reading.take::<()>(Err(FOREIGN.at(field)));
            }
        }
    }

    /// The amount in `field`, its currency, and what it costs without the offer.
    fn money(
        &self,
        field: &'static str,
        given: Option<i32>,
        reading: &mut Reading,
    ) -> (i64, Currency, Option<i64>) {
        let amount = given.map(i64::from).ok_or(NEEDED.at(field));
        let is_good = |amount: &i64| AMOUNTS.contains(amount);
        let amount = amount.and_then(|amount| Some(amount).filter(is_good).ok_or(AMOUNT.at(field)));
        let least = amount.as_ref().copied().unwrap_or(*AMOUNTS.start());
        let original = self.original.map(i64::from);
        let is_original = |original: i64| (least..=*AMOUNTS.end()).contains(&original);
        if !original.is_none_or(is_original) {
            reading.take::<()>(Err(ORIGINAL.at("original")));
        }
        if self.currency.is_none() {
            reading.take::<()>(Err(NEEDED.at("currency")));
        }
        let currency = self.currency.unwrap_or(Currency::Eur);
        (reading.take(amount), currency, original)
    }
}
