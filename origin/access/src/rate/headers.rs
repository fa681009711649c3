//! What a client is told of its limits: `RateLimit-Policy` and `RateLimit` as structured fields
//! (draft-ietf-httpapi-ratelimit-headers-10), and `Retry-After` (RFC 9110 §10.2.3).
//!
//! `q` and `w` are the quota and its window in seconds; `r` what is left of it, `t` the seconds
//! until all of it is there again.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue, header::RETRY_AFTER};

use super::Decision;

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Writes them.
pub fn write(decision: &Decision, headers: &mut HeaderMap) {
    let (mut policy, mut limit) = (String::new(), String::new());
    for judged in &decision.judged {
        let separator = if policy.is_empty() { "" } else { ", " };
        let (name, standing) = (judged.name, judged.standing);
        let (quota, window_s) = (judged.limit, judged.window_s);
        // Writing to a String does not fail.
        let _ = write!(policy, "{separator}\"{name}\";q={quota};w={window_s}");
        let reset_s = standing.reset_us.div_ceil(1_000_000);
        let remaining = standing.remaining;
        let _ = write!(limit, "{separator}\"{name}\";r={remaining};t={reset_s}");
    }
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, limit)] {
        // Names of ours and numbers: visible ASCII.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    if !decision.is_admitted() {
        headers.insert(RETRY_AFTER, decision.retry_after_s().into());
    }
}
