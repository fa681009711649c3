//! Reports: which are believed, and what they are about.

use domain::{messages::provider::ReportError, payments::work::Subject, secret::Secret};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use crate::{Event, Livemode, Webhook, signature};

const SECRET: &str = "whsec_test_secret";
const BEFORE: &str = "whsec_the_secret_before";
const NOW_S: i64 = 1_795_968_000;

fn webhook(livemode: Livemode) -> Webhook {
    let secrets = [SECRET, BEFORE].map(Secret::new);
    Webhook::new(secrets.into(), livemode)
}

fn read(header: Option<&str>, body: &[u8]) -> Result<Event, ReportError> {
    webhook(Livemode::Test).read(header, body, NOW_S * 1_000)
}

fn signed(secret: &str, t: i64, body: &[u8]) -> String {
    format!("t={t},v1={}", signature(secret.as_bytes(), t, body))
}

fn event(kind: &str, object: &str, account: &str) -> Vec<u8> {
    format!(
        r#"{{"id": "evt_1NG8Du2eZvKYlo2CUI79vXWy", "object": "event", "api_version": "2025-12-15.clover",
        {account} "created": 1686089970, "data": {{"object": {object}}}, "livemode": false,
        "pending_webhooks": 0, "request": {{"id": null, "idempotency_key": null}}, "type": "{kind}"}}"#
    )
    .into_bytes()
}

const INTENT: &str = r#"{"id": "pi_1", "object": "payment_intent"}"#;

/// The signature that other programs compute: HMAC-SHA256 of `1492774577.{}` with the key `secret`.
#[test]
fn a_signature_is_that_of_other_programs() {
    assert_eq!(
        signature(b"secret", 1_492_774_577, b"{}"),
        "2ddb0fdc1ad242a0eece9d964270ad86442b7381d25d1f99cd41a46999919e32",
        "printf '1492774577.{{}}' | openssl dgst -sha256 -hmac secret"
    );
}

#[test]
fn a_report_is_believed_if_one_signature_is_of_one_secret_and_its_time_is_near() {
    let body = event("payment_intent.succeeded", INTENT, "");
    let good = signature(SECRET.as_bytes(), NOW_S, &body);
    let old = signature(BEFORE.as_bytes(), NOW_S, &body);
    let foreign = signature(b"whsec_of_others", NOW_S, &body);
    for (header, expected) in [
        (format!("t={NOW_S},v1={good}"), Ok(())),
        (format!("t={NOW_S},v1={old}"), Ok(())),
        // While a secret rotates, and with the version of test reports of old.
        (format!("t={NOW_S},v1={foreign},v1={good},v0=6ffb"), Ok(())),
        (format!("v1={good}, t={NOW_S}"), Ok(())),
        (
            format!("t={NOW_S},v1={foreign}"),
            Err(ReportError::Signature),
        ),
        (format!("t={NOW_S},v0={good}"), Err(ReportError::Signature)),
        (
            format!("t={},v1={good}", NOW_S + 1),
            Err(ReportError::Signature),
        ),
        (format!("v1={good}"), Err(ReportError::Signature)),
        (format!("t=,v1={good}"), Err(ReportError::Signature)),
        (format!("t={NOW_S},v1="), Err(ReportError::Signature)),
        (
            format!("t={NOW_S},v1={}", &good[..62]),
            Err(ReportError::Signature),
        ),
        (
            format!("t={NOW_S}{}", ",v1=00".repeat(9)),
            Err(ReportError::Signature),
        ),
        (String::new(), Err(ReportError::Signature)),
    ] {
        assert_eq!(read(Some(&header), &body).map(drop), expected, "{header}");
    }
    assert_eq!(read(None, &body), Err(ReportError::Unsigned));
    for (age_s, expected) in [
        (0, Ok(())),
        (300, Ok(())),
        (-300, Ok(())),
        (301, Err(ReportError::Old)),
        (-301, Err(ReportError::Old)),
        (i64::MAX / 1_000, Err(ReportError::Old)),
    ] {
        let header = signed(SECRET, NOW_S - age_s, &body);
        assert_eq!(read(Some(&header), &body).map(drop), expected, "{age_s}");
    }
    let mut changed = body.clone();
    changed[10] ^= 1;
    let header = signed(SECRET, NOW_S, &body);
    assert_eq!(read(Some(&header), &changed), Err(ReportError::Signature));
}

#[test]
fn a_report_of_the_other_environment_is_refused() {
    let body = event("payment_intent.succeeded", INTENT, "");
    let header = signed(SECRET, NOW_S, &body);
    let live = webhook(Livemode::Live);
    let refused = live.read(Some(&header), &body, NOW_S * 1_000);
    assert_eq!(refused, Err(ReportError::Topic));
}

#[test]
fn a_report_says_what_to_ask_about() {
    let id = || "pi_1".to_owned();
    let account = r#""account": "acct_1","#;
    let payout = Subject::Payout {
        account: "acct_1".to_owned(),
        id: id(),
    };
    for (kind, account, expected) in [
        (
            "payment_intent.succeeded",
            "",
            Some(Subject::Intent { id: id() }),
        ),
        (
            "payment_intent.canceled",
            "",
            Some(Subject::Intent { id: id() }),
        ),
        ("payment_intent.created", "", None),
        ("refund.failed", "", Some(Subject::Refund { id: id() })),
        (
            "charge.refund.updated",
            "",
            Some(Subject::Refund { id: id() }),
        ),
        (
            "charge.dispute.closed",
            "",
            Some(Subject::Dispute { id: id() }),
        ),
        (
            "account.updated",
            account,
            Some(Subject::Account { id: id() }),
        ),
        (
            "account.application.deauthorized",
            account,
            Some(Subject::Account {
                id: "acct_1".to_owned(),
            }),
        ),
        ("payout.paid", account, Some(payout)),
        ("payout.paid", "", None),
        ("invoice.paid", "", None),
        ("an.event.of.tomorrow", "", None),
    ] {
        let body = event(kind, r#"{"id": "pi_1"}"#, account);
        let read = read(Some(&signed(SECRET, NOW_S, &body)), &body).unwrap();
        assert_eq!(read.subject, expected, "{kind}");
        assert_eq!(read.id, "evt_1NG8Du2eZvKYlo2CUI79vXWy");
    }
}

#[test]
fn what_is_signed_and_no_event_is_refused() {
    let long = format!(r#"{{"id": "{}"}}"#, "a".repeat(121));
    let large = [b' '].repeat(Webhook::MOST_BYTES + 1);
    for body in [
        b"".to_vec(),
        b"{}".to_vec(),
        b"\xff".to_vec(),
        large,
        event("payment_intent.succeeded", r#"{"id": "../v1/refunds"}"#, ""),
        event("payment_intent.succeeded", r#"{"id": ""}"#, ""),
        event("payment_intent.succeeded", &long, ""),
        event("payout.paid", INTENT, r#""account": "a/b","#),
    ] {
        let header = signed(SECRET, NOW_S, &body);
        assert_eq!(read(Some(&header), &body), Err(ReportError::Malformed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_header_that_was_not_signed_is_believed(header in ".{0,200}", t in any::<i64>()) {
        let body = event("payment_intent.succeeded", INTENT, "");
        prop_assert!(read(Some(&header), &body).is_err());
        let with_time = format!("t={t},v1={header}");
        prop_assert!(read(Some(&with_time), &body).is_err());
    }
}
