//! What Veriff reports. A report is a hint that there is a decision: what it says of that is not used.

use std::fmt;

use domain::{
    identity::{
        provider::{Hint, HintError},
        verification::SessionId,
    },
    secret::Secret,
};
use serde::Deserialize;

use crate::{decision::moment_ms, signature::is_signed};

const MINUTE_MS: i64 = 60_000;
/// Veriff repeats a report that was not taken for a week.
const OLDEST_MS: i64 = 8 * 24 * 60 * MINUTE_MS;
/// As much as clocks may differ.
const FUTURE_MS: i64 = 10 * MINUTE_MS;
/// The longest part of a key.
const MOST_NAME_BYTES: usize = 64;

/// Reads reports.
pub struct Webhook {
    client: Secret,
    /// While it changes, the one before is good as well.
    secrets: Vec<Secret>,
}

/// Both kinds of reports, as far as they are read.
#[derive(Deserialize)]
struct Report {
    /// Of a decision.
    verification: Option<Decided>,
    /// The session of an event: somebody began, or finished.
    id: Option<String>,
    action: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decided {
    id: String,
    code: u32,
    #[serde(default)]
    attempt_id: Option<String>,
    #[serde(default)]
    decision_time: Option<String>,
}

impl Webhook {
    /// `client` is the key of the integration, which its reports name.
    pub const fn new(client: Secret, secrets: Vec<Secret>) -> Self {
        Self { client, secrets }
    }

    /// Reads a report; none if it needs nothing: that somebody began is no decision.
    pub fn read(
        &self,
        client: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Result<Option<Hint>, HintError> {
        let signature = signature.ok_or(HintError::Unsigned)?;
        // Each is tried: how long it takes does not say which one is right.
        let mut good = false;
        for secret in &self.secrets {
            good |= is_signed(secret.expose(), signature, body);
        }
        if !good {
            return Err(HintError::Signature);
        }
        if client.map(str::as_bytes) != Some(self.client.expose()) {
            return Err(HintError::Client);
        }
        let report: Report = serde_json::from_slice(body).map_err(|_error| HintError::Malformed)?;
        let Some(decided) = report.verification else {
            let is_event = report.id.is_some() && report.action.is_some();
            return is_event.then_some(None).ok_or(HintError::Malformed);
        };
        decided.hint(now_ms).map(Some)
    }
}

impl Decided {
    fn hint(&self, now_ms: i64) -> Result<Hint, HintError> {
        let session = SessionId::parse(&self.id).ok_or(HintError::Malformed)?;
        if let Some(time) = &self.decision_time {
            let at_ms = moment_ms(time).ok_or(HintError::Malformed)?;
            if !(now_ms - OLDEST_MS..=now_ms + FUTURE_MS).contains(&at_ms) {
                return Err(HintError::Old);
            }
        }
        // A session may be decided again: then the attempt or the time is another one.
        let parts = [self.attempt_id.as_deref(), self.decision_time.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let which = if parts.is_empty() {
            "-".to_owned()
        } else {
            parts.join("@")
        };
        let is_plain = |byte: u8| byte.is_ascii_graphic();
        if which.len() > 2 * MOST_NAME_BYTES || !which.bytes().all(is_plain) {
            return Err(HintError::Malformed);
        }
        let key = format!("veriff:{}:{}:{which}", session.as_str(), self.code);
        Ok(Hint { session, key })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(veriff)")
    }
}
