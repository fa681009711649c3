//! The fakes of Amazon SES, Twilio, OneSignal, Google Maps, Amplitude, Stripe and Veriff, and their pages
//! for browsers.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::http;
use crate::processes::Processes;

const START_LIMIT: Duration = Duration::from_secs(10);

/// Reports about payments and identities go to the origin at this address, if there is one.
pub(crate) fn start(
    program: &Path,
    port: u16,
    origin_url: Option<&str>,
    processes: &mut Processes,
) -> Result<()> {
    let mut serve = Command::new(program);
    serve.args(["--port", &port.to_string()]);
    if let Some(url) = origin_url {
        serve.args(["--stripe-webhook", &format!("{url}/webhooks/stripe")]);
        serve.args(["--veriff-webhook", &format!("{url}/webhooks/veriff")]);
    }
    processes.start("providers", &mut serve)?;
    processes.wait_until("the fakes of providers", START_LIMIT, || {
        http::is_ready(port, "/mailbox.json")
    })
}

/// The origin's variables. The secrets are those that the fakes know; production refuses them.
pub(crate) fn environment(port: u16, origin_url: &str) -> Vec<(&'static str, String)> {
    let fake = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let text = str::to_owned;
    let mut variables = of_emails(port);
    variables.extend([
        ("YOUSOON_TWILIO_URL", fake("twilio")),
        (
            "YOUSOON_TWILIO_ACCOUNT",
            text("AC00000000000000000000000000000000"),
        ),
        (
            "YOUSOON_TWILIO_KEY",
            text("SK00000000000000000000000000000000"),
        ),
        ("YOUSOON_TWILIO_SECRET", text("dev-twilio-password")),
        ("YOUSOON_TWILIO_SENDER", text("+33700000000")),
        ("YOUSOON_TWILIO_TOKEN", text("dev-twilio-auth-token")),
        ("YOUSOON_WEBHOOKS_URL", format!("{origin_url}/webhooks")),
        ("YOUSOON_ONESIGNAL_URL", fake("onesignal")),
        (
            "YOUSOON_ONESIGNAL_APP",
            text("00000000-0000-4000-8000-000000000000"),
        ),
        ("YOUSOON_ONESIGNAL_KEY", text("dev-onesignal-key")),
    ]);
    variables.extend(of_payments(port));
    variables
}

/// Those of payments.
fn of_payments(port: u16) -> Vec<(&'static str, String)> {
    let text = str::to_owned;
    let page = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    vec![
        ("YOUSOON_STRIPE_URL", page("stripe")),
        ("YOUSOON_STRIPE_SECRET_KEY", text("sk_test_development")),
        (
            "YOUSOON_STRIPE_PUBLISHABLE_KEY",
            text("pk_test_development"),
        ),
        (
            "YOUSOON_STRIPE_WEBHOOK_SECRET",
            text("dev-stripe-webhook-secret"),
        ),
        (
            "YOUSOON_STRIPE_CONNECT_SECRET",
            text("dev-stripe-connect-secret"),
        ),
        ("YOUSOON_STRIPE_RETURN_URL", page("stripe-pages")),
        ("YOUSOON_STRIPE_REFRESH_URL", page("stripe-pages")),
        ("YOUSOON_PAYMENTS_FEE_BP", text("1000")),
    ]
}

/// Those of e-mails alone.
pub(crate) fn of_emails(port: u16) -> Vec<(&'static str, String)> {
    let fake = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let text = str::to_owned;
    vec![
        ("YOUSOON_SES_FROM", text("Yousoon <hello@yousoon.test>")),
        ("YOUSOON_SES_URL", fake("ses")),
        ("YOUSOON_SES_ACCESS_KEY_ID", text("AKIADEVELOPMENT")),
        ("YOUSOON_SES_SECRET_KEY", text("dev-ses-secret-key")),
        ("YOUSOON_SES_SNS_URL", fake("sns/")),
        (
            "YOUSOON_SES_TOPICS",
            text("arn:aws:sns:eu-west-1:000000000000:ses-events"),
        ),
        ("YOUSOON_GOOGLE_URL", fake("google")),
        ("YOUSOON_GOOGLE_KEY", text("dev-google-maps-key")),
        ("YOUSOON_AMPLITUDE_URL", fake("amplitude")),
        ("YOUSOON_AMPLITUDE_KEY", text("dev-amplitude-key")),
        ("YOUSOON_AMPLITUDE_SECRET", text("dev-amplitude-secret")),
        ("YOUSOON_AMPLITUDE_PSEUDONYM_KEY", text("dev-pseudonym-key")),
        ("YOUSOON_VERIFF_URL", fake("veriff")),
        ("YOUSOON_VERIFF_PORTAL_URL", fake("veriff/v")),
        ("YOUSOON_VERIFF_KEY", text("dev-veriff-integration-key")),
        ("YOUSOON_VERIFF_SECRET", text("dev-veriff-shared-secret")),
        (
            "YOUSOON_VERIFF_PSEUDONYM_KEY",
            text("dev-veriff-pseudonym-key"),
        ),
        ("YOUSOON_IDENTITY_CONSENT_VERSION", text("1")),
    ]
}
