//! How long an answer lives (RFC 9111, RFC 5861).

use serde::{Deserialize, Serialize};

/// The three windows in which an answer may be served, in seconds. `max_age_s` counts from when the
/// answer was requested; the two stale windows both begin when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifetime {
    /// For so long the answer is fresh and served without revalidation.
    pub max_age_s: u32,
    /// For so long afterwards it may be served while it is refreshed.
    pub stale_while_revalidate_s: u32,
    /// For so long afterwards it may be served when the origin cannot answer.
    pub stale_if_error_s: u32,
}

/// Which window of its [`Lifetime`] an answer is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Fresh for so many seconds more.
    Fresh { ttl_s: u32 },
    /// Stale, inside stale-while-revalidate.
    StaleWhileRevalidate,
    /// Stale, only inside stale-if-error.
    StaleIfError,
    /// Past every window.
    Expired,
}

impl Lifetime {
    /// The phase at an age in milliseconds.
    pub fn phase(&self, age_ms: u64) -> Phase {
        let fresh_ms = u64::from(self.max_age_s) * 1_000;
        if age_ms < fresh_ms {
            let ttl_s = u32::try_from((fresh_ms - age_ms) / 1_000).unwrap_or(u32::MAX);
            return Phase::Fresh { ttl_s };
        }
        let stale_ms = age_ms - fresh_ms;
        if stale_ms < u64::from(self.stale_while_revalidate_s) * 1_000 {
            Phase::StaleWhileRevalidate
        } else if stale_ms < u64::from(self.stale_if_error_s) * 1_000 {
            Phase::StaleIfError
        } else {
            Phase::Expired
        }
    }

    /// Whether the answer, at this age in milliseconds, may be served instead of an origin's error.
    pub fn covers_errors(&self, age_ms: u64) -> bool {
        age_ms < (u64::from(self.max_age_s) + u64::from(self.stale_if_error_s)) * 1_000
    }

    /// All windows together, in seconds: afterwards a store may delete the answer.
    pub fn total_s(&self) -> u64 {
        u64::from(self.max_age_s)
            + u64::from(self.stale_while_revalidate_s.max(self.stale_if_error_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_through_its_phases() {
        let life = Lifetime {
            max_age_s: 10,
            stale_while_revalidate_s: 5,
            stale_if_error_s: 20,
        };
        let table = [
            (0, Phase::Fresh { ttl_s: 10 }),
            (9_999, Phase::Fresh { ttl_s: 0 }),
            (10_000, Phase::StaleWhileRevalidate),
            (14_999, Phase::StaleWhileRevalidate),
            (15_000, Phase::StaleIfError),
            (29_999, Phase::StaleIfError),
            (30_000, Phase::Expired),
            (u64::MAX, Phase::Expired),
        ];
        for (age_ms, phase) in table {
            assert_eq!(life.phase(age_ms), phase, "{age_ms}");
        }
        assert!(life.covers_errors(29_999) && !life.covers_errors(30_000));
        assert_eq!(life.total_s(), 30);
    }
}
