use proptest::prelude::*;

use super::*;
use crate::{
    PaymentId, RefundId,
    bookings::{booking::BookingStatus, samples, store::By},
    payments::{
        ledger::Account,
        money::Currency,
        partner_account::PartnerAccount,
        payment::PaymentState,
        price::BookedPrice,
        provider::{Intent, IntentStatus, ProviderRefund, RefundStatus},
        refund::{RefundCause, RefundState},
        refusals::PaymentRefusal,
        store::{NewPayment, NewRefund, RefundAsked, Started},
    },
};

const NOW_MS: i64 = samples::NOW_MS;
const MINUTE_MS: i64 = 60_000;

fn booking(status: BookingStatus) -> Booking {
    Booking {
        status,
        price: Some(BookedPrice {
            amount: 1_000,
            currency: Currency::Eur,
            is_deposit: false,
            vat_rate_bp: 1_000,
            fee: 70,
            refundable_until_ms: Some(NOW_MS + 60 * MINUTE_MS),
            pay_before_ms: NOW_MS + 10 * MINUTE_MS,
        }),
        ..samples::booking()
    }
}

fn account() -> PartnerAccount {
    PartnerAccount {
        partner: samples::offer().partner_id,
        account: "acct_1".into(),
        takes_payments: true,
        is_paid_out: true,
        has_given_details: true,
        created_at_ms: 0,
        seen_at_ms: 0,
    }
}

fn new() -> NewPayment {
    NewPayment {
        id: PaymentId::derive("payment", "1"),
        booking: samples::booking().id,
        user: samples::booking().user.unwrap(),
    }
}

fn payment() -> Payment {
    let pending = booking(BookingStatus::Pending);
    start(&new(), Some(&pending), None, Some(&account()), NOW_MS).unwrap()
}

fn captured() -> Payment {
    Payment {
        state: PaymentState::Captured,
        intent: Some("pi_1".into()),
        captured_at_ms: Some(NOW_MS),
        look_at_ms: None,
        ..payment()
    }
}

fn came() -> Intent {
    Intent {
        id: "pi_1".into(),
        payment: Some(new().id),
        status: IntentStatus::Succeeded,
        amount: 1_000,
        received: 1_000,
        currency: Some(Currency::Eur),
        client_secret: "secret".into(),
    }
}

const fn facts<'a>(payment: &'a Payment, refunds: &'a [Refund]) -> Facts<'a> {
    Facts { payment, refunds }
}

#[test]
fn a_payment_starts_only_for_ones_own_booking_that_waits_for_money() {
    let refused = |refusal| Err(Started::Refused(refusal));
    let pending = booking(BookingStatus::Pending);
    let begin = |booking: Option<&Booking>, before: Option<Payment>, now_ms| {
        start(&new(), booking, before, Some(&account()), now_ms)
    };
    let until_ms = NOW_MS + 10 * MINUTE_MS;
    assert_eq!(begin(Some(&pending), None, until_ms - 1).unwrap().fee, 70);
    let late = begin(Some(&pending), None, until_ms);
    assert_eq!(late, refused(PaymentRefusal::NotPayable));
    let nobodys = Booking {
        user: None,
        ..pending.clone()
    };
    for booking in [None, Some(&nobodys)] {
        let unknown = begin(booking, None, NOW_MS);
        assert_eq!(unknown, refused(PaymentRefusal::BookingNotFound));
    }
    let free = Booking {
        price: None,
        ..pending.clone()
    };
    let none = begin(Some(&free), None, NOW_MS);
    assert_eq!(none, refused(PaymentRefusal::NotPayable));
    for status in BookingStatus::ALL {
        let started = begin(Some(&booking(*status)), None, NOW_MS);
        assert_eq!(started.is_ok(), *status == BookingStatus::Pending);
    }
    let again = begin(Some(&pending), Some(payment()), NOW_MS);
    assert_eq!(again, Err(Started::Done(Box::new(payment()))));
    let paid = begin(Some(&pending), Some(captured()), NOW_MS);
    assert_eq!(paid, refused(PaymentRefusal::Paid));
    let over = Payment {
        state: PaymentState::Cancelled,
        ..payment()
    };
    let over = begin(Some(&pending), Some(over), NOW_MS);
    assert_eq!(over, refused(PaymentRefusal::NotPayable));
    let closed = PartnerAccount {
        takes_payments: false,
        ..account()
    };
    for account in [None, Some(&closed)] {
        let started = start(&new(), Some(&pending), None, account, NOW_MS);
        assert_eq!(started, refused(PaymentRefusal::PartnerTakesNone));
    }
}

#[test]
fn money_confirms_a_pending_booking_and_goes_back_for_any_other() {
    for status in BookingStatus::ALL {
        let change = intent(
            facts(&payment(), &[]),
            Some(&booking(*status)),
            &came(),
            NOW_MS,
        );
        let is_confirmed = *status == BookingStatus::Pending;
        assert_eq!(change.confirmed.is_some(), is_confirmed, "{status:?}");
        assert_eq!(change.asked.is_empty(), is_confirmed);
        assert_eq!(change.worry, None);
        assert_eq!(change.transactions.len(), 1);
        let after = change.payment.unwrap();
        assert_eq!(after.state, PaymentState::Captured);
        assert_eq!(after.left(), if is_confirmed { 1_000 } else { 0 });
        // Applied once more, it changes nothing.
        let again = intent(facts(&after, &change.asked), None, &came(), NOW_MS);
        assert_eq!(again, Change::default());
    }
    let gone = intent(facts(&payment(), &[]), None, &came(), NOW_MS);
    assert_eq!(gone.asked.len(), 1);
}

#[test]
fn money_for_a_booking_whose_time_is_over_goes_back() {
    let pending = booking(BookingStatus::Pending);
    let late_ms = pending.until_ms;
    let open = payment();
    let late = intent(facts(&open, &[]), Some(&pending), &came(), late_ms);
    assert_eq!(late.confirmed, None);
    assert_eq!(late.asked[0].cause, RefundCause::Late);
    let in_time = intent(facts(&open, &[]), Some(&pending), &came(), late_ms - 1);
    assert!(in_time.confirmed.is_some(), "the place was held meanwhile");
}

#[test]
fn what_says_it_succeeded_without_money_is_read_once_more() {
    let pending = booking(BookingStatus::Pending);
    let odd = Intent {
        received: 0,
        ..came()
    };
    let change = intent(facts(&payment(), &[]), Some(&pending), &odd, NOW_MS);
    let after = change.payment.unwrap();
    assert_eq!(after.state, PaymentState::Open);
    assert!(after.look_at_ms.is_some());
}

#[test]
fn the_end_of_a_booking_refunds_by_who_ended_it_and_when() {
    use BookingStatus::{Cancelled, CheckedIn, Confirmed, Expired, NoShow};
    let ended_by = |status, by: &By, now_ms| {
        let change = ended(facts(&captured(), &[]), &booking(status), by, now_ms);
        change.asked.first().map(|refund| refund.cause)
    };
    let until_ms = NOW_MS + 60 * MINUTE_MS;
    let staff = By::Staff(None);
    for (status, by, now_ms, cause) in [
        (
            Cancelled,
            &By::Holder,
            until_ms - 1,
            Some(RefundCause::Guest),
        ),
        (Cancelled, &By::Holder, until_ms, None),
        (Cancelled, &staff, until_ms, Some(RefundCause::Venue)),
        (
            Cancelled,
            &By::Erasure,
            until_ms - 1,
            Some(RefundCause::Erasure),
        ),
        (Cancelled, &By::Erasure, until_ms, None),
        (Confirmed, &By::Payment, NOW_MS, None),
        (CheckedIn, &staff, NOW_MS, None),
        (NoShow, &By::Job, until_ms, None),
        (Expired, &By::Job, NOW_MS, None),
    ] {
        assert_eq!(ended_by(status, by, now_ms), cause, "{status:?} {by:?}");
    }
    let never = Booking {
        price: booking(Cancelled).price.map(|price| BookedPrice {
            refundable_until_ms: None,
            ..price
        }),
        ..booking(Cancelled)
    };
    let kept = ended(facts(&captured(), &[]), &never, &By::Holder, NOW_MS);
    assert_eq!(kept, Change::default());
    // What was refunded before is not refunded again.
    let back = Payment {
        refunded: 1_000,
        ..captured()
    };
    let nothing = ended(facts(&back, &[]), &booking(Cancelled), &staff, NOW_MS);
    assert_eq!(nothing, Change::default());
    let open = ended(facts(&payment(), &[]), &booking(Expired), &By::Job, NOW_MS);
    assert_eq!(open.tasks.len(), 1);
}

#[test]
fn what_gives_way_to_a_refund_at_the_providers_page_is_asked_for_again() {
    let ended = ended(
        facts(&captured(), &[]),
        &booking(BookingStatus::Cancelled),
        &By::Staff(None),
        NOW_MS,
    );
    let (after, asked) = (ended.payment.unwrap(), ended.asked);
    assert_eq!((after.refunded, asked[0].amount), (1_000, 1_000));
    let elsewhere = ProviderRefund {
        id: "re_page".into(),
        refund: None,
        intent: "pi_1".into(),
        amount: 300,
        status: RefundStatus::Accepted,
        created_at_ms: NOW_MS,
    };
    let change = refund(facts(&after, &asked), &elsewhere, NOW_MS);
    assert_eq!(
        change.payment.unwrap().refunded,
        1_000,
        "all of it goes back"
    );
    let rest = change.asked.last().unwrap();
    assert_eq!((rest.amount, rest.cause), (700, RefundCause::Venue));
    assert_eq!(rest.fee + change.asked[0].fee, captured().fee);
    assert!(change.tasks.contains(&NewTask::of_refund(&rest.id, NOW_MS)));
}

#[test]
fn an_intent_that_waits_again_after_the_end_is_cancelled_once_more() {
    let known = Payment {
        intent: Some("pi_1".into()),
        ..payment()
    };
    let waits = Intent {
        status: IntentStatus::Waiting,
        received: 0,
        ..came()
    };
    let pending = booking(BookingStatus::Pending);
    let wanted = intent(facts(&known, &[]), Some(&pending), &waits, NOW_MS);
    assert_eq!(wanted, Change::default());
    let expired = booking(BookingStatus::Expired);
    let over = intent(facts(&known, &[]), Some(&expired), &waits, NOW_MS);
    assert_eq!(over.tasks.len(), 1);
    assert!(over.tasks[0].key.starts_with("payment_cancel:"), "{over:?}");
}

#[test]
fn who_pays_in_the_last_minutes_is_looked_at_before_the_booking_ends() {
    let mut at_ms = NOW_MS;
    let mut looks = Vec::new();
    while at_ms < NOW_MS + 10 * MINUTE_MS {
        at_ms = next_look_ms(NOW_MS, at_ms);
        looks.push(at_ms);
    }
    let gaps = looks.windows(2).map(|two| two[1] - two[0]);
    assert!(gaps.max().unwrap() <= MINUTE_MS, "{looks:?}");
}

#[test]
fn looks_become_rarer_and_end_with_the_payment() {
    let open = payment();
    let at_ms = open.look_at_ms.unwrap();
    assert_eq!(at_ms, NOW_MS + 30_000);
    assert_eq!(look(&open, at_ms - 1), Change::default());
    let looked = look(&open, at_ms);
    assert_eq!(looked.tasks.len(), 1);
    let next_ms = looked.payment.unwrap().look_at_ms;
    assert_eq!(next_ms, Some(at_ms + 30_000));
    assert_eq!(next_look_ms(0, 86_400_000), 86_400_000 + 600_000);
    assert_eq!(look(&captured(), i64::MAX / 2), Change::default());
}

/// One thing that happens to a captured payment.
#[derive(Clone, Debug)]
enum Event {
    Ask(i64),
    /// The provider says this of the refund at this place.
    Says(usize, RefundStatus),
    Fails(usize),
    Elsewhere(i64, RefundStatus),
}

fn event() -> impl Strategy<Value = Event> {
    let status = || prop_oneof![Just(RefundStatus::Accepted), Just(RefundStatus::Failed)];
    prop_oneof![
        (-10..1_200_i64).prop_map(Event::Ask),
        (0..6_usize, status()).prop_map(|(place, status)| Event::Says(place, status)),
        (0..6_usize).prop_map(Event::Fails),
        (0..700_i64, status()).prop_map(|(amount, status)| Event::Elsewhere(amount, status)),
    ]
}

#[derive(Debug)]
struct Rows {
    payment: Payment,
    refunds: Vec<Refund>,
    ledger: Vec<Transaction>,
}

impl Rows {
    fn store(&mut self, change: Change) {
        if let Some(payment) = change.payment {
            self.payment = payment;
        }
        for after in change.changed {
            let before = self.refunds.iter_mut().find(|one| one.id == after.id);
            *before.unwrap() = after;
        }
        self.refunds.extend(change.asked);
        self.ledger.extend(change.transactions);
    }

    fn happens(&mut self, number: usize, event: &Event) {
        let found = |refund: Option<&Refund>, amount, status| ProviderRefund {
            id: refund.map_or(format!("re_{number}"), |refund| format!("re_{}", refund.id)),
            refund: refund.map(|refund| refund.id.clone()),
            intent: "pi_1".into(),
            amount,
            status,
            created_at_ms: NOW_MS,
        };
        let facts = facts(&self.payment, &self.refunds);
        let change = match event {
            Event::Ask(amount) => {
                let new = NewRefund {
                    id: RefundId::derive("refund", &number.to_string()),
                    payment: self.payment.id.clone(),
                    amount: Some(*amount),
                    cause: RefundCause::Support,
                    reason: None,
                    by: None,
                };
                match ask(&new, Some(facts), None, NOW_MS) {
                    Ok((change, _)) => change,
                    Err(RefundAsked::Refused(_)) => Change::default(),
                    Err(other) => panic!("{other:?}"),
                }
            }
            Event::Says(place, status) => match self.refunds.get(*place) {
                Some(known) if known.cause == RefundCause::Support => {
                    refund(facts, &found(Some(known), known.amount, *status), NOW_MS)
                }
                Some(_) | None => Change::default(),
            },
            Event::Fails(place) => match self.refunds.get(*place) {
                Some(known) => failed(&self.payment, known, NOW_MS),
                None => Change::default(),
            },
            Event::Elsewhere(amount, status) => {
                refund(facts, &found(None, *amount, *status), NOW_MS)
            }
        };
        self.store(change);
    }

    fn owed(&self, account: &Account) -> i64 {
        self.ledger
            .iter()
            .map(|entry| entry.change_of(account))
            .sum()
    }
}

proptest! {
    /// Whatever is asked for and said, in any order: never more goes back than has come, the sum is that
    /// of the refunds, every key is entered once, and a full refund gives back exactly the fee.
    #[test]
    fn refunds_never_exceed_what_came_and_the_ledger_follows_them(
        fee in 0..=1_000_i64,
        events in prop::collection::vec(event(), 0..24),
    ) {
        let payment = Payment { fee, ..captured() };
        let first = Transaction::capture(&payment, "pi_1", NOW_MS);
        let mut rows = Rows { payment, refunds: vec![], ledger: vec![first] };
        for (number, event) in events.iter().enumerate() {
            rows.happens(number, event);
            let Rows { payment, refunds, ledger } = &rows;
            prop_assert!((0..=payment.amount).contains(&payment.refunded));
            let sum = |wanted: fn(&Refund) -> bool, of: fn(&Refund) -> i64| -> i64 {
                refunds.iter().filter(|refund| wanted(refund)).map(of).sum()
            };
            let stands = |refund: &Refund| refund.state != RefundState::Failed;
            let accepted = |refund: &Refund| refund.state == RefundState::Accepted;
            prop_assert_eq!(payment.refunded, sum(stands, |refund| refund.amount));
            let fees = sum(stands, |refund| refund.fee);
            prop_assert!((0..=fee).contains(&fees));
            for refund in refunds {
                prop_assert!((0..=refund.amount).contains(&refund.fee));
            }
            let given_back = sum(accepted, |refund| refund.amount);
            prop_assert_eq!(-rows.owed(&Account::Provider), payment.amount - given_back);
            let left = fee - sum(accepted, |refund| refund.fee);
            prop_assert_eq!(rows.owed(&Account::Fees), left);
            let mut keys: Vec<&str> = ledger.iter().map(|entry| entry.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            prop_assert_eq!(keys.len(), ledger.len());
        }
        // All that is left, at last.
        let left = rows.payment.left();
        if left > 0 {
            rows.happens(99, &Event::Ask(left));
            let stands = rows.refunds.iter().filter(|one| one.state != RefundState::Failed);
            prop_assert_eq!(stands.map(|refund| refund.fee).sum::<i64>(), fee);
        }
    }
}
