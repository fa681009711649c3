//! The rate limit headers of responses: `RateLimit-Policy` and `RateLimit` as structured fields
//! (draft-ietf-httpapi-ratelimit-headers-10), and `Retry-After` (RFC 9110 §10.2.3).
//!
//! `q` is the quota and `w` its window in seconds; `r` is the remaining quota, `t` the seconds
//! until the full quota is available again.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue, header::RETRY_AFTER};

use super::Decision;

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Writes the headers of a decision.
pub fn write(decision: &Decision, headers: &mut HeaderMap) {
    let (mut policy, mut limit) = (String::new(), String::new());
    for judged in &decision.judged {
        let separator = if policy.is_empty() { "" } else { ", " };
        let (name, standing) = (judged.name, judged.standing);
        let (quota, window_s) = (judged.limit, judged.window_s);
        // Writing to a String cannot fail.
        let _ = write!(policy, "{separator}\"{name}\";q={quota};w={window_s}");
        let reset_s = standing.reset_us.div_ceil(1_000_000);
        let remaining = standing.remaining;
        let _ = write!(limit, "{separator}\"{name}\";r={remaining};t={reset_s}");
    }
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, limit)] {
        // The text holds our own policy names and numbers only: visible ASCII.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    if !decision.is_admitted() {
        headers.insert(RETRY_AFTER, decision.retry_after_s().into());
    }
}
