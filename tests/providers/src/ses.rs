//! `SendEmail` of SES v2.

use axum::{
    Json,
    body::Bytes,
    extract::{OriginalUri, State as Extract},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    mailbox::{Item, now},
    sigv4,
    state::State,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendEmail {
    from_email_address: String,
    destination: Destination,
    content: Content,
    #[serde(default)]
    email_tags: Vec<Pair>,
    #[serde(rename = "ConfigurationSetName")]
    _configuration_set_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Destination {
    to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Content {
    simple: Simple,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Simple {
    subject: Text,
    body: Body,
    #[serde(default)]
    headers: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Body {
    text: Option<Text>,
    html: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Text {
    data: String,
    #[serde(rename = "Charset")]
    _charset: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Pair {
    name: String,
    value: String,
}

/// SES knows no repeats: each request is a message.
pub(crate) async fn send(
    Extract(state): Extract<State>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(kind) = sigv4::verify(&state.inner.secrets, uri.path(), &headers, &body) {
        return error(
            StatusCode::FORBIDDEN,
            kind,
            "The request is not signed as it should be.",
        );
    }
    let message: SendEmail = match serde_json::from_slice(&body) {
        Ok(message) => message,
        Err(problem) => return bad(&problem.to_string()),
    };
    if let Err(problem) = message.check() {
        return bad(problem);
    }
    let mut locked = state.lock();
    let id = format!("0102{:060x}-000000", locked.mailbox.next());
    let SendEmail {
        from_email_address,
        destination,
        content,
        email_tags,
        ..
    } = message;
    let Simple {
        subject,
        body,
        headers,
    } = content.simple;
    let key = email_tags.into_iter().find(|tag| tag.name == "key");
    locked.mailbox.keep(Item {
        number: 0,
        id: id.clone(),
        provider: "ses",
        to: destination.to_addresses,
        from: from_email_address,
        title: subject.data,
        text: body.text.map(|text| text.data).unwrap_or_default(),
        html: body.html.map(|html| html.data),
        headers: headers
            .into_iter()
            .map(|header| (header.name, header.value))
            .collect(),
        link: None,
        key: key.map(|tag| tag.value),
        at: now(),
    });
    Json(json!({ "MessageId": id })).into_response()
}

impl SendEmail {
    fn check(&self) -> Result<(), &'static str> {
        let plain = |text: &str| !text.contains(['\r', '\n']);
        let headers = &self.content.simple.headers;
        if self.destination.to_addresses.is_empty() {
            return Err("Destination is required");
        }
        if !self
            .destination
            .to_addresses
            .iter()
            .all(|to| to.contains('@') && plain(to))
        {
            return Err("Missing final '@domain'");
        }
        if !plain(&self.content.simple.subject.data)
            || !headers
                .iter()
                .all(|header| plain(&header.name) && plain(&header.value))
        {
            return Err("Header has a newline");
        }
        if self.content.simple.body.text.is_none() && self.content.simple.body.html.is_none() {
            return Err("Body is required");
        }
        let tag = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            !text.is_empty() && text.len() <= 256 && text.bytes().all(plain)
        };
        if !self
            .email_tags
            .iter()
            .all(|pair| tag(&pair.name) && tag(&pair.value))
        {
            return Err("Invalid tag");
        }
        Ok(())
    }
}

fn bad(message: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "BadRequestException", message)
}

fn error(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (
        status,
        [("x-amzn-errortype", kind)],
        Json(json!({ "message": message })),
    )
        .into_response()
}
