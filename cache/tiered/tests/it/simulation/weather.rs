//! The state of a simulated connection ("weather"), and the outcome of calls over it.

use std::time::Duration;

/// The state of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Weather {
    #[default]
    Good,
    /// Takes up to 160 ms in each direction.
    Slow,
    /// Loses or delays calls and answers.
    Lossy,
    /// Refuses calls at once.
    Down,
    /// Never answers.
    Hung,
}

/// The outcome of one call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// It takes effect after `before`, and its answer arrives `after` that.
    Works { before: Duration, after: Duration },
    /// It takes effect after `before`, but its answer is lost.
    AnswerLost { before: Duration },
    /// It takes effect after `before`, when its caller has already given up.
    Late { before: Duration },
    /// It is refused at once and has no effect.
    Refused,
    /// It has no effect and no answer.
    Swallowed,
}

/// A pseudo-random number that only depends on `parts`.
pub(super) fn mix(parts: &[u64]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for part in parts {
        // SplitMix64.
        state = state
            .wrapping_add(*part)
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}

impl Weather {
    /// What becomes of a call, by a random number.
    pub(super) fn fate(self, random: u64) -> Fate {
        let ms = |shift: u32, below: u64| Duration::from_millis((random >> shift) % below);
        let chance = (random >> 56) % 100;
        match self {
            // Most calls over a good connection take no time.
            Self::Good => Fate::Works {
                before: ms(0, 6).saturating_sub(Duration::from_millis(3)),
                after: ms(8, 4).saturating_sub(Duration::from_millis(2)),
            },
            Self::Slow => Fate::Works {
                before: ms(0, 160),
                after: ms(16, 160),
            },
            Self::Lossy => match chance {
                0..30 => Fate::AnswerLost { before: ms(0, 30) },
                30..40 => Fate::Late {
                    before: ms(0, 2_000),
                },
                40..60 => Fate::Refused,
                60..65 => Fate::Swallowed,
                _ => Fate::Works {
                    before: ms(0, 30),
                    after: ms(16, 30),
                },
            },
            Self::Down => Fate::Refused,
            Self::Hung => match chance {
                0..30 => Fate::Late {
                    before: ms(0, 3_000),
                },
                _ => Fate::Swallowed,
            },
        }
    }
}
