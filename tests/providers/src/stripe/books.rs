//! The objects and the money.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{chaos::Dice, objects, reporting::Reporting};

/// Metadata of an object.
pub(crate) type Metadata = Map<String, Value>;

/// What is wrong with a request.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) param: Option<String>,
}

impl Problem {
    pub(crate) fn invalid(code: &'static str, param: &str) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: Some(code),
            param: Some(param.to_owned()),
        }
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self {
            status: 404,
            ..Self::invalid("resource_missing", param)
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) fee: i64,
    pub(crate) destination: Option<String>,
    pub(crate) metadata: Metadata,
    /// In Stripe's words.
    pub(crate) status: &'static str,
    pub(crate) received: i64,
    pub(crate) client_secret: String,
    pub(crate) charge: Option<String>,
    /// Of the last attempt to pay it.
    pub(crate) error: Option<&'static str>,
    /// The guest pays at the very moment at which it is cancelled.
    pub(crate) paid_on_cancel: bool,
    pub(crate) created: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) intent: String,
    pub(crate) charge: Option<String>,
    pub(crate) amount: i64,
    pub(crate) fee: i64,
    pub(crate) currency: String,
    pub(crate) status: &'static str,
    pub(crate) metadata: Metadata,
    pub(crate) created: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) metadata: Metadata,
    pub(crate) charges_enabled: bool,
    pub(crate) payouts_enabled: bool,
    pub(crate) details_submitted: bool,
    pub(crate) created: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) intent: String,
    pub(crate) charge: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) reason: String,
    pub(crate) status: String,
    pub(crate) created: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Payout {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) created: i64,
}

/// A line of the platform's balance.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) source: String,
    /// The intent of a charge.
    pub(crate) intent: Option<String>,
    pub(crate) created: i64,
}

/// The answer to a request with an idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

#[derive(Debug, Default)]
pub(crate) struct Stripe {
    made: u64,
    pub(crate) intents: BTreeMap<String, Intent>,
    pub(crate) refunds: BTreeMap<String, Refund>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) disputes: BTreeMap<String, Dispute>,
    pub(crate) payouts: BTreeMap<String, Payout>,
    /// Oldest first.
    pub(crate) lines: Vec<Line>,
    pub(crate) keys: HashMap<String, Kept>,
    pub(crate) reporting: Reporting,
    pub(crate) chaos: super::Chaos,
    pub(crate) dice: Dice,
}

/// What the fake knows of the money, for comparing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Books {
    pub intents: Vec<IntentEntry>,
    pub refunds: Vec<RefundEntry>,
    /// What the platform has earned by fees, without those that went back.
    pub fees: i64,
    /// What each partner's account has, after payouts.
    pub accounts: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct IntentEntry {
    pub id: String,
    pub payment: Option<String>,
    pub status: String,
    pub amount: i64,
    pub received: i64,
    pub fee: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct RefundEntry {
    pub id: String,
    pub intent: String,
    /// The idempotent name that we gave it.
    pub refund: Option<String>,
    pub amount: i64,
    pub status: String,
}

impl Stripe {
    pub(crate) fn set_chaos(&mut self, chaos: super::Chaos) {
        self.dice = Dice::new(chaos.seed);
        self.chaos = chaos;
    }

    /// Without anything but where reports go.
    pub(crate) fn emptied(self) -> Self {
        let reporting = Reporting {
            url: self.reporting.url,
            ..Reporting::default()
        };
        Self {
            made: self.made,
            reporting,
            ..Self::default()
        }
    }

    /// A name that was never given before, also not by a fake that ran earlier.
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.made += 1;
        let now = chrono::Utc::now().timestamp_micros();
        format!("{prefix}_{now:x}{:05}", self.made)
    }

    /// What guests paid, without what went back.
    pub(crate) fn refunded(&self, intent: &str) -> i64 {
        let of = self.refunds.values();
        let of = of.filter(|refund| refund.intent == intent && refund.status != "failed");
        of.map(|refund| refund.amount).sum()
    }

    pub(crate) fn fee_refunded(&self, intent: &str) -> i64 {
        let of = self.refunds.values();
        let of = of.filter(|refund| refund.intent == intent && refund.status != "failed");
        of.map(|refund| refund.fee).sum()
    }

    pub(crate) fn line(&mut self, kind: &'static str, amount: i64, currency: &str, source: &str) {
        let line = Line {
            id: self.name("txn"),
            kind,
            amount,
            currency: currency.to_owned(),
            source: source.to_owned(),
            intent: None,
            created: now(),
        };
        self.lines.push(line);
    }

    pub(crate) fn books(&self) -> Books {
        let payment = |metadata: &Metadata, name: &str| {
            let value = metadata.get(name)?.as_str()?;
            Some(value.to_owned())
        };
        let mut books = Books::default();
        for account in self.accounts.keys() {
            books.accounts.insert(account.clone(), 0);
        }
        for intent in self.intents.values() {
            if intent.received > 0 {
                books.fees += intent.fee - self.fee_refunded(&intent.id);
                let left = intent.received - self.refunded(&intent.id);
                let fee = intent.fee - self.fee_refunded(&intent.id);
                if let Some(account) = &intent.destination {
                    *books.accounts.entry(account.clone()).or_default() += left - fee;
                }
            }
            books.intents.push(IntentEntry {
                id: intent.id.clone(),
                payment: payment(&intent.metadata, "payment"),
                status: intent.status.to_owned(),
                amount: intent.amount,
                received: intent.received,
                fee: intent.fee,
            });
        }
        for payout in self
            .payouts
            .values()
            .filter(|payout| payout.status == "paid")
        {
            *books.accounts.entry(payout.account.clone()).or_default() -= payout.amount;
        }
        books.refunds = self
            .refunds
            .values()
            .map(|refund| RefundEntry {
                id: refund.id.clone(),
                intent: refund.intent.clone(),
                refund: payment(&refund.metadata, "refund"),
                amount: refund.amount,
                status: refund.status.to_owned(),
            })
            .collect();
        books
    }

    /// Has an event reported.
    pub(crate) fn happened(&mut self, kind: &str, object: Value, account: Option<&str>) {
        let id = self.name("evt");
        let event = objects::event(&id, kind, object, account);
        self.reporting.waiting.push(event);
    }
}

/// In seconds, as all of Stripe's times.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
