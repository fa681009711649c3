//! How many reports are sent: one of a kind in a minute, and not many altogether. A database that is away
//! would send thousands a second otherwise.

use std::collections::HashMap;

const MINUTE_MS: u64 = 60_000;
/// In a minute, of all kinds.
const AT_MOST: usize = 30;

/// Counts reports by their kind, a minute at a time.
#[derive(Debug, Default)]
pub(super) struct Budget {
    minute: u64,
    /// How many of each kind were withheld in this minute; of at most [`AT_MOST`] kinds.
    kinds: HashMap<String, u64>,
    /// Those of the minute before.
    before: HashMap<String, u64>,
}

impl Budget {
    /// Takes a report into the budget: how many of its kind were withheld since the one before, or
    /// `None` if it is to be withheld, too.
    pub(super) fn takes(&mut self, kind: String, now_ms: u64) -> Option<u64> {
        let minute = now_ms / MINUTE_MS;
        if minute != self.minute {
            self.minute = minute;
            self.before = std::mem::take(&mut self.kinds);
        }
        if let Some(withheld) = self.kinds.get_mut(&kind) {
            *withheld += 1;
            return None;
        }
        if self.kinds.len() >= AT_MOST {
            return None;
        }
        let withheld = self.before.remove(&kind).unwrap_or(0);
        self.kinds.insert(kind, 0);
        Some(withheld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_sent_in_a_minute_and_tells_how_many_were_not() {
        let mut budget = Budget::default();
        let mut takes = |kind: &str, now_ms| budget.takes(kind.to_owned(), now_ms);
        assert_eq!(takes("a", 0), Some(0));
        assert_eq!(takes("b", 1), Some(0));
        for now_ms in 2..12 {
            assert_eq!(takes("a", now_ms), None);
        }
        assert_eq!(takes("a", MINUTE_MS), Some(10));
        assert_eq!(takes("b", MINUTE_MS), Some(0));
        assert_eq!(takes("a", 2 * MINUTE_MS), Some(0));
    }

    #[test]
    fn kinds_without_end_are_neither_sent_nor_kept() {
        let mut budget = Budget::default();
        let sent = (0..10_000).filter(|kind| budget.takes(kind.to_string(), 5).is_some());
        assert_eq!(sent.count(), AT_MOST);
        assert_eq!(budget.kinds.len(), AT_MOST);
        assert_eq!(budget.takes("another".to_owned(), MINUTE_MS), Some(0));
    }
}
