//! What a booking's guest is told is stored with what happened to it.

use domain::{
    Admission, BookingId, Offer, OfferSchedule,
    bookings::{
        booking::{BookingStatus, Step},
        store::By,
    },
    paris::{Day, TimeOfDay},
    queue::{Lane, store::TaskFilter},
};

use super::{made, new, places, user};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family},
};

tests! {
    a_change_leaves_what_its_guest_is_told: [],
}

/// Open two days from now, at this time of the day.
pub(crate) fn in_two_days() -> OfferSchedule {
    let moment = NOW_MS + 2 * DAY_MS;
    let (day, time) = (Day::of(moment).unwrap(), TimeOfDay::of(moment).unwrap());
    OfferSchedule {
        weekdays: vec![i32::try_from(day.weekday()).unwrap()],
        from: time.to_string(),
        to: "23:59".to_owned(),
    }
}

async fn told(fresh: &Fresh, id: &BookingId) -> Vec<String> {
    let filter = TaskFilter {
        lane: Some(Lane::Notices),
        ..TaskFilter::default()
    };
    let tasks = fresh.db.queue.list(filter, 99).await.unwrap().into_iter();
    let told = tasks.filter_map(|task| {
        let kind = task.key.strip_suffix(&format!(":{id}"))?;
        assert_eq!((kind, task.person), (task.kind.as_str(), Some(user("ana"))));
        Some(kind.to_owned())
    });
    told.collect()
}

async fn a_change_leaves_what_its_guest_is_told(fresh: Fresh) {
    let now = places("now", 3);
    let later = Offer {
        valid_from_ms: NOW_MS - DAY_MS,
        valid_until_ms: NOW_MS + 20 * DAY_MS,
        schedule: Some(in_two_days()),
        admission: Admission {
            requires_approval: true,
            ..Admission::default()
        },
        ..places("later", 3)
    };
    fresh
        .fill(vec![family(vec![now.clone(), later.clone()])])
        .await;
    let at_once = made(&fresh, new("1", "ana", &now), NOW_MS).await;
    assert_eq!(told(&fresh, &at_once.id).await, ["booking_confirmed"]);
    let pending = made(&fresh, new("2", "ana", &later), NOW_MS).await;
    assert_eq!(pending.status, BookingStatus::Pending);
    assert_eq!(told(&fresh, &pending.id).await, ["booking_to_confirm"]);
    let bookings = &fresh.db.bookings;
    for (to, by) in [
        (Step::Confirm, By::Staff(None)),
        (Step::Cancel, By::Staff(None)),
    ] {
        // Again: it was stored the first time.
        for _ in 0..2 {
            bookings
                .step(&pending.id, to, by.clone(), NOW_MS)
                .await
                .unwrap();
        }
    }
    let all = [
        "booking_cancelled_by_venue",
        "booking_confirmed",
        "booking_reminder",
        "booking_to_confirm",
    ];
    assert_eq!(told(&fresh, &pending.id).await, all);
    // A refused request leaves nothing, and an erasure neither.
    let refused = new("3", "ana", &now);
    bookings.create(refused.clone(), NOW_MS).await.unwrap();
    assert_eq!(told(&fresh, &refused.id).await, [""; 0]);
    fresh
        .db
        .users
        .erase(&user("ana"), "pseudonym", NOW_MS)
        .await
        .unwrap();
    let tasks = fresh
        .db
        .queue
        .list(TaskFilter::default(), 99)
        .await
        .unwrap();
    assert_eq!(tasks, []);
}
