//! What Twilio sends to a webhook: states of our messages, and STOP and START from their readers.

use std::fmt;

use domain::{
    messages::provider::{Outcome, Report, ReportError},
    secret::Secret,
};
use url::Url;

use crate::{
    errors::{Failure, failure},
    signature::{is_named, is_signed},
};

/// Verifies and reads the reports of one account.
#[derive(Clone)]
pub struct Webhook {
    account: String,
    tokens: Vec<Secret>,
}

impl Webhook {
    /// `tokens` are the account's auth tokens, also where an API key sends the messages: the
    /// primary one, and the secondary one while they change places. Twilio sends most reports once.
    pub const fn new(account: String, tokens: Vec<Secret>) -> Self {
        Self { account, tokens }
    }

    /// Reads a request to our webhook. `url` is the address that Twilio was told, with the query
    /// of this request; not what the `Host` header says, which anybody can choose.
    ///
    /// Twilio signs no time, so an old report can be sent again: who stores reports must know
    /// their ids. A state that is not the last one, such as `sent`, is no report.
    pub fn read(
        &self,
        url: &Url,
        signature: Option<&str>,
        content_type: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Result<Option<Report>, ReportError> {
        let signature = signature.ok_or(ReportError::Unsigned)?;
        let fields = if is_form(content_type) {
            let form = fields(form_urlencoded::parse(body));
            if !self.signed(signature, url, &form) {
                return Err(ReportError::Signature);
            }
            form
        } else {
            if !self.signed(signature, url, &[]) || !is_named(url, body) {
                return Err(ReportError::Signature);
            }
            json_fields(body)?
        };
        self.report(&Fields(fields), now_ms)
    }

    fn signed(&self, signature: &str, url: &Url, form: &[(String, String)]) -> bool {
        let mut tokens = self.tokens.iter();
        tokens.any(|token| is_signed(token.expose(), signature, url, form))
    }

    fn report(&self, fields: &Fields, now_ms: i64) -> Result<Option<Report>, ReportError> {
        if fields.get("AccountSid") != Some(&self.account) {
            return Err(ReportError::Topic);
        }
        let sid = fields.get("MessageSid").or_else(|| fields.get("SmsSid"));
        let sid = sid
            .filter(|sid| !sid.is_empty())
            .ok_or(ReportError::Malformed)?;
        if let Some(choice) = fields.get("OptOutType") {
            return choice_report(fields, sid, choice, now_ms);
        }
        let Some(state) = fields.get("MessageStatus") else {
            // An SMS to us that is no STOP and no START.
            return Ok(None);
        };
        let to = || {
            fields
                .get("To")
                .map(str::to_owned)
                .ok_or(ReportError::Malformed)
        };
        let outcome = match state {
            "delivered" | "read" => Outcome::Delivered,
            "undelivered" | "failed" => {
                let code = fields.get("ErrorCode").and_then(|code| code.parse().ok());
                match failure(code) {
                    Failure::Number => Outcome::Bounced(vec![to()?]),
                    Failure::Stopped => Outcome::Stopped(to()?),
                    Failure::Message => Outcome::NotDelivered(vec![to()?]),
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(Report {
            id: format!("{sid}:{state}"),
            provider_id: Some(sid.to_owned()),
            at_ms: now_ms,
            outcome,
        }))
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(…)")
    }
}

/// An SMS to us, of which Twilio says that it is STOP or START in the words of its language.
fn choice_report(
    fields: &Fields,
    sid: &str,
    choice: &str,
    now_ms: i64,
) -> Result<Option<Report>, ReportError> {
    let from = fields.get("From").ok_or(ReportError::Malformed)?.to_owned();
    let outcome = match choice {
        "STOP" => Outcome::Stopped(from),
        "START" => Outcome::Started(from),
        // HELP, which Twilio answers itself.
        _ => return Ok(None),
    };
    Ok(Some(Report {
        id: format!("{sid}:{choice}"),
        provider_id: None,
        at_ms: now_ms,
        outcome,
    }))
}

struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

fn fields(parsed: form_urlencoded::Parse<'_>) -> Vec<(String, String)> {
    parsed.into_owned().collect()
}

fn is_form(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next();
    essence.is_some_and(|essence| {
        essence
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

fn json_fields(body: &[u8]) -> Result<Vec<(String, String)>, ReportError> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).map_err(|_| ReportError::Malformed)?;
    let fields = object.into_iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(value) => Some((name, value)),
        serde_json::Value::Number(value) => Some((name, value.to_string())),
        _ => None,
    });
    Ok(fields.collect())
}
