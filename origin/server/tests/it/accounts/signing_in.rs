use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::person::{PASSWORD, both, input, login, register, registering};
use crate::app::{Answer, TOKEN, TestApp};

#[tokio::test]
async fn a_new_account_is_signed_in_and_can_log_in_again() {
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        assert!(ana.is_in(&app).await);
        let again = login(&app, " ANA@Example.FR ", PASSWORD).await;
        assert_eq!(again.data()["login"]["user"]["id"], ana.id.as_str());
        assert_eq!(again.header("cache-control"), "private, no-store");
        let me = "query Q { me { email firstName lastName phone isVerified identityStatus favorites { id }
            preferences { language newsByEmail } } }";
        let me = ana.ask(&app, me, json!({})).await.data();
        let expected = json!({"me": {"email": "ana@example.fr", "firstName": "Zoé",
            "lastName": "d'Été", "phone": null, "isVerified": true,
            "identityStatus": "NOT_SUBMITTED", "favorites": [],
            "preferences": {"language": "FRENCH", "newsByEmail": false}}});
        assert_eq!(me, expected);
    }
}

#[tokio::test]
async fn a_login_does_not_tell_whether_there_is_an_account() {
    let app = TestApp::start().await;
    let disabled = register(&app, "dora").await;
    register(&app, "ana").await;
    let disable = "mutation D($id: ID!) { setUserStatus(id: $id, status: DISABLED) }";
    let done = app
        .post(disable, &json!({"id": disabled.id}))
        .bearer_auth(TOKEN);
    assert_eq!(Answer::of(done).await.data()["setUserStatus"], true);
    let mut told = Vec::new();
    for (email, password) in [
        ("ana@example.fr", "wrong horse"),
        ("nobody@example.fr", PASSWORD),
        ("dora@example.fr", PASSWORD),
        ("not an address", ""),
        ("ana@example.fr", &format!("{PASSWORD}{}", "x".repeat(80))),
    ] {
        let refused = login(&app, email, password).await;
        assert_eq!(refused.status.as_u16(), 200, "{email}");
        assert_eq!(refused.code(), "CREDENTIALS_INVALID");
        told.push(refused.text);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn an_address_is_taken_once_and_a_number_is_not_told() {
    let app = TestApp::start().await;
    let mut first = input("ana");
    first["phone"] = json!("+33612345678");
    Answer::of(registering(&app, &first)).await.data();
    let mut same_address = input("ben");
    same_address["email"] = json!("Ana@EXAMPLE.fr");
    let refused = Answer::of(registering(&app, &same_address)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (200, "EMAIL_TAKEN")
    );
    // E8: numbers are compared when one is verified.
    let mut same_number = input("ben");
    same_number["phone"] = json!("+33612345678");
    Answer::of(registering(&app, &same_number)).await.data();
}

#[tokio::test]
async fn a_broken_rule_is_named_in_the_clients_language() {
    let app = TestApp::start().await;
    let table = [
        ("email", json!("a@"), "email", "EMAIL"),
        ("password", json!("1234567"), "password", "PASSWORD_LENGTH"),
        (
            "password",
            json!("x".repeat(73)),
            "password",
            "PASSWORD_LENGTH",
        ),
        (
            "password",
            json!("é".repeat(37)),
            "password",
            "PASSWORD_BYTES",
        ),
        ("firstName", json!("-"), "firstName", "NAME_LENGTH"),
        ("lastName", json!("x".repeat(51)), "lastName", "NAME_LENGTH"),
        ("phone", json!("06123456"), "phone", "PHONE_E164"),
    ];
    for (name, value, field, rule) in table {
        let mut input = input("ana");
        input[name] = value;
        for (language, word) in [("en-GB", " is "), ("fr", " est "), ("en", " has ")] {
            let request = registering(&app, &input).header("accept-language", language);
            let refused = Answer::of(request).await;
            let error = refused.json()["errors"][0].clone();
            let message = error["message"].clone();
            let expected = json!({"code": "BAD_USER_INPUT", "field": field, "rule": rule,
                "fields": [{"field": field, "rule": rule, "message": message}]});
            assert_eq!(error["extensions"], expected, "{}", refused.text);
            let message = message.as_str().unwrap().to_owned();
            let is_english = message.contains(" is ") || message.contains(" has ");
            assert_eq!(is_english, language.starts_with("en"), "{word}: {message}");
        }
    }
    let ben = login(&app, "ana@example.fr", PASSWORD).await;
    assert_eq!(ben.code(), "CREDENTIALS_INVALID", "none was stored");
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_begins_one() {
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        let change = "mutation C($i: ChangePasswordInput!) { changePassword(input: $i)
            { accessToken refreshToken expiresIn user { id } } }";
        let wrong = json!({"i": {"currentPassword": "wrong", "newPassword": "battery staple"}});
        let refused = ana.ask(&app, change, wrong).await;
        assert_eq!(refused.code(), "CREDENTIALS_INVALID");
        let right = json!({"i": {"currentPassword": PASSWORD, "newPassword": "battery staple"}});
        let changed = ana.ask(&app, change, right).await.data();
        let now = super::person::Person::of(&changed["changePassword"]);
        let old = super::person::refresh(&app, &ana.refresh).await;
        assert_eq!(old.code(), "REFRESH_TOKEN_INVALID");
        super::person::refresh(&app, &now.refresh).await.data();
        assert_eq!(
            login(&app, "ana@example.fr", PASSWORD).await.code(),
            "CREDENTIALS_INVALID"
        );
        login(&app, "ana@example.fr", "battery staple").await.data();
    }
}

#[tokio::test]
async fn a_disabled_user_is_refused_within_five_seconds_on_another_server_too() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    assert!(ana.is_in(&app).await, "the look at the account is kept now");
    // Another server's write: this one hears nothing of it.
    let id = domain::UserId::parse(&ana.id).unwrap();
    let disable =
        domain::users::change::AccountChange::Status(domain::users::account::Status::Disabled);
    app.state
        .services
        .users
        .change(&id, disable, 0)
        .await
        .unwrap();
    let began = Instant::now();
    while ana.is_in(&app).await {
        assert!(began.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refused = super::person::refresh(&app, &ana.refresh).await;
    assert_eq!(refused.code(), "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn a_token_that_is_not_taken_says_why_and_public_reads_go_on() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    let (message, _) = ana.access.rsplit_once('.').unwrap();
    for (token, code, status) in [
        ("a.b.c", "TOKEN_INVALID", 401),
        (&format!("{message}.AAAA"), "TOKEN_INVALID", 401),
        ("something else", "TOKEN_INVALID", 401),
    ] {
        let request = |query: &str| app.post(query, &json!({})).bearer_auth(token);
        let refused = Answer::of(request("query Q { me { id } }")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (status, code)
        );
        Answer::of(request("query Q { categories { id } }"))
            .await
            .data();
        // A login may still carry an old token.
        let again = format!(
            r#"mutation M {{ login(input: {{email: "ana@example.fr", password: "{PASSWORD}"}}) {{ expiresIn }} }}"#
        );
        Answer::of(request(&again)).await.data();
    }
    let nobody = app.ask("query Q { me { id } }", json!({})).await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.code().as_str()),
        (401, "UNAUTHENTICATED")
    );
}

#[tokio::test]
async fn the_keys_are_published() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.request(Method::GET, "/.well-known/jwks.json")).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.json();
    let key = keys["keys"][0].as_object().unwrap();
    let names: Vec<&str> = key.keys().map(String::as_str).collect();
    assert_eq!(names, ["kty", "crv", "use", "alg", "kid", "x"]);
    assert_eq!(keys["keys"][0]["kty"], Value::from("OKP"));
}
