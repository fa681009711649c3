//! Mutations of payments: authorise the caller, then ask the store or the provider.

use access::random;
use async_graphql::{Context, Error, ID, Object, Result};
use domain::{
    BookingId, PartnerId, PaymentId, RefundId,
    broken::Rule,
    payments::{
        refund::RefundCause,
        refusals::PaymentRefusal,
        store::{NewRefund, RefundAsked},
    },
    sentence::Sentence,
    texts::line,
};
use payments::{NoAccount, NotStarted, Payments};
use pq_core::ErrorCode;

use super::refuse;
use crate::{
    nodes::{
        moment::timestamp,
        partner::no_partner,
        payment::{OnboardingLink, PaymentIntent, PaymentNode, RefundNode},
    },
    request::{
        attempts::{Attempt, count_attempt},
        authorise::{self, About},
        context::RequestContext,
        errors::{broken, failed, failed_with, refused},
        idempotency,
        loaders::{forget_bookings, forget_payments},
    },
};

const REASON: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 1 à 500 caractères sur une ligne",
    "has 1 to 500 characters on one line",
);

#[derive(Debug, Default)]
pub struct PaymentMutations;

#[Object]
impl PaymentMutations {
    /// Begins to pay for the signed-in user's booking, and answers what the provider's payment sheet
    /// needs. A booking has one payment: a repeated call, with or without the same key, returns the
    /// same one. The booking is confirmed when the money has come, which `bookingStatusChanged`
    /// reports; what the payment sheet says is not enough.
    /// Refusals: `BOOKING_NOT_FOUND`, `NOT_PAYABLE`, `ALREADY_PAID`,
    /// `PAYMENTS_UNAVAILABLE`, `PARTNER_TAKES_NO_PAYMENTS`.
    async fn start_payment(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
        idempotency_key: Option<String>,
    ) -> Result<PaymentIntent> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        idempotency::key(idempotency_key)?;
        let no_booking = || refuse(PaymentRefusal::BookingNotFound);
        let booking = BookingId::parse(&booking_id).ok_or_else(no_booking)?;
        let payments = provider(request)?;
        count_attempt(request, Attempt::StartPayment(user)).await?;
        let to_pay = payments.start(&booking, user).await.map_err(not_started)?;
        forget_bookings(&request.loader);
        forget_payments(&request.loader);
        let booking = request.loader.load_one(booking).await.map_err(failed)?;
        let price = booking.and_then(|booking| booking.price);
        let price = price.ok_or_else(|| refuse(PaymentRefusal::NotPayable))?;
        Ok(PaymentIntent {
            payment: PaymentNode(to_pay.payment),
            client_secret: to_pay.client_secret,
            publishable_key: payments.publishable_key().to_owned(),
            pay_before: timestamp(price.pay_before_ms),
        })
    }

    /// Refunds a payment, or the part of it that `amount` says, in the currency's minor unit; for
    /// operators. A repeated call with the same `idempotencyKey` returns the same refund.
    /// Refusals: `PAYMENT_NOT_FOUND`, `PAYMENT_NOT_CAPTURED`, `REFUND_AMOUNT_INVALID`,
    /// `REFUND_TOO_LARGE`, `REFUND_KEY_REUSED`, `BAD_USER_INPUT`.
    async fn refund_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "1 or more; all that is left if it is not given.")] amount: Option<i32>,
        #[graphql(desc = "1 to 500 characters on one line.")] reason: String,
        idempotency_key: Option<String>,
    ) -> Result<RefundNode> {
        let request = RequestContext::of(ctx);
        let payment = PaymentId::parse(&id);
        let payment = payment.ok_or_else(|| refuse(PaymentRefusal::PaymentNotFound))?;
        let key = idempotency::key(idempotency_key)?;
        let reason = line(&reason, 1..=500);
        let reason = reason.ok_or_else(|| broken(vec![REASON.at("reason").into()]))?;
        let new = NewRefund {
            id: key.map_or_else(
                || RefundId::from_bytes(random::bytes()),
                |key| RefundId::derive("refundPayment", &idempotency::seed(&payment, &key)),
            ),
            payment,
            amount: amount.map(i64::from),
            cause: RefundCause::Support,
            reason: Some(reason),
            by: request.signed_in().ok().map(|user| user.id.clone()),
        };
        let asked = request
            .services
            .payment_store
            .ask_refund(new, request.now_ms);
        match asked.await.map_err(failed)? {
            RefundAsked::Refused(refusal) => Err(refuse(refusal)),
            RefundAsked::Before(refund) | RefundAsked::Done(refund) => {
                forget_payments(&request.loader);
                request.services.queue_wake.send_replace(());
                Ok(RefundNode::from(*refund))
            }
        }
    }

    /// Makes a partner's account at the provider of payments, if it has none, and answers a page of
    /// the provider on which the partner completes it; for the partner's owners with a verified e-mail
    /// address. Refusals: `PAYMENTS_UNAVAILABLE`, `EMAIL_NOT_VERIFIED`.
    async fn start_onboarding(&self, ctx: &Context<'_>, partner_id: ID) -> Result<OnboardingLink> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Mutation", "startOnboarding", about)?;
        request.with_verified_email().await?;
        let payments = provider(request)?;
        count_attempt(request, Attempt::Onboard(&partner)).await?;
        let known = request.loader.load_one(partner.clone()).await;
        known.map_err(failed)?.ok_or_else(no_partner)?;
        let link = payments.onboarding(&partner).await.map_err(no_account)?;
        Ok(OnboardingLink {
            url: link.url,
            expires_at: timestamp(link.expires_at_ms),
        })
    }
}

fn provider(request: &RequestContext) -> Result<&Payments> {
    let payments = request.services.payments.as_ref();
    payments.ok_or_else(|| refuse(PaymentRefusal::Unavailable))
}

fn not_started(why: NotStarted) -> Error {
    match why {
        NotStarted::Refused(refusal) => refuse(refusal),
        NotStarted::Later { .. } => later(),
        NotStarted::Store(error) => failed(error),
    }
}

fn no_account(why: NoAccount) -> Error {
    match why {
        NoAccount::Later { .. } => later(),
        // Our own account or request is wrong, and not the partner's.
        why @ NoAccount::Refused(_) => failed_with(why),
        NoAccount::Store(error) => failed(error),
    }
}

/// The refusal while the provider does not answer.
fn later() -> Error {
    refused(
        ErrorCode::OVERLOADED,
        Sentence::new(
            "le service de paiement ne répond pas : réessayez dans un instant",
            "the provider of payments does not answer: try again soon",
        ),
    )
}
