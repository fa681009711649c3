//! What guests are told of their bookings.

use domain::{
    UserId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        store::By,
    },
    messages::{
        kind::{Channel, Kind},
        provider::{Content, SendError},
        settings::Switch,
    },
    notifications::store::NotificationStore as _,
    queue::{Lane, State},
    sentence::Language,
    users::{account::Status, change::AccountChange, store::UserStore as _},
};

use crate::world::{Act, NOW_MS, World, down};

const MONDAY: i32 = 1;
const WEDNESDAY: i32 = 3;
const MINUTE_MS: i64 = 60_000;
const STAFF: By = By::Staff(None);

fn mails(world: &World) -> Vec<(String, String, String)> {
    let taken = world.email.taken().into_iter();
    let mails = taken.map(|(key, content)| match content {
        Content::Email(mail) => (key, mail.to, mail.text),
        other => panic!("{other:?}"),
    });
    mails.collect()
}

async fn due(world: &World) -> usize {
    world.delivery.do_due().await.unwrap()
}

/// A booking that waits for the staff.
async fn pending(world: &World, user: &UserId) -> Booking {
    let offer = world.offer_to_approve(WEDNESDAY, "20:00").await;
    let booking = world.book(user, &offer).await;
    assert_eq!(booking.status, BookingStatus::Pending);
    booking
}

#[tokio::test]
async fn a_confirmation_is_told_once_in_the_guests_language_with_what_was_booked() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::French).await;
    let ben = world.sign_up("ben", Language::English).await;
    let offer = world.offer(MONDAY, "18:00").await;
    let of_ana = world.book(&ana, &offer).await;
    let of_ben = world.book(&ben, &offer).await;
    // One that finds the channels, and one that sends, for each.
    for expected in [4, 0] {
        assert_eq!(due(&world).await, expected);
    }
    let mails = mails(&world);
    let [(key, to, french), (_, _, english)] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert_eq!(*key, format!("booking_confirmed:{}:email", of_ana.id));
    assert_eq!(to, "ana@example.fr");
    let link = format!("https://site.test/bookings/{}", of_ana.id);
    for part in [
        "Bonjour ana",
        "Deux galettes",
        "21 septembre",
        link.as_str(),
    ] {
        assert!(french.contains(part), "{part}: {french}");
    }
    assert!(english.contains("ben") && !english.contains("Bonjour"));
    assert!(english.contains(of_ben.id.as_str()), "{english}");
    let first = world
        .task(&format!("booking_confirmed:{}", of_ana.id))
        .await;
    assert_eq!((first.state, first.work.as_str()), (State::Done, ""));
}

#[tokio::test]
async fn the_staffs_word_is_told_and_the_guests_own_is_not() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::English).await;
    let ben = world.sign_up("ben", Language::English).await;
    let by_staff = pending(&world, &ana).await;
    let by_guest = pending(&world, &ben).await;
    // The venue has no team that could be told.
    assert_eq!(due(&world).await, 2);
    assert_eq!(mails(&world), []);
    world.step(&by_staff, Step::Confirm, STAFF).await;
    due(&world).await;
    let told = |key: &str| mails(&world).into_iter().any(|(of, ..)| of == key);
    assert!(told(&format!("booking_confirmed:{}:email", by_staff.id)));
    assert_eq!(mails(&world).len(), 1);
    world.step(&by_staff, Step::Cancel, STAFF).await;
    world.step(&by_guest, Step::Cancel, By::Holder).await;
    due(&world).await;
    let cancelled = format!("booking_cancelled_by_venue:{}:email", by_staff.id);
    assert!(told(&cancelled), "{:?}", mails(&world));
    assert_eq!(mails(&world).len(), 2);
}

#[tokio::test]
async fn a_guest_hears_that_the_venue_never_answered() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::English).await;
    let waits = pending(&world, &ana).await;
    due(&world).await;
    world.pass_ms(waits.decide_before_ms.unwrap() - world.now_ms());
    world.step(&waits, Step::Expire, By::Job).await;
    due(&world).await;
    let [(key, to, text)] = mails(&world).try_into().unwrap();
    assert_eq!(key, format!("booking_expired:{}:email", waits.id));
    assert_eq!(to, "ana@example.fr");
    assert!(text.contains("did not answer"), "{text}");
}

#[tokio::test]
async fn what_changed_before_it_was_told_is_not_told() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::French).await;
    let ben = world.sign_up("ben", Language::French).await;
    let offer = world.offer(MONDAY, "18:00").await;
    let cancelled = world.book(&ana, &offer).await;
    let disabled = world.book(&ben, &offer).await;
    // The first step is done: only the sending is left.
    for _ in 0..2 {
        world.email.then(down());
    }
    due(&world).await;
    world.step(&cancelled, Step::Cancel, By::Holder).await;
    let change = AccountChange::Status(Status::Disabled);
    world.users.change(&ben, change, NOW_MS).await.unwrap();
    world.pass_ms(MINUTE_MS);
    due(&world).await;
    assert_eq!(mails(&world), []);
    for (booking, why) in [
        (&cancelled, "the booking has changed"),
        (&disabled, "there is no active account"),
    ] {
        let key = format!("booking_confirmed:{}:email", booking.id);
        let task = world.task(&key).await;
        assert_eq!(task.state, State::Done);
        assert_eq!(task.error.as_deref(), Some(why));
    }
}

#[tokio::test]
async fn an_address_that_was_not_proven_gets_nothing() {
    let world = World::new();
    let eve = world.sign_up_only("eve", Language::French).await;
    let offer = world.offer(MONDAY, "18:00").await;
    world.book(&eve, &offer).await;
    assert_eq!(due(&world).await, 1);
    assert_eq!(mails(&world), []);
    assert_eq!(world.inbox(&eve).await.len(), 1);
}

#[tokio::test]
async fn a_worker_that_is_killed_between_the_steps_neither_loses_nor_doubles() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::French).await;
    let offer = world.offer(MONDAY, "18:00").await;
    let booking = world.book(&ana, &offer).await;
    // Another worker has read the first task and was killed before it wrote.
    let until_ms = world.now_ms() + MINUTE_MS;
    let taken = world.take(Lane::Notices, "killed", until_ms).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(due(&world).await, 0, "it is leased");
    world.pass_ms(MINUTE_MS);
    // This one is killed while it sends.
    world.email.then(Act::TakeAndHang);
    let delivery = world.delivery.clone();
    let killed = tokio::spawn(async move { delivery.do_due().await });
    while world.email.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    killed.abort();
    world.pass_ms(MINUTE_MS);
    assert_eq!(due(&world).await, 1);
    let key = format!("booking_confirmed:{}:email", booking.id);
    assert_eq!(world.email.asked(), [key.clone(), key], "with one key");
    // The one that was thought dead comes back.
    let first = world.task(&taken[0].key).await;
    assert_eq!(first.state, State::Done);
    assert!(!world.divide_late(&taken[0], "killed").await);
    assert_eq!(due(&world).await, 0);
    assert_eq!(world.inbox(&ana).await.len(), 1);
}

const PHONE: &str = "00000000-phone-of-ana";
const TABLET: &str = "00000000-tablet-of-ana";

fn pushes(world: &World) -> Vec<(String, Vec<String>, String)> {
    let taken = world.push.taken().into_iter();
    let pushes = taken.map(|(key, content)| match content {
        Content::Push(push) => (key, push.devices, push.body),
        other => panic!("{other:?}"),
    });
    pushes.collect()
}

#[tokio::test]
async fn a_reminder_reaches_the_devices_two_hours_before_and_the_inbox() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::English).await;
    let ben = world.sign_up("ben", Language::English).await;
    for device in [PHONE, TABLET] {
        world.register(&ana, device).await;
        world.pass_ms(1);
    }
    world.register(&ben, "00000000-phone-of-ben").await;
    let offer = world.offer(MONDAY, "20:00").await;
    let kept = world.book(&ana, &offer).await;
    let cancelled = world.book(&ben, &offer).await;
    due(&world).await;
    let before = world.push.taken().len();
    assert_eq!(before, 2, "the confirmations");
    world.step(&cancelled, Step::Cancel, By::Holder).await;
    let due_at_ms = kept.from_ms - 120 * MINUTE_MS;
    world.pass_ms(due_at_ms - world.now_ms() - 1);
    assert_eq!(due(&world).await, 0, "a millisecond before");
    world.pass_ms(1);
    // The other one is needless.
    assert_eq!(due(&world).await, 3);
    let told = pushes(&world).split_off(before);
    let [(key, devices, body)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(*key, format!("booking_reminder:{}:push", kept.id));
    assert_eq!(devices, &[TABLET, PHONE]);
    assert!(body.contains("20:00"), "{body}");
    let inbox = world.inbox(&ana).await;
    let kinds: Vec<&str> = inbox.iter().map(|letter| letter.kind().as_str()).collect();
    assert_eq!(kinds, ["booking_reminder", "booking_confirmed"]);
    assert_eq!(world.inbox(&ben).await.len(), 1);
    let needless = world
        .task(&format!("booking_reminder:{}", cancelled.id))
        .await;
    assert_eq!(needless.error.as_deref(), Some("the booking has changed"));
}

#[tokio::test]
async fn a_push_waits_for_the_morning_unless_the_booking_begins_before() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::French).await;
    world.register(&ana, PHONE).await;
    let booking = pending(&world, &ana).await;
    // 23:00; the booking is on Wednesday.
    world.pass_ms((6 * 60 + 47) * MINUTE_MS);
    world.step(&booking, Step::Confirm, STAFF).await;
    due(&world).await;
    assert_eq!((mails(&world).len(), world.push.asked().len()), (1, 0));
    world.pass_ms(8 * 60 * MINUTE_MS);
    assert_eq!(due(&world).await, 0);
    world.pass_ms(60 * MINUTE_MS);
    assert_eq!(due(&world).await, 1);
    assert_eq!(world.push.taken().len(), 1);
}

#[tokio::test]
async fn devices_that_the_provider_does_not_know_are_forgotten() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::French).await;
    for device in [PHONE, TABLET] {
        world.register(&ana, device).await;
    }
    world.push.then(Act::Forget(&[PHONE, "not a device"]));
    let offer = world.offer(MONDAY, "20:00").await;
    world.book(&ana, &offer).await;
    due(&world).await;
    let names = async || {
        let devices = world.notifications.devices(&ana).await.unwrap();
        let names = devices.iter().map(|device| device.id.as_str().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names().await, [TABLET]);
    // The last one, so that nothing is sent.
    world.push.then(Act::Fail(SendError::Recipient {
        why: "nobody".to_owned(),
        invalid_devices: vec![TABLET.to_owned()],
    }));
    world.pass_ms(120 * MINUTE_MS);
    due(&world).await;
    assert_eq!(names().await, [""; 0]);
}

#[tokio::test]
async fn what_a_person_switched_off_is_not_sent_and_what_they_switched_on_is() {
    let world = World::new();
    let ana = world.sign_up("ana", Language::French).await;
    let proven = AccountChange::PhoneVerified("+33600000001".to_owned());
    world.users.change(&ana, proven, NOW_MS).await.unwrap();
    let set = async |channel, enabled| {
        let kind = Kind::BookingConfirmed;
        let switch = AccountChange::Switch(Switch {
            kind,
            channel,
            enabled,
        });
        world.users.change(&ana, switch, NOW_MS).await.unwrap();
    };
    set(Channel::Email, false).await;
    set(Channel::Inbox, false).await;
    set(Channel::Sms, true).await;
    let offer = world.offer(MONDAY, "18:00").await;
    let booking = world.book(&ana, &offer).await;
    // Also between the steps.
    world.sms.then(down());
    due(&world).await;
    assert_eq!(world.sms.asked().len(), 1);
    set(Channel::Sms, false).await;
    world.pass_ms(MINUTE_MS);
    due(&world).await;
    assert_eq!((mails(&world).len(), world.sms.taken().len()), (0, 0));
    assert_eq!(world.inbox(&ana).await.len(), 0);
    let task = world
        .task(&format!("booking_confirmed:{}:sms", booking.id))
        .await;
    assert_eq!(task.error.as_deref(), Some("the person switched it off"));
}
