//! The `Discount` type.

use async_graphql::{Enum, SimpleObject};
use domain::offers::discount::{self, DiscountTerms};

use super::{
    directives::cache_control,
    money::{Currency, minor},
};

/// What a discount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "discount::DiscountKind")]
pub enum DiscountKind {
    /// So many percent off.
    Percentage,
    /// So much money off.
    Amount,
    TwoForOne,
    /// Something is free.
    FreeItem,
    /// It costs a fixed price.
    FixedPrice,
}

/// What an offer gives.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct Discount {
    /// Percent, 0 to 100. Of a discount that is no `PERCENTAGE` what it comes to: 50 of `TWO_FOR_ONE`, computed
    /// from `original` of `AMOUNT` and `FIXED_PRICE`, else 0.
    percentage: i32,
    description: Option<String>,
    kind: DiscountKind,
    /// How much less it costs, in the currency's minor unit; of `AMOUNT`.
    amount: Option<i32>,
    /// What it costs, in the currency's minor unit; of `FIXED_PRICE`.
    price: Option<i32>,
    /// What it costs without the offer; of `AMOUNT` and `FIXED_PRICE`, null if the partner does not say.
    original: Option<i32>,
    /// Of `AMOUNT` and `FIXED_PRICE`.
    currency: Option<Currency>,
    /// What is free; of `FREE_ITEM`.
    item: Option<String>,
}

impl From<domain::Discount> for Discount {
    fn from(discount: domain::Discount) -> Self {
        let kind = discount.kind().into();
        let plain = Self {
            percentage: discount.percentage,
            description: discount.description,
            kind,
            amount: None,
            price: None,
            original: None,
            currency: None,
            item: None,
        };
        match discount.terms {
            None | Some(DiscountTerms::TwoForOne) => plain,
            Some(DiscountTerms::Amount {
                amount,
                currency,
                original,
            }) => Self {
                amount: Some(minor(amount)),
                currency: Some(currency.into()),
                original: original.map(minor),
                ..plain
            },
            Some(DiscountTerms::FreeItem { item }) => Self {
                item: Some(item),
                ..plain
            },
            Some(DiscountTerms::FixedPrice {
                price,
                currency,
                original,
            }) => Self {
                price: Some(minor(price)),
                currency: Some(currency.into()),
                original: original.map(minor),
                ..plain
            },
        }
    }
}
