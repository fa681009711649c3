//! Makes the intent that a guest's app pays.
//!
//! The payment's row is stored first, then the provider is asked with the payment's id as its key, then
//! the answer is applied. Whatever is lost between is healed by the next request, which finds the row
//! and gets the same intent; or by the tasks that end a payment whose booking has ended.

use access::random;
use domain::{
    BookingId, PaymentId, StoreError, UserId,
    payments::{
        payment::{Payment, PaymentState},
        provider::{Intent, IntentStatus, NewIntent, ProviderError},
        refusals::PaymentRefusal,
        store::{NewPayment, Started},
    },
};

use crate::{asking::IN_REQUEST, shared::Payments};

/// What an app needs to have its guest pay.
#[derive(Clone, PartialEq, Eq)]
pub struct ToPay {
    pub payment: Payment,
    /// For the provider's payment sheet. It is neither stored nor logged.
    pub client_secret: String,
}

impl std::fmt::Debug for ToPay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToPay")
            .field("payment", &self.payment.id)
            .finish_non_exhaustive()
    }
}

/// Why a guest cannot pay now.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    #[error("refused: {0:?}")]
    Refused(PaymentRefusal),
    /// The same request may succeed later, while the booking waits.
    #[error("the provider does not answer: {why}")]
    Later { why: String, after_ms: Option<i64> },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NotStarted {
    /// For metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Later { .. } => "later",
            Self::Store(_) => "failed",
        }
    }
}

impl Payments {
    /// Starts the payment of a user's booking, or goes on with it: asked again it is the same one.
    pub async fn start(&self, booking: &BookingId, user: &UserId) -> Result<ToPay, NotStarted> {
        let outcome = self.started(booking, user).await;
        self.0.metrics.started(match &outcome {
            Ok(_) => "started",
            Err(why) => why.word(),
        });
        outcome
    }

    async fn started(&self, booking: &BookingId, user: &UserId) -> Result<ToPay, NotStarted> {
        let store = &self.0.parts.store;
        let new = NewPayment {
            id: PaymentId::from_bytes(random::bytes()),
            booking: booking.clone(),
            user: user.clone(),
        };
        let payment = match store.start(new, self.now_ms()).await? {
            Started::Refused(refusal) => return Err(NotStarted::Refused(refusal)),
            Started::Done(payment) => *payment,
        };
        let intent = match self.intent_of(&payment).await {
            Ok(intent) => intent,
            Err(
                ProviderError::Later { why, after_ms } | ProviderError::NotYet { why, after_ms },
            ) => {
                return Err(NotStarted::Later { why, after_ms });
            }
            Err(error @ (ProviderError::Refused { .. } | ProviderError::Unknown)) => {
                // Such as an account that was closed a moment ago. The booking runs out by itself.
                tracing::error!(payment = %payment.id, %error, "the provider makes no intent");
                return Err(NotStarted::Refused(PaymentRefusal::Unavailable));
            }
        };
        self.apply_intent(&intent).await?;
        let mut found = store.by_ids(std::slice::from_ref(&payment.id)).await?;
        let payment = found.remove(&payment.id).unwrap_or(payment);
        // The booking may have ended while the provider was asked: then a task cancels the intent, and
        // nobody is given the means to pay it.
        match (payment.state, intent.status) {
            (PaymentState::Captured, _) | (PaymentState::Open, IntentStatus::Succeeded) => {
                Err(NotStarted::Refused(PaymentRefusal::Paid))
            }
            (PaymentState::Cancelled, _) | (PaymentState::Open, IntentStatus::Cancelled) => {
                Err(NotStarted::Refused(PaymentRefusal::NotPayable))
            }
            (PaymentState::Open, IntentStatus::Waiting | IntentStatus::Processing) => Ok(ToPay {
                payment,
                client_secret: intent.client_secret,
            }),
        }
    }

    async fn intent_of(&self, payment: &Payment) -> Result<Intent, ProviderError> {
        let provider = &self.0.parts.provider;
        if let Some(id) = &payment.intent {
            return self.ask("intent", IN_REQUEST, provider.intent(id)).await;
        }
        let new = new_intent(payment);
        let made = provider.create_intent(&new);
        self.ask("create_intent", IN_REQUEST, made).await
    }
}

pub(crate) fn new_intent(payment: &Payment) -> NewIntent {
    NewIntent {
        payment: payment.id.clone(),
        money: payment.money(),
        fee: payment.fee,
        account: payment.account.clone(),
    }
}
