//! What Stripe sends to a webhook. A report says that something changed; what is true the worker asks.

use std::fmt;

use domain::{messages::provider::ReportError, payments::work::Subject, secret::Secret};
use serde::Deserialize;

use crate::{Livemode, signature};

/// The longest name of an object or an event.
const MOST_NAME: usize = 120;

/// A report that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Stripe's name of it: it may come again.
    pub id: String,
    /// What to ask about; none if it is of a kind that changes nothing here.
    pub subject: Option<Subject>,
}

/// Verifies and reads reports.
#[derive(Clone)]
pub struct Webhook {
    secrets: Vec<Secret>,
    livemode: Livemode,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    /// The partner's account whose event it is.
    account: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    /// Some objects have none.
    #[serde(default)]
    id: String,
}

impl Webhook {
    /// The longest report that is read, in bytes.
    pub const MOST_BYTES: usize = 256 * 1024;

    /// `secrets` are those of the endpoints that lead here, and the previous ones while they rotate.
    pub const fn new(secrets: Vec<Secret>, livemode: Livemode) -> Self {
        Self { secrets, livemode }
    }

    pub fn read(
        &self,
        header: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Result<Event, ReportError> {
        if body.len() > Self::MOST_BYTES {
            return Err(ReportError::Malformed);
        }
        signature::check(&self.secrets, header, body, now_ms)?;
        let body: Body = serde_json::from_slice(body).map_err(|_| ReportError::Malformed)?;
        let livemode = if body.livemode {
            Livemode::Live
        } else {
            Livemode::Test
        };
        if livemode != self.livemode {
            return Err(ReportError::Topic);
        }
        let subject = subject(&body)?;
        Ok(Event {
            id: name(&body.id)?,
            subject,
        })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(…)")
    }
}

fn subject(body: &Body) -> Result<Option<Subject>, ReportError> {
    let id = || name(&body.data.object.id);
    let account = || body.account.as_deref().map(name).transpose();
    Ok(match body.kind.as_str() {
        "payment_intent.succeeded"
        | "payment_intent.canceled"
        | "payment_intent.processing"
        | "payment_intent.payment_failed" => Some(Subject::Intent { id: id()? }),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            Some(Subject::Refund { id: id()? })
        }
        "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => Some(Subject::Dispute { id: id()? }),
        "account.updated" => Some(Subject::Account { id: id()? }),
        // Its object is our application.
        "account.application.deauthorized" => account()?.map(|id| Subject::Account { id }),
        // Of partners: our own payouts move nothing that the ledger has.
        "payout.paid" | "payout.failed" | "payout.updated" | "payout.canceled" => {
            match account()? {
                Some(account) => Some(Subject::Payout { account, id: id()? }),
                None => None,
            }
        }
        _ => None,
    })
}

/// A name that is stored, and put into addresses.
fn name(text: &str) -> Result<String, ReportError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.is_empty() || text.len() > MOST_NAME || !text.bytes().all(is_plain) {
        return Err(ReportError::Malformed);
    }
    Ok(text.to_owned())
}
