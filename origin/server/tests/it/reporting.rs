//! Reports of providers about messages.

use domain::{
    messages::{
        kind::Channel,
        reach::{AddressHash, Barrier},
    },
    secret::Secret,
};
use reqwest::{Method, StatusCode};
use yousoon::config::{ProvidersConfig, TwilioWebhook, WebhooksConfig};

use crate::{accounts::person::sign_up, app::TestApp};

const ACCOUNT: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "an-auth-token-of-twilio";
/// What Twilio was told; a proxy leads from there to the server.
const URL: &str = "https://api.yousoon.example/webhooks/twilio";
const NUMBER: &str = "+33600000001";

async fn started() -> TestApp {
    let twilio = TwilioWebhook {
        account: ACCOUNT.to_owned(),
        tokens: vec![Secret::new(TOKEN)],
        url: URL.parse().unwrap(),
    };
    let providers = ProvidersConfig {
        webhooks: WebhooksConfig {
            ses: None,
            twilio: Some(twilio),
        },
        ..ProvidersConfig::default()
    };
    TestApp::builder().providers(providers).start().await
}

fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let account = [("AccountSid", ACCOUNT), ("MessageSid", "SM1")];
    let all = account.iter().chain(fields);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

async fn report(app: &TestApp, form: &[(String, String)], signature: Option<&str>) -> StatusCode {
    let request = app.request(Method::POST, "/webhooks/twilio").form(form);
    let request = match signature {
        Some(signature) => request.header("x-twilio-signature", signature),
        None => request,
    };
    request.send().await.unwrap().status()
}

fn signed(form: &[(String, String)]) -> String {
    twilio::signature(TOKEN.as_bytes(), URL, form)
}

async fn barrier(app: &TestApp) -> Option<Barrier> {
    let number = AddressHash::of(NUMBER);
    let found = app
        .state
        .services
        .reach
        .barrier(Channel::Sms, &number)
        .await;
    found.unwrap()
}

#[tokio::test]
async fn a_number_that_says_stop_gets_nothing_until_it_says_start() {
    let app = started().await;
    let stop = form(&[("From", NUMBER), ("OptOutType", "STOP"), ("Body", "STOP")]);
    // Twice is once.
    for _ in 0..2 {
        let status = report(&app, &stop, Some(&signed(&stop))).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(barrier(&app).await, Some(Barrier::Stopped));
    }
    app.pass_ms(1);
    let start = form(&[("From", NUMBER), ("OptOutType", "START")]);
    report(&app, &start, Some(&signed(&start))).await;
    assert_eq!(barrier(&app).await, None);
}

#[tokio::test]
async fn a_report_that_is_not_signed_by_the_provider_changes_nothing() {
    let app = started().await;
    let stop = form(&[("From", NUMBER), ("OptOutType", "STOP")]);
    let other = form(&[("From", NUMBER), ("OptOutType", "START")]);
    let foreign = twilio::signature(b"another-auth-token", URL, &stop);
    for (signature, expected) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some(foreign), StatusCode::FORBIDDEN),
        (Some(signed(&other)), StatusCode::FORBIDDEN),
        (Some(String::new()), StatusCode::FORBIDDEN),
    ] {
        let status = report(&app, &stop, signature.as_deref()).await;
        assert_eq!(status, expected, "{signature:?}");
    }
    let mut of_another = stop.clone();
    of_another[0].1 = "AC11111111111111111111111111111111".to_owned();
    let status = report(&app, &of_another, Some(&signed(&of_another))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(barrier(&app).await, None);
    // Of SES nobody is believed here.
    let ses = app.request(Method::POST, "/webhooks/ses").body("{}");
    assert_eq!(ses.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_verified_address_is_written_to_again() {
    const RESET: &str = "mutation M { requestPasswordReset(email: \"ana@example.fr\") }";
    let app = TestApp::start().await;
    let ana = sign_up(&app, "ana").await;
    let reach = &app.state.services.reach;
    let address = AddressHash::of("ana@example.fr");
    let bounced = domain::messages::reach::Reach {
        channel: Channel::Email,
        address: address.clone(),
        barrier: Some(Barrier::Bounced),
        at_ms: app.state.services.clock.now_ms(),
    };
    reach.note(bounced).await.unwrap();
    // The link of the account is sent all the same, and is not the one that follows.
    app.sent().await;
    app.pass_ms(61_000);
    app.ask(RESET, serde_json::json!({})).await.data();
    while !app.state.services.caches.tasks.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(app.sent().await.is_empty());
    let request = "mutation M { requestEmailVerification }";
    ana.ask(&app, request, serde_json::json!({})).await.data();
    let token = app.sent().await.remove(0).proof();
    let verify = format!("mutation M {{ verifyEmail(token: \"{token}\") }}");
    app.ask(&verify, serde_json::json!({})).await.data();
    assert_eq!(reach.barrier(Channel::Email, &address).await.unwrap(), None);
}
