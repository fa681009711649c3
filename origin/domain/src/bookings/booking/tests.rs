use std::collections::{BTreeSet, HashSet};

use proptest::{prelude::*, sample::select};

use super::*;

#[test]
fn a_step_leads_from_a_status_to_one_other() {
    let mut seen = HashSet::new();
    for (from, step, to) in TRANSITIONS {
        assert!(
            seen.insert((from, step)),
            "{from:?} {step:?} is there twice"
        );
        assert_ne!(from, to);
        assert_eq!(from.after(*step), Some(*to));
    }
    assert_eq!(seen.len(), TRANSITIONS.len());
}

#[test]
fn every_status_is_reached_and_every_step_is_of_use() {
    let mut reached = BTreeSet::from([BookingStatus::Pending]);
    while let Some(to) = TRANSITIONS
        .iter()
        .find_map(|(from, _, to)| (reached.contains(from) && !reached.contains(to)).then_some(*to))
    {
        reached.insert(to);
    }
    assert_eq!(reached, BookingStatus::ALL.iter().copied().collect());
    for step in Step::ALL {
        assert!(TRANSITIONS.iter().any(|(_, by, _)| by == step), "{step:?}");
    }
}

#[test]
fn what_is_open_is_what_has_a_way_on() {
    for status in BookingStatus::ALL {
        let has_way = TRANSITIONS
            .iter()
            .any(|(from, by, _)| from == status && !corrects(*by));
        assert_eq!(status.is_open(), has_way, "{status:?}");
        assert_eq!(BookingStatus::parse(status.as_str()), Some(*status));
    }
}

/// Whether a step corrects what had ended: a check-in by mistake, or a scan that was heard of late.
const fn corrects(step: Step) -> bool {
    matches!(step, Step::UndoCheckIn | Step::ReportScan)
}

proptest! {
    /// For every sequence of steps: one check-in more than were undone at most, a place is given back at
    /// most once, and what ended stays so, but for corrections of who came.
    #[test]
    fn no_sequence_of_steps_breaks_a_booking(
        steps in prop::collection::vec(select(Step::ALL), 0..40),
        starts_confirmed in any::<bool>(),
    ) {
        let mut status = if starts_confirmed {
            BookingStatus::Confirmed
        } else {
            BookingStatus::Pending
        };
        let (mut check_ins, mut given_back, mut over) = (0, 0, None);
        for step in steps {
            let Some(next) = status.after(step) else {
                continue;
            };
            if !corrects(step) {
                prop_assert_eq!(over, None, "it was over, and {:?} moved it", step);
                prop_assert!(status.is_open());
            }
            check_ins += i32::from(next == BookingStatus::CheckedIn);
            check_ins -= i32::from(step == Step::UndoCheckIn);
            given_back += u32::from(status.holds_a_place() && !next.holds_a_place());
            // A place that was given back is not taken again.
            prop_assert!(status.holds_a_place() || !next.holds_a_place());
            status = next;
            over = (!status.is_open()).then_some(status);
        }
        prop_assert!((0..=1).contains(&check_ins) && given_back <= 1);
        prop_assert_eq!(check_ins == 1, status == BookingStatus::CheckedIn);
    }
}
