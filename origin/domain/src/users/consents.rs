//! Which consents are stored: what changes something, and no more than [`MAX_CONSENTS`] of a user.

use super::account::Consent;

/// The maximum number of a user's stored consents. Above it only withdrawals are stored.
pub const MAX_CONSENTS: usize = 200;

/// The outcome of recording a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The account does not exist any more, or is disabled; nothing was stored.
    NoAccount,
    /// The user has [`MAX_CONSENTS`]; nothing was stored.
    Full,
    /// The user's last consent for this purpose says the same; nothing was stored.
    Before(Consent),
    Done(Consent),
}

/// Decides on a consent of a user who has `count`, of which `last` is the newest for this purpose.
pub fn recorded(new: Consent, last: Option<Consent>, count: usize) -> Recorded {
    match last {
        Some(last) if says_the_same(&last, &new) => Recorded::Before(last),
        // Nobody is held to a consent because there are too many.
        Some(last) if last.granted && !new.granted => Recorded::Done(new),
        Some(_) | None if count >= MAX_CONSENTS => Recorded::Full,
        Some(_) | None => Recorded::Done(new),
    }
}

/// The first consents of a user, without those that say what the one before it said.
pub fn without_repeats(all: impl IntoIterator<Item = Consent>) -> Vec<Consent> {
    let mut kept: Vec<Consent> = Vec::new();
    for new in all {
        let mut before = kept.iter().rev();
        let last = before.find(|before| before.purpose == new.purpose);
        if !last.is_some_and(|last| says_the_same(last, &new)) {
            kept.push(new);
        }
    }
    kept
}

fn says_the_same(one: &Consent, other: &Consent) -> bool {
    (one.purpose, &one.version, one.granted) == (other.purpose, &other.version, other.granted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::account::Purpose;

    fn consent(version: &str, granted: bool, at_ms: i64) -> Consent {
        Consent {
            purpose: Purpose::Terms,
            version: version.into(),
            granted,
            at_ms,
        }
    }

    /// E9.
    #[test]
    fn the_same_consent_is_not_stored_again() {
        let last = || Some(consent("1", true, 1));
        let same = recorded(consent("1", true, 9), last(), 1);
        assert_eq!(same, Recorded::Before(consent("1", true, 1)));
        for new in [consent("2", true, 9), consent("1", false, 9)] {
            assert_eq!(recorded(new.clone(), last(), 1), Recorded::Done(new));
        }
        let first = consent("1", true, 9);
        assert_eq!(recorded(first.clone(), None, 0), Recorded::Done(first));
    }

    /// E9.
    #[test]
    fn a_granted_consent_can_be_withdrawn_however_many_there_are() {
        let granted = || Some(consent("1", true, 1));
        let full = |new, last| recorded(new, last, MAX_CONSENTS);
        assert_eq!(full(consent("2", true, 9), granted()), Recorded::Full);
        assert_eq!(full(consent("1", true, 9), None), Recorded::Full);
        let withdrawn = consent("1", false, 9);
        let done = Recorded::Done(withdrawn.clone());
        assert_eq!(full(withdrawn.clone(), granted()), done);
        let again = full(consent("2", false, 10), Some(withdrawn));
        assert_eq!(again, Recorded::Full);
    }

    #[test]
    fn first_consents_are_kept_without_repeats() {
        let all = [("1", true), ("1", true), ("1", false), ("1", true)];
        let all = all.map(|(version, granted)| consent(version, granted, 1));
        let kept = without_repeats(all.clone());
        assert_eq!(kept, all[1..]);
    }
}
