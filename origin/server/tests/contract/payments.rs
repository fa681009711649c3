//! Payments: a booking with a price is confirmed by its money alone, and no money is lost or taken
//! twice.

mod applying;
mod books;
mod ending;
mod refunding;
mod storm;

use domain::{
    BookingId, Offer, PaymentId, UserId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        refusals::BookingRefusal,
        rules::NewBooking,
        store::{By, Created, Stepped},
    },
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Updated},
    },
    payments::{
        ledger::{Account, Transaction},
        money::{Currency, Money},
        payment::{Payment, PaymentState},
        price::{OfferPrice, PAID_WITHIN_MS, Terms},
        provider::{Intent, IntentStatus, ProviderAccount},
        refund::Refund,
        refusals::PaymentRefusal,
        store::{Applied, LedgerQuery, NewPayment, Started},
    },
    queue::store::TaskFilter,
};
use futures_util::future::join_all;
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    bookings::{new, places, remaining},
    runner::{Test, tests},
    samples::{DAY_MS, NOW_MS, family},
    users::sign_up,
};

tests! {
    a_booking_with_a_price_is_confirmed_by_its_money_alone: [],
    the_price_is_that_of_the_moment_of_booking: [],
    without_terms_or_an_account_nothing_with_a_price_is_booked: [],
    an_offer_with_a_price_is_sold_out_like_any_other: [],
    who_pays_is_who_booked_and_in_time: [],
    two_taps_at_once_are_one_payment: [Transactions],
    one_server_at_a_time_has_the_lease: [],
}

pub(crate) const APPLYING: &[Test] = applying::TESTS;
pub(crate) const ENDING: &[Test] = ending::TESTS;
pub(crate) const REFUNDING: &[Test] = refunding::TESTS;
pub(crate) const BOOKS: &[Test] = books::TESTS;
pub(crate) const STORM: &[Test] = storm::TESTS;

const HOUR_MS: i64 = 3_600_000;
pub(crate) const AMOUNT: i64 = 1_001;
/// 7 % of it, rounded down.
const FEE: i64 = 70;

pub(crate) fn price() -> OfferPrice {
    OfferPrice {
        amount: AMOUNT,
        currency: Currency::Eur,
        original: Some(1_500),
        is_deposit: false,
        refundable_until_min: Some(24 * 60),
        vat_rate_bp: 1_000,
    }
}

/// An offer with a price that opens in two days, with so many places.
fn priced(name: &str, total: i32) -> Offer {
    Offer {
        price: Some(price()),
        valid_from_ms: NOW_MS - DAY_MS,
        valid_until_ms: NOW_MS + 20 * DAY_MS,
        schedule: Some(crate::bookings::in_two_days()),
        ..places(name, total)
    }
}

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

pub(crate) fn with_terms(name: &str, by: &str, offer: &Offer) -> NewBooking {
    NewBooking {
        terms: Some(Terms { fee_bp: 700 }),
        ..new(name, by, offer)
    }
}

/// The account of the partner of these offers, which takes payments or does not.
pub(crate) async fn with_account(db: &Database, offer: &Offer, takes_payments: bool) {
    let account = provider_account(takes_payments);
    let kept = db
        .payments
        .keep_account(&offer.partner_id, &account, NOW_MS);
    kept.await.unwrap();
    let applied = db.payments.apply_account(&account, NOW_MS).await;
    assert!(matches!(applied.unwrap(), Applied::Done | Applied::Nothing));
}

fn provider_account(takes_payments: bool) -> ProviderAccount {
    ProviderAccount {
        id: "acct_1".into(),
        partner: None,
        takes_payments,
        is_paid_out: takes_payments,
        has_given_details: takes_payments,
    }
}

/// An offer with a price, and an account that takes payments.
async fn offered(fresh: &Fresh, total: i32) -> Offer {
    let offer = priced("a", total);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    with_account(&fresh.db, &offer, true).await;
    offer
}

async fn booked(fresh: &Fresh, name: &str, by: &str, offer: &Offer) -> Booking {
    sign_up(fresh, &user(by)).await;
    let created = fresh
        .db
        .bookings
        .create(with_terms(name, by, offer), NOW_MS);
    match created.await.unwrap() {
        Created::Done(booking) => *booking,
        other => panic!("{other:?}"),
    }
}

async fn asked_to_pay(fresh: &Fresh, booking: &Booking, now_ms: i64) -> Started {
    let new = NewPayment {
        id: PaymentId::derive("payment", booking.id.as_str()),
        booking: booking.id.clone(),
        user: booking.user.clone().unwrap(),
    };
    fresh.db.payments.start(new, now_ms).await.unwrap()
}

async fn started(fresh: &Fresh, booking: &Booking) -> Payment {
    match asked_to_pay(fresh, booking, NOW_MS).await {
        Started::Done(payment) => *payment,
        refused @ Started::Refused(_) => panic!("{refused:?}"),
    }
}

/// What the provider says of a payment's intent.
pub(crate) fn intent(payment: &Payment, status: IntentStatus) -> Intent {
    let has_come = status == IntentStatus::Succeeded;
    Intent {
        id: format!("pi_{}", payment.id),
        payment: Some(payment.id.clone()),
        status,
        amount: payment.amount,
        received: if has_come { payment.amount } else { 0 },
        currency: Some(payment.currency),
        client_secret: "secret".into(),
    }
}

async fn applied(fresh: &Fresh, intent: &Intent, now_ms: i64) -> Applied {
    let applied = fresh.db.payments.apply_intent(intent, now_ms).await;
    applied.unwrap()
}

/// A booking whose money has come.
async fn paid(fresh: &Fresh, name: &str, by: &str, offer: &Offer) -> (Booking, Payment) {
    let booking = booked(fresh, name, by, offer).await;
    let payment = started(fresh, &booking).await;
    let came = intent(&payment, IntentStatus::Succeeded);
    assert_eq!(applied(fresh, &came, NOW_MS).await, Applied::Done);
    let found = (
        stored(fresh, &booking.id).await,
        of(fresh, &payment.id).await,
    );
    assert_eq!(found.0.status, BookingStatus::Confirmed);
    found
}

async fn stored(fresh: &Fresh, id: &BookingId) -> Booking {
    let found = fresh.db.bookings.by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id).unwrap()
}

/// The payment as it is stored.
async fn of(fresh: &Fresh, id: &PaymentId) -> Payment {
    let found = fresh.db.payments.by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id).unwrap()
}

async fn refunds(fresh: &Fresh, payment: &PaymentId) -> Vec<Refund> {
    let found = fresh.db.payments.refunds_of(std::slice::from_ref(payment));
    found.await.unwrap().remove(payment).unwrap_or_default()
}

async fn owed(fresh: &Fresh, offer: &Offer) -> Vec<Money> {
    fresh.db.payments.balance(&offer.partner_id).await.unwrap()
}

fn euros(minor: i64) -> Vec<Money> {
    let currency = Currency::Eur;
    vec![Money { minor, currency }]
}

/// All transactions of the partner's account.
async fn ledger(fresh: &Fresh, offer: &Offer) -> Vec<Transaction> {
    let query = LedgerQuery {
        partner: offer.partner_id.clone(),
        from_ms: 0,
        until_ms: i64::MAX / 2,
        first: 1_000,
        after: None,
    };
    fresh.db.payments.ledger(&query).await.unwrap().items
}

/// The keys of the queue that begin so.
async fn tasks(fresh: &Fresh, begin: &str) -> Vec<String> {
    let all = fresh.db.queue.list(TaskFilter::default(), 999).await;
    let keys = all.unwrap().into_iter().map(|task| task.key);
    keys.filter(|key| key.starts_with(begin)).collect()
}

async fn a_booking_with_a_price_is_confirmed_by_its_money_alone(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let asked = booking.price.unwrap();
    assert_eq!(booking.status, BookingStatus::Pending);
    assert_eq!((asked.amount, asked.fee), (AMOUNT, FEE));
    assert_eq!(asked.pay_before_ms, NOW_MS + PAID_WITHIN_MS);
    let until_ms = booking.from_ms - 24 * HOUR_MS;
    assert_eq!(asked.refundable_until_ms, Some(until_ms));
    assert_eq!(stored(&fresh, &booking.id).await, booking);
    assert_eq!(remaining(&fresh, &offer).await, 2);
    // The team is not asked: the booking waits for money.
    assert_eq!(tasks(&fresh, "booking_").await, [""; 0]);
    let bookings = &fresh.db.bookings;
    for by in [By::Holder, By::Staff(None)] {
        let confirmed = bookings.step(&booking.id, Step::Confirm, by, NOW_MS).await;
        let refused = Stepped::Refused(BookingRefusal::PaymentRequired);
        assert_eq!(confirmed.unwrap(), refused);
    }
    let payment = started(&fresh, &booking).await;
    assert_eq!(payment.state, PaymentState::Open);
    assert_eq!((payment.amount, payment.fee), (AMOUNT, FEE));
    assert_eq!(payment.account, "acct_1");
    assert_eq!(of(&fresh, &payment.id).await, payment);
    let waiting = intent(&payment, IntentStatus::Waiting);
    assert_eq!(applied(&fresh, &waiting, NOW_MS).await, Applied::Done);
    assert_eq!(applied(&fresh, &waiting, NOW_MS).await, Applied::Nothing);
    let known = of(&fresh, &payment.id).await;
    assert_eq!(known.intent.as_deref(), Some(waiting.id.as_str()));
    assert_eq!(
        stored(&fresh, &booking.id).await.status,
        BookingStatus::Pending
    );
    let came = intent(&payment, IntentStatus::Succeeded);
    assert_eq!(applied(&fresh, &came, NOW_MS + 5).await, Applied::Done);
    let confirmed = stored(&fresh, &booking.id).await;
    assert_eq!(confirmed.status, BookingStatus::Confirmed);
    assert_eq!(confirmed.price, booking.price);
    let captured = of(&fresh, &payment.id).await;
    assert_eq!(captured.state, PaymentState::Captured);
    assert_eq!(captured.captured_at_ms, Some(NOW_MS + 5));
    assert_eq!(captured.look_at_ms, None);
    let by_booking = fresh
        .db
        .payments
        .of_bookings(std::slice::from_ref(&booking.id));
    assert_eq!(by_booking.await.unwrap()[&booking.id], captured);
    assert_eq!(owed(&fresh, &offer).await, euros(AMOUNT - FEE));
    let entries = ledger(&fresh, &offer).await;
    assert_eq!(
        entries,
        [Transaction::capture(&captured, &came.id, NOW_MS + 5)]
    );
    assert_eq!(entries[0].change_of(&Account::Fees), FEE);
    let told = tasks(&fresh, "booking_confirmed").await;
    assert_eq!(told, [format!("booking_confirmed:{}", booking.id)]);
    let receipt = tasks(&fresh, "payment_result").await;
    assert_eq!(receipt, [format!("payment_result:{}", payment.id)]);
    let again = asked_to_pay(&fresh, &booking, NOW_MS).await;
    assert_eq!(again, Started::Refused(PaymentRefusal::Paid));
}

async fn the_price_is_that_of_the_moment_of_booking(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let author = || Author {
        actor: "test".into(),
        action: "write",
    };
    let edit = |price| OfferEdit {
        price: Edit::Set(price),
        ..OfferEdit::default()
    };
    let dearer = OfferPrice {
        amount: 9_999,
        original: None,
        refundable_until_min: None,
        currency: Currency::Chf,
        is_deposit: true,
        vat_rate_bp: 0,
    };
    for price in [Some(dearer), None] {
        let updated = fresh
            .db
            .offers
            .update(offer.id.clone(), edit(price), author(), NOW_MS);
        let Updated::Done(after, _) = updated.await.unwrap() else {
            panic!("not updated")
        };
        assert_eq!(after.price, price);
        let read = fresh
            .db
            .offers
            .by_ids(std::slice::from_ref(&offer.id))
            .await;
        assert_eq!(read.unwrap()[&offer.id].price, price);
    }
    let payment = started(&fresh, &booking).await;
    assert_eq!(payment.money(), euros(AMOUNT)[0]);
    // Now it is free.
    let free = fresh
        .db
        .bookings
        .create(with_terms("2", "ben", &offer), NOW_MS);
    sign_up(&fresh, &user("ben")).await;
    let Created::Done(free) = free.await.unwrap() else {
        panic!("not booked")
    };
    assert_eq!(free.price, None);
    let refused = asked_to_pay(&fresh, &free, NOW_MS).await;
    assert_eq!(refused, Started::Refused(PaymentRefusal::NotPayable));
}

async fn without_terms_or_an_account_nothing_with_a_price_is_booked(fresh: Fresh) {
    let offer = priced("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    sign_up(&fresh, &user("ana")).await;
    let create = async |new| fresh.db.bookings.create(new, NOW_MS).await.unwrap();
    let without = create(new("1", "ana", &offer)).await;
    let refused = Created::Refused(BookingRefusal::PaymentsUnavailable);
    assert_eq!(without, refused);
    let refused = Created::Refused(BookingRefusal::PartnerTakesNoPayments);
    assert_eq!(create(with_terms("1", "ana", &offer)).await, refused);
    with_account(&fresh.db, &offer, false).await;
    assert_eq!(create(with_terms("1", "ana", &offer)).await, refused);
    assert_eq!(remaining(&fresh, &offer).await, 3);
    with_account(&fresh.db, &offer, true).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    // The provider has closed the account since.
    with_account(&fresh.db, &offer, false).await;
    let refused = asked_to_pay(&fresh, &booking, NOW_MS).await;
    assert_eq!(refused, Started::Refused(PaymentRefusal::PartnerTakesNone));
    let found = fresh
        .db
        .payments
        .accounts(std::slice::from_ref(&offer.partner_id));
    let found = found.await.unwrap();
    assert!(!found[&offer.partner_id].takes_payments);
    let unknown = ProviderAccount {
        id: "acct_2".into(),
        ..provider_account(true)
    };
    let applied = fresh.db.payments.apply_account(&unknown, NOW_MS).await;
    assert_eq!(applied.unwrap(), Applied::Unknown);
    // A partner has one account, whatever is made for it at the same time.
    let kept = fresh
        .db
        .payments
        .keep_account(&offer.partner_id, &unknown, NOW_MS);
    assert_eq!(kept.await.unwrap().account, "acct_1");
}

async fn an_offer_with_a_price_is_sold_out_like_any_other(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let first = booked(&fresh, "1", "ana", &offer).await;
    sign_up(&fresh, &user("ben")).await;
    let create = async |name: &str, now_ms| {
        let new = with_terms(name, "ben", &offer);
        fresh.db.bookings.create(new, now_ms).await.unwrap()
    };
    let refused = Created::Refused(BookingRefusal::SoldOut);
    assert_eq!(create("2", NOW_MS).await, refused);
    let late_ms = NOW_MS + PAID_WITHIN_MS;
    let due = fresh.db.bookings.due(late_ms - 1, 9).await.unwrap();
    assert_eq!(due, []);
    let due = fresh.db.bookings.due(late_ms, 9).await.unwrap();
    assert_eq!(due, std::slice::from_ref(&first));
    let ended = fresh
        .db
        .bookings
        .step(&first.id, Step::Expire, By::Job, late_ms);
    assert!(matches!(ended.await.unwrap(), Stepped::Done(_)));
    let Created::Done(second) = create("2", late_ms).await else {
        panic!("the place did not come back")
    };
    let payment = started(&fresh, &second).await;
    let came = intent(&payment, IntentStatus::Succeeded);
    assert_eq!(applied(&fresh, &came, late_ms).await, Applied::Done);
    assert_eq!(remaining(&fresh, &offer).await, 0);
}

async fn who_pays_is_who_booked_and_in_time(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let asked = async |by: &str, id: &BookingId, now_ms| {
        let new = NewPayment {
            id: PaymentId::derive("payment", by),
            booking: id.clone(),
            user: user(by),
        };
        fresh.db.payments.start(new, now_ms).await.unwrap()
    };
    let unknown = Started::Refused(PaymentRefusal::BookingNotFound);
    assert_eq!(asked("ben", &booking.id, NOW_MS).await, unknown);
    let none = BookingId::derive("booking", "none");
    assert_eq!(asked("ana", &none, NOW_MS).await, unknown);
    let late = Started::Refused(PaymentRefusal::NotPayable);
    let late_ms = NOW_MS + PAID_WITHIN_MS;
    assert_eq!(asked("ana", &booking.id, late_ms).await, late);
    let Started::Done(first) = asked("ana", &booking.id, late_ms - 1).await else {
        panic!("not started")
    };
    // Once more, because the answer was lost.
    let again = asked("ana", &booking.id, late_ms - 1).await;
    assert_eq!(again, Started::Done(first.clone()));
    let alien = Intent {
        id: "pi_alien".into(),
        payment: None,
        ..intent(&first, IntentStatus::Succeeded)
    };
    assert_eq!(applied(&fresh, &alien, NOW_MS).await, Applied::Unknown);
}

async fn two_taps_at_once_are_one_payment(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let other = fresh.of_another_server().await;
    let all = (0..8).map(|number| {
        let servers = [&fresh.db, &other];
        let payments = servers[number % 2].payments.clone();
        let new = NewPayment {
            id: PaymentId::derive("payment", &number.to_string()),
            booking: booking.id.clone(),
            user: user("ana"),
        };
        async move { payments.start(new, NOW_MS).await.unwrap() }
    });
    let all = join_all(all).await;
    let Started::Done(first) = &all[0] else {
        panic!("{all:?}")
    };
    assert!(all.iter().all(|one| *one == Started::Done(first.clone())));
}

async fn one_server_at_a_time_has_the_lease(fresh: Fresh) {
    let take = async |holder: &str, until_ms: i64, now_ms: i64| {
        let taken = fresh.db.payments.take_lease(holder, until_ms, now_ms);
        taken.await.unwrap()
    };
    assert!(take("a", 10, 0).await);
    assert!(!take("b", 15, 5).await);
    fresh.db.payments.give_lease_back("a").await.unwrap();
    assert!(take("b", 15, 5).await);
}
