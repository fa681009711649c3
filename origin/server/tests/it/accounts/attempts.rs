//! The stricter limits of operations that guess, send or store, by network and by account.

use std::{num::NonZeroU32, sync::atomic::Ordering::Relaxed, time::Duration};

use access::rate::budgets::Budgets;
use e2e::{Durability, Redis};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::person::{PASSWORD, Person, input, register, registering};
use crate::{
    app::{Answer, Builder, EDGE_SECRET, GRAPHQL_RESPONSE, TestApp},
    limiting::{handed_on, handed_on_at},
};

const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";

fn limited() -> Builder {
    TestApp::builder().rate_limits(100_000, 100_000)
}

/// Servers whose general limit on requests is never reached.
async fn both() -> Vec<(TestApp, Option<Redis>)> {
    both_with(|_budgets| {}).await
}

async fn both_with(change: fn(&mut Budgets)) -> Vec<(TestApp, Option<Redis>)> {
    let limited = || limited().budgets(change);
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let with_redis = limited().redis(&redis.url()).start().await;
    vec![(limited().start().await, None), (with_redis, Some(redis))]
}

fn from(ip: &str, request: RequestBuilder) -> RequestBuilder {
    handed_on(request, EDGE_SECRET, ip)
}

async fn login(app: &TestApp, ip: &str, email: &str, password: &str) -> Answer {
    let query = "mutation L($i: LoginInput!) { login(input: $i) { accessToken } }";
    let request = app.post(query, &json!({"i": {"email": email, "password": password}}));
    Answer::of(from(ip, request).header("accept", GRAPHQL_RESPONSE)).await
}

/// How many of `tries` are admitted; all later ones must be refused as too many.
async fn passed(tries: usize, mut attempt: impl AsyncFnMut(usize) -> Answer) -> usize {
    let mut passed = 0;
    for number in 0..tries {
        let answer = attempt(number).await;
        if answer.text.contains("RATE_LIMITED") {
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=86_400).contains(&wait), "{wait}");
        } else {
            assert_eq!(passed, number, "it opens by itself: {}", answer.text);
            passed += 1;
        }
    }
    passed
}

#[tokio::test]
async fn guesses_at_an_account_end_whether_there_is_one_or_not_and_its_owner_is_not_locked_out() {
    for (app, _redis) in both().await {
        register(&app, "zoe").await;
        for email in ["zoe@example.fr", "nobody@example.fr"] {
            let guess = async |number: usize| {
                login(&app, HERE, email, &format!("guess number {number}")).await
            };
            assert_eq!(passed(15, guess).await, 10, "{email}");
            let answer = login(&app, HERE, &email.to_uppercase(), PASSWORD).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (200, "RATE_LIMITED".to_owned())
            );
        }
        let answer = login(&app, ELSEWHERE, "zoe@example.fr", PASSWORD).await;
        answer.data();
    }
}

fn few(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

#[tokio::test]
async fn one_password_for_many_accounts_ends_as_well() {
    for (app, _redis) in both_with(|budgets| budgets.login_network.most = few(50)).await {
        let stuff = async |number: usize| {
            login(&app, HERE, &format!("user{number}@example.fr"), PASSWORD).await
        };
        assert_eq!(passed(60, stuff).await, 50);
        // Guesses at one account from everywhere.
        let from_everywhere = async |number: usize| {
            let ip = format!("203.0.113.{number}");
            login(&app, &ip, "zoe@example.fr", "guess").await
        };
        assert_eq!(passed(110, from_everywhere).await, 100);
    }
}

#[tokio::test]
async fn accounts_are_not_made_by_the_hundred() {
    for (app, _redis) in both_with(|budgets| budgets.register_network.most = few(20)).await {
        let make = async |number: usize| {
            let request = registering(&app, &input(&format!("user{number}")));
            Answer::of(from(HERE, request)).await
        };
        assert_eq!(passed(25, make).await, 20);
    }
}

/// F8. With the budgets as they are by default.
#[tokio::test]
async fn the_guests_of_a_venue_sign_up_and_in_from_one_address() {
    let app = limited().start().await;
    for number in 0..60 {
        let request = registering(&app, &input(&format!("guest{number}")));
        Answer::of(from(HERE, request)).await.data();
    }
    for number in 0..60 {
        let email = format!("guest{number}@example.fr");
        login(&app, HERE, &email, PASSWORD).await.data();
    }
    // One account stays one account.
    let guess = async |_number| login(&app, HERE, "guest0@example.fr", "guess").await;
    assert_eq!(passed(12, guess).await, 9);
}

/// E2. Strangers guess passwords and request resets, from many networks. The owner still signs in
/// from a network where they signed in before.
#[tokio::test]
async fn an_owner_signs_in_and_resets_from_a_known_network_whatever_others_try() {
    let budgets = |budgets: &mut Budgets| {
        budgets.login_account.most = few(6);
        budgets.login_network.most = few(8);
        budgets.reset_account.most = few(2);
    };
    for (app, _redis) in both_with(budgets).await {
        let request = registering(&app, &input("zoe"));
        Answer::of(from(HERE, request)).await.data();
        let from_everywhere = async |number: usize| {
            let ip = format!("203.0.113.{number}");
            login(&app, &ip, "zoe@example.fr", "guess").await
        };
        assert_eq!(passed(9, from_everywhere).await, 6);
        // At others, from the owner's own network.
        let neighbour = async |number: usize| {
            login(&app, HERE, &format!("user{number}@example.fr"), "guess").await
        };
        assert_eq!(passed(10, neighbour).await, 8);
        login(&app, HERE, "zoe@example.fr", PASSWORD).await.data();
        // Not in a network that the account does not know.
        let answer = login(&app, ELSEWHERE, "zoe@example.fr", PASSWORD).await;
        assert_eq!(answer.code(), "RATE_LIMITED");
        // Guesses in the known network have their own, tight limit.
        let guess = async |_number| login(&app, HERE, "zoe@example.fr", "guess").await;
        assert_eq!(passed(12, guess).await, 9);

        let reset = async |ip: &str| {
            let query = r#"mutation { requestPasswordReset(email: "zoe@example.fr") }"#;
            let answer = Answer::of(handed_on_at(
                app.post(query, &json!({})),
                EDGE_SECRET,
                ip,
                app.clock.load(Relaxed),
            ))
            .await;
            assert_eq!(answer.data()["requestPasswordReset"], true);
            assert_eq!(answer.header("retry-after"), "");
            // It is sent in the background.
            while !app.state.services.caches.tasks.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let sent = app.sent().await.len();
            // The next link may be sent a minute later.
            app.pass_ms(61_000);
            sent
        };
        let mut sent = Vec::new();
        for ip in ["203.0.113.1", "203.0.113.2", "203.0.113.3", HERE] {
            sent.push(reset(ip).await);
        }
        // With the first one, the link of the account.
        assert_eq!(sent, [2, 1, 0, 1]);
        let mut sent = Vec::new();
        for _ in 0..6 {
            sent.push(reset(HERE).await);
        }
        assert_eq!(sent, [1, 1, 1, 1, 0, 0]);
    }
}

/// E3.
#[tokio::test]
async fn a_network_of_65536_networks_has_a_budget_as_well() {
    let budgets = |budgets: &mut Budgets| budgets.login_network.most = few(2);
    for (app, _redis) in both_with(budgets).await {
        let from_all = |network: &'static str| {
            let app = &app;
            async move |number: usize| {
                let ip = format!("{network}{:x}::1", number + 1);
                login(app, &ip, &format!("user{number}@example.fr"), "guess").await
            }
        };
        // 2 for a /64, 8 times as many for the /56 around it.
        assert_eq!(passed(20, from_all("2001:db8:1:")).await, 16);
        // Next to it, and in IPv4, it is as before.
        assert_eq!(passed(3, from_all("2001:db8:2:")).await, 3);
        assert_eq!(
            passed(1, async |_| login(&app, HERE, "a@example.fr", "guess")
                .await)
            .await,
            1
        );
        // 64 times as many for the /48: each /64 of the table is in another /56.
        let spread = async |number: usize| {
            let ip = format!("2001:db8:3:{:x}00::1", number + 1);
            login(&app, &ip, &format!("user{number}@example.fr"), "guess").await
        };
        assert_eq!(passed(132, spread).await, 128);
    }
}

#[tokio::test]
async fn codes_and_links_are_not_sent_without_end() {
    for (app, _redis) in both_with(|budgets| budgets.try_link.most = few(30)).await {
        let mut with_phone = input("zoe");
        with_phone["phone"] = "+33612345678".into();
        let answer = Answer::of(registering(&app, &with_phone)).await;
        let zoe = Person::of(&answer.data()["register"]);
        let ask = async |query: &'static str, variables: Value| {
            let request = app.post(query, &variables).bearer_auth(&zoe.access);
            Answer::of(from(HERE, request)).await
        };
        let table = [
            ("mutation { requestPhoneCode }", 5),
            ("mutation { requestEmailVerification }", 5),
            (r#"mutation { verifyPhone(code: "000000") { id } }"#, 20),
            (r#"mutation { verifyEmail(token: "a.b") }"#, 30),
            (r#"mutation { deleteMyAccount(password: "guess") }"#, 10),
        ];
        for (query, expected) in table {
            let attempt = async |_number| ask(query, json!({})).await;
            assert_eq!(passed(expected + 3, attempt).await, expected, "{query}");
        }
    }
}
