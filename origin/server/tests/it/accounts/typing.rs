//! What people type: the same name, number, password and code in whatever spelling.

use domain::users::{
    account::{EmailKey, PasswordHash},
    change::AccountChange,
};
use serde_json::json;

use super::person::{PASSWORD, Person, input, login, register, registering, sign_up, verify};
use crate::app::{Answer, TestApp};

const COMPOSED: &str = "p\u{e9}ch\u{e9} mignon";
const DECOMPOSED: &str = "pe\u{301}che\u{301} mignon";

async fn with(app: &TestApp, name: &str, field: &str, typed: &str) -> Answer {
    let mut input = input(name);
    input[field] = json!(typed);
    Answer::of(registering(app, &input)).await
}

async fn hash_of(app: &TestApp, email: &str) -> PasswordHash {
    let found = app
        .state
        .services
        .users
        .by_email(&EmailKey::of(email))
        .await;
    found.unwrap().unwrap().password
}

/// C2.
#[tokio::test]
async fn a_password_is_the_same_on_every_keyboard() {
    let app = TestApp::start().await;
    with(&app, "ana", "password", DECOMPOSED).await.data();
    for typed in [COMPOSED, DECOMPOSED, "p\u{e9}ch\u{e9}\u{a0}mignon"] {
        login(&app, "ana@example.fr", typed).await.data();
    }
    let other = login(&app, "ana@example.fr", "peche mignon").await;
    assert_eq!(other.code(), "CREDENTIALS_INVALID");
    // 36 letters, 108 bytes as they are typed and 72 in their normal form.
    let longest = "e\u{301}".repeat(36);
    with(&app, "ben", "password", &longest).await.data();
    login(&app, "ben@example.fr", &"\u{e9}".repeat(36))
        .await
        .data();
    let short = with(&app, "cho", "password", &"e\u{301}".repeat(7)).await;
    let extensions = short.json()["errors"][0]["extensions"].clone();
    assert_eq!(extensions["rule"], "PASSWORD_LENGTH");
}

/// C2. Hashes that were made before there was a normal form.
#[tokio::test]
async fn an_older_password_still_signs_in_as_it_was_typed() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    let of_typed = bcrypt::hash(DECOMPOSED, 4).unwrap();
    let change = AccountChange::Password {
        epoch: 0,
        to: PasswordHash::new(of_typed.clone()),
    };
    let users = &app.state.services.users;
    users.change(&ana.user_id(), change, 0).await.unwrap();
    let refused = login(&app, "ana@example.fr", COMPOSED).await;
    assert_eq!(refused.code(), "CREDENTIALS_INVALID");
    login(&app, "ana@example.fr", DECOMPOSED).await.data();
    let rehashed = hash_of(&app, "ana@example.fr").await;
    assert_ne!(rehashed.expose(), of_typed);
    // From now on every keyboard does.
    login(&app, "ana@example.fr", COMPOSED).await.data();
    assert!(hash_of(&app, "ana@example.fr").await == rehashed, "once");
}

/// C3.
#[tokio::test]
async fn one_letter_is_a_name() {
    let app = TestApp::start().await;
    for (name, typed, stored) in [
        ("wei", "伟", "伟"),
        ("li", "李", "李"),
        ("o", " O ", "O"),
        ("zoe", "Zoe\u{301}", "Zoé"),
    ] {
        let ana = with(&app, name, "lastName", typed).await.data();
        let ana = Person::of(&ana["register"]);
        let me = ana
            .ask(&app, "query Q { me { lastName } }", json!({}))
            .await;
        assert_eq!(me.data()["me"]["lastName"], stored);
        let edit = "mutation U($i: UpdateProfileInput!) { updateProfile(input: $i) { firstName } }";
        let edited = ana
            .ask(&app, edit, json!({"i": {"firstName": typed}}))
            .await;
        assert_eq!(edited.data()["updateProfile"]["firstName"], stored);
    }
    for typed in ["", " ", "-", "\u{200b}", "a\u{2028}b"] {
        let refused = with(&app, "none", "firstName", typed).await;
        let extensions = refused.json()["errors"][0]["extensions"].clone();
        assert_eq!(extensions["rule"], "NAME_LENGTH", "{typed:?}");
    }
}

/// C4, C5.
#[tokio::test]
async fn a_number_is_stored_in_one_spelling() {
    const UPDATE: &str =
        "mutation U($i: UpdateProfileInput!) { updateProfile(input: $i) { phone } }";
    let app = TestApp::start().await;
    let spellings = [
        "+33612345678",
        "+330612345678",
        "+33 6 12 34 56 78",
        "06 12 34 56 78",
        "0033612345678",
        "＋３３６１２３４５６７８",
    ];
    for (number, typed) in spellings.into_iter().enumerate() {
        let ana = with(&app, &format!("ana{number}"), "phone", typed)
            .await
            .data();
        let ana = Person::of(&ana["register"]);
        let me = ana.ask(&app, "query Q { me { phone } }", json!({})).await;
        assert_eq!(me.data()["me"]["phone"], "+33612345678", "{typed}");
        let edited = ana.ask(&app, UPDATE, json!({"i": {"phone": typed}})).await;
        assert_eq!(edited.data()["updateProfile"]["phone"], "+33612345678");
    }
    let refused = with(&app, "ben", "phone", "+33 6 12").await;
    let extensions = refused.json()["errors"][0]["extensions"].clone();
    assert_eq!(extensions["rule"], "PHONE_E164");
}

const VERIFY: &str = "mutation V($c: String!) { verifyPhone(code: $c) { isPhoneVerified } }";

/// A user with a phone, and the code that was sent to it.
async fn with_code(app: &TestApp) -> (Person, String) {
    let ana = with(app, "ana", "phone", "06 12 34 56 78").await.data();
    let ana = Person::of(&ana["register"]);
    verify(app, &ana).await;
    let send = "mutation M { requestPhoneCode }";
    ana.ask(app, send, json!({})).await.data();
    let digits = app.sent().await.remove(0).proof();
    (ana, digits)
}

/// C6.
#[tokio::test]
async fn a_code_is_right_however_its_digits_are_typed() {
    let app = TestApp::start().await;
    let (ana, digits) = with_code(&app).await;
    let (first, last) = digits.split_at(3);
    let wide: String = digits
        .chars()
        .map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap())
        .collect();
    // A code has five tries.
    for typed in [
        &format!("{first} {last}"),
        &format!(" {first}-{last}\n"),
        &format!("{first}\u{a0}{last}"),
        &wide,
    ] {
        let verified = ana.ask(&app, VERIFY, json!({"c": typed})).await.data();
        assert_eq!(verified["verifyPhone"]["isPhoneVerified"], true, "{typed}");
    }
}

#[tokio::test]
async fn a_slip_of_the_finger_is_no_try() {
    let app = TestApp::start().await;
    let (ana, digits) = with_code(&app).await;
    // A code has five tries.
    for slip in ["", "12345", "1234567", "12345O", "x", "+33612345678"] {
        let refused = ana.ask(&app, VERIFY, json!({"c": slip})).await;
        assert_eq!(refused.code(), "CODE_INVALID", "{slip:?}");
    }
    let verified = ana.ask(&app, VERIFY, json!({"c": digits})).await.data();
    assert_eq!(verified["verifyPhone"]["isPhoneVerified"], true);
}

/// C6. Links break where mail programs wrap lines.
#[tokio::test]
async fn a_token_is_right_with_what_copying_adds() {
    const VERIFY: &str = "mutation V($t: String!) { verifyEmail(token: $t) }";
    let app = TestApp::start().await;
    sign_up(&app, "ana").await;
    let token = app.sent().await.remove(0).proof();
    let (first, last) = token.split_at(40);
    for typed in [
        format!(" {token}\n"),
        format!("{first}\r\n{last}"),
        format!("\u{feff}{token}"),
    ] {
        let verified = app.ask(VERIFY, json!({"t": typed})).await.data();
        assert_eq!(verified["verifyEmail"], true);
    }
}

/// A sibling of C4: one address, one account.
#[tokio::test]
async fn an_address_has_one_account_however_it_is_typed() {
    let app = TestApp::start().await;
    with(&app, "ana", "email", "zoe@exämple.fr").await.data();
    for typed in ["Zoe@exa\u{308}mple.fr ", "zoe@XN--EXMPLE-CUA.fr"] {
        assert_eq!(
            with(&app, "ana", "email", typed).await.code(),
            "EMAIL_TAKEN",
            "{typed}"
        );
        login(&app, typed, PASSWORD).await.data();
    }
}
