//! Amounts of money: integers of the currency's minor unit, never fractions.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// A currency by ISO 4217. All of these have two decimals.
    Currency {
        Eur = "EUR",
        Chf = "CHF",
        Gbp = "GBP",
    }
}

/// One hundredth of one percent. Rates of fees and taxes are integers of it.
pub const BASIS_POINTS: i64 = 10_000;

/// An amount that is not negative, in the minor unit of its currency: 1250 EUR is 12.50 €.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// The part of it at a rate, rounded down.
    pub const fn share(self, basis_points: i64) -> i64 {
        // An amount has at most 8 digits: the product fits.
        self.minor.saturating_mul(basis_points) / BASIS_POINTS
    }

    /// The part of it that `part` is of `whole`, rounded down; all of it if they are equal.
    pub const fn proportion(self, part: i64, whole: i64) -> i64 {
        if whole == 0 {
            return 0;
        }
        self.minor.saturating_mul(part) / whole
    }

    /// The tax that it contains at a rate, rounded to the nearest unit.
    #[must_use]
    pub fn contained(self, basis_points: i32) -> Self {
        let rate = i64::from(basis_points.max(0));
        let whole = BASIS_POINTS + rate;
        let minor = (self.minor.saturating_mul(rate) + whole / 2) / whole;
        Self { minor, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_contains_its_tax() {
        for (minor, rate_bp, tax) in [
            (1_250, 1_000, 114),
            (1_200, 2_000, 200),
            (1_055, 550, 55),
            (1_250, 0, 0),
            (1, 3_000, 0),
        ] {
            let money = Money {
                minor,
                currency: Currency::Eur,
            };
            assert_eq!(money.contained(rate_bp).minor, tax, "{minor} {rate_bp}");
        }
    }
}
