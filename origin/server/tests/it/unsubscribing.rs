//! E-mails that are switched off by their link, without signing in.

use reqwest::Method;
use serde_json::json;

use crate::{
    accounts::person::{Person, register},
    app::{Answer, TestApp, UNSUBSCRIBE},
    booking::{booked, places},
    fixtures::store,
};

const PATH: &str = "/unsubscribe";

async fn ask(app: &TestApp, method: Method, query: &str) -> Answer {
    let request = app.request(method, &format!("{PATH}{query}"));
    Answer::of(request.header("accept-language", "en")).await
}

/// The query of the link in the mail about a new booking; none if no mail was sent.
async fn link(app: &TestApp, who: &Person, offer: &domain::Offer) -> Option<String> {
    booked(app, who, offer).await;
    let sent = app.sent().await;
    let mail = sent.iter().find(|message| message.to.contains('@'))?;
    let link = mail.unsubscribe.as_deref().expect("a link to unsubscribe");
    assert!(!link.contains("ana"), "{link}");
    Some(link.strip_prefix(UNSUBSCRIBE).unwrap().to_owned())
}

#[tokio::test]
async fn one_click_switches_a_kind_off_and_looking_does_not() {
    let app = TestApp::start().await;
    let offers = [0, 1, 2].map(|number| places("a", number, 9));
    store(&app, "a", offers.to_vec()).await;
    let ana = register(&app, "ana").await;
    let link_of_first = link(&app, &ana, &offers[0]).await.unwrap();
    // A scanner opens it, twice, and nothing changes.
    for _ in 0..2 {
        let page = ask(&app, Method::GET, &link_of_first).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("<form method=\"post\""), "{}", page.text);
        assert!(page.text.contains("booking confirmations"), "{}", page.text);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"));
        assert!(!policy.contains("script"), "{policy}");
    }
    let link_of_second = link(&app, &ana, &offers[1]).await.unwrap();
    // It is the account's and the kind's, not the mail's.
    assert_eq!(link_of_second, link_of_first);
    // As a mail service sends it (RFC 8058, section 3.2); twice, because the first answer was lost.
    for _ in 0..2 {
        let request = app.request(Method::POST, &format!("{PATH}{link_of_first}"));
        let body = [("List-Unsubscribe", "One-Click")];
        let done = Answer::of(request.form(&body)).await;
        assert_eq!(done.status, 200);
        assert!(done.text.contains("C’est fait"), "{}", done.text);
    }
    assert_eq!(link(&app, &ana, &offers[2]).await, None);
    let settings = "query S { notificationSettings { kind channel enabled } }";
    let settings = ana.ask(&app, settings, json!({})).await.data();
    let off = settings["notificationSettings"].as_array().unwrap().iter();
    let off = off.filter(|one| one["enabled"] == false && one["channel"] == "EMAIL");
    let off: Vec<_> = off.map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(off.contains(&"BOOKING_CONFIRMED"), "{off:?}");
    assert!(!off.contains(&"BOOKING_CANCELLED_BY_VENUE"), "{off:?}");
}

#[tokio::test]
async fn a_link_that_is_not_ours_switches_nothing_off() {
    let app = TestApp::start().await;
    let offers = [0, 1].map(|number| places("a", number, 9));
    store(&app, "a", offers.to_vec()).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let good = link(&app, &ana, &offers[0]).await.unwrap();
    for bad in [
        String::new(),
        "?token=".to_owned(),
        "?token=x".to_owned(),
        format!("{good}x"),
        format!("{good}&token=y"),
        good.replace(&ana.id, &ben.id),
        good.replace("booking_confirmed", "booking_reminder"),
        good.replace("booking_confirmed", "verify_email"),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = ask(&app, method, &bad).await;
            assert_eq!(answer.status, 400, "{bad}");
            assert!(!answer.text.contains("<form"), "{bad}");
        }
    }
    assert!(link(&app, &ana, &offers[1]).await.is_some());
    // After the account was erased it still answers, and there is nothing to switch off.
    let erase = "mutation E { deleteMyAccount(password: \"correct horse\") }";
    ana.ask(&app, erase, json!({})).await.data();
    assert_eq!(ask(&app, Method::POST, &good).await.status, 200);
}

#[tokio::test]
async fn links_are_opened_as_often_as_a_network_may() {
    let builder = TestApp::builder().rate_limits(1, 100);
    let few = |budgets: &mut access::rate::budgets::Budgets| {
        budgets.unsubscribe_network.most = 3.try_into().unwrap();
    };
    let app = builder.budgets(few).start().await;
    for _ in 0..3 {
        assert_eq!(ask(&app, Method::GET, "?token=x").await.status, 400);
    }
    let limited = ask(&app, Method::POST, "?token=x").await;
    assert_eq!(limited.status, 429);
    assert_ne!(limited.header("retry-after"), "");
}
