//! The stricter limits of operations that guess, send or store, by network and by account.

use e2e::{Durability, Redis};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::person::{PASSWORD, Person, input, register, registering};
use crate::{
    app::{Answer, EDGE_SECRET, GRAPHQL_RESPONSE, TestApp},
    limiting::handed_on,
};

const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";

/// Servers whose general limit on requests is never reached.
async fn both() -> Vec<(TestApp, Option<Redis>)> {
    let limited = || TestApp::builder().rate_limits(100_000, 100_000);
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

#[tokio::test]
async fn one_password_for_many_accounts_ends_as_well() {
    for (app, _redis) in both().await {
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
    for (app, _redis) in both().await {
        let make = async |number: usize| {
            let request = registering(&app, &input(&format!("user{number}")));
            Answer::of(from(HERE, request)).await
        };
        assert_eq!(passed(25, make).await, 20);
    }
}

#[tokio::test]
async fn codes_and_links_are_not_sent_without_end() {
    for (app, _redis) in both().await {
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
            (
                r#"mutation { requestPasswordReset(email: "zoe@example.fr") }"#,
                5,
            ),
            (
                r#"mutation { requestPasswordReset(email: "nobody@example.fr") }"#,
                5,
            ),
            (r#"mutation { verifyEmail(token: "a.b") }"#, 30),
            (r#"mutation { deleteMyAccount(password: "guess") }"#, 10),
        ];
        for (query, expected) in table {
            let attempt = async |_number| ask(query, json!({})).await;
            assert_eq!(passed(expected + 3, attempt).await, expected, "{query}");
        }
    }
}
