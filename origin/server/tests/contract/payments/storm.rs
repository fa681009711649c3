//! 60 people want 20 places of an offer with a price, on two servers, with a provider whose reports come
//! at random, twice, late or never, and workers that are dropped in the middle.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    BookingId, Offer, PaymentId,
    bookings::{
        booking::{BookingStatus, Step},
        store::{By, Created},
    },
    payments::{
        money::Currency,
        payment::{Payment, PaymentState},
        price::PAID_WITHIN_MS,
        provider::{Intent, IntentStatus, MovementKind, ProviderRefund, RefundStatus},
        refund::{Refund, RefundState},
        store::{NewPayment, Started},
        work::PaymentWork,
    },
    queue::{Lane, Work, store::End},
};
use futures_util::future::join_all;
use yousoon::database::Database;

use super::{AMOUNT, offered, with_terms};
use crate::{backends::Fresh, bookings::remaining, runner::tests, samples::NOW_MS, users::sign_up};

tests! {
    of_60_that_pay_for_20_places_as_many_are_confirmed_as_paid_in_time: [Transactions],
}

const PEOPLE: usize = 60;
const PLACES: i32 = 20;

/// A provider in memory, with its own books.
#[derive(Debug, Default)]
struct Provider {
    intents: HashMap<PaymentId, (IntentStatus, i64)>,
    refunds: HashMap<String, ProviderRefund>,
}

/// Numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Of Knuth; the high bits are good enough.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[derive(Clone)]
struct World {
    servers: Arc<[Database; 2]>,
    provider: Arc<Mutex<Provider>>,
    offer: Offer,
}

impl World {
    fn db(&self, dice: &mut Dice) -> &Database {
        &self.servers[usize::try_from(dice.roll(2)).unwrap()]
    }

    fn create(&self, payment: &Payment) -> Intent {
        let mut provider = self.provider.lock().unwrap();
        let intents = &mut provider.intents;
        intents
            .entry(payment.id.clone())
            .or_insert((IntentStatus::Waiting, 0));
        shown(&payment.id, intents[&payment.id])
    }

    fn pay(&self, payment: &PaymentId) {
        let mut provider = self.provider.lock().unwrap();
        if let Some(intent @ (IntentStatus::Waiting, _)) = provider.intents.get_mut(payment) {
            *intent = (IntentStatus::Succeeded, AMOUNT);
        }
    }

    fn cancel(&self, payment: &Payment) -> Intent {
        self.create(payment);
        let mut provider = self.provider.lock().unwrap();
        let intent = provider.intents.get_mut(&payment.id).unwrap();
        if intent.0 == IntentStatus::Waiting {
            intent.0 = IntentStatus::Cancelled;
        }
        shown(&payment.id, *intent)
    }

    fn refund(&self, refund: &Refund) -> ProviderRefund {
        let mut provider = self.provider.lock().unwrap();
        let id = format!("re_{}", refund.id);
        let made = ProviderRefund {
            id: id.clone(),
            refund: Some(refund.id.clone()),
            intent: format!("pi_{}", refund.payment),
            amount: refund.amount,
            status: RefundStatus::Accepted,
            created_at_ms: NOW_MS,
        };
        provider.refunds.entry(id).or_insert(made).clone()
    }

    /// One person: books, starts a payment (twice), pays or not, early or late, and reports come or do
    /// not.
    async fn person(self, number: usize) {
        let mut dice = Dice(u64::try_from(number).unwrap() * 77 + 1);
        let name = format!("p{number}");
        let new = with_terms(&name, &name, &self.offer);
        let id = new.id.clone();
        let user = new.user.clone();
        let created = self.db(&mut dice).bookings.create(new, NOW_MS).await;
        let Created::Done(_) = created.unwrap() else {
            return;
        };
        let new = |tap: u64| NewPayment {
            id: PaymentId::derive("payment", &format!("{name}:{tap}")),
            booking: id.clone(),
            user: user.clone(),
        };
        let (one, two) = (self.db(&mut dice).clone(), self.db(&mut dice).clone());
        let taps = tokio::join!(
            one.payments.start(new(1), NOW_MS),
            two.payments.start(new(2), NOW_MS)
        );
        let (Started::Done(payment), Started::Done(same)) = (taps.0.unwrap(), taps.1.unwrap())
        else {
            panic!("{name} could not start")
        };
        assert_eq!(payment, same);
        if dice.roll(8) > 0 {
            let intent = self.create(&payment);
            self.maybe_dropped(&mut dice, intent).await;
        }
        match dice.roll(10) {
            // Does not pay.
            0 | 1 => return,
            2 => {
                let by = [By::Holder, By::Staff(None)];
                let by = by[usize::try_from(dice.roll(2)).unwrap()].clone();
                let step = self
                    .db(&mut dice)
                    .bookings
                    .step(&id, Step::Cancel, by, NOW_MS);
                step.await.unwrap();
            }
            _ => {}
        }
        self.create(&payment);
        self.pay(&payment.id);
        for _ in 0..dice.roll(4) {
            let intent = self.create(&payment);
            self.maybe_dropped(&mut dice, intent).await;
        }
        if dice.roll(6) == 0 {
            let step = self
                .db(&mut dice)
                .bookings
                .step(&id, Step::Cancel, By::Holder, NOW_MS);
            step.await.unwrap();
        }
    }

    /// Applies an answer; sometimes the worker dies in the middle.
    async fn maybe_dropped(&self, dice: &mut Dice, intent: Intent) {
        let db = self.db(dice).clone();
        let apply = async move { db.payments.apply_intent(&intent, NOW_MS).await };
        if dice.roll(3) == 0 {
            let within = Duration::from_micros(dice.roll(3_000));
            drop(tokio::time::timeout(within, apply).await);
        } else {
            apply.await.unwrap();
        }
    }

    /// Does what is due in the lane, and sometimes dies before it says so.
    async fn work(&self, dice: &mut Dice, now_ms: i64) -> usize {
        let db = self.db(dice).clone();
        let lease = format!("lease-{}", dice.roll(u64::MAX));
        let taken = db
            .queue
            .take(Lane::Payments, &lease, now_ms, now_ms + 1, 10);
        let taken = taken.await.unwrap();
        for task in &taken {
            let Some(Work::Payment(work)) = task.work() else {
                panic!("{task:?}")
            };
            self.done(&db, &work, now_ms).await;
            if dice.roll(4) > 0 {
                let end = End::Sent {
                    provider_id: String::new(),
                };
                db.queue.end(&task.key, &lease, end, now_ms).await.unwrap();
            }
        }
        taken.len()
    }

    async fn done(&self, db: &Database, work: &PaymentWork, now_ms: i64) {
        match work {
            PaymentWork::Poll { payment } | PaymentWork::Cancel { payment } => {
                let found = db.payments.by_ids(std::slice::from_ref(payment)).await;
                let payment = found.unwrap().remove(payment).unwrap();
                let bookings = db.bookings.by_ids(std::slice::from_ref(&payment.booking));
                let is_open = bookings.await.unwrap()[&payment.booking].status.is_open();
                let intent = if is_open {
                    self.create(&payment)
                } else {
                    self.cancel(&payment)
                };
                db.payments.apply_intent(&intent, now_ms).await.unwrap();
            }
            PaymentWork::Refund { refund } => {
                let stored = db.payments.refund(refund).await.unwrap().unwrap();
                if stored.state == RefundState::Requested {
                    let made = self.refund(&stored);
                    db.payments.apply_refund(&made, now_ms).await.unwrap();
                }
            }
            PaymentWork::Look { .. } => panic!("no reports are in the queue"),
        }
    }
}

fn shown(payment: &PaymentId, (status, received): (IntentStatus, i64)) -> Intent {
    Intent {
        id: format!("pi_{payment}"),
        payment: Some(payment.clone()),
        status,
        amount: AMOUNT,
        received,
        currency: Some(Currency::Eur),
        client_secret: String::new(),
    }
}

async fn of_60_that_pay_for_20_places_as_many_are_confirmed_as_paid_in_time(fresh: Fresh) {
    let offer = offered(&fresh, PLACES).await;
    for number in 0..PEOPLE {
        sign_up(&fresh, &super::user(&format!("p{number}"))).await;
    }
    let world = World {
        servers: Arc::new([fresh.db.clone(), fresh.of_another_server().await]),
        provider: Arc::default(),
        offer: offer.clone(),
    };
    let people = (0..PEOPLE).map(|number| tokio::spawn(world.clone().person(number)));
    for person in join_all(people).await {
        person.unwrap();
    }
    // The time to pay is over: the job ends what is unpaid, at the same time as money comes.
    let mut dice = Dice(7);
    let mut now_ms = NOW_MS + PAID_WITHIN_MS;
    let mut quiet = 0;
    while quiet < 3 {
        let due = fresh.db.bookings.due(now_ms, 99).await.unwrap();
        let pending = due
            .iter()
            .filter(|booking| booking.status == BookingStatus::Pending);
        let steps = pending.map(|booking| {
            let bookings = &fresh.db.bookings;
            bookings.step(&booking.id, Step::Expire, By::Job, now_ms)
        });
        join_all(steps).await;
        let polled = world.db(&mut dice).payments.poll_due(now_ms, 99).await;
        let mut others = [Dice(now_ms.unsigned_abs()), Dice(now_ms.unsigned_abs() + 1)];
        let [one, two] = &mut others;
        let worked = tokio::join!(world.work(one, now_ms), world.work(two, now_ms));
        let nothing = polled.unwrap() + worked.0 + worked.1 == 0;
        quiet = if nothing { quiet + 1 } else { 0 };
        now_ms += 60_000;
    }
    check(&fresh, &world, &offer).await;
}

async fn check(fresh: &Fresh, world: &World, offer: &Offer) {
    let ids: Vec<BookingId> = (0..PEOPLE)
        .map(|number| BookingId::derive("booking", &format!("p{number}")))
        .collect();
    let bookings = fresh.db.bookings.by_ids(&ids).await.unwrap();
    let payments = fresh.db.payments.of_bookings(&ids).await.unwrap();
    let moved = fresh.db.payments.moved(0, i64::MAX / 2).await.unwrap();
    let left = remaining(fresh, offer).await;
    let figures = fresh.db.payments.figures().await.unwrap();
    assert_eq!((figures.open, figures.refunds_requested), (0, 0));
    let provider = world.provider.lock().unwrap();
    let mut confirmed = 0;
    for booking in bookings.values() {
        let payment = &payments[&booking.id];
        let is_confirmed = booking.status == BookingStatus::Confirmed;
        confirmed += i32::from(is_confirmed);
        let expected = match provider.intents.get(&payment.id) {
            Some((IntentStatus::Succeeded, _)) => PaymentState::Captured,
            _ => PaymentState::Cancelled,
        };
        assert_eq!(payment.state, expected, "{booking:?} {payment:?}");
        let is_kept = payment.state == PaymentState::Captured && payment.refunded == 0;
        assert_eq!(is_confirmed, is_kept, "{booking:?} {payment:?}");
        assert_ne!(booking.status, BookingStatus::Pending);
    }
    let mut ours: Vec<(String, bool, i64)> = Vec::new();
    for entry in moved.values().flatten() {
        let is_refund = entry.movement() == Some(MovementKind::Refund);
        ours.push((entry.provider_id.clone(), is_refund, entry.amount()));
    }
    let came = provider.intents.iter().filter(|(_, (_, came))| *came > 0);
    let mut theirs: Vec<(String, bool, i64)> = came
        .map(|(id, (_, came))| (format!("pi_{id}"), false, *came))
        .collect();
    let refunds = provider.refunds.values();
    theirs.extend(refunds.map(|refund| (refund.id.clone(), true, refund.amount)));
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs, "the books differ");
    println!(
        "storm: {} booked, {confirmed} confirmed, {} paid, {} refunded; both books have {} lines",
        bookings.len(),
        theirs.iter().filter(|line| !line.1).count(),
        provider.refunds.len(),
        ours.len()
    );
    assert_eq!(left, PLACES - confirmed);
}
