//! The objects as Stripe writes them, as far as anybody reads them.

use serde_json::{Value, json};

use super::books::{Account, Dispute, Intent, Line, Payout, Problem, Refund, Stripe, now};

pub(crate) fn intent(of: &Intent) -> Value {
    let error = of
        .error
        .map(|code| json!({"type": "card_error", "code": code}));
    let transfer = of.destination.as_ref().map(|to| json!({"destination": to}));
    json!({
        "id": of.id, "object": "payment_intent", "amount": of.amount, "amount_capturable": 0,
        "amount_received": of.received, "application_fee_amount": of.fee,
        "automatic_payment_methods": null, "payment_method_types": ["card"],
        "capture_method": "automatic_async", "client_secret": of.client_secret,
        "confirmation_method": "automatic", "created": of.created, "currency": of.currency,
        "last_payment_error": error, "latest_charge": of.charge, "livemode": false,
        "metadata": of.metadata, "next_action": null, "status": of.status,
        "transfer_data": transfer,
    })
}

pub(crate) fn charge(of: &Intent) -> Value {
    json!({
        "id": of.charge, "object": "charge", "amount": of.received, "currency": of.currency,
        "payment_intent": of.id, "livemode": false, "paid": true, "captured": true,
        "status": "succeeded", "metadata": of.metadata,
    })
}

pub(crate) fn refund(of: &Refund) -> Value {
    json!({
        "id": of.id, "object": "refund", "amount": of.amount, "charge": of.charge,
        "created": of.created, "currency": of.currency, "metadata": of.metadata,
        "payment_intent": of.intent, "reason": null, "status": of.status,
    })
}

pub(crate) fn dispute(of: &Dispute) -> Value {
    json!({
        "id": of.id, "object": "dispute", "amount": of.amount, "charge": of.charge,
        "created": of.created, "currency": of.currency, "livemode": false, "metadata": {},
        "payment_intent": of.intent, "reason": of.reason, "status": of.status,
    })
}

pub(crate) fn account(of: &Account) -> Value {
    let capability = if of.charges_enabled {
        "active"
    } else {
        "inactive"
    };
    json!({
        "id": of.id, "object": "account", "type": "express", "country": "FR",
        "default_currency": "eur", "charges_enabled": of.charges_enabled,
        "payouts_enabled": of.payouts_enabled, "details_submitted": of.details_submitted,
        "capabilities": {"card_payments": capability, "transfers": capability},
        "created": of.created, "metadata": of.metadata,
    })
}

pub(crate) fn payout(of: &Payout) -> Value {
    json!({
        "id": of.id, "object": "payout", "amount": of.amount, "arrival_date": of.created,
        "automatic": true, "created": of.created, "currency": of.currency, "livemode": false,
        "metadata": {}, "status": of.status,
    })
}

pub(crate) fn account_link(url: &str) -> Value {
    json!({"object": "account_link", "created": now(), "expires_at": now() + 300, "url": url})
}

impl Stripe {
    /// A line of the books; with its source if that was asked for.
    pub(crate) fn line_object(&self, of: &Line, is_expanded: bool) -> Value {
        let source = if is_expanded {
            self.source_object(of)
        } else {
            None
        };
        json!({
            "id": of.id, "object": "balance_transaction", "amount": of.amount,
            "available_on": of.created, "created": of.created, "currency": of.currency,
            "description": null, "exchange_rate": null, "fee": 0, "fee_details": [],
            "net": of.amount, "reporting_category": of.kind, "source": source.unwrap_or_else(|| json!(of.source)),
            "status": "available", "type": of.kind,
        })
    }

    fn source_object(&self, of: &Line) -> Option<Value> {
        match of.kind {
            "charge" => self.intents.get(of.intent.as_ref()?).map(charge),
            "refund" | "refund_failure" => self.refunds.get(&of.source).map(refund),
            _ => Some(json!({"id": of.source, "object": of.kind})),
        }
    }
}

pub(crate) fn list(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({"object": "list", "url": url, "has_more": has_more, "data": data})
}

pub(crate) fn event(id: &str, kind: &str, object: Value, account: Option<&str>) -> Value {
    let mut event = json!({
        "id": id, "object": "event", "api_version": "2025-12-15.clover", "created": now(),
        "data": {}, "livemode": false, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}, "type": kind,
    });
    event["data"]["object"] = object;
    if let Some(account) = account {
        event["account"] = json!(account);
    }
    event
}

pub(crate) fn problem(of: &Problem) -> Value {
    json!({"error": {
        "type": of.kind, "code": of.code, "param": of.param,
        "message": "Something is wrong with what was asked; see its code.",
    }})
}
