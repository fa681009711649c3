//! Messages in the form of docs.aws.amazon.com/sns/latest/dg/http-notification-json.html and
//! http-subscription-confirmation-json.html, signed by OpenSSL with the key of `sns.pem`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, routing};
use domain::messages::provider::{Outcome, Report, ReportError};
use serde_json::Value;
use url::Url;

use crate::{
    Source, Webhook, WebhookConfig, events,
    sns::{Kind, Message},
};

const NOTIFICATION_1: &str = include_str!("notification-1.json");
const NOTIFICATION_2: &str = include_str!("notification-2.json");
const WITHOUT_SUBJECT: &str = include_str!("notification-no-subject.json");
const CONFIRMATION: &str = include_str!("confirmation.json");
const CERTIFICATE: &str = include_str!("sns.pem");
const OTHER_CERTIFICATE: &str = include_str!("other.pem");
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:MyTopic";

fn public_key(pem: &str) -> Vec<u8> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    certificate.public_key().subject_public_key.data.to_vec()
}

fn message(text: &str) -> (Message, Kind) {
    let message: Message = serde_json::from_str(text).unwrap();
    let kind = message.kind().unwrap();
    (message, kind)
}

#[test]
fn both_versions_of_signatures_are_verified() {
    let key = public_key(CERTIFICATE);
    for text in [
        NOTIFICATION_1,
        NOTIFICATION_2,
        WITHOUT_SUBJECT,
        CONFIRMATION,
    ] {
        let (message, kind) = message(text);
        assert_eq!(message.verify(kind, &key), Ok(()), "{text}");
        let other = public_key(OTHER_CERTIFICATE);
        assert_eq!(message.verify(kind, &other), Err(ReportError::Signature));
    }
}

#[test]
fn the_signed_text_is_the_documented_one() {
    // docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html.
    let (message, kind) = message(NOTIFICATION_1);
    assert_eq!(
        message.signed_text(kind),
        "Message\nHello world!\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubject\n\
         My First Message\nTimestamp\n2012-05-02T00:54:06.655Z\nTopicArn\n\
         arn:aws:sns:eu-west-1:123456789012:MyTopic\nType\nNotification\n"
    );
}

#[test]
fn every_signed_field_counts() {
    let key = public_key(CERTIFICATE);
    for (text, fields) in [
        (
            NOTIFICATION_2,
            ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"].as_slice(),
        ),
        (
            CONFIRMATION,
            &[
                "Message",
                "MessageId",
                "SubscribeURL",
                "Timestamp",
                "Token",
                "TopicArn",
            ],
        ),
    ] {
        for field in fields {
            let mut changed: Value = serde_json::from_str(text).unwrap();
            changed[*field] = "other".into();
            let (message, kind) = message(&changed.to_string());
            assert_eq!(
                message.verify(kind, &key),
                Err(ReportError::Signature),
                "{field}"
            );
        }
    }
    for (field, value, expected) in [
        ("SignatureVersion", Value::from("3"), ReportError::Signature),
        ("SignatureVersion", Value::from("1"), ReportError::Signature),
        ("Signature", Value::Null, ReportError::Unsigned),
        ("Signature", Value::from("?"), ReportError::Signature),
    ] {
        let mut changed: Value = serde_json::from_str(NOTIFICATION_2).unwrap();
        changed[field] = value;
        let (message, kind) = message(&changed.to_string());
        assert_eq!(message.verify(kind, &key), Err(expected), "{field}");
    }
}

fn amazon() -> Webhook {
    let source = Source::Amazon {
        region: "eu-west-1".to_owned(),
    };
    let topics = vec![TOPIC.to_owned()];
    Webhook::new(&WebhookConfig { source, topics }).unwrap()
}

fn changed(text: &str, field: &str, value: &str) -> Vec<u8> {
    let mut changed: Value = serde_json::from_str(text).unwrap();
    changed[field] = value.into();
    changed.to_string().into_bytes()
}

fn at_ms(text: &str) -> i64 {
    events::at_ms(&message(text).0.timestamp).unwrap()
}

#[tokio::test]
async fn certificates_come_from_sns_alone() {
    for url in [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.example.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem",
        "https://example.com/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@example.com/a.pem",
        "https://a:b@sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.pem?b=c",
        "https://sns.eu-west-1.amazonaws.com/a",
        "https://bucket.s3.amazonaws.com/a.pem",
        "file:///a.pem",
        "a.pem",
    ] {
        let body = changed(NOTIFICATION_2, "SigningCertURL", url);
        let read = amazon().read(&body, at_ms(NOTIFICATION_2)).await;
        assert_eq!(read, Err(ReportError::Signature), "{url}");
    }
}

#[tokio::test]
async fn other_topics_old_messages_and_nonsense_are_refused_first() {
    let webhook = amazon();
    let now_ms = at_ms(NOTIFICATION_2);
    let hour_ms = 60 * 60 * 1000;
    let body = NOTIFICATION_2.as_bytes();
    for now_ms in [now_ms + hour_ms + 1, now_ms - hour_ms - 1] {
        assert_eq!(webhook.read(body, now_ms).await, Err(ReportError::Old));
    }
    let body = changed(
        NOTIFICATION_2,
        "TopicArn",
        "arn:aws:sns:eu-west-1:666666666666:MyTopic",
    );
    assert_eq!(webhook.read(&body, now_ms).await, Err(ReportError::Topic));
    for body in ["", "{}", "[]", "null"] {
        let read = webhook.read(body.as_bytes(), now_ms).await;
        assert_eq!(read, Err(ReportError::Malformed));
    }
}

/// Serves a certificate and counts what is asked of it.
async fn development(certificate: &'static str) -> (Webhook, Url, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let router = Router::new().route(
        "/sns/{*rest}",
        routing::get(move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            certificate
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: Url = format!("http://{}/sns/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let source = Source::Development { base: base.clone() };
    let topics = vec![TOPIC.to_owned()];
    (
        Webhook::new(&WebhookConfig { source, topics }).unwrap(),
        base,
        asked,
    )
}

/// The certificate is newer than the documented messages.
const VALID_MS: i64 = 1_900_000_000_000;

#[tokio::test]
async fn a_certificate_is_fetched_once_and_must_be_valid_and_of_sns() {
    use crate::certificates::Certificates;
    let (_, base, asked) = development(CERTIFICATE).await;
    let certificates = Certificates::new(&Source::Development { base: base.clone() }).unwrap();
    let url = base.join("a.pem").unwrap();
    for _ in 0..3 {
        let key = certificates.key(url.as_str(), VALID_MS).await.unwrap();
        assert_eq!(*key, *public_key(CERTIFICATE));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let old = certificates
        .key(base.join("b.pem").unwrap().as_str(), 0)
        .await;
    assert_eq!(old, Err(ReportError::Signature));

    let (_, base, _) = development(OTHER_CERTIFICATE).await;
    let certificates = Certificates::new(&Source::Development { base: base.clone() }).unwrap();
    let other = certificates
        .key(base.join("a.pem").unwrap().as_str(), VALID_MS)
        .await;
    assert_eq!(other, Err(ReportError::Signature));
}

#[tokio::test]
async fn nobody_makes_us_fetch_without_end() {
    let (webhook, base, asked) = development("no certificate").await;
    let now_ms = at_ms(NOTIFICATION_2);
    for at in 0..30 {
        let url = base.join(&format!("{at}.pem")).unwrap();
        let body = changed(NOTIFICATION_2, "SigningCertURL", url.as_str());
        let expected = if at < 10 {
            ReportError::Signature
        } else {
            ReportError::Later
        };
        assert_eq!(webhook.read(&body, now_ms).await, Err(expected));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 10);
}

const MAIL: &str = r#""mail": {
    "timestamp": "2017-08-05T00:40:02.012Z",
    "source": "Sender Name <sender@example.com>",
    "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
    "destination": ["recipient@example.com"]
}"#;

fn event(kind: &str, field: &str) -> Result<Option<Report>, ReportError> {
    events::report("sns-1", &format!(r"{{{kind}, {field} {MAIL}}}"))
}

#[test]
fn events_are_read() {
    // docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html, shortened.
    let to = || vec!["recipient@example.com".to_owned()];
    let bounce = |kind: &str| {
        format!(
            r#""bounce": {{"bounceType": "{kind}", "bounceSubType": "General",
                "bouncedRecipients": [{{"emailAddress": "recipient@example.com", "action": "failed",
                "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}}],
                "timestamp": "2017-08-05T00:41:02.669Z",
                "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000"}},"#
        )
    };
    let complaint = |kind: &str| {
        format!(
            r#""complaint": {{"complainedRecipients": [{{"emailAddress": "recipient@example.com"}}],
                "timestamp": "2017-08-05T00:41:02.669Z", "complaintFeedbackType": "{kind}"}},"#
        )
    };
    let delivery = r#""delivery": {"timestamp": "2017-08-05T00:41:02.669Z",
        "processingTimeMillis": 11893, "recipients": ["recipient@example.com"]},"#;
    for (kind, field, expected) in [
        ("Bounce", bounce("Permanent"), Some(Outcome::Bounced(to()))),
        (
            "Bounce",
            bounce("Transient"),
            Some(Outcome::NotDelivered(to())),
        ),
        (
            "Bounce",
            bounce("Undetermined"),
            Some(Outcome::NotDelivered(to())),
        ),
        (
            "Complaint",
            complaint("abuse"),
            Some(Outcome::Complained(to())),
        ),
        ("Complaint", complaint("not-spam"), None),
        ("Delivery", delivery.to_owned(), Some(Outcome::Delivered)),
        (
            "Open",
            r#""open": {"ipAddress": "192.0.2.1"},"#.to_owned(),
            None,
        ),
        ("DeliveryDelay", String::new(), None),
    ] {
        for name in ["eventType", "notificationType"] {
            let report = event(&format!(r#""{name}": "{kind}""#), &field).unwrap();
            assert_eq!(
                report.clone().map(|report| report.outcome),
                expected,
                "{kind}"
            );
            if let Some(report) = report {
                assert_eq!(report.id, "sns-1");
                assert_eq!(
                    report.provider_id.as_deref(),
                    Some("EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000")
                );
                assert_eq!(report.at_ms, 1_501_893_662_669);
            }
        }
    }
    let reject = event(
        r#""eventType": "Reject""#,
        r#""reject": {"reason": "Bad content"},"#,
    );
    assert_eq!(
        reject.unwrap().map(|report| report.outcome),
        Some(Outcome::NotDelivered(to()))
    );
    let hello = "Successfully validated SNS topic for Amazon SES event publishing.";
    assert_eq!(events::report("sns-1", hello), Ok(None));
    assert_eq!(
        event(r#""eventType": "Bounce""#, ""),
        Err(ReportError::Malformed)
    );
    assert_eq!(events::report("sns-1", "{"), Err(ReportError::Malformed));
}
