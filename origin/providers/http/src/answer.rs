//! A provider's answer, read up to a limit.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::messages::provider::SendError;
use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use crate::{excerpt, no_answer};

/// The longest answer that is read, unless a provider's crate says another length.
pub const MOST_BYTES: usize = 64 * 1024;
/// The longest pause that a provider can ask for: a day, after which messages are given up.
const LONGEST_PAUSE_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// How long the provider asks to wait.
    pub retry_after_ms: Option<i64>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, …)", self.status.as_u16())
    }
}

impl Answer {
    pub(crate) async fn read(mut response: Response, most_bytes: usize) -> Result<Self, SendError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > most_bytes {
                return Err(SendError::Later {
                    why: "the answer is too long".to_owned(),
                    after_ms: None,
                });
            }
            body.extend_from_slice(&chunk);
        }
        let headers = response.headers().clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let value = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        Ok(Self {
            status: response.status(),
            retry_after_ms: value.and_then(|value| retry_after_ms(value, now_ms)),
            headers,
            body,
        })
    }

    /// The error of an answer that says "not now": too many requests, or the provider fails.
    /// None for every other one, which its provider's crate judges.
    pub fn later(&self) -> Option<SendError> {
        let status = self.status.as_u16();
        if !matches!(status, 408 | 425 | 429 | 500..=599) {
            return None;
        }
        Some(self.later_because(None))
    }

    /// An error that says "not now", with the provider's code of the reason.
    pub fn later_because(&self, code: Option<&str>) -> SendError {
        SendError::Later {
            why: self.why(code, ""),
            after_ms: self.retry_after_ms,
        }
    }

    /// What logs are told of an answer: its status, the provider's code, and the beginning of its
    /// text without what could be a secret or somebody's address.
    pub fn why(&self, code: Option<&str>, text: &str) -> String {
        let mut why = self.status.as_u16().to_string();
        for part in [code.unwrap_or_default(), text] {
            if !part.is_empty() {
                why.push(' ');
                why.push_str(&excerpt(part));
            }
        }
        why
    }
}

/// Seconds or a date (RFC 9110, section 10.2.3).
fn retry_after_ms(value: &str, now_ms: i64) -> Option<i64> {
    let value = value.trim();
    let pause_ms = if let Ok(seconds) = value.parse::<u32>() {
        i64::from(seconds) * 1000
    } else {
        let date = chrono::DateTime::parse_from_rfc2822(value).ok()?;
        date.timestamp_millis().saturating_sub(now_ms)
    };
    Some(pause_ms.clamp(0, LONGEST_PAUSE_MS))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_PAUSE_MS, retry_after_ms};

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        // 2026-11-29T16:00:00Z
        let now_ms = 1_795_968_000_000;
        for (value, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("Sun, 29 Nov 2026 16:00:30 GMT", Some(30_000)),
            ("Sun, 29 Nov 2026 15:00:00 GMT", Some(0)),
            ("4000000000", Some(LONGEST_PAUSE_MS)),
            ("-5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after_ms(value, now_ms), expected, "{value}");
        }
    }
}
