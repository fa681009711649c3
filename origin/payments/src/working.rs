//! Does the tasks of payments: asks the provider, and stores what its answer means.

use std::slice;

use access::random;
use domain::{
    PaymentId, RefundId, StoreError,
    error_chain::chain,
    payments::{
        payment::{Payment, PaymentState},
        provider::{Intent, NewProviderRefund, ProviderAccount, ProviderError, ProviderRefund},
        refund::RefundState,
        store::Applied,
        work::{PaymentWork, Subject},
    },
    queue::{Task, retry, store::End},
};

use crate::{asking::IN_TASK, shared::Payments, starting::new_intent};

/// The provider forgets idempotency keys after a day: later an intent that was never named here could be
/// made twice.
const KEYS_KNOWN_MS: i64 = 23 * 3_600_000;
const TOO_LATE: &str = "it was too late";

/// What became of a task.
enum Outcome {
    /// The provider's name of what was asked about.
    Done(String),
    Needless(&'static str),
    GivenUp(String),
}

/// Why a task is done again later, or never.
enum Trouble {
    Provider(ProviderError),
    Store(StoreError),
}

impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

const FOREIGN: Outcome = Outcome::Needless("it is about nothing of ours");

impl Payments {
    /// Does a task, and says what became of it. It may be done more than once.
    pub async fn work(&self, task: &Task, work: &PaymentWork) -> End {
        if task.expires_at_ms <= self.now_ms() {
            return self.too_late(work).await;
        }
        let done = match work {
            PaymentWork::Look { subject } => self.look(subject).await,
            PaymentWork::Poll { payment } => self.poll(payment).await,
            PaymentWork::Cancel { payment } => self.cancel(payment).await,
            PaymentWork::Refund { refund } => self.refund(refund).await,
        };
        match done {
            Ok(Outcome::Done(provider_id)) => End::Sent { provider_id },
            Ok(Outcome::Needless(why)) => End::Needless { why },
            Ok(Outcome::GivenUp(error)) => End::Dead { error },
            Err(Trouble::Store(error)) => self.later(task, chain(&error), None),
            Err(Trouble::Provider(
                ProviderError::Later { why, after_ms } | ProviderError::NotYet { why, after_ms },
            )) => {
                let name = self.0.parts.provider.name();
                self.later(task, format!("{name}: {why}"), after_ms)
            }
            Err(Trouble::Provider(ProviderError::Unknown)) => End::Needless {
                why: "the provider does not know it",
            },
            Err(Trouble::Provider(error @ ProviderError::Refused { .. })) => End::Dead {
                error: error.to_string(),
            },
        }
    }

    /// Tries again for as long as the task is worth doing: money waits for it.
    fn later(&self, task: &Task, error: String, after_ms: Option<i64>) -> End {
        let random = u64::from_be_bytes(random::bytes());
        let wait_ms = retry::wait_ms(task.attempts, random);
        End::Later {
            due_at_ms: self.now_ms() + wait_ms.max(after_ms.unwrap_or(0)),
            error,
            counts: true,
        }
    }

    /// A refund that nobody could make for so long is an operator's.
    async fn too_late(&self, work: &PaymentWork) -> End {
        if let PaymentWork::Refund { refund } = work
            && let Err(error) = self.refund_failed(refund).await
        {
            let error = chain(&error);
            tracing::error!(refund = %refund, error, "a refund that failed was not noted");
        }
        End::Dead {
            error: TOO_LATE.to_owned(),
        }
    }

    async fn look(&self, subject: &Subject) -> Result<Outcome, Trouble> {
        let (store, provider) = (&self.0.parts.store, &self.0.parts.provider);
        let (what, name, applied) = match subject {
            Subject::Intent { id } => return self.look_at_intent(id).await,
            Subject::Refund { id } => {
                let refund = self.ask("refund", IN_TASK, provider.refund(id)).await?;
                return self.refunded(&refund).await;
            }
            Subject::Dispute { id } => {
                let dispute = self.ask("dispute", IN_TASK, provider.dispute(id)).await?;
                let Some(dispute) = dispute else {
                    return Ok(Outcome::Needless("it is an inquiry, which takes no money"));
                };
                let applied = store.apply_dispute(&dispute, self.now_ms()).await?;
                ("dispute", id, applied)
            }
            Subject::Account { id } => {
                let account = match self.ask("account", IN_TASK, provider.account(id)).await {
                    // The partner has closed it, or cut its connection to us.
                    Err(ProviderError::Unknown) => gone(id),
                    found => found?,
                };
                let applied = store.apply_account(&account, self.now_ms()).await?;
                ("account", id, applied)
            }
            Subject::Payout { account, id } => {
                let payout = provider.payout(account, id);
                let payout = self.ask("payout", IN_TASK, payout).await?;
                let applied = store.apply_payout(&payout, self.now_ms()).await?;
                ("payout", id, applied)
            }
        };
        self.applied(what, name, applied);
        Ok(outcome(name, applied))
    }

    async fn look_at_intent(&self, id: &str) -> Result<Outcome, Trouble> {
        let (intent, applied) = self.seen_intent(id).await?;
        Ok(outcome(&intent.id, applied))
    }

    /// An intent as it is now, and what that changed.
    async fn seen_intent(&self, id: &str) -> Result<(Intent, Applied), Trouble> {
        let intent = self.0.parts.provider.intent(id);
        let intent = self.ask("intent", IN_TASK, intent).await?;
        let applied = self.apply_intent(&intent).await?;
        Ok((intent, applied))
    }

    async fn poll(&self, id: &PaymentId) -> Result<Outcome, Trouble> {
        match self.payment(id).await? {
            None => Ok(FOREIGN),
            Some(Payment {
                intent: Some(intent),
                ..
            }) => self.look_at_intent(&intent).await,
            // Nobody was given the means to pay it.
            Some(_) => Ok(Outcome::Needless("the provider was not heard yet")),
        }
    }

    /// Cancels the intent of a payment whose booking has ended. If its money came first, it is refunded.
    async fn cancel(&self, id: &PaymentId) -> Result<Outcome, Trouble> {
        let (store, provider) = (&self.0.parts.store, &self.0.parts.provider);
        let Some(payment) = self.payment(id).await? else {
            return Ok(FOREIGN);
        };
        if payment.state == PaymentState::Captured {
            return Ok(Outcome::Needless("its money has come"));
        }
        let name = match &payment.intent {
            Some(name) => Some(name.clone()),
            None => self.unnamed(&payment).await?,
        };
        let Some(name) = name else {
            let applied = store.cancelled(id).await?;
            self.applied("intent", id.as_str(), applied);
            return Ok(Outcome::Needless("the provider has no intent of it"));
        };
        let cancelled = provider.cancel_intent(&name);
        let intent = self.ask("cancel_intent", IN_TASK, cancelled).await?;
        self.apply_intent(&intent).await?;
        Ok(Outcome::Done(name))
    }

    /// The intent whose name was never heard, because the answer was lost: the same key gives the same
    /// intent, or makes one that nobody can pay.
    async fn unnamed(&self, payment: &Payment) -> Result<Option<String>, Trouble> {
        if self.now_ms() - payment.created_at_ms > KEYS_KNOWN_MS {
            return Ok(None);
        }
        let new = new_intent(payment);
        let made = self.0.parts.provider.create_intent(&new);
        match self.ask("create_intent", IN_TASK, made).await {
            Ok(intent) => Ok(Some(intent.id)),
            Err(ProviderError::Refused { .. } | ProviderError::Unknown) => Ok(None),
            Err(error @ (ProviderError::Later { .. } | ProviderError::NotYet { .. })) => {
                Err(error.into())
            }
        }
    }

    async fn refund(&self, id: &RefundId) -> Result<Outcome, Trouble> {
        let (store, provider) = (&self.0.parts.store, &self.0.parts.provider);
        let Some(refund) = store.refund(id).await? else {
            return Ok(FOREIGN);
        };
        if refund.state != RefundState::Requested {
            return Ok(Outcome::Needless("it was asked for before"));
        }
        let payment = self.payment(&refund.payment).await?;
        let Some(intent) = payment.and_then(|payment| payment.intent) else {
            return Ok(FOREIGN);
        };
        let new = NewProviderRefund {
            refund: id.clone(),
            intent,
            amount: refund.amount,
        };
        let made = provider.create_refund(&new);
        match self.ask("create_refund", IN_TASK, made).await {
            Ok(made) => self.refunded(&made).await,
            Err(error @ (ProviderError::Later { .. } | ProviderError::NotYet { .. })) => {
                Err(error.into())
            }
            Err(error @ (ProviderError::Refused { .. } | ProviderError::Unknown)) => {
                self.refund_failed(id).await?;
                Ok(Outcome::GivenUp(error.to_string()))
            }
        }
    }

    async fn refunded(&self, refund: &ProviderRefund) -> Result<Outcome, Trouble> {
        let store = &self.0.parts.store;
        let mut applied = store.apply_refund(refund, self.now_ms()).await?;
        if applied == Applied::Early {
            // Its payment was heard of by no report yet, or another refund failed unheard.
            self.look_at_all(&refund.intent).await?;
            applied = store.apply_refund(refund, self.now_ms()).await?;
        }
        self.applied("refund", &refund.id, applied);
        match applied {
            Applied::Early => Err(ProviderError::Later {
                why: "it refunds money that has not come".to_owned(),
                after_ms: None,
            }
            .into()),
            Applied::Unknown | Applied::Nothing | Applied::Done | Applied::Worrying(_) => {
                Ok(outcome(&refund.id, applied))
            }
        }
    }

    /// Looks at an intent, and at the refunds of its payment that the provider has accepted.
    async fn look_at_all(&self, intent: &str) -> Result<(), Trouble> {
        let (store, provider) = (&self.0.parts.store, &self.0.parts.provider);
        let (intent, _) = self.seen_intent(intent).await?;
        let Some(payment) = intent.payment else {
            return Ok(());
        };
        let mut refunds = store.refunds_of(slice::from_ref(&payment)).await?;
        for refund in refunds.remove(&payment).unwrap_or_default() {
            let Some(name) = refund
                .provider_id
                .filter(|_| refund.state == RefundState::Accepted)
            else {
                continue;
            };
            let seen = self.ask("refund", IN_TASK, provider.refund(&name)).await?;
            let applied = store.apply_refund(&seen, self.now_ms()).await?;
            self.applied("refund", &name, applied);
        }
        Ok(())
    }

    async fn refund_failed(&self, id: &RefundId) -> Result<(), StoreError> {
        let applied = self.0.parts.store.refund_failed(id, self.now_ms()).await?;
        self.applied("refund", id.as_str(), applied);
        Ok(())
    }

    pub(crate) async fn payment(&self, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        let mut found = self.0.parts.store.by_ids(slice::from_ref(id)).await?;
        Ok(found.remove(id))
    }
}

/// An account that takes nothing any more.
fn gone(id: &str) -> ProviderAccount {
    ProviderAccount {
        id: id.to_owned(),
        partner: None,
        takes_payments: false,
        is_paid_out: false,
        has_given_details: false,
    }
}

fn outcome(name: &str, applied: Applied) -> Outcome {
    match applied {
        Applied::Unknown => FOREIGN,
        Applied::Nothing | Applied::Done | Applied::Early | Applied::Worrying(_) => {
            Outcome::Done(name.to_owned())
        }
    }
}
