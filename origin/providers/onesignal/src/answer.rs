//! What OneSignal answers. Status 200 says only that the request was understood: with an empty
//! `id` nothing was sent.

use domain::messages::provider::{Accepted, SendError};
use provider_http::Answer;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    id: Option<String>,
    /// A list of sentences, or lists of names in fields such as `invalid_player_ids`.
    #[serde(default)]
    errors: Value,
}

/// Reads the answer to a notification for `devices`. `unknown` were not sent.
pub(crate) fn read(
    answer: &Answer,
    devices: &[&String],
    unknown: Vec<String>,
) -> Result<Accepted, SendError> {
    if let Some(later) = answer.later() {
        return Err(later);
    }
    let body = serde_json::from_slice::<Body>(&answer.body);
    if !answer.status.is_success() {
        let said = body.map(|body| sentence(&body.errors)).unwrap_or_default();
        return Err(SendError::Refused {
            why: answer.why(None, &said),
        });
    }
    let Ok(Body { id, errors }) = body else {
        return Err(answer.later_because(Some("unreadable answer")));
    };
    let mut invalid_devices = unknown;
    invalid_devices.extend(invalid(&errors, devices));
    match id.filter(|id| !id.is_empty()) {
        Some(provider_id) => Ok(Accepted {
            provider_id,
            invalid_devices,
        }),
        None => Err(SendError::Recipient {
            why: answer.why(Some("nothing was sent:"), &sentence(&errors)),
            invalid_devices,
        }),
    }
}

/// The devices that a field such as `invalid_player_ids` or `invalid_subscription_ids` names.
fn invalid(errors: &Value, devices: &[&String]) -> Vec<String> {
    let fields = errors.as_object().into_iter().flatten();
    let lists = fields
        .filter(|(name, _)| name.starts_with("invalid_"))
        .filter_map(|(_, names)| names.as_array());
    let mut found = Vec::new();
    for name in lists.flatten().filter_map(Value::as_str) {
        let device = devices
            .iter()
            .find(|device| device.eq_ignore_ascii_case(name));
        if let Some(device) = device
            && !found.contains(*device)
        {
            found.push((*device).clone());
        }
    }
    found
}

/// The first sentence of the errors, or the names of their fields.
fn sentence(errors: &Value) -> String {
    match errors {
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let first = list.first().and_then(Value::as_str);
            first.unwrap_or_default().to_owned()
        }
        Value::Object(fields) => {
            let names: Vec<_> = fields.keys().map(String::as_str).collect();
            names.join(" ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}
