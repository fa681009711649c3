//! Step 20: payments. What offers and bookings have of it needs no index.

use mongodb::bson::{Document, doc};

use super::{change::Change, queue};

fn amount() -> Document {
    doc! {"bsonType": ["int", "long"]}
}

fn positive() -> Document {
    doc! {"bsonType": ["int", "long"], "minimum": 1}
}

pub(super) fn changes() -> Vec<Change> {
    let lanes = [
        "codes",
        "notices",
        "campaigns",
        "events",
        "identity",
        "payments",
    ];
    let mut changes = vec![Change::Validator {
        collection: "queue",
        schema: queue::schema(&lanes),
    }];
    changes.extend(payments());
    changes.extend(refunds());
    changes.extend(ledger());
    changes.extend(others());
    changes
}

fn payments() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["bookingId", "offerId", "partnerId", "account", "amount", "currency", "fee",
            "state", "refunded", "createdAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "bookingId": {"bsonType": "objectId"},
            "userId": {"bsonType": "objectId"},
            "offerId": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "account": {"bsonType": "string"},
            "amount": positive(),
            "currency": {"bsonType": "string"},
            "fee": {"bsonType": ["int", "long"], "minimum": 0},
            "state": {"enum": ["open", "captured", "cancelled"]},
            "intent": {"bsonType": "string"},
            "refunded": {"bsonType": ["int", "long"], "minimum": 0},
            "createdAt": {"bsonType": "date"},
            "capturedAt": {"bsonType": "date"},
            "lookAt": {"bsonType": "date"},
        },
    };
    let unique = || doc! {"unique": true};
    let once = || doc! {"unique": true, "sparse": true};
    let sparse = || doc! {"sparse": true};
    let newest = doc! {"userId": 1, "createdAt": -1, "_id": -1};
    vec![
        Change::collection("payments", schema),
        // Whatever the programs believe: one payment of a booking, and one of an intent.
        Change::index_with(
            "payments",
            "paymentOfBooking",
            doc! {"bookingId": 1},
            unique(),
        ),
        Change::index_with("payments", "paymentOfIntent", doc! {"intent": 1}, once()),
        Change::index("payments", "paymentsOfUser", newest),
        Change::index_with("payments", "paymentsToLookAt", doc! {"lookAt": 1}, sparse()),
    ]
}

fn refunds() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["paymentId", "amount", "fee", "cause", "state", "createdAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "paymentId": {"bsonType": "objectId"},
            "amount": positive(),
            "fee": {"bsonType": ["int", "long"], "minimum": 0},
            "cause": {"bsonType": "string"},
            "reason": {"bsonType": "string"},
            "by": {"bsonType": "objectId"},
            "state": {"enum": ["requested", "accepted", "failed"]},
            "providerId": {"bsonType": "string"},
            "createdAt": {"bsonType": "date"},
            "endedAt": {"bsonType": "date"},
        },
    };
    let once = doc! {"unique": true, "sparse": true};
    let oldest = doc! {"paymentId": 1, "createdAt": 1, "_id": 1};
    vec![
        Change::collection("refunds", schema),
        Change::index("refunds", "refundsOfPayment", oldest),
        Change::index_with("refunds", "refundOfProvider", doc! {"providerId": 1}, once),
        Change::index_with(
            "refunds",
            "refundsBy",
            doc! {"by": 1},
            doc! {"sparse": true},
        ),
        Change::index(
            "refunds",
            "refundsInState",
            doc! {"state": 1, "createdAt": 1},
        ),
    ]
}

/// `_id` of a transaction is its key, and that of a transfer its place in it. Nothing of them is ever
/// changed or deleted.
fn ledger() -> Vec<Change> {
    let ledger = doc! {
        "bsonType": "object",
        "required": ["providerId", "currency", "at"],
        "properties": {
            "_id": {"bsonType": "string"},
            "paymentId": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "providerId": {"bsonType": "string"},
            "currency": {"bsonType": "string"},
            "at": {"bsonType": "date"},
        },
    };
    let transfer = doc! {
        "bsonType": "object",
        "required": ["key", "debit", "credit", "amount", "currency"],
        "properties": {
            "_id": {"bsonType": "string"},
            "key": {"bsonType": "string"},
            "debit": {"bsonType": "string"},
            "credit": {"bsonType": "string"},
            "amount": positive(),
            "currency": {"bsonType": "string"},
        },
    };
    let of_account = |side: &str| doc! {side: 1, "currency": 1, "amount": 1};
    vec![
        Change::collection("ledger", ledger),
        Change::index(
            "ledger",
            "ledgerOfPartner",
            doc! {"partnerId": 1, "at": 1, "_id": 1},
        ),
        Change::index("ledger", "ledgerByTime", doc! {"at": 1, "_id": 1}),
        Change::collection("ledger_transfers", transfer),
        Change::index(
            "ledger_transfers",
            "transfersOfTransaction",
            doc! {"key": 1, "_id": 1},
        ),
        Change::index("ledger_transfers", "transfersByDebit", of_account("debit")),
        Change::index(
            "ledger_transfers",
            "transfersByCredit",
            of_account("credit"),
        ),
    ]
}

fn others() -> Vec<Change> {
    let account = doc! {
        "bsonType": "object",
        "required": ["account", "takesPayments", "isPaidOut", "hasGivenDetails", "createdAt", "seenAt"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "account": {"bsonType": "string"},
            "takesPayments": {"bsonType": "bool"},
            "isPaidOut": {"bsonType": "bool"},
            "hasGivenDetails": {"bsonType": "bool"},
            "createdAt": {"bsonType": "date"},
            "seenAt": {"bsonType": "date"},
        },
    };
    let difference = doc! {
        "bsonType": "object",
        "required": ["kind", "providerMinor", "ledgerMinor", "currency", "at", "foundAt"],
        "properties": {
            "_id": {"bsonType": "string"},
            "kind": {"enum": ["not_in_ledger", "not_at_provider", "amount"]},
            "providerMinor": amount(),
            "ledgerMinor": amount(),
            "currency": {"bsonType": "string"},
            "at": {"bsonType": "date"},
            "foundAt": {"bsonType": "date"},
        },
    };
    let unique = doc! {"unique": true};
    vec![
        Change::collection("partner_accounts", account),
        Change::index_with(
            "partner_accounts",
            "accountOfProvider",
            doc! {"account": 1},
            unique,
        ),
        Change::collection("payment_differences", difference),
        Change::index(
            "payment_differences",
            "differencesByTime",
            doc! {"at": 1, "_id": 1},
        ),
    ]
}
