//! The User Privacy API: Amplitude deletes what it has of people, also what arrives until the job runs, ten
//! to thirty days later.

use domain::{analytics::outlet::Trouble, secret::Secret};
use provider_http::{Answer, Provider as Http};
use reqwest::{Method, RequestBuilder};
use serde::Serialize;

/// The most people of one request.
pub(crate) const MOST_PEOPLE: usize = 100;
/// Amplitude takes one request a second.
const PAUSE_MS: i64 = 2_000;

#[derive(Serialize)]
struct Deletion<'p> {
    user_ids: &'p [String],
    /// People of whom it never got an event are no error. A text, as in Amplitude's examples.
    ignore_invalid_id: &'static str,
    /// For Amplitude's list of deletions.
    requester: &'static str,
}

pub(crate) fn request(
    http: &Http,
    (key, secret): (&Secret, &Secret),
    people: &[String],
) -> RequestBuilder {
    let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let deletion = Deletion {
        user_ids: people,
        ignore_invalid_id: "true",
        requester: "yousoon-api",
    };
    http.request(Method::POST, http.url(&["api", "2", "deletions", "users"]))
        .basic_auth(text(key), Some(text(secret)))
        .json(&deletion)
}

pub(crate) fn read(answer: &Answer) -> Result<(), Trouble> {
    if answer.status.is_success() {
        return Ok(());
    }
    let why = answer.why(None, "");
    if answer.later().is_some() {
        let asks_ms = (answer.status == 429).then_some(PAUSE_MS);
        return Err(Trouble::Later {
            why,
            after_ms: answer.retry_after_ms.or(asks_ms),
        });
    }
    Err(Trouble::Refused { why })
}
