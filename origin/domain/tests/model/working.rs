//! The server that starts a payment, and the workers of the queue.

use domain::payments::{
    payment::PaymentState,
    provider::{Intent, IntentStatus, ProviderRefund, RefundStatus},
    refund::{Refund, RefundState},
    store::Applied,
    work::{PaymentWork, Subject},
    writes,
};

use crate::{
    scenario::{Scenario, Weakening},
    state::{Answer, Starter, State, Worker},
};

impl Scenario {
    pub(crate) fn create(state: &mut State) -> bool {
        if state.starter != Starter::Stored {
            return false;
        }
        state.provider.create();
        match state.provider.shown() {
            Some(intent) => {
                state.starter = Starter::Has(intent);
                true
            }
            None => false,
        }
    }

    pub(crate) fn apply_created(&self, state: &mut State) -> bool {
        match std::mem::replace(&mut state.starter, Starter::Idle) {
            Starter::Has(intent) => {
                self.apply_intent(state, &intent);
                true
            }
            Starter::Idle | Starter::Stored => false,
        }
    }

    pub(crate) fn starter_crashes(&self, state: &mut State) -> bool {
        if state.starter == Starter::Idle || state.bounds.crashes >= self.crashes {
            return false;
        }
        state.bounds.crashes += 1;
        state.starter = Starter::Idle;
        true
    }

    /// A worker takes a task and asks the provider. What it reads before that is as it is now; what it
    /// is answered may be old when it is applied.
    pub(crate) fn ask(state: &mut State, worker: usize, key: &str) -> bool {
        let Some(work) = state.queue.get(key).cloned() else {
            return false;
        };
        let answer = answer(state, &work);
        state.workers[worker] = Worker::Has(key.to_owned(), answer);
        true
    }

    pub(crate) fn apply(&self, state: &mut State, worker: usize) -> bool {
        match state.workers[worker].clone() {
            Worker::Has(key, answer) => {
                let is_applied = self.applied(state, &answer);
                // The task stays, and is done again.
                state.workers[worker] = if is_applied {
                    Worker::Applied(key)
                } else {
                    Worker::Idle
                };
                true
            }
            Worker::Idle | Worker::Applied(_) => false,
        }
    }

    pub(crate) fn end(state: &mut State, worker: usize) -> bool {
        match std::mem::replace(&mut state.workers[worker], Worker::Idle) {
            Worker::Applied(key) => {
                ended(state, key);
                true
            }
            Worker::Idle | Worker::Has(..) => false,
        }
    }

    /// Another worker gets the task when the lease is over.
    pub(crate) fn crash(&self, state: &mut State, worker: usize) -> bool {
        if state.workers[worker] == Worker::Idle || state.bounds.crashes >= self.crashes {
            return false;
        }
        state.bounds.crashes += 1;
        state.workers[worker] = Worker::Idle;
        true
    }

    /// Whether it was applied. What is early leads to a look at everything else of the payment instead.
    pub(crate) fn applied(&self, state: &mut State, answer: &Answer) -> bool {
        match answer {
            Answer::Intent(intent) => self.apply_intent(state, intent),
            Answer::Refund(found) => {
                if self.apply_refund(state, found) == Applied::Early {
                    self.look_at_all(state);
                    return false;
                }
            }
            Answer::Refused(refund) => {
                let stored = state.refunds.iter().find(|stored| stored.id == refund.id);
                if let (Some(payment), Some(stored)) = (&state.payment, stored) {
                    let change = writes::failed(payment, stored, state.now_ms);
                    state.store(change);
                }
            }
            Answer::Needless => {}
        }
        true
    }

    /// The payment's intent, and those of its refunds that the provider is known to have made.
    fn look_at_all(&self, state: &mut State) {
        if let Some(intent) = state.provider.shown() {
            self.apply_intent(state, &intent);
        }
        for found in state.provider.refunds.clone() {
            let is_known = |known: &Refund| known.provider_id.as_ref() == Some(&found.id);
            if state.refunds.iter().any(is_known) {
                self.apply_refund(state, &found);
            }
        }
    }

    fn apply_intent(&self, state: &mut State, intent: &Intent) {
        let Some(facts) = state.facts() else {
            return;
        };
        let mut change = writes::intent(facts, Some(&state.booking), intent, state.now_ms);
        match self.weakening {
            Weakening::LateMoneyKept if !change.asked.is_empty() => {
                change.asked.clear();
                change.tasks.clear();
                if let Some(payment) = &mut change.payment {
                    payment.refunded = 0;
                }
            }
            Weakening::OldAnswersWin if intent.status == IntentStatus::Waiting => {
                if let Some(payment) = &mut state.payment {
                    payment.state = PaymentState::Open;
                }
            }
            _ => {}
        }
        state.store(change);
    }

    fn apply_refund(&self, state: &mut State, found: &ProviderRefund) -> Applied {
        let Some(facts) = state.facts() else {
            return Applied::Unknown;
        };
        let mut change = writes::refund(facts, found, state.now_ms);
        if self.weakening == Weakening::RefundsEnteredAgain
            && found.status == RefundStatus::Accepted
            && change.transactions.is_empty()
        {
            let again =
                |entered: &&domain::payments::ledger::Transaction| entered.provider_id == found.id;
            change.transactions = state
                .ledger
                .iter()
                .find(again)
                .cloned()
                .into_iter()
                .collect();
        }
        let applied = change.applied();
        state.store(change);
        applied
    }
}

/// The queue keeps the keys of tasks that are done. Reports have names of their own.
pub(crate) fn ended(state: &mut State, key: String) {
    state.queue.remove(&key);
    if !key.starts_with("report:") {
        state.done.insert(key);
    }
}

/// What a worker is answered for a task.
pub(crate) fn answer(state: &mut State, work: &PaymentWork) -> Answer {
    let intent = |state: &State| match state.provider.shown() {
        Some(intent) => Answer::Intent(intent),
        None => Answer::Needless,
    };
    match work {
        PaymentWork::Look {
            subject: Subject::Refund { id },
        } => {
            let found = state.provider.refunds.iter().find(|found| found.id == *id);
            found.cloned().map_or(Answer::Needless, Answer::Refund)
        }
        PaymentWork::Look { .. } => intent(state),
        PaymentWork::Poll { .. } => {
            // If the first answer was lost, the same key gives the intent.
            state.provider.create();
            intent(state)
        }
        PaymentWork::Cancel { .. } => {
            state.provider.create();
            state.provider.cancel();
            intent(state)
        }
        PaymentWork::Refund { refund } => {
            let stored = state.refunds.iter().find(|stored| stored.id == *refund);
            match stored.cloned() {
                Some(stored) if stored.state == RefundState::Requested => {
                    match state.provider.refund(&stored) {
                        Some(made) => Answer::Refund(made),
                        None => Answer::Refused(stored),
                    }
                }
                Some(_) | None => Answer::Needless,
            }
        }
    }
}
