use std::time::{Duration, UNIX_EPOCH};

use domain::{
    messages::provider::{Email, SendError},
    secret::Secret,
};
use provider_http::{Answer, Mode};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::{Config, Credentials, Ses, errors::accepted, message, signing};

fn config() -> Config {
    Config {
        base: "https://email.eu-west-1.amazonaws.com".parse().unwrap(),
        mode: Mode::Production,
        timeout: Duration::from_secs(5),
        region: "eu-west-1".to_owned(),
        credentials: Credentials {
            // The example of docs.aws.amazon.com/IAM/latest/UserGuide/security-creds.html.
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            session_token: Some(Secret::new("a-session-token")),
        },
        from: "Yousoon <hello@yousoon.com>".to_owned(),
        configuration_set: Some("messages".to_owned()),
    }
}

fn email() -> Email {
    Email {
        to: "ada@example.com".to_owned(),
        subject: "À ce soir".to_owned(),
        text: "À 20 h\r\n".to_owned(),
        html: "<p>À 20 h</p>".to_owned(),
        unsubscribe: None,
    }
}

fn body(email: &Email) -> Result<Value, SendError> {
    let body = message::body(&config(), "booking:1.é", email)?;
    Ok(serde_json::from_slice(&body).unwrap())
}

#[test]
fn an_email_is_json() {
    let text = |data: &str| json!({ "Data": data, "Charset": "UTF-8" });
    assert_eq!(
        body(&email()).unwrap(),
        json!({
            "FromEmailAddress": "Yousoon <hello@yousoon.com>",
            "Destination": { "ToAddresses": ["ada@example.com"] },
            "Content": { "Simple": {
                "Subject": text("À ce soir"),
                "Body": { "Text": text("À 20 h\r\n"), "Html": text("<p>À 20 h</p>") },
            } },
            "EmailTags": [{ "Name": "key", "Value": "booking_1__" }],
            "ConfigurationSetName": "messages",
        })
    );
}

#[test]
fn unsubscribing_takes_one_click() {
    let with = |address: &str| Email {
        unsubscribe: Some(address.to_owned()),
        ..email()
    };
    let body_with = body(&with("https://api.yousoon.com/unsubscribe?token=a-b")).unwrap();
    assert_eq!(
        body_with["Content"]["Simple"]["Headers"],
        json!([
            {
                "Name": "List-Unsubscribe",
                "Value": "<https://api.yousoon.com/unsubscribe?token=a-b>",
            },
            { "Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click" },
        ])
    );
    for address in [
        "http://api.yousoon.com/unsubscribe",
        "https://api.yousoon.com/>\r\nBcc: eve@example.com",
        "https://api.yousoon.com/>, <mailto:eve@example.com",
        "https://api.yousoon.com/ x",
        &format!("https://api.yousoon.com/{}", "a".repeat(1000)),
    ] {
        let error = body(&with(address)).unwrap_err();
        assert!(
            matches!(error, SendError::Refused { .. }),
            "{address}: {error}"
        );
    }
}

#[test]
fn no_header_is_injected() {
    for subject in [
        "a\nb",
        "a\r\nBcc: eve@example.com",
        "a\rb",
        "a\u{85}b",
        "a\0",
    ] {
        let email = Email {
            subject: subject.to_owned(),
            ..email()
        };
        let error = body(&email).unwrap_err();
        assert_eq!(
            error.to_string(),
            "refused: the subject has control characters"
        );
    }
    for to in [
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com\r\n",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "Ada <ada@example.com>",
        "\"a b\"@example.com",
        "ada",
        "@example.com",
        "ada@localhost",
        "é@example.com",
        &format!("{}@example.com", "a".repeat(300)),
    ] {
        let email = Email {
            to: to.to_owned(),
            ..email()
        };
        let error = body(&email).unwrap_err();
        assert!(
            matches!(error, SendError::Recipient { .. }),
            "{to}: {error}"
        );
    }
}

#[test]
fn the_sender_is_one_line_of_ascii() {
    for from in [
        "Yousoon <hello@yousoon.com>\nBcc: eve@example.com",
        "Été <ete@yousoon.com>",
    ] {
        let config = Config {
            from: from.to_owned(),
            ..config()
        };
        let error = message::body(&config, "k", &email()).unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{error}");
    }
}

#[test]
fn a_request_is_signed() {
    let url = "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails";
    let now = UNIX_EPOCH + Duration::from_mins(24_015_636);
    let headers = signing::headers_at(&config(), &url.parse().unwrap(), b"{}", now).unwrap();
    let header = |name: &str| {
        let header = headers.iter().find(|(header, _)| header == name);
        header.map(|(_, value)| value.to_str().unwrap())
    };
    assert_eq!(header("x-amz-date"), Some("20150830T123600Z"));
    assert_eq!(header("x-amz-security-token"), Some("a-session-token"));
    let authorization = header("authorization").unwrap();
    let start = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20150830/eu-west-1/ses/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=";
    assert!(authorization.starts_with(start), "{authorization}");
    assert!(headers.iter().all(|(_, value)| value.is_sensitive()));
}

fn answer(status: u16, kind: Option<&str>, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(kind) = kind {
        headers.insert("x-amzn-errortype", HeaderValue::from_str(kind).unwrap());
    }
    Answer {
        status: status.try_into().unwrap(),
        headers,
        body: body.as_bytes().to_vec(),
        retry_after_ms: None,
    }
}

#[test]
fn an_answer_names_the_message() {
    // docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html, "Response Syntax".
    let id = "010001570c4f053b-61b59c11-0000-0000-0000-7be8aexample-000000";
    let sent = answer(200, None, &format!(r#"{{"MessageId": "{id}"}}"#));
    assert_eq!(accepted(&sent).unwrap().provider_id, id);
    let error = accepted(&answer(200, None, "{}")).unwrap_err();
    assert!(matches!(error, SendError::Later { .. }), "{error}");
}

#[test]
fn errors_say_whether_to_try_again() {
    // The errors of the same page, and of its "Common Errors".
    for (status, kind, message, expected) in [
        (
            429,
            "TooManyRequestsException",
            "Maximum sending rate exceeded.",
            "not now: 429 TooManyRequestsException",
        ),
        (
            400,
            "SendingPausedException",
            "Sending paused",
            "not now: 400 SendingPausedException",
        ),
        (
            400,
            "LimitExceededException",
            "",
            "not now: 400 LimitExceededException",
        ),
        (
            400,
            "ThrottlingException",
            "Rate exceeded",
            "not now: 400 ThrottlingException",
        ),
        (500, "InternalFailure", "", "not now: 500"),
        (
            503,
            "ServiceUnavailable",
            "",
            "not now: 503 ServiceUnavailable",
        ),
        (
            400,
            "MessageRejected:http://internal.amazon.com/coral/com.amazonaws.services.ses/",
            "Email address is not verified. The following identities failed the check in region \
             EU-WEST-1: ada@example.com",
            "refused: 400 MessageRejected Email address is not verified. The following identities \
             failed the check in region EU-WEST-1: …",
        ),
        (
            400,
            "MailFromDomainNotVerifiedException",
            "",
            "refused: 400 MailFromDomainNotVerifiedException",
        ),
        (
            400,
            "AccountSuspendedException",
            "",
            "refused: 400 AccountSuspendedException",
        ),
        (
            404,
            "NotFoundException",
            "Configuration set <x> does not exist.",
            "refused: 404 NotFoundException Configuration set <x> does not exist.",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            "",
            "refused: 403 SignatureDoesNotMatch",
        ),
        (
            400,
            "BadRequestException",
            "Domain contains illegal character",
            "the recipient cannot be reached: 400 BadRequestException Domain contains illegal character",
        ),
        (
            400,
            "BadRequestException",
            "Subject is required",
            "refused: 400 BadRequestException Subject is required",
        ),
    ] {
        let body = format!(r#"{{"message": "{message}"}}"#);
        let error = accepted(&answer(status, Some(kind), &body)).unwrap_err();
        assert_eq!(error.to_string(), expected);
        let kind = kind.split(':').next().unwrap();
        let body = format!(r#"{{"__type": "com.amazonaws#{kind}", "Message": "{message}"}}"#);
        assert_eq!(
            accepted(&answer(status, None, &body))
                .unwrap_err()
                .to_string(),
            expected
        );
    }
}

#[test]
fn secrets_are_not_shown() {
    let ses = Ses::new(config()).unwrap();
    for shown in [format!("{ses:?}"), format!("{:?}", config())] {
        assert!(
            !shown.contains("wJalr") && !shown.contains("session-token"),
            "{shown}"
        );
    }
}
