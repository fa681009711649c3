//! What Veriff decided, as far as it is read: the verdict, its time, why, and the year of birth.

use chrono::DateTime;
use domain::identity::{
    provider::{Sight, Verdict},
    verification::{Reason, SessionId},
};
use serde::Deserialize;

const APPROVED: u32 = 9001;
const DECLINED: u32 = 9102;
const RESUBMISSION: u32 = 9103;
/// Expired, or abandoned: the status says which.
const ENDED: u32 = 9104;

#[derive(Deserialize)]
struct Answer {
    /// Null while nothing is decided.
    verification: Option<Decision>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    id: String,
    code: u32,
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason_code: Option<Code>,
    #[serde(default, rename = "decisionTime")]
    at: Option<String>,
    #[serde(default)]
    person: Option<Person>,
}

/// A number, or a text of digits.
#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u32),
    Text(String),
}

/// The names and numbers beside these are not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    #[serde(default)]
    date_of_birth: Option<String>,
    #[serde(default)]
    year_of_birth: Option<String>,
}

impl Person {
    fn birth_year(&self) -> Option<i32> {
        let of_date = self.date_of_birth.as_deref().and_then(|date| date.get(..4));
        let year = of_date.or(self.year_of_birth.as_deref())?;
        (year.len() == 4).then(|| year.parse().ok()).flatten()
    }
}

impl Decision {
    fn reason(&self) -> Reason {
        let code = match &self.reason_code {
            Some(Code::Number(code)) => Some(*code),
            Some(Code::Text(text)) => text.parse().ok(),
            None => None,
        };
        code.map_or(Reason::Other, reason)
    }
}

/// Veriff's reason codes, in the words that the person is told. Suspicions are told as one.
const fn reason(code: u32) -> Reason {
    match code {
        201 => Reason::PictureMissing,
        204 => Reason::Unreadable,
        205 => Reason::DocumentDamaged,
        101 | 206 => Reason::DocumentNotAccepted,
        207 => Reason::DocumentExpired,
        103 => Reason::FaceDoesNotMatch,
        108..=110 => Reason::UsedBefore,
        539 => Reason::TooManyTries,
        102 | 105 | 106 | 112 | 113 => Reason::NotTrusted,
        _ => Reason::Other,
    }
}

/// Reads the answer about a session; none if it cannot be read, or is about another one.
pub(crate) fn read(body: &[u8], session: &SessionId) -> Option<Sight> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let Some(decision) = answer.verification else {
        return Some(Sight::Undecided);
    };
    if decision.id != session.as_str() {
        return None;
    }
    let verdict = match decision.code {
        APPROVED => Verdict::Approved {
            birth_year: decision.person.as_ref().and_then(Person::birth_year),
        },
        DECLINED => Verdict::Declined(decision.reason()),
        RESUBMISSION => Verdict::Resubmission(decision.reason()),
        ENDED if decision.status == "abandoned" => Verdict::Abandoned,
        ENDED => Verdict::Expired,
        // Such as 9121: people at Veriff or at ours look at it.
        _ => return Some(Sight::Undecided),
    };
    let at_ms = match &decision.at {
        None => None,
        Some(text) => Some(moment_ms(text)?),
    };
    Some(Sight::Decided { verdict, at_ms })
}

/// A moment in RFC 3339.
pub(crate) fn moment_ms(text: &str) -> Option<i64> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(moment.timestamp_millis())
}
