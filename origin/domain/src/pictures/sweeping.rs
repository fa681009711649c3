//! When a picture's files go.

use super::{
    picture::{Picture, State},
    upload::GRACE_MS,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// How often a picture is looked at.
pub const LOOK_EVERY_MS: i64 = DAY_MS;
/// How long a picture to which nothing refers is kept: an editor may leave an offer unsaved for a
/// while, and who removes a picture by mistake can put it back.
pub const UNUSED_MS: i64 = 30 * DAY_MS;

/// Whether something shows a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    Used,
    Unused,
}

/// What becomes of a picture that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep {
        unused_since_ms: Option<i64>,
        due_ms: i64,
    },
    /// Its files are deleted now. If they are still there at `due_ms`, that is done again.
    Erase { due_ms: i64 },
}

/// Judges a picture that is due.
pub fn judge(picture: &Picture, usage: Usage, now_ms: i64) -> Verdict {
    let due_ms = now_ms + LOOK_EVERY_MS;
    let keep = |unused_since_ms| Verdict::Keep {
        unused_since_ms,
        due_ms,
    };
    let erase = Verdict::Erase {
        due_ms: after_grace(now_ms),
    };
    match (picture.state, usage) {
        // One that was deleted may have been put into an offer in the same moment.
        (State::Making | State::Kept | State::Removed, Usage::Used) => keep(None),
        (State::Erasing, _) | (State::Making | State::Removed, Usage::Unused) => erase,
        (State::Kept, Usage::Unused) => {
            let since_ms = picture.unused_since_ms.unwrap_or(now_ms);
            if now_ms - since_ms >= UNUSED_MS {
                erase
            } else {
                keep(Some(since_ms))
            }
        }
    }
}

/// When a picture is looked at of which it was decided that it goes, or whose files are written now.
pub const fn after_grace(now_ms: i64) -> i64 {
    now_ms + GRACE_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::picture::tests::picture;

    #[test]
    fn what_nothing_shows_goes_after_a_month_and_what_was_deleted_at_once() {
        use Usage::{Unused, Used};
        const NOW: i64 = 100 * DAY_MS;
        let keep = |unused_since_ms| Verdict::Keep {
            unused_since_ms,
            due_ms: NOW + DAY_MS,
        };
        let erase = Verdict::Erase {
            due_ms: NOW + GRACE_MS,
        };
        let table = [
            (State::Kept, None, Used, keep(None)),
            (State::Kept, Some(NOW - UNUSED_MS), Used, keep(None)),
            (State::Kept, None, Unused, keep(Some(NOW))),
            (State::Kept, Some(NOW - 5), Unused, keep(Some(NOW - 5))),
            (State::Kept, Some(NOW - UNUSED_MS), Unused, erase),
            (State::Removed, None, Used, keep(None)),
            (State::Removed, None, Unused, erase),
            (State::Making, None, Unused, erase),
            (State::Erasing, None, Used, erase),
        ];
        for (state, unused_since_ms, usage, expected) in table {
            let picture = Picture {
                state,
                unused_since_ms,
                ..picture()
            };
            let found = judge(&picture, usage, NOW);
            assert_eq!(found, expected, "{state:?} {unused_since_ms:?} {usage:?}");
        }
    }
}
