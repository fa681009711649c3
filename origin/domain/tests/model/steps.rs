//! Guests, venues, support, jobs and reports.

use domain::{
    PaymentId, RefundId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        rules,
        store::By,
        writes as booking_writes,
    },
    payments::{
        payment::Payment,
        refund::RefundCause,
        store::{NewPayment, NewRefund},
        work::{PaymentWork, Subject},
        writes::{self, Change, Facts},
    },
};

use crate::{
    provider::INTENT,
    scenario::{Scenario, Weakening},
    state::{Starter, State, account, user},
};

/// A part of the price. Two of them, and one at the provider's own page, are more than all.
pub(crate) const PART: i64 = 400;

impl Scenario {
    pub(crate) fn start(&self, state: &mut State) -> bool {
        if state.bounds.starts >= self.starts || state.starter != Starter::Idle {
            return false;
        }
        let new = NewPayment {
            id: PaymentId::derive("payment", "1"),
            booking: state.booking.id.clone(),
            user: user(),
        };
        let (before, account) = (state.payment.clone(), account());
        let now_ms = state.now_ms;
        match writes::start(&new, Some(&state.booking), before, Some(&account), now_ms) {
            Ok(payment) => state.payment = Some(payment),
            Err(domain::payments::store::Started::Done(_)) => {}
            Err(domain::payments::store::Started::Refused(_)) => return false,
        }
        if self.weakening == Weakening::ConfirmedAtStart {
            state.booking.status = BookingStatus::Confirmed;
        }
        state.bounds.starts += 1;
        state.starter = Starter::Stored;
        true
    }

    pub(crate) fn cancel(&self, state: &mut State, by: &By) -> bool {
        match booking_writes::step(&state.booking, &Step::Cancel.into(), by, state.now_ms) {
            Ok(after) => {
                self.ended(state, after, by);
                true
            }
            Err(_) => false,
        }
    }

    pub(crate) fn erase(&self, state: &mut State) -> bool {
        if state.booking.user.is_none() {
            return false;
        }
        if let Some(after) = rules::withdrawn(&state.booking, state.now_ms) {
            self.ended(state, after, &By::Erasure);
        }
        state.booking.user = None;
        if let Some(payment) = &mut state.payment {
            payment.user = None;
        }
        true
    }

    pub(crate) fn expire(&self, state: &mut State) -> bool {
        match booking_writes::step(&state.booking, &Step::Expire.into(), &By::Job, state.now_ms) {
            Ok(after) => {
                self.ended(state, after, &By::Job);
                true
            }
            Err(_) => false,
        }
    }

    fn ended(&self, state: &mut State, after: Booking, by: &By) {
        let is_kept = after
            .price
            .and_then(|price| price.refundable_until_ms)
            .is_none_or(|until_ms| state.now_ms >= until_ms);
        state.kept_by_rule = is_kept && matches!(by, By::Holder | By::Erasure);
        let change = state
            .facts()
            .map(|facts| writes::ended(facts, &after, by, state.now_ms));
        state.booking = after;
        if self.weakening == Weakening::VenueKeeps && matches!(by, By::Staff(_)) {
            return;
        }
        state.store(change.unwrap_or_default());
    }

    pub(crate) fn look(&self, state: &mut State) -> bool {
        if self.weakening == Weakening::NeverLooks {
            return false;
        }
        let change = state
            .payment
            .as_ref()
            .map(|payment| writes::look(payment, state.now_ms))
            .unwrap_or_default();
        let is_due = change != Change::default();
        state.store(change);
        is_due
    }

    pub(crate) fn report_intent(&self, state: &mut State) -> bool {
        let subject = Subject::Intent { id: INTENT.into() };
        state.provider.intent.is_some() && self.report(state, "intent", subject)
    }

    pub(crate) fn report_refund(&self, state: &mut State, place: usize) -> bool {
        let id = state.provider.refunds[place].id.clone();
        self.report(state, &id.clone(), Subject::Refund { id })
    }

    /// Each report has a name of its own, and so has its task.
    fn report(&self, state: &mut State, of: &str, subject: Subject) -> bool {
        let key = format!("report:{of}");
        if state.bounds.reports >= self.reports || state.queue.contains_key(&key) {
            return false;
        }
        state.bounds.reports += 1;
        state.queue.insert(key, PaymentWork::Look { subject });
        true
    }

    pub(crate) fn support(&self, state: &mut State) -> bool {
        if state.bounds.supports >= self.supports {
            return false;
        }
        let Some(payment) = state.payment.clone() else {
            return false;
        };
        let new = NewRefund {
            id: RefundId::derive("support", &state.bounds.supports.to_string()),
            payment: payment.id.clone(),
            amount: Some(PART),
            cause: RefundCause::Support,
            reason: Some("a complaint".into()),
            by: None,
        };
        let unrefunded = Payment {
            refunded: 0,
            ..payment.clone()
        };
        let is_unchecked = self.weakening == Weakening::SumUnchecked;
        let facts = Facts {
            payment: if is_unchecked { &unrefunded } else { &payment },
            refunds: &state.refunds,
        };
        let Ok((mut change, _)) = writes::ask(&new, Some(facts), None, state.now_ms) else {
            return false;
        };
        if is_unchecked && let Some(after) = &mut change.payment {
            after.refunded = payment.refunded + PART;
        }
        state.bounds.supports += 1;
        state.store(change);
        true
    }
}
