//! Another e-mail address: it is proven before it counts, and who takes an account over with it can be
//! stopped.

use domain::auth::codes::CodePurpose;
use serde_json::{Value, json};

use super::person::{
    PASSWORD, Person, both, input, login, refresh, register, registering, sign_up,
};
use crate::app::{Answer, Sent, TestApp};

const CHANGE: &str = "mutation C($i: ChangeEmailInput!) { changeEmail(input: $i) }";
const CONFIRM: &str = "mutation C($t: String!) { confirmEmailChange(token: $t)
    { email tokens { accessToken refreshToken expiresIn user { id email isVerified } } } }";
const UNDO: &str = "mutation U($t: String!) { undoEmailChange(token: $t) }";
const DAY_MS: i64 = 86_400_000;

async fn change(app: &TestApp, who: &Person, to: &str) -> Answer {
    let input = json!({"i": {"newEmail": to, "password": PASSWORD}});
    who.ask(app, CHANGE, input).await
}

/// The only message that is sent now.
async fn only(app: &TestApp, kind: &str) -> Sent {
    let mut all = app.sent().await;
    let kinds: Vec<&str> = all.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, [kind]);
    all.remove(0)
}

async fn confirm(app: &TestApp, who: Option<&Person>, token: &str) -> Answer {
    let token = json!({"t": token});
    match who {
        Some(who) => who.ask(app, CONFIRM, token).await,
        None => app.ask(CONFIRM, token).await,
    }
}

/// Changes the address to `anne@example.org`; returns the token that the old address got, which undoes it.
async fn moved(app: &TestApp, who: &Person) -> String {
    change(app, who, "anne@example.org").await.data();
    let link = only(app, "change_email").await.proof();
    confirm(app, None, &link).await.data();
    only(app, "undo_email_change").await.proof()
}

async fn ask(app: &TestApp, query: &str, token: &str) -> Answer {
    app.ask(query, json!({"t": token})).await
}

#[tokio::test]
async fn a_new_address_counts_when_it_is_confirmed_and_everybody_else_is_out() {
    for (app, _redis) in both().await {
        let other = app.another().await;
        let ana = register(&app, "ana").await;
        let second = login(&app, "ana@example.fr", PASSWORD).await;
        let second = Person::of(&second.data()["login"]);
        // Twice is once: no second message within a minute.
        for _ in 0..2 {
            change(&app, &ana, "Anne@Example.org").await.data();
        }
        let sent = only(&app, "change_email").await;
        assert_eq!(sent.to, "Anne@Example.org");
        // Until then the one before counts.
        let before = login(&app, "anne@example.org", PASSWORD).await;
        assert_eq!(before.code(), "CREDENTIALS_INVALID");
        assert!(ana.is_in(&app).await && second.is_in(&other).await);
        let asked = ana.ask(&app, "query Q { exportMyData { data } }", json!({}));
        let data = asked.await.data()["exportMyData"]["data"].clone();
        let data: Value = serde_json::from_str(data.as_str().unwrap()).unwrap();
        assert_eq!(data["otherAddresses"][0]["email"], "Anne@Example.org");

        let confirmed = confirm(&app, Some(&ana), &sent.proof()).await.data();
        let confirmed = confirmed["confirmEmailChange"].clone();
        assert_eq!(confirmed["email"], "Anne@Example.org");
        let now = Person::of(&confirmed["tokens"]);
        let user = &confirmed["tokens"]["user"];
        assert_eq!(user["email"], "Anne@Example.org");
        assert_eq!(user["isVerified"], true);
        assert!(now.is_in(&app).await && now.is_in(&other).await);
        for over in [&ana, &second] {
            assert!(!over.is_in(&app).await);
            let again = refresh(&other, &over.refresh).await;
            assert_eq!(again.code(), "REFRESH_TOKEN_INVALID");
        }
        // The claims of new tokens have it; the address before opens nothing and is free again.
        let claims = now.access.split('.').nth(1).unwrap();
        let claims = base64_url(claims);
        assert_eq!(claims["email"], "Anne@Example.org");
        let old = login(&app, "ana@example.fr", PASSWORD).await;
        assert_eq!(old.code(), "CREDENTIALS_INVALID");
        login(&app, "ANNE@example.org", PASSWORD).await.data();
        let told = only(&app, "undo_email_change").await;
        assert_eq!(told.to, "ana@example.fr");
        assert!(!told.text.contains("org"), "{}", told.text);
        // Whoever heard no answer asks again, and gets no second session.
        for who in [None, Some(&ana), Some(&now)] {
            let again = confirm(&app, who, &sent.proof()).await.data();
            let again = &again["confirmEmailChange"];
            assert_eq!(again["email"], "Anne@Example.org");
            assert_eq!(again["tokens"], Value::Null);
        }
        assert!(now.is_in(&app).await);
        assert!(app.sent().await.is_empty(), "nobody is told twice");
    }
}

fn base64_url(text: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

/// The attack: somebody with a stolen phone knows no password, and somebody with the password is told of
/// no other account.
#[tokio::test]
async fn a_change_needs_the_password_and_tells_nothing_of_others() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let thief = json!({"i": {"newEmail": "thief@example.org", "password": "wrong horse"}});
    let refused = ana.ask(&app, CHANGE, thief).await;
    assert_eq!(refused.code(), "CREDENTIALS_INVALID");
    for (bad, rule) in [("no address", "EMAIL"), ("ANA@example.fr", "OTHER_EMAIL")] {
        let refused = change(&app, &ana, bad).await.json();
        let refused = &refused["errors"][0]["extensions"];
        assert_eq!(
            (&refused["field"], &refused["rule"]),
            (&json!("newEmail"), &json!(rule))
        );
    }
    assert!(app.sent().await.is_empty());

    let taken = change(&app, &ana, "ben@example.fr").await.text;
    let link_of_taken = only(&app, "change_email").await;
    let free = change(&app, &ana, "nobody@example.fr").await.text;
    assert_eq!(taken, free);
    let link = only(&app, "change_email").await;
    // Only who has the mailbox learns it; and the link of another address is no longer good.
    let refused = confirm(&app, None, &link_of_taken.proof()).await;
    assert_eq!(refused.code(), "CODE_INVALID");
    app.pass_ms(61_000);
    change(&app, &ana, "ben@example.fr").await.data();
    let refused = confirm(&app, None, &only(&app, "change_email").await.proof()).await;
    assert_eq!(refused.code(), "EMAIL_TAKEN");
    assert!(ana.is_in(&app).await && ben.is_in(&app).await);
    // The link that was replaced, somebody else's, none.
    for wrong in ["", "x", &link.proof(), &format!("{}.x", ben.id)] {
        let refused = confirm(&app, Some(&ana), wrong).await;
        assert_eq!(refused.code(), "CODE_INVALID", "{wrong}");
        let refused = ask(&app, UNDO, wrong).await;
        assert_eq!(refused.code(), "CODE_INVALID", "{wrong}");
    }
}

/// Another person who opens the link is not signed in by it.
#[tokio::test]
async fn a_link_signs_nobody_in_who_was_not() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    change(&app, &ana, "anne@example.org").await.data();
    let link = only(&app, "change_email").await.proof();
    let by_ben = confirm(&app, Some(&ben), &link).await.data();
    let by_ben = &by_ben["confirmEmailChange"];
    assert_eq!(by_ben["email"], "anne@example.org");
    assert_eq!(by_ben["tokens"], Value::Null);
    assert!(ben.is_in(&app).await && !ana.is_in(&app).await);
}

#[tokio::test]
async fn a_link_ends_after_a_day_and_with_the_password() {
    const PASSWORD_CHANGE: &str = "mutation C($i: ChangePasswordInput!) { changePassword(input: $i)
        { accessToken refreshToken expiresIn user { id } } }";
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    change(&app, &ana, "anne@example.org").await.data();
    let link = only(&app, "change_email").await.proof();
    let input = json!({"i": {"currentPassword": PASSWORD, "newPassword": PASSWORD}});
    let ana = ana.ask(&app, PASSWORD_CHANGE, input).await.data();
    let ana = Person::of(&ana["changePassword"]);
    assert_eq!(confirm(&app, None, &link).await.code(), "CODE_INVALID");
    // Nobody waits a minute for a link that is good.
    change(&app, &ana, "anne@example.org").await.data();
    let link = only(&app, "change_email").await.proof();
    app.pass_ms(DAY_MS);
    assert_eq!(confirm(&app, None, &link).await.code(), "CODE_INVALID");
}

/// The attack: somebody with the password gives the account another address, and changes the password
/// before its owner reads anything.
#[tokio::test]
async fn the_owner_takes_an_account_back_for_seven_days() {
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        let reset = r#"mutation M { requestPasswordReset(email: "ana@example.fr") }"#;
        change(&app, &ana, "thief@example.org").await.data();
        let link = only(&app, "change_email").await.proof();
        let thief = confirm(&app, Some(&ana), &link).await.data();
        let thief = Person::of(&thief["confirmEmailChange"]["tokens"]);
        let input = json!({"i": {"currentPassword": PASSWORD, "newPassword": "thief's horse"}});
        let changed = "mutation C($i: ChangePasswordInput!) { changePassword(input: $i)
            { accessToken refreshToken expiresIn user { id } } }";
        let thief = thief.ask(&app, changed, input).await.data();
        let thief = Person::of(&thief["changePassword"]);
        // The notice comes all the same, and the thief cannot change the address once more to have
        // another one in its place.
        let told = only(&app, "undo_email_change").await;
        assert_eq!(told.to, "ana@example.fr");
        let input = json!({"i": {"newEmail": "second@example.org", "password": "thief's horse"}});
        let again = thief.ask(&app, CHANGE, input).await;
        assert_eq!(again.code(), "EMAIL_CHANGED_LATELY");
        assert!(app.sent().await.is_empty());

        app.pass_ms(7 * DAY_MS - 60_000);
        for _ in 0..2 {
            ask(&app, UNDO, &told.proof()).await.data();
        }
        assert_eq!(
            refresh(&app, &thief.refresh).await.code(),
            "REFRESH_TOKEN_INVALID"
        );
        for email in ["ana@example.fr", "thief@example.org"] {
            for password in [PASSWORD, "thief's horse"] {
                let refused = login(&app, email, password).await;
                assert_eq!(refused.code(), "CREDENTIALS_INVALID", "{email}");
            }
        }
        // The thief's link gives nothing any more, and the owner's mailbox everything.
        assert_eq!(confirm(&app, None, &link).await.code(), "CODE_INVALID");
        app.ask(reset, json!({})).await.data();
        let token = only(&app, "reset_password").await.proof();
        let set = "mutation R($i: ResetPasswordInput!) { resetPassword(input: $i) }";
        let input = json!({"i": {"token": token, "newPassword": "owner's horse"}});
        app.ask(set, input).await.data();
        login(&app, "ana@example.fr", "owner's horse").await.data();
    }
}

#[tokio::test]
async fn an_address_stays_changed_after_seven_days() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    change(&app, &ana, "anne@example.org").await.data();
    let link = only(&app, "change_email").await.proof();
    confirm(&app, Some(&ana), &link).await.data();
    let told = only(&app, "undo_email_change").await.proof();
    app.pass_ms(7 * DAY_MS);
    assert_eq!(ask(&app, UNDO, &told).await.code(), "CODE_INVALID");
    // And may be changed again.
    let again = login(&app, "anne@example.org", PASSWORD).await;
    let again = Person::of(&again.data()["login"]);
    change(&app, &again, "third@example.org").await.data();
}

/// Somebody registers with the address that an account left: it cannot be given back.
#[tokio::test]
async fn an_address_that_somebody_else_took_is_not_given_back() {
    let app = TestApp::start().await;
    // Nobody has proven that it is theirs.
    let ana = sign_up(&app, "ana").await;
    app.sent().await;
    let told = moved(&app, &ana).await;
    sign_up(&app, "ana").await;
    let refused = ask(&app, UNDO, &told).await;
    assert_eq!(refused.code(), "EMAIL_TAKEN");
    login(&app, "anne@example.org", PASSWORD).await.data();
}

/// Somebody takes an account over by changing its address, and registers the old one so that its owner cannot take
/// it back: that is refused.
#[tokio::test]
async fn an_address_that_was_proven_is_held_until_the_way_back_is_over() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    let told = moved(&app, &ana).await;
    let taken = Answer::of(registering(&app, &input("ana"))).await;
    assert_eq!(taken.code(), "EMAIL_TAKEN");
    app.pass_ms(6 * DAY_MS);
    let taken = Answer::of(registering(&app, &input("ana"))).await;
    assert_eq!(taken.code(), "EMAIL_TAKEN");
    ask(&app, UNDO, &told).await.data();
    let refused = login(&app, "anne@example.org", PASSWORD).await;
    assert_eq!(refused.code(), "CREDENTIALS_INVALID");
}

#[tokio::test]
async fn an_erased_account_leaves_no_address_behind() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    change(&app, &ana, "anne@example.org").await.data();
    let erase = format!("mutation M {{ deleteMyAccount(password: {PASSWORD:?}) }}");
    ana.ask(&app, &erase, json!({})).await.data();
    assert!(app.sent().await.is_empty());
    let codes = &app.state.services.auth.code_store;
    for purpose in CodePurpose::ALL {
        let found = codes.get(&ana.user_id(), *purpose).await.unwrap();
        assert_eq!(found, None, "{purpose:?}");
    }
}
