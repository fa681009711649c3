//! Money that goes back.

use super::{Change, Facts};
use crate::{
    RefundId,
    payments::{
        ledger::Transaction,
        money::Money,
        payment::{Payment, PaymentState},
        provider::{ProviderRefund, RefundStatus},
        refund::{Refund, RefundCause, RefundState},
        refusals::PaymentRefusal,
        store::{NewRefund, RefundAsked, Worry},
    },
    queue::NewTask,
};

/// What support asks for; an error is the answer of a request that stores nothing. `before` is the
/// refund that has this id.
pub fn ask(
    new: &NewRefund,
    facts: Option<Facts<'_>>,
    before: Option<&Refund>,
    now_ms: i64,
) -> Result<(Change, Refund), RefundAsked> {
    let refused = |refusal| Err(RefundAsked::Refused(refusal));
    if let Some(before) = before {
        let is_same = before.payment == new.payment
            && new.amount.is_none_or(|amount| amount == before.amount);
        return if is_same {
            Err(RefundAsked::Before(Box::new(before.clone())))
        } else {
            refused(PaymentRefusal::KeyReused)
        };
    }
    let Some(facts) = facts else {
        return refused(PaymentRefusal::PaymentNotFound);
    };
    if facts.payment.state != PaymentState::Captured {
        return refused(PaymentRefusal::NotCaptured);
    }
    let left = facts.payment.left();
    let amount = new.amount.unwrap_or(left);
    if new.amount.is_some_and(|amount| amount <= 0) {
        return refused(PaymentRefusal::NoAmount);
    }
    if amount > left || left == 0 {
        return refused(PaymentRefusal::TooMuch { left });
    }
    let refund = Refund {
        reason: new.reason.clone(),
        by: new.by.clone(),
        ..requested(facts, new.id.clone(), amount, new.cause, now_ms)
    };
    let mut change = Change::default();
    ask_for(&mut change, facts.payment, refund.clone(), now_ms);
    Ok((change, refund))
}

/// Asks for all that is left of a payment, if something is.
pub(super) fn all_that_is_left(
    change: &mut Change,
    facts: Facts<'_>,
    id: RefundId,
    cause: RefundCause,
    now_ms: i64,
) {
    let left = facts.payment.left();
    if left == 0 {
        change.payment = Some(facts.payment.clone());
        return;
    }
    let refund = requested(facts, id, left, cause, now_ms);
    ask_for(change, facts.payment, refund, now_ms);
}

fn ask_for(change: &mut Change, payment: &Payment, refund: Refund, now_ms: i64) {
    change.payment = Some(with_refunded(payment, refund.amount));
    change.tasks.push(NewTask::of_refund(&refund.id, now_ms));
    change.asked.push(refund);
}

fn requested(
    facts: Facts<'_>,
    id: RefundId,
    amount: i64,
    cause: RefundCause,
    now_ms: i64,
) -> Refund {
    Refund {
        id,
        payment: facts.payment.id.clone(),
        amount,
        fee: fee_of(facts, amount),
        cause,
        reason: None,
        by: None,
        state: RefundState::Requested,
        provider_id: None,
        created_at_ms: now_ms,
        ended_at_ms: None,
    }
}

/// The part of our fee that goes back with this amount, so that all refunds of a payment together
/// give back its share, and a full refund exactly the fee.
fn fee_of(Facts { payment, refunds }: Facts<'_>, amount: i64) -> i64 {
    let given_back = refunds
        .iter()
        .filter(|refund| refund.state != RefundState::Failed);
    let given_back: i64 = given_back.map(|refund| refund.fee).sum();
    let all = Money {
        minor: payment.fee,
        currency: payment.currency,
    };
    let share = all.proportion(payment.refunded + amount, payment.amount);
    (share - given_back).clamp(0, amount)
}

fn with_refunded(payment: &Payment, more: i64) -> Payment {
    Payment {
        refunded: payment.refunded + more,
        ..payment.clone()
    }
}

/// Applies an answer about a refund of this payment.
pub fn refund(facts: Facts<'_>, found: &ProviderRefund, now_ms: i64) -> Change {
    // Another one of the provider for the same refund is another one.
    let is_of = |refund: &&Refund| match &refund.provider_id {
        Some(name) => *name == found.id,
        None => found.refund.as_ref() == Some(&refund.id),
    };
    let Some(known) = facts.refunds.iter().find(is_of) else {
        return of_others(facts, found, now_ms);
    };
    let mut change = match (known.state, found.status) {
        (RefundState::Requested, RefundStatus::Accepted) => {
            accepted(facts.payment, known, found, now_ms)
        }
        // An operator has given it up, and the provider has made it.
        (RefundState::Failed, RefundStatus::Accepted) if known.provider_id.is_none() => {
            if facts.payment.left() < known.amount {
                return early();
            }
            let mut change = accepted(facts.payment, known, found, now_ms);
            change.payment = Some(with_refunded(facts.payment, known.amount));
            change
        }
        (RefundState::Requested | RefundState::Accepted, RefundStatus::Failed) => {
            came_back(facts.payment, known, found, now_ms)
        }
        (RefundState::Accepted, RefundStatus::Accepted) | (RefundState::Failed, _) => {
            return Change::default();
        }
    };
    if found.amount != known.amount {
        change.worry = Some(Worry::WrongRefund);
    }
    change
}

/// The provider will not make this refund.
pub fn failed(payment: &Payment, refund: &Refund, now_ms: i64) -> Change {
    match refund.state {
        RefundState::Requested => Change {
            payment: Some(with_refunded(payment, -refund.amount)),
            changed: vec![Refund {
                state: RefundState::Failed,
                ended_at_ms: Some(now_ms),
                ..refund.clone()
            }],
            worry: Some(Worry::RefundFailed),
            ..Change::default()
        },
        RefundState::Accepted | RefundState::Failed => Change::default(),
    }
}

fn accepted(payment: &Payment, refund: &Refund, found: &ProviderRefund, now_ms: i64) -> Change {
    let after = Refund {
        state: RefundState::Accepted,
        provider_id: Some(found.id.clone()),
        ended_at_ms: Some(now_ms),
        ..refund.clone()
    };
    let receipt = |user| NewTask::of_receipt(&payment.id, Some(&after.id), user, now_ms);
    Change {
        transactions: vec![Transaction::refund(payment, &after, &found.id, now_ms)],
        tasks: payment.user.iter().map(receipt).collect(),
        changed: vec![after],
        ..Change::default()
    }
}

fn came_back(payment: &Payment, refund: &Refund, found: &ProviderRefund, now_ms: i64) -> Change {
    let mut transactions = Vec::new();
    // The provider's books have both.
    if refund.state == RefundState::Requested {
        transactions.push(Transaction::refund(payment, refund, &found.id, now_ms));
    }
    let reverse = Transaction::refund_failed(payment, refund, &found.id, now_ms);
    transactions.push(reverse);
    Change {
        payment: Some(with_refunded(payment, -refund.amount)),
        changed: vec![Refund {
            state: RefundState::Failed,
            provider_id: Some(found.id.clone()),
            ended_at_ms: Some(now_ms),
            ..refund.clone()
        }],
        transactions,
        worry: Some(Worry::RefundFailed),
        ..Change::default()
    }
}

/// Somebody refunded it at the provider's own page: it is one of support. What we have asked for, and
/// the provider has not accepted, gives way to it.
fn of_others(facts: Facts<'_>, found: &ProviderRefund, now_ms: i64) -> Change {
    let mut payment = facts.payment.clone();
    if payment.state != PaymentState::Captured {
        return early();
    }
    if found.amount <= 0 {
        return Change::worrying(Worry::WrongRefund);
    }
    let mut refunds = facts.refunds.to_vec();
    let mut changed = Vec::new();
    if found.status == RefundStatus::Accepted {
        for refund in refunds.iter_mut().rev() {
            if payment.left() < found.amount && refund.state == RefundState::Requested {
                refund.state = RefundState::Failed;
                refund.ended_at_ms = Some(now_ms);
                payment.refunded -= refund.amount;
                changed.push(refund.clone());
            }
        }
        if payment.left() < found.amount {
            return early();
        }
    }
    let facts = Facts {
        payment: &payment,
        refunds: &refunds,
    };
    let id = RefundId::derive("refund of the provider", &found.id);
    let refund = requested(facts, id, found.amount, RefundCause::Support, now_ms);
    let mut change = match found.status {
        RefundStatus::Accepted => {
            let mut change = accepted(&payment, &refund, found, now_ms);
            change.payment = Some(with_refunded(&payment, refund.amount));
            change
        }
        RefundStatus::Failed => Change {
            payment: None,
            ..came_back(&payment, &refund, found, now_ms)
        },
    };
    change.asked = std::mem::replace(&mut change.changed, changed);
    ask_for_the_rest(&mut change, &refunds, found, now_ms);
    change
}

/// What gave way to a refund at the provider's own page is asked for once more, as far as it is left: a guest
/// whose venue cancelled gets all of it.
fn ask_for_the_rest(change: &mut Change, refunds: &[Refund], found: &ProviderRefund, now_ms: i64) {
    let displaced: i64 = change.changed.iter().map(|refund| refund.amount).sum();
    let Some((after, first)) = change.payment.clone().zip(change.changed.first().cloned()) else {
        return;
    };
    let rest = displaced.min(after.left());
    if rest == 0 {
        return;
    }
    let known = [refunds, &change.asked].concat();
    let facts = Facts {
        payment: &after,
        refunds: &known,
    };
    let id = RefundId::derive("rest", &found.id);
    let again = Refund {
        reason: first.reason,
        by: first.by,
        ..requested(facts, id, rest, first.cause, now_ms)
    };
    ask_for(change, &after, again, now_ms);
}

/// The provider gives back no more than has come: what does not fit waits for what is not known yet.
fn early() -> Change {
    Change {
        is_early: true,
        ..Change::default()
    }
}
