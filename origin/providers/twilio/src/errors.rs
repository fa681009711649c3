//! What Twilio's error codes mean for a message (twilio.com/docs/api/errors).

use domain::messages::provider::SendError;
use provider_http::Answer;
use serde::Deserialize;

/// The number is invalid, cannot receive SMS, or its owner said STOP.
const RECIPIENT: &[u32] = &[
    21211, // 'To' is not a valid phone number
    21214, // 'To' cannot be reached
    21217, // 'To' does not look valid
    21610, // the recipient unsubscribed with STOP
    21612, // 'To' cannot be reached from this 'From'
    21614, // 'To' is not a mobile number
    21635, // 'To' is a landline
];

/// Too much at once: 20429 and the queues of numbers and of the account.
const LATER: &[u32] = &[20429, 14107, 21611, 30001, 30022];

#[derive(Deserialize)]
struct Problem {
    code: Option<u32>,
    #[serde(default)]
    message: String,
}

pub(crate) fn error(answer: &Answer) -> SendError {
    if let Some(later) = answer.later() {
        return later;
    }
    match serde_json::from_slice::<Problem>(&answer.body) {
        Ok(Problem {
            code: Some(code),
            message,
        }) => of_code(answer, code, &message),
        Ok(Problem {
            code: None,
            message,
        }) => SendError::Refused {
            why: answer.why(None, &message),
        },
        Err(_) => SendError::Refused {
            why: answer.why(None, ""),
        },
    }
}

pub(crate) fn of_code(answer: &Answer, code: u32, message: &str) -> SendError {
    let why = answer.why(Some(&code.to_string()), message);
    if LATER.contains(&code) {
        answer.later_because(Some(&code.to_string()))
    } else if RECIPIENT.contains(&code) {
        SendError::Recipient {
            why,
            invalid_devices: Vec::new(),
        }
    } else {
        SendError::Refused { why }
    }
}

/// What a message that was not delivered says of its recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The number does not exist or takes no SMS.
    Number,
    /// The owner of the number said STOP.
    Stopped,
    /// This message only.
    Message,
}

pub(crate) const fn failure(code: Option<u32>) -> Failure {
    match code {
        // Unknown number; landline or unreachable carrier; and what is refused when sent at once,
        // but reported by Messaging Services later.
        Some(30005 | 30006 | 21211 | 21614 | 21635) => Failure::Number,
        Some(21610) => Failure::Stopped,
        // 30003 unreachable, 30004 blocked, 30007 filtered, 30008 unknown, …
        Some(_) | None => Failure::Message,
    }
}
