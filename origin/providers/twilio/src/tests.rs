use std::time::Duration;

use domain::{
    messages::provider::{Outcome, Report, ReportError, SendError, Sms},
    secret::Secret,
};
use provider_http::{Answer, Mode};
use url::Url;

use crate::{Config, Sender, Twilio, Webhook, accepted, signature};

// The account, token and form of the tests of Twilio's own libraries (twilio-node,
// spec/validation.spec.js), whose signatures are known.
const TOKEN: &str = "12345";
const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const FORM: [(&str, &str); 5] = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
];

fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn webhook() -> Webhook {
    // The first signs nothing yet.
    let tokens = vec![Secret::new("67890"), Secret::new(TOKEN)];
    Webhook::new("AC1".to_owned(), tokens)
}

#[test]
fn signatures_are_those_of_twilio() {
    let mut reversed = FORM;
    reversed.reverse();
    for fields in [FORM, reversed] {
        let signature = signature(TOKEN.as_bytes(), URL, &form(&fields));
        assert_eq!(signature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }
    // The example of twilio.com/docs/usage/security: another host and caller.
    let fields = FORM.map(|(name, value)| (name, value.replace("75309", "75310")));
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    let url = "https://example.com/myapp.php?foo=1&bar=2";
    let signature = signature(TOKEN.as_bytes(), url, &fields);
    assert_eq!(signature, "L/OH5YylLD5NRKLltdqwSvS0BnU=");
}

#[test]
fn the_url_counts_with_and_without_its_port() {
    let signed = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    for (url, expected) in [
        (URL, true),
        ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", true),
        ("https://mycompany.com/myapp.php?foo=1&bar=3", false),
        ("https://mycompany.org/myapp.php?foo=1&bar=2", false),
    ] {
        let parsed = Url::parse(url).unwrap();
        let right = crate::signature::is_signed(TOKEN.as_bytes(), signed, &parsed, &form(&FORM));
        assert_eq!(right, expected, "{url}");
    }
    let with_port = signature(
        TOKEN.as_bytes(),
        "https://mycompany.com:443/myapp.php?foo=1&bar=2",
        &form(&FORM),
    );
    let parsed = Url::parse(URL).unwrap();
    assert!(crate::signature::is_signed(
        TOKEN.as_bytes(),
        &with_port,
        &parsed,
        &form(&FORM)
    ));
}

#[test]
fn a_body_that_is_no_form_is_named_by_the_url() {
    let url: Url = format!(
        "{URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    )
    .parse()
    .unwrap();
    let body = br#"{"property": "value", "boolean": true}"#;
    let webhook = webhook();
    let read = |signature, url: &Url, body: &[u8]| {
        webhook.read(url, Some(signature), Some("application/json"), body, 1)
    };
    let signed = "a9nBmqA0ju/hNViExpshrM61xv4=";
    // Verified, and of nobody's account.
    assert_eq!(read(signed, &url, body), Err(ReportError::Topic));
    assert_eq!(read(signed, &url, b"{}"), Err(ReportError::Signature));
    let unnamed: Url = URL.parse().unwrap();
    let signed = signature(TOKEN.as_bytes(), URL, &[]);
    assert_eq!(read(&signed, &unnamed, body), Err(ReportError::Signature));
}

fn read(fields: &[(&str, &str)]) -> Result<Option<Report>, ReportError> {
    let mut all = vec![("AccountSid", "AC1"), ("MessageSid", "SM1")];
    all.extend(fields);
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&all)
        .finish();
    let signed = signature(TOKEN.as_bytes(), URL, &form(&all));
    let webhook = webhook();
    let kind = Some("application/x-www-form-urlencoded; charset=utf-8");
    webhook.read(
        &URL.parse().unwrap(),
        Some(&signed),
        kind,
        body.as_bytes(),
        7,
    )
}

#[test]
fn states_are_reported_when_they_are_the_last() {
    let to = "+33612345678".to_owned();
    for (state, code, expected) in [
        ("delivered", "", Some(Outcome::Delivered)),
        (
            "undelivered",
            "30003",
            Some(Outcome::NotDelivered(vec![to.clone()])),
        ),
        (
            "undelivered",
            "30004",
            Some(Outcome::NotDelivered(vec![to.clone()])),
        ),
        (
            "undelivered",
            "30005",
            Some(Outcome::Bounced(vec![to.clone()])),
        ),
        (
            "undelivered",
            "30006",
            Some(Outcome::Bounced(vec![to.clone()])),
        ),
        (
            "undelivered",
            "30007",
            Some(Outcome::NotDelivered(vec![to.clone()])),
        ),
        ("failed", "21610", Some(Outcome::Stopped(to.clone()))),
        ("failed", "", Some(Outcome::NotDelivered(vec![to.clone()]))),
        ("queued", "", None),
        ("sent", "", None),
        ("a-new-state", "", None),
    ] {
        let report = read(&[("MessageStatus", state), ("To", &to), ("ErrorCode", code)]).unwrap();
        assert_eq!(
            report.clone().map(|report| report.outcome),
            expected,
            "{state} {code}"
        );
        if let Some(report) = report {
            assert_eq!(report.id, format!("SM1:{state}"));
            assert_eq!(report.provider_id.as_deref(), Some("SM1"));
        }
    }
}

#[test]
fn stop_and_start_are_reported() {
    let from = "+33612345678";
    for (choice, expected) in [
        ("STOP", Some(Outcome::Stopped(from.to_owned()))),
        ("START", Some(Outcome::Started(from.to_owned()))),
        ("HELP", None),
    ] {
        let report = read(&[("OptOutType", choice), ("From", from), ("Body", "Arrêt")]).unwrap();
        assert_eq!(report.map(|report| report.outcome), expected);
    }
    assert_eq!(read(&[("Body", "bonjour"), ("From", from)]), Ok(None));
}

#[test]
fn what_is_not_signed_is_not_believed() {
    let webhook = webhook();
    let url: Url = URL.parse().unwrap();
    let body = b"AccountSid=AC1&MessageSid=SM1&MessageStatus=delivered";
    let kind = Some("application/x-www-form-urlencoded");
    let read = |signature, kind| webhook.read(&url, signature, kind, body, 1);
    assert_eq!(read(None, kind), Err(ReportError::Unsigned));
    for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "not base64", "AAAA"] {
        assert_eq!(read(Some(signature), kind), Err(ReportError::Signature));
        assert_eq!(read(Some(signature), None), Err(ReportError::Signature));
        let nobody = Webhook::new("AC1".to_owned(), Vec::new());
        let read = nobody.read(&url, Some(signature), kind, body, 1);
        assert_eq!(read, Err(ReportError::Signature));
    }
}

fn twilio(sender: Sender) -> Twilio {
    Twilio::new(Config {
        base: "https://api.twilio.com".parse().unwrap(),
        mode: Mode::Production,
        timeout: Duration::from_secs(5),
        account: "AC1".to_owned(),
        user: "SK1".to_owned(),
        password: Secret::new("a-very-secret-password"),
        sender,
        status_callback: Some("https://api.yousoon.com/webhooks/twilio".parse().unwrap()),
    })
    .unwrap()
}

#[test]
fn a_message_is_a_form() {
    let sms = Sms {
        to: "+33612345678".to_owned(),
        text: "Votre code : 123 & 456".to_owned(),
    };
    // twilio.com/docs/messaging/api/message-resource, "Create a Message".
    assert_eq!(
        twilio(Sender::Service("MG1".to_owned())).form(&sms),
        "To=%2B33612345678&MessagingServiceSid=MG1&Body=Votre+code+%3A+123+%26+456\
         &StatusCallback=https%3A%2F%2Fapi.yousoon.com%2Fwebhooks%2Ftwilio"
    );
    let form = twilio(Sender::From("Yousoon".to_owned())).form(&sms);
    assert!(form.contains("&From=Yousoon&"), "{form}");
}

#[test]
fn secrets_are_not_shown() {
    let twilio = twilio(Sender::Service("MG1".to_owned()));
    let webhook = Webhook::new(
        "AC1".to_owned(),
        vec![Secret::new("a-very-secret-password")],
    );
    for shown in [
        format!("{twilio:?}"),
        format!("{webhook:?}"),
        format!("{:?}", twilio.config),
    ] {
        assert!(!shown.contains("secret-password"), "{shown}");
    }
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: status.try_into().unwrap(),
        headers: reqwest::header::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        retry_after_ms: None,
    }
}

#[test]
fn answers_are_read() {
    // twilio.com/docs/messaging/api/message-resource, shortened.
    let created = r#"{"account_sid": "AC1", "body": "Hi there", "error_code": null,
        "error_message": null, "from": null, "num_segments": "1", "status": "accepted",
        "sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "to": "+15558675310"}"#;
    let id = accepted(&answer(201, created)).unwrap().provider_id;
    assert_eq!(id, "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert!(matches!(
        accepted(&answer(200, "{}")),
        Err(SendError::Later { .. })
    ));
}

#[test]
fn a_problem_says_who_is_meant() {
    // twilio.com/docs/usage/twilios-response: `code`, `message`, `more_info`, `status`.
    for (status, code, expected) in [
        (
            400,
            21211,
            "the recipient cannot be reached: 400 21211 The number … is wrong",
        ),
        (
            400,
            21610,
            "the recipient cannot be reached: 400 21610 The number … is wrong",
        ),
        (
            400,
            21614,
            "the recipient cannot be reached: 400 21614 The number … is wrong",
        ),
        (400, 21606, "refused: 400 21606 The number … is wrong"),
        (401, 20003, "refused: 401 20003 The number … is wrong"),
        (400, 20429, "not now: 400 20429"),
        (400, 30001, "not now: 400 30001"),
        (429, 20429, "not now: 429"),
        (503, 20503, "not now: 503"),
    ] {
        let body = format!(
            r#"{{"code": {code}, "message": "The number +33612345678 is wrong",
                "more_info": "https://www.twilio.com/docs/errors/{code}", "status": {status}}}"#
        );
        let error = accepted(&answer(status, &body)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let error = accepted(&answer(404, "<html>")).unwrap_err();
    assert_eq!(error.to_string(), "refused: 404");
}
