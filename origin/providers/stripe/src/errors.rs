//! What Stripe's errors mean (docs.stripe.com/api/errors). Its sentences are not passed on: they can quote
//! what was sent.

use domain::{messages::provider::SendError, payments::provider::ProviderError};
use provider_http::Answer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Body {
    error: Problem,
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default, rename = "type")]
    kind: String,
    code: Option<String>,
    param: Option<String>,
}

/// Codes of what may succeed later although the status says that the request is wrong.
const LATER: &[&str] = &[
    // Our own balance has too little for a refund.
    "balance_insufficient",
    "insufficient_funds",
    // Another request has the object.
    "lock_timeout",
    "idempotency_key_in_use",
    "rate_limit",
];

/// How long to wait for a balance that is too small, and for an operator who renews a key, in
/// milliseconds.
const PATIENCE_MS: i64 = 5 * 60_000;

/// The error of an answer that is none.
pub(crate) fn error(answer: &Answer) -> ProviderError {
    let problem = serde_json::from_slice::<Body>(&answer.body);
    let problem = problem.map(|body| body.error).unwrap_or_default();
    let code = problem.code.filter(|code| is_word(code));
    let why = why(
        answer,
        &problem.kind,
        code.as_deref(),
        problem.param.as_deref(),
    );
    let later = |after_ms| ProviderError::Later {
        why: why.clone(),
        after_ms,
    };
    let not_yet = |after_ms| ProviderError::NotYet {
        why: why.clone(),
        after_ms,
    };
    if answer.later().is_some() {
        return later(answer.retry_after_ms);
    }
    match answer.status.as_u16() {
        // A partner has cut the connection to us, or never had one.
        403 if code.as_deref() == Some("account_invalid") => ProviderError::Unknown,
        // Our key is wrong or was revoked, which an operator mends: until then nothing is given up.
        401 | 403 => later(Some(PATIENCE_MS)),
        404 => ProviderError::Unknown,
        409 => not_yet(answer.retry_after_ms),
        _ if code.as_deref().is_some_and(|code| LATER.contains(&code)) => {
            not_yet(Some(PATIENCE_MS))
        }
        _ => ProviderError::Refused { code, why },
    }
}

fn why(answer: &Answer, kind: &str, code: Option<&str>, param: Option<&str>) -> String {
    let mut words = answer.status.as_u16().to_string();
    for word in [Some(kind), code, param].into_iter().flatten() {
        if is_word(word) {
            words.push(' ');
            words.push_str(word);
        }
    }
    words
}

/// Such as `card_declined`, `transfer_data[destination]`: a name, and no value.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'[' | b']');
    !text.is_empty() && text.len() <= 60 && text.bytes().all(is_plain)
}

/// The error when no answer came: what was asked may have been done.
pub(crate) fn unanswered(error: SendError) -> ProviderError {
    match error {
        SendError::Later { why, after_ms } => ProviderError::Later { why, after_ms },
        SendError::Refused { why } | SendError::Recipient { why, .. } => {
            ProviderError::Refused { code: None, why }
        }
    }
}

/// An answer that says that all is well, and cannot be read: what was asked was done.
pub(crate) fn unreadable(answer: &Answer) -> ProviderError {
    ProviderError::Later {
        why: answer.why(Some("unreadable answer"), ""),
        after_ms: None,
    }
}
