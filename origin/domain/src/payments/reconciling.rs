//! Compares the provider's books with the ledger.

use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasher,
    ops::Range,
};

use super::{
    ledger::Transaction,
    money::Currency,
    provider::{Movement, MovementKind},
};
use crate::words::words;

/// The provider and the ledger note the same thing at moments that differ by at most this: the time
/// until a report is worked off, or a poll finds what no report told.
pub const MARGIN_MS: i64 = 6 * 3_600_000;

words! {
    /// How a line of the provider's books and the ledger differ.
    DifferenceKind {
        /// The provider moved money that the ledger does not know.
        NotInLedger = "not_in_ledger",
        /// The ledger has what the provider does not.
        NotAtProvider = "not_at_provider",
        /// Both have it, with another amount or currency.
        Amount = "amount",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The provider's name of what it did, which makes the difference unique.
    pub provider_id: String,
    pub kind: DifferenceKind,
    /// The provider's amount, and the ledger's; 0 if there is none.
    pub provider_minor: i64,
    pub ledger_minor: i64,
    /// By ISO 4217; empty if it is none that we take.
    pub currency: String,
    pub at_ms: i64,
    pub found_at_ms: i64,
}

/// One line of either book.
#[derive(Clone, Copy)]
struct Line {
    minor: i64,
    currency: Option<Currency>,
    at_ms: i64,
}

/// What differs among the moments of `range`. `movements` and `moved` are those of the range and of
/// [`MARGIN_MS`] before and after it, so that nothing that both books have is missed at its ends.
pub fn differences<S: BuildHasher>(
    range: &Range<i64>,
    movements: &[Movement],
    moved: &HashMap<String, Vec<Transaction>, S>,
    now_ms: i64,
) -> Vec<Difference> {
    let mut lines: BTreeMap<(&str, u8), [Option<Line>; 2]> = BTreeMap::new();
    for movement in movements {
        let key = (movement.source.as_str(), rank(movement.kind));
        let [theirs, _] = lines.entry(key).or_default();
        add(theirs, movement.amount, movement.currency, movement.at_ms);
    }
    for transaction in moved.values().flatten() {
        let Some(kind) = transaction.movement() else {
            continue;
        };
        let key = (transaction.provider_id.as_str(), rank(kind));
        let [_, ours] = lines.entry(key).or_default();
        let currency = Some(transaction.currency);
        add(ours, transaction.amount(), currency, transaction.at_ms);
    }
    let mut found: Vec<Difference> = Vec::new();
    for ((source, _), [provider, ledger]) in lines {
        let kind = match (provider, ledger) {
            (Some(_), None) => DifferenceKind::NotInLedger,
            (None, Some(_)) => DifferenceKind::NotAtProvider,
            (Some(one), Some(other))
                if one.minor == other.minor && one.currency == other.currency =>
            {
                continue;
            }
            _ => DifferenceKind::Amount,
        };
        let Some(line) = provider.or(ledger) else {
            continue;
        };
        // One difference for each source: an operator who looks at it sees the others.
        let is_known = found.last().is_some_and(|last| last.provider_id == source);
        if !range.contains(&line.at_ms) || is_known {
            continue;
        }
        let minor = |line: Option<Line>| line.map_or(0, |line| line.minor);
        found.push(Difference {
            provider_id: source.to_owned(),
            kind,
            provider_minor: minor(provider),
            ledger_minor: minor(ledger),
            currency: line.currency.map_or("", Currency::as_str).to_owned(),
            at_ms: line.at_ms,
            found_at_ms: now_ms,
        });
    }
    found
}

/// A source may have several lines of a kind: they are one sum.
fn add(sum: &mut Option<Line>, minor: i64, currency: Option<Currency>, at_ms: i64) {
    *sum = Some(match *sum {
        None => Line {
            minor,
            currency,
            at_ms,
        },
        Some(line) => Line {
            minor: line.minor + minor,
            at_ms: line.at_ms.min(at_ms),
            ..line
        },
    });
}

const fn rank(kind: MovementKind) -> u8 {
    match kind {
        MovementKind::Capture => 0,
        MovementKind::Refund => 1,
        MovementKind::RefundFailure => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::ledger::{Account, Transfer};

    const DAY: Range<i64> = 1_000..2_000;

    fn movement(source: &str, kind: MovementKind, amount: i64, at_ms: i64) -> Movement {
        Movement {
            id: format!("txn_{source}"),
            kind,
            source: source.into(),
            amount,
            currency: Some(Currency::Eur),
            at_ms,
        }
    }

    fn entered(key: &str, source: &str, amount: i64, at_ms: i64) -> Transaction {
        Transaction {
            key: key.into(),
            payment: None,
            provider_id: source.into(),
            currency: Currency::Eur,
            at_ms,
            transfers: vec![Transfer::new(Account::Provider, Account::Fees, amount).unwrap()],
        }
    }

    fn found(movements: &[Movement], entries: Vec<Transaction>) -> Vec<(String, DifferenceKind)> {
        let mut moved: HashMap<String, Vec<Transaction>> = HashMap::new();
        for entry in entries {
            let source = moved.entry(entry.provider_id.clone()).or_default();
            source.push(entry);
        }
        let found = differences(&DAY, movements, &moved, 9).into_iter();
        found.map(|one| (one.provider_id, one.kind)).collect()
    }

    #[test]
    fn what_both_books_have_is_no_difference_whenever_each_noted_it() {
        let capture = |at_ms| movement("pi_1", MovementKind::Capture, 5, at_ms);
        for (theirs_ms, ours_ms) in [(1_500, 1_500), (1_999, 2_001), (2_001, 1_999), (999, 1_000)] {
            let entries = vec![entered("capture:1", "pi_1", 5, ours_ms)];
            assert_eq!(found(&[capture(theirs_ms)], entries), []);
        }
        // A refund that failed has two lines of one source.
        let both = [
            movement("re_1", MovementKind::Refund, 5, 1_100),
            movement("re_1", MovementKind::RefundFailure, 5, 1_200),
        ];
        let entries = vec![
            entered("refund:1", "re_1", 5, 1_100),
            entered("refund-failed:1", "re_1", 5, 1_200),
        ];
        assert_eq!(found(&both, entries.clone()), []);
        let one = found(&both[..1], entries.clone());
        assert_eq!(one, [("re_1".into(), DifferenceKind::NotAtProvider)]);
        let one = found(&both, entries[..1].to_vec());
        assert_eq!(one, [("re_1".into(), DifferenceKind::NotInLedger)]);
    }

    #[test]
    fn what_differs_is_found_on_its_day_and_on_no_other() {
        let capture = |at_ms| movement("pi_1", MovementKind::Capture, 5, at_ms);
        for (at_ms, is_found) in [(999, false), (1_000, true), (1_999, true), (2_000, false)] {
            assert_eq!(found(&[capture(at_ms)], vec![]).is_empty(), !is_found);
            let ours = vec![entered("capture:1", "pi_1", 5, at_ms)];
            assert_eq!(found(&[], ours).is_empty(), !is_found);
        }
        let other = vec![entered("capture:1", "pi_1", 6, 1_500)];
        let differs = found(&[capture(1_500)], other);
        assert_eq!(differs, [("pi_1".into(), DifferenceKind::Amount)]);
        let payout = vec![entered("payout:1", "po_1", 6, 1_500)];
        assert_eq!(found(&[], payout), [], "the provider's list has no payouts");
    }
}
