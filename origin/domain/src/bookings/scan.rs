//! Scans of QR codes that have an id of the scanner's own, and those that arrive late because there was no
//! network.

use super::refusals::BookingRefusal;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long after it was made a scan is accepted: a club that has no network brings a weekend's night in
/// on the second morning.
pub const ACCEPTED_FOR_MS: i64 = 48 * HOUR_MS;
/// How far the clock of a scanner may be ahead of ours.
pub const AHEAD_MS: i64 = 2 * MINUTE_MS;
/// The maximum number of scans in one report.
pub const MAX_AT_ONCE: usize = 200;
const MOST_ID_BYTES: usize = 64;

/// A scanner's own id of a scan, such as a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScanId(String);

impl ScanId {
    pub fn parse(text: &str) -> Option<Self> {
        let is_good =
            (1..=MOST_ID_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A scan that has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    pub id: ScanId,
    pub at_ms: i64,
}

/// When a scan was made, if it may still be reported: its clock may be a little ahead, and it is at most
/// two days old.
pub const fn moment(scanned_at_ms: i64, now_ms: i64) -> Result<i64, BookingRefusal> {
    if scanned_at_ms > now_ms + AHEAD_MS {
        Err(BookingRefusal::ScanInFuture)
    } else if scanned_at_ms < now_ms - ACCEPTED_FOR_MS {
        Err(BookingRefusal::ScanTooOld)
    } else if scanned_at_ms > now_ms {
        Ok(now_ms)
    } else {
        Ok(scanned_at_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_at_most_two_days_old_and_hardly_in_the_future() {
        let now_ms = 1_000 * HOUR_MS;
        let two_days = 48 * HOUR_MS;
        for (at_ms, expected) in [
            (now_ms, Ok(now_ms)),
            (now_ms - two_days, Ok(now_ms - two_days)),
            (now_ms - two_days - 1, Err(BookingRefusal::ScanTooOld)),
            (now_ms + 2 * MINUTE_MS, Ok(now_ms)),
            (
                now_ms + 2 * MINUTE_MS + 1,
                Err(BookingRefusal::ScanInFuture),
            ),
        ] {
            assert_eq!(moment(at_ms, now_ms), expected, "{at_ms}");
        }
    }

    #[test]
    fn an_id_is_a_word() {
        assert!(ScanId::parse("0b2d-1").is_some());
        for bad in ["", "a b", "é", &"a".repeat(65)] {
            assert_eq!(ScanId::parse(bad), None, "{bad}");
        }
    }
}
