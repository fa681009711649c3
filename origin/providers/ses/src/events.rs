//! What SES reports of a message, as event publishing (`eventType`) and as feedback of an identity
//! (`notificationType`): docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html.

use chrono::DateTime;
use domain::messages::provider::{Outcome, Report, ReportError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "eventType", alias = "notificationType")]
    kind: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery: Option<Delivery>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    timestamp: String,
    #[serde(default)]
    destination: Vec<String>,
}

#[derive(Deserialize)]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bouncedRecipients")]
    recipients: Vec<Recipient>,
    timestamp: String,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(rename = "complainedRecipients")]
    recipients: Vec<Recipient>,
    #[serde(rename = "complaintFeedbackType")]
    kind: Option<String>,
    timestamp: String,
}

#[derive(Deserialize)]
struct Delivery {
    timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

/// Reads an event. None if it says nothing final of a message.
pub(crate) fn report(id: &str, message: &str) -> Result<Option<Report>, ReportError> {
    // A topic that is new gets "Successfully validated SNS topic for Amazon SES event publishing."
    if !message.trim_start().starts_with('{') {
        return Ok(None);
    }
    let event: Event = serde_json::from_str(message).map_err(|_| ReportError::Malformed)?;
    let (at, outcome) = match event.kind.as_str() {
        "Bounce" => {
            let bounce = event.bounce.ok_or(ReportError::Malformed)?;
            let addresses = addresses(bounce.recipients);
            let outcome = match bounce.kind.as_str() {
                "Permanent" => Outcome::Bounced(addresses),
                // Transient, and Undetermined.
                _ => Outcome::NotDelivered(addresses),
            };
            (bounce.timestamp, outcome)
        }
        "Complaint" => {
            let complaint = event.complaint.ok_or(ReportError::Malformed)?;
            if complaint.kind.as_deref() == Some("not-spam") {
                return Ok(None);
            }
            let addresses = addresses(complaint.recipients);
            (complaint.timestamp, Outcome::Complained(addresses))
        }
        "Delivery" => {
            let delivery = event.delivery.ok_or(ReportError::Malformed)?;
            (delivery.timestamp, Outcome::Delivered)
        }
        // SES found a virus after it had taken the message.
        "Reject" => (
            event.mail.timestamp,
            Outcome::NotDelivered(event.mail.destination),
        ),
        // Send, Open, Click, DeliveryDelay, …
        _ => return Ok(None),
    };
    Ok(Some(Report {
        id: id.to_owned(),
        provider_id: Some(event.mail.message_id),
        at_ms: at_ms(&at)?,
        outcome,
    }))
}

fn addresses(recipients: Vec<Recipient>) -> Vec<String> {
    recipients
        .into_iter()
        .map(|recipient| recipient.email_address)
        .collect()
}

pub(crate) fn at_ms(timestamp: &str) -> Result<i64, ReportError> {
    let at = DateTime::parse_from_rfc3339(timestamp).map_err(|_| ReportError::Malformed)?;
    Ok(at.timestamp_millis())
}
