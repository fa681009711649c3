//! Parses a GraphQL request from the parts of an HTTP request, or from a WebSocket message.
//!
//! A document is given by its id (as `documentId` in POST JSON or GET, in the path `/graphql/<id>`,
//! or as Apollo's `extensions.persistedQuery.sha256Hash`), or in full as `query`. A field that is
//! empty (`null` or `""`) is absent: many clients send all fields always.

use serde_json::{Map, Value};

use crate::encoding;
use crate::error::{ErrorCode, Refusal};
use crate::hash::DocumentHash;
use crate::limits::REQUEST_BYTES;

/// The HTTP methods of GraphQL over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// For queries only.
    Get,
    /// For all operations.
    Post,
}

/// The parts of an HTTP request that are parsed.
#[derive(Clone, Copy, Debug)]
pub struct HttpParts<'a> {
    /// GET or POST.
    pub method: Method,
    /// The part of the path after `/graphql/`, if there is one.
    pub path_id: Option<&'a str>,
    /// The query string, without the question mark.
    pub query: Option<&'a str>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Content-Encoding` header.
    pub content_encoding: Option<&'a str>,
    /// The body, as it was sent; empty for GET.
    pub body: &'a [u8],
}

/// How the document is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentRef {
    /// By its id alone.
    Hash(DocumentHash),
    /// In full. `hash` is the hash of the text.
    Body { hash: DocumentHash, body: String },
    /// By its id, with a text beside it. A published document with this id is the one that is meant,
    /// whatever the text: clients print documents differently from how they were published. Only if
    /// there is none, and unpublished documents are executed, the text counts.
    HashAndBody { hash: DocumentHash, body: String },
}

impl DocumentRef {
    /// The id that the document is looked up by.
    pub const fn hash(&self) -> DocumentHash {
        match self {
            Self::Hash(hash) | Self::Body { hash, .. } | Self::HashAndBody { hash, .. } => *hash,
        }
    }
}

/// A well-formed GraphQL request.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphqlRequest {
    /// The document to execute.
    pub document: DocumentRef,
    /// The name of the operation to execute, if it was given.
    pub operation_name: Option<String>,
    /// The variables as they were sent, neither coerced nor checked.
    pub variables: Map<String, Value>,
    /// `extensions.resumeFrom`, for subscriptions: the id of the last event that the client heard, not
    /// checked. What is not a string is here as JSON: it is the id of no event.
    pub resume_from: Option<String>,
}

fn refuse<T>(code: ErrorCode, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

impl GraphqlRequest {
    /// Parses an HTTP request.
    ///
    /// # Errors
    /// A [`Refusal`] with one of the codes `INVALID_JSON`, `NUL_BYTE`, `INVALID_REQUEST`,
    /// `UNSUPPORTED_MEDIA_TYPE`, `CONTENT_ENCODING_UNSUPPORTED`, `REQUEST_TOO_LARGE` and
    /// `DOCUMENT_*`.
    pub fn parse(parts: HttpParts<'_>) -> Result<Self, Refusal> {
        if parts.body.len() > REQUEST_BYTES
            || parts.query.is_some_and(|query| query.len() > REQUEST_BYTES)
        {
            return Err(Refusal::too_large());
        }
        let fields = match parts.method {
            Method::Get => from_query(parts.query.unwrap_or_default())?,
            Method::Post => from_body(parts)?,
        };
        Self::of(fields, parts.path_id)
    }

    /// Parses the payload of a message, such as `subscribe` of `graphql-transport-ws`.
    ///
    /// # Errors
    /// As [`GraphqlRequest::parse`].
    pub fn from_payload(fields: Map<String, Value>) -> Result<Self, Refusal> {
        Self::of(fields, None)
    }

    fn of(mut fields: Map<String, Value>, path_id: Option<&str>) -> Result<Self, Refusal> {
        fields.retain(|_, value| !is_empty(value));
        let document = document(&fields, path_id)?;
        let operation_name = text(&fields, "operationName")?.map(str::to_owned);
        let variables = match fields.remove("variables") {
            None => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return refuse(ErrorCode::INVALID_REQUEST, "`variables` is not an object"),
        };
        Ok(Self {
            document,
            operation_name,
            variables,
            resume_from: resume_from(&fields),
        })
    }
}

fn resume_from(fields: &Map<String, Value>) -> Option<String> {
    match fields.get("extensions")?.get("resumeFrom")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::String(_) | Value::Null => None,
        other => Some(other.to_string()),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == ""
}

/// Whether a `Content-Type` is JSON. JSON is UTF-8: a `charset` has no meaning (RFC 8259 §11).
fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default();
    media.trim().eq_ignore_ascii_case("application/json")
}

fn from_body(parts: HttpParts<'_>) -> Result<Map<String, Value>, Refusal> {
    if !parts.content_type.is_some_and(is_json) {
        return refuse(
            ErrorCode::UNSUPPORTED_MEDIA_TYPE,
            "the body must be application/json",
        );
    }
    let body = encoding::decode(parts.content_encoding, parts.body)?;
    if body.contains(&0) {
        return refuse(ErrorCode::NUL_BYTE, "the body contains a NUL byte");
    }
    let Ok(text) = str::from_utf8(&body) else {
        return refuse(ErrorCode::INVALID_JSON, "the body is not UTF-8");
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Array(_)) => refuse(
            ErrorCode::INVALID_REQUEST,
            "batched requests are not supported",
        ),
        Ok(_) => refuse(ErrorCode::INVALID_REQUEST, "the body is not a JSON object"),
        // The message says where the error is, but does not repeat the client's body.
        Err(error) => refuse(
            ErrorCode::INVALID_JSON,
            format!(
                "the body is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ),
        ),
    }
}

fn from_query(query: &str) -> Result<Map<String, Value>, Refusal> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" | "documentId" => Value::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => match serde_json::from_str(&value) {
                Ok(value) => value,
                Err(_) => return refuse(ErrorCode::INVALID_JSON, format!("`{name}` is not JSON")),
            },
            _ => continue,
        };
        if fields.insert(name.clone().into_owned(), value).is_some() {
            return refuse(
                ErrorCode::INVALID_REQUEST,
                format!("`{name}` is given twice"),
            );
        }
    }
    Ok(fields)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => refuse(
            ErrorCode::INVALID_REQUEST,
            format!("`{name}` is not a string"),
        ),
    }
}

fn document(fields: &Map<String, Value>, path_id: Option<&str>) -> Result<DocumentRef, Refusal> {
    let apollo = match fields.get("extensions") {
        None => None,
        Some(Value::Object(extensions)) => apollo_hash(extensions)?,
        Some(_) => return refuse(ErrorCode::INVALID_REQUEST, "`extensions` is not an object"),
    };
    // `:` is the only character of an id that a client may have percent-encoded in the path.
    let path_id = path_id.filter(|id| !id.is_empty());
    let path_id = path_id.map(|id| id.replace("%3A", ":").replace("%3a", ":"));
    let mut named: Option<DocumentHash> = None;
    for id in [path_id.as_deref(), text(fields, "documentId")?, apollo]
        .into_iter()
        .flatten()
    {
        let hash = DocumentHash::parse(id)
            .map_err(|error| Refusal::new(ErrorCode::DOCUMENT_ID_MALFORMED, error.to_string()))?;
        if named.is_some_and(|known| known != hash) {
            return refuse(
                ErrorCode::DOCUMENT_ID_MISMATCH,
                "the request has two different document ids",
            );
        }
        named = Some(hash);
    }
    let body = text(fields, "query")?.map(str::to_owned);
    match (named, body) {
        (None, None) => refuse(
            ErrorCode::DOCUMENT_MISSING,
            "the request has neither `documentId` nor `query`",
        ),
        (Some(hash), None) => Ok(DocumentRef::Hash(hash)),
        (Some(hash), Some(body)) => Ok(DocumentRef::HashAndBody { hash, body }),
        (None, Some(body)) => Ok(DocumentRef::Body {
            hash: DocumentHash::of(&body),
            body,
        }),
    }
}

/// Apollo's `{"persistedQuery": {"version": 1, "sha256Hash": "…"}}`.
fn apollo_hash(extensions: &Map<String, Value>) -> Result<Option<&str>, Refusal> {
    let Some(persisted) = extensions
        .get("persistedQuery")
        .filter(|value| !is_empty(value))
    else {
        return Ok(None);
    };
    if let Value::Object(persisted) = persisted
        && persisted.get("sha256Hash").is_none_or(is_empty)
        && persisted
            .get("version")
            .is_none_or(|version| is_empty(version) || version == 1)
    {
        return Ok(None);
    }
    let malformed = || {
        Refusal::new(
            ErrorCode::INVALID_REQUEST,
            "`extensions.persistedQuery` must have version 1 and a `sha256Hash`",
        )
    };
    if persisted.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(malformed());
    }
    persisted
        .get("sha256Hash")
        .and_then(Value::as_str)
        .map(Some)
        .ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "query A { a }";

    fn post(body: &str) -> Result<GraphqlRequest, Refusal> {
        GraphqlRequest::parse(HttpParts {
            method: Method::Post,
            path_id: None,
            query: None,
            content_type: Some("application/json"),
            content_encoding: None,
            body: body.as_bytes(),
        })
    }

    fn get(path_id: Option<&str>, query: &str) -> Result<GraphqlRequest, Refusal> {
        GraphqlRequest::parse(HttpParts {
            method: Method::Get,
            path_id,
            query: Some(query),
            content_type: None,
            content_encoding: None,
            body: b"",
        })
    }

    fn code(result: Result<GraphqlRequest, Refusal>) -> ErrorCode {
        result.unwrap_err().code
    }

    #[test]
    fn all_ways_to_give_a_documents_id_are_the_same_request() {
        let hash = DocumentHash::of(BODY);
        let expected = GraphqlRequest {
            document: DocumentRef::Hash(hash),
            operation_name: None,
            variables: serde_json::from_str(r#"{"id":"1"}"#).unwrap(),
            resume_from: None,
        };
        let variables = "variables=%7B%22id%22%3A%221%22%7D";
        let apollo = format!(r#"{{"persistedQuery":{{"version":1,"sha256Hash":"{hash}"}}}}"#);
        let encoded: String = form_urlencoded::byte_serialize(apollo.as_bytes()).collect();
        let all = [
            post(&format!(
                r#"{{"documentId":"{hash}","variables":{{"id":"1"}}}}"#
            )),
            post(&format!(
                r#"{{"documentId":"sha256:{hash}","variables":{{"id":"1"}},"query":null}}"#
            )),
            post(&format!(
                r#"{{"extensions":{apollo},"variables":{{"id":"1"}}}}"#
            )),
            get(None, &format!("documentId=sha256:{hash}&{variables}")),
            get(Some(&hash.to_string()), variables),
            get(Some(&format!("sha256%3A{hash}")), variables),
            get(None, &format!("extensions={encoded}&{variables}")),
        ];
        for request in all {
            assert_eq!(request, Ok(expected.clone()));
        }
    }

    #[test]
    fn the_event_after_which_a_subscription_goes_on_is_read_from_the_extensions() {
        let encoded = |extensions: &str| {
            form_urlencoded::byte_serialize(extensions.as_bytes()).collect::<String>()
        };
        let table = [
            (r#"{"resumeFrom":"ab:1"}"#, Some("ab:1")),
            (r#"{"resumeFrom":""}"#, None),
            (r#"{"resumeFrom":null}"#, None),
            (r#"{"resumeFrom":7}"#, Some("7")),
            (r#"{"resumeFrom":[]}"#, Some("[]")),
            ("{}", None),
            ("null", None),
        ];
        for (extensions, expected) in table {
            let all = [
                post(&format!(r#"{{"query":"{{a}}","extensions":{extensions}}}"#)),
                get(None, &format!("query=a&extensions={}", encoded(extensions))),
            ];
            for request in all {
                let resume_from = request.unwrap().resume_from;
                assert_eq!(resume_from.as_deref(), expected, "{extensions}");
            }
        }
    }

    #[test]
    fn each_cause_has_its_own_code() {
        let hash = DocumentHash::of(BODY);
        let table = [
            ("{", ErrorCode::INVALID_JSON),
            ("{\"query\":\"\0\"}", ErrorCode::NUL_BYTE),
            ("[]", ErrorCode::INVALID_REQUEST),
            ("1", ErrorCode::INVALID_REQUEST),
            ("{}", ErrorCode::DOCUMENT_MISSING),
            (r#"{"query":""}"#, ErrorCode::DOCUMENT_MISSING),
            (r#"{"query":1}"#, ErrorCode::INVALID_REQUEST),
            (r#"{"documentId":"abc"}"#, ErrorCode::DOCUMENT_ID_MALFORMED),
            (
                r#"{"documentId":"md5:abc"}"#,
                ErrorCode::DOCUMENT_ID_MALFORMED,
            ),
            (
                r#"{"query":"{a}","variables":[]}"#,
                ErrorCode::INVALID_REQUEST,
            ),
            (
                r#"{"query":"{a}","extensions":1}"#,
                ErrorCode::INVALID_REQUEST,
            ),
            (
                r#"{"extensions":{"persistedQuery":{"version":2}}}"#,
                ErrorCode::INVALID_REQUEST,
            ),
        ];
        for (body, expected) in table {
            assert_eq!(code(post(body)), expected, "{body}");
        }
        let other = DocumentHash::of("{a}");
        assert_eq!(
            code(get(Some(&hash.to_string()), &format!("documentId={other}"))),
            ErrorCode::DOCUMENT_ID_MISMATCH
        );
        assert_eq!(
            code(get(None, "query=%7Ba%7D&variables=%7B")),
            ErrorCode::INVALID_JSON
        );
        assert_eq!(
            code(get(None, "query=a&query=b")),
            ErrorCode::INVALID_REQUEST
        );
        assert_eq!(
            code(post(&" ".repeat(REQUEST_BYTES + 1))),
            ErrorCode::REQUEST_TOO_LARGE
        );
    }

    /// B1 and its siblings.
    #[test]
    fn what_is_empty_is_absent() {
        let hash = DocumentHash::of(BODY);
        let expected = Ok(GraphqlRequest {
            document: DocumentRef::Hash(hash),
            operation_name: None,
            variables: Map::new(),
            resume_from: None,
        });
        for empty in ["null", r#""""#] {
            let all = [
                post(&format!(
                    r#"{{"documentId":"{hash}","extensions":{{"persistedQuery":
                        {{"version":1,"sha256Hash":{empty}}}}}}}"#
                )),
                post(&format!(
                    r#"{{"documentId":"{hash}","extensions":{{"persistedQuery":{{}}}}}}"#
                )),
                post(&format!(
                    r#"{{"documentId":"{hash}","query":{empty},"operationName":{empty},
                        "variables":{empty},"extensions":{empty}}}"#
                )),
                post(&format!(
                    r#"{{"documentId":{empty},"extensions":{{"persistedQuery":
                        {{"version":1,"sha256Hash":"{hash}"}}}}}}"#
                )),
                post(&format!(
                    r#"{{"documentId":"{hash}","extensions":{{"persistedQuery":{empty}}}}}"#
                )),
            ];
            for request in all {
                assert_eq!(request, expected, "{empty}");
            }
        }
        let all = [
            get(
                Some(""),
                &format!("documentId={hash}&operationName=&variables=&extensions=&query="),
            ),
            get(
                Some(&hash.to_string()),
                "documentId=&variables=null&extensions=null",
            ),
        ];
        for request in all {
            assert_eq!(request, expected);
        }
        assert_eq!(code(get(Some(""), "query=")), ErrorCode::DOCUMENT_MISSING);
    }

    /// B12.
    #[test]
    fn a_document_is_looked_up_by_the_id_that_was_sent_with_its_text() {
        let hash = DocumentHash::of(BODY);
        for text in [BODY, "query A { a  }"] {
            let request = post(&format!(r#"{{"documentId":"{hash}","query":"{text}"}}"#)).unwrap();
            let body = text.to_owned();
            assert_eq!(request.document, DocumentRef::HashAndBody { hash, body });
            assert_eq!(request.document.hash(), hash);
        }
        assert_eq!(
            post(r#"{"query":"query A { a }"}"#)
                .unwrap()
                .document
                .hash(),
            hash
        );
    }

    /// B3.
    #[test]
    fn parameters_of_json_have_no_meaning() {
        let read = |content_type| {
            GraphqlRequest::parse(HttpParts {
                method: Method::Post,
                path_id: None,
                query: None,
                content_type,
                content_encoding: None,
                body: br#"{"query":"{a}"}"#,
            })
        };
        for content_type in [
            "application/json",
            "application/json; charset=utf8",
            "application/json;charset=",
            "application/json; charset=us-ascii",
            "application/json; charset",
            "application/json;",
            "Application/JSON ; Charset=\"UTF-8\"; boundary=x",
        ] {
            assert!(read(Some(content_type)).is_ok(), "{content_type}");
        }
        for content_type in [
            None,
            Some(""),
            Some("text/plain"),
            Some("text/plain; application/json"),
            Some("application/jsonp"),
            Some("application/graphql"),
        ] {
            assert_eq!(
                code(read(content_type)),
                ErrorCode::UNSUPPORTED_MEDIA_TYPE,
                "{content_type:?}"
            );
        }
    }
}
