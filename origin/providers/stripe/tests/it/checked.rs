//! stripe-mock answers with samples, and refuses what Stripe's description of its API does not have.

use domain::{
    PartnerId, PaymentId, RefundId,
    payments::{
        money::{Currency, Money},
        provider::{NewIntent, NewProviderRefund, PaymentProvider, ProviderError},
    },
};

use crate::program::{Program, stripe};

#[tokio::test]
async fn stripes_own_description_accepts_every_request() {
    let Some(server) = Program::start("STRIPE_MOCK_BIN", &["-http-port"]) else {
        return;
    };
    let stripe = stripe(server.port);
    let partner = PartnerId::derive("partner", "a");
    let account = stripe.create_account(&partner).await.unwrap();
    stripe.account(&account.id).await.unwrap();
    let link = stripe.onboarding_link(&account.id).await.unwrap();
    assert!(link.url.starts_with("https://"), "{}", link.url);
    let new = NewIntent {
        payment: PaymentId::derive("payment", "a"),
        money: Money {
            minor: 1_250,
            currency: Currency::Eur,
        },
        fee: 125,
        account: account.id.clone(),
    };
    let intent = stripe.create_intent(&new).await.unwrap();
    assert!(!intent.client_secret.is_empty());
    stripe.intent(&intent.id).await.unwrap();
    stripe.cancel_intent(&intent.id).await.unwrap();
    // Its samples of refunds and disputes are of charges without an intent, which are none of ours.
    let new = NewProviderRefund {
        refund: RefundId::derive("refund", "a"),
        intent: intent.id.clone(),
        amount: 500,
    };
    taken(&stripe.create_refund(&new).await);
    taken(&stripe.refund("re_1").await);
    taken(&stripe.dispute("du_1").await);
    stripe.payout(&account.id, "po_1").await.unwrap();
    let until_ms = 1_795_968_000_000;
    let page = stripe
        .movements(until_ms - 86_400_000, until_ms, None)
        .await;
    page.unwrap();
}

fn taken<T: std::fmt::Debug>(answer: &Result<T, ProviderError>) {
    assert!(
        matches!(answer, Ok(_) | Err(ProviderError::Unknown)),
        "{answer:?}"
    );
}
