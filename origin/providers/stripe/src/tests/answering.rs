//! What Stripe's answers mean: its objects as the documentation shows them, and its errors.

use domain::{
    PaymentId,
    payments::{
        money::Currency,
        provider::{
            Dispute, DisputeStatus, Intent, IntentStatus, Movement, MovementKind, PayoutStatus,
            ProviderAccount, ProviderError, RefundStatus,
        },
    },
};
use provider_http::Answer;
use reqwest::header::HeaderMap;

use crate::{errors, wire};

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: status.try_into().unwrap(),
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        retry_after_ms: (status == 429).then_some(7_000),
    }
}

fn intent(status: &str) -> Intent {
    let body = format!(
        r#"{{"id": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "object": "payment_intent", "amount": 2000,
        "amount_capturable": 0, "amount_details": {{"tip": {{}}}}, "amount_received": 2000,
        "application": null, "application_fee_amount": null,
        "automatic_payment_methods": {{"enabled": true}}, "canceled_at": null,
        "cancellation_reason": null, "capture_method": "automatic",
        "client_secret": "pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH",
        "confirmation_method": "automatic", "created": 1680800504, "currency": "chf", "customer": null,
        "description": null, "last_payment_error": null, "latest_charge": null, "livemode": false,
        "metadata": {{"payment": "6500000000000000000000aa", "other": "x"}}, "next_action": null,
        "payment_method": null, "payment_method_types": ["card", "link"], "processing": null,
        "status": "{status}", "transfer_data": null, "transfer_group": null}}"#
    );
    serde_json::from_str::<wire::PaymentIntent>(&body)
        .unwrap()
        .into()
}

/// docs.stripe.com/api/payment_intents/object
#[test]
fn an_intent_is_read_and_a_new_state_ends_nothing() {
    for (status, expected) in [
        ("requires_payment_method", IntentStatus::Waiting),
        ("requires_confirmation", IntentStatus::Waiting),
        ("requires_action", IntentStatus::Waiting),
        ("requires_capture", IntentStatus::Waiting),
        ("a_state_of_tomorrow", IntentStatus::Waiting),
        ("processing", IntentStatus::Processing),
        ("succeeded", IntentStatus::Succeeded),
        ("canceled", IntentStatus::Cancelled),
    ] {
        let intent = intent(status);
        assert_eq!(intent.status, expected, "{status}");
        assert_eq!(intent.payment, PaymentId::parse("6500000000000000000000aa"));
        assert_eq!((intent.amount, intent.received), (2_000, 2_000));
        assert_eq!(intent.currency, Some(Currency::Chf));
    }
}

#[test]
fn an_intent_of_others_has_no_payment_and_perhaps_no_currency_of_ours() {
    let body = r#"{"id": "pi_1", "amount": 5, "amount_received": 0, "currency": "jpy",
        "status": "succeeded", "metadata": {"payment": "../../x"}}"#;
    let intent: Intent = serde_json::from_str::<wire::PaymentIntent>(body)
        .unwrap()
        .into();
    assert_eq!((intent.payment, intent.currency), (None, None));
}

/// docs.stripe.com/api/refunds/object
#[test]
fn a_refund_is_read() {
    for (status, expected) in [
        (r#""succeeded""#, RefundStatus::Accepted),
        (r#""pending""#, RefundStatus::Accepted),
        (r#""requires_action""#, RefundStatus::Accepted),
        ("null", RefundStatus::Accepted),
        (r#""failed""#, RefundStatus::Failed),
        (r#""canceled""#, RefundStatus::Failed),
    ] {
        let body = format!(
            r#"{{"id": "re_1Nispe2eZvKYlo2Cd31jOCgZ", "object": "refund", "amount": 1000,
            "balance_transaction": "txn_1Nispe2eZvKYlo2CYezqFhEx", "charge": "ch_1NirD82eZvKYlo2CIvbtLWuY",
            "created": 1692942318, "currency": "usd",
            "destination_details": {{"card": {{"reference": "123", "type": "refund"}}, "type": "card"}},
            "metadata": {{}}, "payment_intent": "pi_1GszsK2eZvKYlo2CfhZyoZLp", "reason": null,
            "receipt_number": null, "source_transfer_reversal": null, "status": {status},
            "transfer_reversal": null}}"#
        );
        let refund: wire::Refund = serde_json::from_str(&body).unwrap();
        let refund = refund.read().unwrap();
        assert_eq!(refund.status, expected, "{status}");
        assert_eq!(refund.intent, "pi_1GszsK2eZvKYlo2CfhZyoZLp");
        assert_eq!(
            (refund.refund, refund.created_at_ms),
            (None, 1_692_942_318_000)
        );
    }
    let of_charge =
        r#"{"id": "re_1", "amount": 1, "payment_intent": null, "metadata": null, "created": 1}"#;
    let of_charge: wire::Refund = serde_json::from_str(of_charge).unwrap();
    assert_eq!(of_charge.read(), None);
}

/// docs.stripe.com/api/disputes/object
#[test]
fn a_dispute_takes_money_and_an_inquiry_does_not() {
    let read = |status: &str| -> Option<Dispute> {
        let body = format!(
            r#"{{"id": "du_1MtJUT2eZvKYlo2CNaw2HvEv", "object": "dispute", "amount": 1000,
            "balance_transactions": [], "charge": "ch_1AZtxr2eZvKYlo2CJDX8whov", "created": 1680651737,
            "currency": "usd", "evidence": {{}}, "is_charge_refundable": true, "livemode": false,
            "metadata": {{}}, "payment_intent": "pi_1", "reason": "general", "status": "{status}"}}"#
        );
        serde_json::from_str::<wire::DisputeObject>(&body)
            .unwrap()
            .read()
    };
    for (status, expected) in [
        ("needs_response", DisputeStatus::Open),
        ("under_review", DisputeStatus::Open),
        ("won", DisputeStatus::Won),
        ("lost", DisputeStatus::Lost),
    ] {
        assert_eq!(read(status).unwrap().status, expected);
    }
    for status in [
        "warning_needs_response",
        "warning_under_review",
        "warning_closed",
    ] {
        assert_eq!(read(status), None, "{status}");
    }
}

/// docs.stripe.com/api/accounts/object
#[test]
fn an_account_takes_payments_when_it_takes_transfers() {
    for (charges, transfers, expected) in [
        (true, "active", true),
        (false, "active", false),
        (true, "pending", false),
        (true, "inactive", false),
    ] {
        let body = format!(
            r#"{{"id": "acct_1Nv0FGQ9RKHgCVdK", "object": "account", "business_type": null,
            "capabilities": {{"card_payments": "active", "transfers": "{transfers}"}},
            "charges_enabled": {charges}, "country": "FR", "created": 1695830751,
            "default_currency": "eur", "details_submitted": true, "metadata": {{}},
            "payouts_enabled": true, "requirements": {{"currently_due": []}}, "type": "express"}}"#
        );
        let account: ProviderAccount = serde_json::from_str::<wire::Account>(&body).unwrap().into();
        assert_eq!(account.takes_payments, expected, "{charges} {transfers}");
        assert!(account.has_given_details && account.is_paid_out);
        assert_eq!(account.partner, None);
    }
}

/// docs.stripe.com/api/payouts/object
#[test]
fn a_payout_that_is_on_its_way_counts() {
    for (status, expected) in [
        ("paid", PayoutStatus::Paid),
        ("in_transit", PayoutStatus::Paid),
        ("failed", PayoutStatus::Failed),
        ("pending", PayoutStatus::NotSent),
        ("canceled", PayoutStatus::NotSent),
    ] {
        let body = format!(
            r#"{{"id": "po_1OaFDbEcg9tTZuTgNYmX0PKB", "object": "payout", "amount": 1100,
            "arrival_date": 1680652800, "automatic": false, "created": 1680648691, "currency": "eur",
            "destination": "ba_1MtIhL2eZvKYlo2CAElKwKu2", "livemode": false, "metadata": {{}},
            "status": "{status}", "type": "bank_account"}}"#
        );
        let payout: wire::PayoutObject = serde_json::from_str(&body).unwrap();
        assert_eq!(payout.read("acct_1").status, expected, "{status}");
    }
}

/// docs.stripe.com/reports/balance-transaction-types
#[test]
fn lines_of_the_books_are_read_if_a_guests_money_moved() {
    let read = |kind: &str, source: &str| -> Option<Movement> {
        let body = format!(
            r#"{{"id": "txn_1MiN3gLkdIwHu7ixxapQrznl", "object": "balance_transaction", "amount": -400,
            "available_on": 1678043844, "created": 1678043844, "currency": "eur", "fee": 0,
            "fee_details": [], "net": -400, "reporting_category": "x", "source": {source},
            "status": "available", "type": "{kind}"}}"#
        );
        serde_json::from_str::<wire::BalanceTransaction>(&body)
            .unwrap()
            .read()
    };
    let charge = r#"{"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}"#;
    let refund = r#"{"id": "re_1", "object": "refund", "payment_intent": "pi_1"}"#;
    for (kind, source, expected) in [
        ("charge", charge, Some((MovementKind::Capture, "pi_1"))),
        ("payment", charge, Some((MovementKind::Capture, "pi_1"))),
        ("charge", r#""ch_1""#, Some((MovementKind::Capture, "ch_1"))),
        ("refund", refund, Some((MovementKind::Refund, "re_1"))),
        (
            "payment_refund",
            refund,
            Some((MovementKind::Refund, "re_1")),
        ),
        (
            "refund_failure",
            refund,
            Some((MovementKind::RefundFailure, "re_1")),
        ),
        ("transfer", r#"{"id": "tr_1", "object": "transfer"}"#, None),
        ("application_fee", "null", None),
        ("payout", r#""po_1""#, None),
        ("adjustment", r#""du_1""#, None),
    ] {
        let found = read(kind, source);
        let found = found.map(|of| {
            assert_eq!((of.amount, of.currency), (400, Some(Currency::Eur)));
            (of.kind, of.source)
        });
        let expected = expected.map(|(kind, source)| (kind, source.to_owned()));
        assert_eq!(found, expected, "{kind} {source}");
    }
}

/// docs.stripe.com/error-codes
#[test]
fn errors_say_whether_to_try_again() {
    let body = |kind: &str, code: &str| {
        format!(
            r#"{{"error": {{"type": "{kind}", "code": "{code}", "param": "amount", "doc_url": "https://stripe.com/docs",
            "message": "No such thing: 'sk_test_abc', ada@example.com", "request_log_url": "https://dashboard.stripe.com/x"}}}}"#
        )
    };
    let invalid = "invalid_request_error";
    for (status, kind, code, expected) in [
        (
            400,
            invalid,
            "amount_too_small",
            "refused: 400 invalid_request_error amount_too_small amount",
        ),
        (
            402,
            "card_error",
            "card_declined",
            "refused: 402 card_error card_declined amount",
        ),
        (
            400,
            "idempotency_error",
            "",
            "refused: 400 idempotency_error amount",
        ),
        (
            401,
            invalid,
            "",
            "not now: 401 invalid_request_error amount",
        ),
        (
            403,
            invalid,
            "",
            "not now: 403 invalid_request_error amount",
        ),
        (
            403,
            invalid,
            "account_invalid",
            "the provider does not know it",
        ),
        (
            404,
            invalid,
            "resource_missing",
            "the provider does not know it",
        ),
        (
            409,
            invalid,
            "idempotency_key_in_use",
            "not yet: 409 invalid_request_error idempotency_key_in_use amount",
        ),
        (
            429,
            invalid,
            "rate_limit",
            "not now: 429 invalid_request_error rate_limit amount",
        ),
        (500, "api_error", "", "not now: 500 api_error amount"),
        (
            400,
            invalid,
            "balance_insufficient",
            "not yet: 400 invalid_request_error balance_insufficient amount",
        ),
    ] {
        let error = errors::error(&answer(status, &body(kind, code)));
        assert_eq!(error.to_string(), expected);
    }
    let error = errors::error(&answer(502, "<html>"));
    assert_eq!(error.to_string(), "not now: 502");
    let error = errors::error(&answer(429, &body("invalid_request_error", "rate_limit")));
    assert!(matches!(
        error,
        ProviderError::Later {
            after_ms: Some(7_000),
            ..
        }
    ));
    let error = errors::error(&answer(
        400,
        &body("invalid_request_error", "charge_already_refunded"),
    ));
    let ProviderError::Refused { code, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(code.as_deref(), Some("charge_already_refunded"));
}
