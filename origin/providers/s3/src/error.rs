//! Why a request to a bucket failed.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    #[error("there is no such object")]
    NotFound,
    #[error("the object has more bytes than it may have")]
    TooLarge,
    /// The same request may succeed later.
    #[error("the bucket does not answer now: {0}")]
    Later(LaterReason),
    /// The same request will fail again: our key, our settings or our code.
    #[error("the bucket refused the request: status {status}, code {code}")]
    Refused { status: u16, code: ErrorCode },
    #[error("the bucket's answer cannot be read")]
    Unreadable,
    /// Empty, longer than 1024 bytes, or with a segment `.` or `..`.
    #[error("the key of the object is malformed")]
    Key,
}

impl BucketError {
    /// Whether our key may not do this with the object. Amazon answers so for an object that is not
    /// there, unless the key may list the bucket.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Refused { status: 403, code } if code.0.as_deref() == Some("AccessDenied"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaterReason {
    /// Neither a connection nor an answer in time.
    Unreachable,
    /// 429 or 5xx.
    Status(u16),
}

impl fmt::Display for LaterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("unreachable"),
            Self::Status(status) => write!(f, "status {status}"),
        }
    }
}

/// Such as `AccessDenied`. Everything else of the answer may quote the request, and is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCode(Option<String>);

impl ErrorCode {
    const MAX_LETTERS: usize = 64;

    pub(crate) fn of_body(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let document = roxmltree::Document::parse(text).ok();
        let code = document.as_ref().and_then(|document| {
            let mut children = document.root_element().children();
            children.find(|node| node.has_tag_name("Code"))?.text()
        });
        let is_code = |code: &&str| {
            let is_letters = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            !code.is_empty() && code.len() <= Self::MAX_LETTERS && is_letters
        };
        Self(code.filter(is_code).map(str::to_owned))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("unknown"))
    }
}

/// What an answer that is no success means.
pub(crate) fn of_answer(status: u16, body: &[u8]) -> BucketError {
    let code = ErrorCode::of_body(body);
    match status {
        // A bucket that is missing has the same status, and is a mistake in the settings.
        404 if code.0.as_deref() == Some("NoSuchKey") => BucketError::NotFound,
        429 | 500..=599 => BucketError::Later(LaterReason::Status(status)),
        _ => BucketError::Refused { status, code },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_to_try_again() {
        let answer = |code: &str| {
            format!(
                "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>of AKID</Message></Error>"
            )
        };
        let of = |status, code: &str| of_answer(status, answer(code).as_bytes()).to_string();
        let text = [
            of(404, "NoSuchKey"),
            of(404, "NoSuchBucket"),
            of(403, "SignatureDoesNotMatch"),
            of(503, "SlowDown"),
            of(400, "<b>no code</b>"),
            of_answer(301, b"\xff not XML").to_string(),
        ];
        insta::assert_snapshot!(text.join("\n"), @r"
        there is no such object
        the bucket refused the request: status 404, code NoSuchBucket
        the bucket refused the request: status 403, code SignatureDoesNotMatch
        the bucket does not answer now: status 503
        the bucket refused the request: status 400, code unknown
        the bucket refused the request: status 301, code unknown
        ");
    }

    #[test]
    fn what_is_denied_may_be_missing() {
        let is_denied = |status, code: &str| {
            let body = format!("<Error><Code>{code}</Code></Error>");
            of_answer(status, body.as_bytes()).is_denied()
        };
        assert!(is_denied(403, "AccessDenied"));
        assert!(!is_denied(403, "SignatureDoesNotMatch"));
        assert!(!is_denied(404, "NoSuchKey"));
    }
}
