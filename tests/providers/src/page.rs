//! A page that shows developers what was sent.

use std::fmt::Write;

use axum::{
    Json, Router,
    extract::{Path, State as Extract},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{mailbox::Item, state::State};

/// Nothing runs, and nothing is loaded but frames of our own.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; \
                           base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// An e-mail may have any HTML: nothing runs, and no picture tells its sender that it was opened.
const EMAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; \
                            img-src data:; base-uri 'none'; form-action 'none'; \
                            frame-ancestors 'self'";

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;\
padding:0 1rem;color-scheme:light dark}article{border-top:1px solid #8888;padding:.5rem 0 1rem}\
h1{font-size:1.3rem}h2{font-size:1rem;margin:.3rem 0}pre{white-space:pre-wrap;\
overflow-wrap:anywhere;font:inherit}iframe{width:100%;height:24rem;border:1px solid #8888;\
background:#fff}small{opacity:.75}";

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/", get(list))
        .route("/mailbox.json", get(json))
        .route("/mailbox/{number}/html", get(html))
}

async fn json(Extract(state): Extract<State>) -> Json<Vec<Item>> {
    Json(state.lock().mailbox.items().cloned().collect())
}

async fn list(Extract(state): Extract<State>) -> Response {
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Mailbox</title>\
         <meta name=viewport content='width=device-width'><style>{STYLE}</style>\
         <h1>Messages that were sent, newest first</h1>"
    );
    let locked = state.lock();
    let mut items = locked.mailbox.items().rev().peekable();
    if items.peek().is_none() {
        page.push_str("<p>None yet.</p>");
    }
    for item in items {
        article(&mut page, item);
    }
    shown(page, PAGE_POLICY)
}

async fn html(Extract(state): Extract<State>, Path(number): Path<u64>) -> Response {
    let locked = state.lock();
    let item = locked.mailbox.items().find(|item| item.number == number);
    match item.and_then(|item| item.html.clone()) {
        Some(html) => shown(html, EMAIL_POLICY),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn shown(html: String, policy: &'static str) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
    ];
    (headers, Html(html)).into_response()
}

fn article(page: &mut String, item: &Item) {
    let kind = match item.provider {
        "ses" => "E-mail",
        "twilio" => "SMS",
        _ => "Push",
    };
    let _ = write!(
        page,
        "<article><h2>{} {} to {}{}</h2><small>{}, from {}</small>",
        item.number,
        kind,
        escaped(&item.to.join(", ")),
        if item.title.is_empty() {
            String::new()
        } else {
            format!(": {}", escaped(&item.title))
        },
        escaped(&item.at),
        escaped(&item.from),
    );
    for (name, value) in &item.headers {
        let _ = write!(
            page,
            "<br><small>{}: {}</small>",
            escaped(name),
            escaped(value)
        );
    }
    if let Some(link) = &item.link {
        let _ = write!(page, "<br><small>Link: {}</small>", escaped(link));
    }
    let _ = write!(page, "<pre>{}</pre>", linked(&item.text));
    if item.html.is_some() {
        let _ = write!(
            page,
            "<iframe sandbox title='HTML of {0}' loading=lazy src='/mailbox/{0}/html'></iframe>",
            item.number
        );
    }
    page.push_str("</article>");
}

pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// The text, with its web addresses as links.
fn linked(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words.map(|word| {
        let address = word.trim_end();
        let shown = escaped(address);
        let space = &word[address.len()..];
        if address.starts_with("https://") || address.starts_with("http://") {
            format!("<a href=\"{shown}\" rel=\"noopener noreferrer\" target=_blank>{shown}</a>{space}")
        } else {
            format!("{shown}{space}")
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::linked;

    #[test]
    fn a_text_is_text() {
        assert_eq!(linked("<script>'x'"), "&lt;script&gt;&#39;x&#39;");
        assert_eq!(
            linked("go: https://example.com/?a=1&b=\"2\" \n"),
            "go: <a href=\"https://example.com/?a=1&amp;b=&quot;2&quot;\" \
             rel=\"noopener noreferrer\" target=_blank>\
             https://example.com/?a=1&amp;b=&quot;2&quot;</a> \n"
        );
        assert_eq!(linked("javascript:alert(1)"), "javascript:alert(1)");
    }
}
