//! Refusals and their error codes, the same at edge and origin.
//!
//! This crate declares the codes of the protocol. The origin's blocks declare their own as
//! constants of the same type.

mod protocol;

use std::fmt;
use std::hash::{Hash, Hasher};

use cache_core::variables::VariableError;
use serde_json::json;

use crate::limits::{REQUEST_BYTES, REQUEST_ENCODINGS};
use crate::media::MediaType;

/// Why a request was refused: its word is in `errors[0].extensions.code`, in logs and in metrics.
/// Two codes with the same word are equal.
#[derive(Clone, Copy)]
pub struct ErrorCode {
    /// In upper case with underscores; clients compare it, so it never changes.
    pub word: &'static str,
    /// The HTTP status as `application/graphql-response+json` of a request that is refused with this
    /// code, and not executed.
    pub status: u16,
    /// Decides the HTTP status as `application/json`.
    pub layer: Layer,
    /// What happened, in sentences for `docs/errors.md`.
    pub meaning: &'static str,
    /// Who can do what about it, in sentences for `docs/errors.md`.
    pub remedy: &'static str,
}

/// Which layer refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// HTTP, access, capacity and failures: not an answer of GraphQL.
    Transport,
    /// The request is well-formed, and its document or variables are not valid.
    Document,
    /// A field refuses its arguments, or what they ask for. The request was executed, so the status
    /// is 200; that of the code is for addresses outside GraphQL.
    Field,
}

impl ErrorCode {
    /// The word in answers, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        self.word
    }

    /// The code of the protocol with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::PROTOCOL
            .iter()
            .copied()
            .find(|code| code.word == word)
    }

    /// The status as `application/graphql-response+json`.
    pub const fn status(self) -> u16 {
        self.status
    }

    /// The header that answers with this code have beside those of every answer.
    pub fn header(self) -> Option<(&'static str, &'static str)> {
        const HEADERS: [(ErrorCode, (&str, &str)); 7] = [
            (ErrorCode::MUTATION_OVER_GET, ("allow", "POST")),
            (ErrorCode::METHOD_NOT_ALLOWED, ("allow", "GET, POST")),
            (
                ErrorCode::CONTENT_ENCODING_UNSUPPORTED,
                ("accept-encoding", REQUEST_ENCODINGS),
            ),
            (ErrorCode::UNAUTHENTICATED, ("www-authenticate", "Bearer")),
            (ErrorCode::TOKEN_EXPIRED, ("www-authenticate", "Bearer")),
            (ErrorCode::TOKEN_INVALID, ("www-authenticate", "Bearer")),
            (ErrorCode::ORIGIN_UNREACHABLE, ("retry-after", "5")),
        ];
        let (_, header) = HEADERS.iter().find(|(code, _)| *code == self)?;
        Some(*header)
    }

    /// Whether the request was a well-formed one that GraphQL refuses. Under `application/json`
    /// such an answer has status 200 (GraphQL over HTTP, "application/json": an intermediary's
    /// error must not look like GraphQL's; Apollo's clients send the document after an unknown hash
    /// only if the status is 200).
    pub const fn is_graphql(self) -> bool {
        match self.layer {
            Layer::Transport => false,
            Layer::Document | Layer::Field => true,
        }
    }
}

impl PartialEq for ErrorCode {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for ErrorCode {}

impl Hash for ErrorCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.word.hash(state);
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

/// A refusal: a code, and a sentence that is safe to show to anybody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Refusal {
    /// One per cause.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The refusal of a request that is longer than [`REQUEST_BYTES`].
    pub fn too_large() -> Self {
        let message = format!("a request has at most {REQUEST_BYTES} bytes");
        Self::new(ErrorCode::REQUEST_TOO_LARGE, message)
    }

    /// The HTTP status in a media type, for a request that is not executed. An executed one has 200
    /// whatever its fields answer (GraphQL over HTTP, "Status Codes").
    pub const fn status(&self, media: MediaType) -> u16 {
        match media {
            MediaType::Json if self.code.is_graphql() => 200,
            MediaType::Json | MediaType::GraphqlResponse => self.code.status(),
        }
    }

    /// The answer's body.
    pub fn body(&self) -> String {
        json!({"errors": [{"message": self.message, "extensions": {"code": self.code.as_str()}}]})
            .to_string()
    }
}

impl From<VariableError> for Refusal {
    fn from(error: VariableError) -> Self {
        let code = match error {
            VariableError::Undeclared { .. } => ErrorCode::VARIABLE_UNDECLARED,
            VariableError::Missing { .. } => ErrorCode::VARIABLE_MISSING,
            VariableError::IllTyped { .. } => ErrorCode::VARIABLE_INVALID,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Word, status as `application/graphql-response+json`, status as `application/json`.
    const STATUSES: [(&str, u16, u16); 42] = [
        ("INVALID_JSON", 400, 400),
        ("NUL_BYTE", 400, 400),
        ("INVALID_REQUEST", 400, 400),
        ("DOCUMENT_MISSING", 400, 400),
        ("DOCUMENT_ID_MALFORMED", 400, 400),
        ("DOCUMENT_ID_MISMATCH", 400, 400),
        ("PERSISTED_QUERY_NOT_FOUND", 404, 200),
        ("DOCUMENT_NOT_PUBLISHED", 403, 403),
        ("INTROSPECTION_DISABLED", 403, 403),
        ("METHOD_NOT_ALLOWED", 405, 405),
        ("MUTATION_OVER_GET", 405, 405),
        ("SUBSCRIPTION_EXPECTED", 400, 400),
        ("NOT_ACCEPTABLE", 406, 406),
        ("UNSUPPORTED_MEDIA_TYPE", 415, 415),
        ("CONTENT_ENCODING_UNSUPPORTED", 415, 415),
        ("REQUEST_TOO_LARGE", 413, 413),
        ("UNAUTHENTICATED", 401, 401),
        ("TOKEN_EXPIRED", 401, 401),
        ("TOKEN_INVALID", 401, 401),
        ("FORBIDDEN", 403, 403),
        ("RATE_LIMITED", 429, 429),
        ("TOO_MANY_CONNECTIONS", 429, 429),
        ("TOO_MANY_SUBSCRIPTIONS", 429, 429),
        ("RESUME_LOST", 200, 200),
        ("OVERLOADED", 503, 503),
        ("NOT_FOUND", 404, 404),
        ("ORIGIN_UNREACHABLE", 503, 503),
        ("TIMEOUT", 504, 504),
        ("OUTCOME_UNKNOWN", 503, 503),
        ("INTERNAL", 500, 500),
        ("GRAPHQL_VALIDATION_FAILED", 400, 200),
        ("DOCUMENT_TOO_COMPLEX", 400, 200),
        ("OPERATION_UNKNOWN", 400, 200),
        ("VARIABLE_MISSING", 400, 200),
        ("VARIABLE_INVALID", 400, 200),
        ("VARIABLE_UNDECLARED", 400, 200),
        ("LOCATION_OUT_OF_RANGE", 400, 200),
        ("PAGE_SIZE_OUT_OF_RANGE", 400, 200),
        ("CURSOR_INVALID", 400, 200),
        ("BAD_USER_INPUT", 400, 200),
        ("VERSION_CONFLICT", 409, 200),
        ("LIMIT_REACHED", 409, 200),
    ];

    #[test]
    fn the_statuses_of_every_code() {
        let actual: Vec<_> = ErrorCode::PROTOCOL
            .iter()
            .map(|code| {
                let refusal = Refusal::new(*code, "");
                (
                    code.as_str(),
                    refusal.status(MediaType::GraphqlResponse),
                    refusal.status(MediaType::Json),
                )
            })
            .collect();
        assert_eq!(actual, STATUSES);
    }

    #[test]
    fn every_code_is_a_word_of_its_own() {
        for code in ErrorCode::PROTOCOL {
            let same = ErrorCode::PROTOCOL.iter().filter(|other| *other == code);
            assert_eq!(same.count(), 1, "{code:?}");
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::parse("NO_SUCH_CODE"), None);
    }

    #[test]
    fn a_well_formed_request_is_answered_200_as_json() {
        let refused = Refusal::new(ErrorCode::VARIABLE_MISSING, "`id` is required");
        assert_eq!(refused.status(MediaType::Json), 200);
        assert_eq!(refused.status(MediaType::GraphqlResponse), 400);
        let malformed = Refusal::new(ErrorCode::INVALID_JSON, "not JSON");
        assert_eq!(malformed.status(MediaType::Json), 400);
        assert_eq!(
            malformed.body(),
            r#"{"errors":[{"message":"not JSON","extensions":{"code":"INVALID_JSON"}}]}"#
        );
    }
}
