//! What SES answers to `SendEmail`.

use domain::messages::provider::{Accepted, SendError};
use provider_http::Answer;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    message_id: String,
}

/// The service answers `message`; the doors before it `Message`.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(rename = "__type", default)]
    kind: Option<String>,
    #[serde(default, alias = "Message")]
    message: String,
}

pub(crate) fn accepted(answer: &Answer) -> Result<Accepted, SendError> {
    if !answer.status.is_success() {
        return Err(error(answer));
    }
    match serde_json::from_slice::<Sent>(&answer.body) {
        Ok(Sent { message_id }) if !message_id.is_empty() => Ok(Accepted {
            provider_id: message_id,
            invalid_devices: Vec::new(),
        }),
        Ok(_) | Err(_) => Err(answer.later_because(Some("unreadable answer"))),
    }
}

fn error(answer: &Answer) -> SendError {
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let header = answer.headers.get("x-amzn-errortype");
    let kind = header.and_then(|kind| kind.to_str().ok());
    let kind = short(kind.or(problem.kind.as_deref()).unwrap_or_default());
    match kind {
        // Paused sending goes on when somebody has looked at the account.
        "SendingPausedException" | "TooManyRequestsException" | "LimitExceededException"
        | "ThrottlingException" | "Throttling" | "RequestTimeout" | "ServiceUnavailable"
        // Clocks and short-lived credentials mend themselves.
        | "ExpiredTokenException" | "RequestExpired" => return answer.later_because(Some(kind)),
        _ => {}
    }
    if let Some(later) = answer.later() {
        return later;
    }
    let why = answer.why(Some(kind), &problem.message);
    let said = problem.message.to_ascii_lowercase();
    // SES has no code of its own for these; "Illegal address" and "Invalid … address" of
    // `BadRequestException`, "Missing final '@domain'" and "Domain contains illegal character".
    let about_address = [
        "illegal address",
        "invalid email address",
        "missing final '@domain'",
        "domain contains",
        "local address contains",
        "local part of address",
    ];
    if matches!(kind, "BadRequestException" | "InvalidParameterValue")
        && about_address.iter().any(|sentence| said.contains(sentence))
    {
        return SendError::Recipient {
            why,
            invalid_devices: Vec::new(),
        };
    }
    SendError::Refused { why }
}

/// The name of an error without its namespace and its address:
/// `com.amazonaws#MessageRejected:http://…`.
fn short(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default()
}
