//! Reads a GraphQL request out of an HTTP request: method, headers, body.

use std::borrow::Cow;

use axum::extract::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use pq_core::{
    ErrorCode, GraphqlRequest, Refusal,
    request::{HttpParts, Method},
};

use super::body::{self, BodyError};

/// A header as text; the lines of a list are joined.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut lines = headers.get_all(name).iter();
    let first = String::from_utf8_lossy(lines.next()?.as_bytes());
    // A list may come in several lines (RFC 9110 §5.3). Bytes that are no text match nothing.
    Some(lines.fold(first, |text, line| {
        text + "," + String::from_utf8_lossy(line.as_bytes())
    }))
}

pub(crate) fn method(request: &Request) -> Result<Method, Refusal> {
    if request.method() == http::Method::GET {
        Ok(Method::Get)
    } else if request.method() == http::Method::POST {
        Ok(Method::Post)
    } else {
        Err(Refusal::new(
            ErrorCode::METHOD_NOT_ALLOWED,
            "this address supports only GET and POST",
        ))
    }
}

pub(crate) async fn parse(
    method: Method,
    path_id: Option<String>,
    request: Request,
) -> Result<GraphqlRequest, Refusal> {
    let (parts, body) = request.into_parts();
    let body = match method {
        Method::Get => Bytes::new(),
        Method::Post => match body::read(body).await {
            Ok(body) => body,
            // The client that went away while it sent reads nothing of this.
            Err(BodyError::TooLong | BodyError::Cut) => return Err(Refusal::too_large()),
        },
    };
    GraphqlRequest::parse(HttpParts {
        method,
        path_id: path_id.as_deref(),
        query: parts.uri.query(),
        content_type: text(&parts.headers, &header::CONTENT_TYPE).as_deref(),
        content_encoding: text(&parts.headers, &header::CONTENT_ENCODING).as_deref(),
        body: &body,
    })
}
