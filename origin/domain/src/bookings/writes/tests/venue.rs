//! What a venue does with a booking.

use super::*;
use crate::bookings::{
    booking::TRANSITIONS,
    reason::Reason,
    scan::{ACCEPTED_FOR_MS, Scan, ScanId},
};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

fn staff(name: &str) -> By {
    By::Staff(Some(UserId::derive("user", name)))
}

fn with_reason(step: Step, text: &str) -> Taken {
    Taken {
        reason: Some(Reason::parse(text).unwrap()),
        ..step.into()
    }
}

fn scanned(step: Step, id: &str, at_ms: i64) -> Taken {
    Taken {
        scan: Some(Scan {
            id: ScanId::parse(id).unwrap(),
            at_ms,
        }),
        ..step.into()
    }
}

fn status(status: BookingStatus) -> Booking {
    Booking {
        status,
        ..booking()
    }
}

fn wrong(status: BookingStatus) -> Result<Booking, Stepped> {
    Err(BookingRefusal::WrongStatus(status).into())
}

#[test]
fn a_venue_declines_what_is_pending_and_cancels_what_is_open_until_its_end() {
    use BookingStatus as S;
    for before in S::ALL {
        for taken in [Step::Decline, Step::CancelByVenue] {
            let after = step(
                &status(*before),
                &with_reason(taken, "Complet"),
                &staff("sam"),
                NOW_MS,
            );
            let is_legal = TRANSITIONS
                .iter()
                .any(|(from, by, _)| (from, *by) == (before, taken));
            match after {
                Ok(after) => {
                    assert!(is_legal, "{before:?} {taken:?}");
                    assert_eq!(after.status, S::Cancelled);
                    assert_eq!(after.cancel_reason.as_ref().unwrap().as_str(), "Complet");
                }
                refused => {
                    assert!(!is_legal);
                    assert_eq!(refused, wrong(*before));
                }
            }
        }
    }
    let confirmed = status(S::Confirmed);
    let cancel = with_reason(Step::CancelByVenue, "Complet");
    let late = step(&confirmed, &cancel, &staff("sam"), confirmed.until_ms);
    assert_eq!(late, Err(BookingRefusal::TooLate.into()));
    // The same once more is what was asked for; another reason is not.
    let after = step(&confirmed, &cancel, &staff("sam"), NOW_MS).unwrap();
    let again = step(&after, &cancel, &staff("tom"), confirmed.until_ms);
    assert_eq!(again, Err(Stepped::Before(Box::new(after.clone()))));
    let other = with_reason(Step::CancelByVenue, "Fermé");
    assert_eq!(
        step(&after, &other, &staff("sam"), NOW_MS),
        wrong(S::Cancelled)
    );
}

#[test]
fn a_check_in_is_undone_within_five_minutes_and_can_be_made_again() {
    let check_in = scanned(Step::CheckIn, "s1", NOW_MS);
    let after = step(&booking(), &check_in, &staff("sam"), NOW_MS).unwrap();
    let undo = |at_ms| step(&after, &Step::UndoCheckIn.into(), &staff("tom"), at_ms);
    let late = NOW_MS + 5 * MINUTE_MS;
    assert_eq!(undo(late), Err(BookingRefusal::TooLateToUndo.into()));
    let undone = undo(late - 1).unwrap();
    let as_before = Booking {
        changed_at_ms: late - 1,
        changes: 2,
        scan: after.scan.clone(),
        ..booking()
    };
    assert_eq!(undone, as_before);
    // The scanner reports what it knows once more; the guest may be scanned again.
    let report = scanned(Step::ReportScan, "s1", NOW_MS);
    for given_up in [BookingStatus::Confirmed, BookingStatus::NoShow] {
        let undone = Booking {
            status: given_up,
            ..undone.clone()
        };
        let reported = step(&undone, &report, &staff("sam"), late + HOUR_MS);
        assert_eq!(reported, Err(Stepped::Before(Box::new(undone))));
    }
    let scanned_again = scanned(Step::ReportScan, "s2", late);
    assert!(step(&undone, &scanned_again, &staff("sam"), late).is_ok());
    assert!(opens_again(&after, &undone) && !opens_again(&booking(), &after));
    let again = step(
        &undone,
        &Step::UndoCheckIn.into(),
        &staff("tom"),
        late + HOUR_MS,
    );
    assert_eq!(again, Err(Stepped::Before(Box::new(undone.clone()))));
    assert!(step(&undone, &check_in, &staff("sam"), late).is_ok());
    let never = step(
        &status(BookingStatus::NoShow),
        &Step::UndoCheckIn.into(),
        &staff("tom"),
        NOW_MS,
    );
    assert_eq!(never, wrong(BookingStatus::NoShow));
}

#[test]
fn a_scan_counts_when_it_was_made_also_for_who_was_given_up() {
    let at_ms = NOW_MS + HOUR_MS;
    let now_ms = NOW_MS + 30 * HOUR_MS;
    let report = |at_ms| scanned(Step::ReportScan, "s1", at_ms);
    for before in [BookingStatus::Confirmed, BookingStatus::NoShow] {
        let after = step(&status(before), &report(at_ms), &staff("sam"), now_ms).unwrap();
        assert_eq!(after.status, BookingStatus::CheckedIn);
        assert_eq!(after.checked_in_at_ms, Some(at_ms));
        assert_eq!(after.changed_at_ms, now_ms);
        assert_eq!(after.checked_in_by, Some(UserId::derive("user", "sam")));
    }
    let confirmed = booking();
    for (at_ms, refusal) in [
        (
            rules::usable_from_ms(&confirmed) - 1,
            BookingRefusal::TooEarly,
        ),
        (rules::usable_until_ms(&confirmed), BookingRefusal::TooLate),
    ] {
        let refused = step(&confirmed, &report(at_ms), &staff("sam"), now_ms);
        assert_eq!(refused, Err(refusal.into()), "{at_ms}");
    }
    let pending = step(
        &status(BookingStatus::Pending),
        &report(at_ms),
        &staff("sam"),
        now_ms,
    );
    assert_eq!(pending, wrong(BookingStatus::Pending));
}

#[test]
fn the_same_scan_is_known_as_long_as_scans_are_accepted() {
    let used = wrong(BookingStatus::CheckedIn);
    // Whichever way it came the first time and comes the second.
    for first in [Step::CheckIn, Step::ReportScan] {
        let after = step(
            &booking(),
            &scanned(first, "s1", NOW_MS),
            &staff("sam"),
            NOW_MS,
        )
        .unwrap();
        let same = Err(Stepped::Before(Box::new(after.clone())));
        for second in [Step::CheckIn, Step::ReportScan] {
            let again = |id: &str, who: &str, now_ms| {
                step(&after, &scanned(second, id, NOW_MS), &staff(who), now_ms)
            };
            let last_ms = NOW_MS + ACCEPTED_FOR_MS - 1;
            assert_eq!(again("s1", "sam", last_ms), same);
            assert_eq!(again("s1", "sam", last_ms + 1), used);
            // Another scan of the code, or another scanner's: somebody shows it a second time.
            assert_eq!(again("s2", "sam", NOW_MS + 1), used);
            assert_eq!(again("s1", "tom", NOW_MS), used);
        }
    }
}
