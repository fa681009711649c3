use std::time::Duration;

use domain::{
    PartnerId,
    users::{
        account::{Membership, Post, Role},
        change::{AccountChange, ProfileEdit},
    },
};
use serde_json::{Value, json};

use super::person::{
    PASSWORD, Person, both, input, login, refresh, register, registering, sign_up, verify,
};
use crate::app::{Answer, TestApp};

/// What was sent to somebody: the proof in it.
async fn sent(app: &TestApp) -> Vec<(String, String)> {
    // A reset is sent in the background.
    for _ in 0..200 {
        let messages = app.sent().await;
        if !messages.is_empty() {
            let parts = messages.into_iter();
            return parts
                .map(|message| (message.to.clone(), message.proof()))
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Vec::new()
}

async fn with_phone(app: &TestApp, name: &str, phone: &str) -> Person {
    let mut input = input(name);
    input["phone"] = json!(phone);
    let answer = Answer::of(registering(app, &input)).await;
    let person = Person::of(&answer.data()["register"]);
    verify(app, &person).await;
    person
}

async fn ask(app: &TestApp, query: &str, variables: Value) -> Answer {
    app.ask(query, variables).await
}

#[tokio::test]
async fn an_address_is_verified_by_the_link_that_was_sent_to_it() {
    const VERIFY: &str = "mutation V($t: String!) { verifyEmail(token: $t) }";
    let app = TestApp::start().await;
    let ana = sign_up(&app, "ana").await;
    let request = "mutation M { requestEmailVerification }";
    for _ in 0..2 {
        ana.ask(&app, request, json!({})).await.data();
    }
    let messages = sent(&app).await;
    let [(to, token)] = messages.as_slice() else {
        panic!("one a minute: {}", messages.len());
    };
    assert_eq!(to, "ana@example.fr");
    let is_verified = "query Q { me { isVerified } }";
    let before = ana.ask(&app, is_verified, json!({})).await.data();
    assert_eq!(before["me"]["isVerified"], false);
    let (id, secret) = token.split_once('.').unwrap();
    let bens = register(&app, "ben").await.id;
    for wrong in [
        "",
        "x",
        secret,
        &format!("{id}."),
        &format!("{bens}.{secret}"),
        &format!("{token}x"),
    ] {
        let refused = ask(&app, VERIFY, json!({"t": wrong})).await;
        assert_eq!(refused.code(), "CODE_INVALID", "{wrong}");
    }
    ask(&app, VERIFY, json!({"t": token})).await.data();
    let after = ana.ask(&app, is_verified, json!({})).await.data();
    assert_eq!(after["me"]["isVerified"], true);
    // F3. Whoever heard no answer may ask again.
    ask(&app, VERIFY, json!({"t": token})).await.data();
}

#[tokio::test]
async fn a_number_is_verified_by_the_digits_that_were_sent_to_it() {
    const VERIFY: &str = "mutation V($c: String!) { verifyPhone(code: $c) { isPhoneVerified } }";
    let app = TestApp::start().await;
    let ana = with_phone(&app, "ana", "+33612345678").await;
    let ben = with_phone(&app, "ben", "+33612345679").await;
    ana.ask(&app, "mutation M { requestPhoneCode }", json!({}))
        .await
        .data();
    let messages = sent(&app).await;
    let (to, digits) = &messages[0];
    assert_eq!((to.as_str(), digits.len()), ("+33612345678", 6));
    let by_ben = ben.ask(&app, VERIFY, json!({"c": digits})).await;
    assert_eq!(by_ben.code(), "CODE_INVALID");
    let wrong = if digits == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..3 {
        let refused = ana.ask(&app, VERIFY, json!({"c": wrong})).await;
        assert_eq!(refused.code(), "CODE_INVALID");
    }
    // F3. Whoever heard no answer may ask again, as long as there are tries.
    for _ in 0..2 {
        let verified = ana.ask(&app, VERIFY, json!({"c": digits})).await.data();
        assert_eq!(verified["verifyPhone"]["isPhoneVerified"], true);
    }
    assert_eq!(
        ana.ask(&app, VERIFY, json!({"c": digits})).await.code(),
        "CODE_INVALID"
    );
    let none = register(&app, "cho").await;
    let refused = none
        .ask(&app, "mutation M { requestPhoneCode }", json!({}))
        .await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn five_wrong_digits_are_the_last_ones() {
    const VERIFY: &str = "mutation V($c: String!) { verifyPhone(code: $c) { isPhoneVerified } }";
    let app = TestApp::start().await;
    let ana = with_phone(&app, "ana", "+33612345678").await;
    ana.ask(&app, "mutation M { requestPhoneCode }", json!({}))
        .await
        .data();
    let (_, digits) = sent(&app).await.remove(0);
    let wrong = if digits == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        ana.ask(&app, VERIFY, json!({"c": wrong})).await;
    }
    let refused = ana.ask(&app, VERIFY, json!({"c": digits})).await;
    assert_eq!(refused.code(), "CODE_INVALID");
    // Asking again at once does not give five more.
    ana.ask(&app, "mutation M { requestPhoneCode }", json!({}))
        .await
        .data();
    assert!(app.sent().await.is_empty());
}

#[tokio::test]
async fn a_number_that_was_changed_is_not_verified_by_the_old_ones_digits() {
    let app = TestApp::start().await;
    let ana = with_phone(&app, "ana", "+33612345678").await;
    ana.ask(&app, "mutation M { requestPhoneCode }", json!({}))
        .await
        .data();
    let (_, digits) = sent(&app).await.remove(0);
    let change = r#"mutation M { updateProfile(input: {phone: "+33612345679"}) { id } }"#;
    ana.ask(&app, change, json!({})).await.data();
    let verify = "mutation V($c: String!) { verifyPhone(code: $c) { isPhoneVerified } }";
    let verified = ana.ask(&app, verify, json!({"c": digits})).await.data();
    assert_eq!(verified["verifyPhone"]["isPhoneVerified"], false);
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_the_link_and_everybody_is_out() {
    const RESET: &str = "mutation R($i: ResetPasswordInput!) { resetPassword(input: $i) }";
    const REQUEST: &str = "mutation Q($e: String!) { requestPasswordReset(email: $e) }";
    for (app, _redis) in both().await {
        let ana = register(&app, "ana").await;
        let told = ask(&app, REQUEST, json!({"e": "ANA@example.fr"}))
            .await
            .text;
        let nobody = ask(&app, REQUEST, json!({"e": "nobody@example.fr"}))
            .await
            .text;
        assert_eq!(told, nobody);
        let messages = sent(&app).await;
        let [(to, token)] = messages.as_slice() else {
            panic!("{}", messages.len());
        };
        assert_eq!(to, "ana@example.fr");
        let input =
            |token: &str, password: &str| json!({"i": {"token": token, "newPassword": password}});
        let weak = ask(&app, RESET, input(token, "1234567")).await;
        assert_eq!(
            weak.json()["errors"][0]["extensions"]["field"],
            "newPassword"
        );
        let wrong = ask(&app, RESET, input(&format!("{token}x"), "battery staple")).await;
        assert_eq!(wrong.code(), "CODE_INVALID");
        // F3. Whoever heard no answer may ask again for the same password, and for no other.
        for _ in 0..2 {
            ask(&app, RESET, input(token, "battery staple"))
                .await
                .data();
            let other = ask(&app, RESET, input(token, "another staple")).await;
            assert_eq!(other.code(), "CODE_INVALID");
        }
        assert_eq!(
            refresh(&app, &ana.refresh).await.code(),
            "REFRESH_TOKEN_INVALID"
        );
        assert_eq!(
            login(&app, &to.clone(), PASSWORD).await.code(),
            "CREDENTIALS_INVALID"
        );
        let now = login(&app, to, "battery staple").await.data();
        let now = Person::of(&now["login"]);
        ask(&app, RESET, input(token, "battery staple"))
            .await
            .data();
        assert!(now.is_in(&app).await, "a repeat ends no session");
        // A password that was set since is not what the link set.
        now.ask(&app, CHANGE, change("battery staple", PASSWORD))
            .await
            .data();
        for password in [PASSWORD, "battery staple"] {
            let later = ask(&app, RESET, input(token, password)).await;
            assert_eq!(later.code(), "CODE_INVALID", "{password}");
        }
    }
}

/// E8.
#[tokio::test]
async fn a_number_belongs_to_who_verified_it_first() {
    const VERIFY: &str = "mutation V($c: String!) { verifyPhone(code: $c) { isPhoneVerified } }";
    let app = TestApp::start().await;
    let phone = "+33612345678";
    let (ana, ben) = (
        with_phone(&app, "ana", phone).await,
        with_phone(&app, "ben", phone).await,
    );
    let mut digits = Vec::new();
    for person in [&ana, &ben] {
        person
            .ask(&app, "mutation M { requestPhoneCode }", json!({}))
            .await
            .data();
        digits.push(sent(&app).await.pop().unwrap().1);
    }
    let first = ben.ask(&app, VERIFY, json!({"c": digits[1]})).await.data();
    assert_eq!(first["verifyPhone"]["isPhoneVerified"], true);
    let second = ana.ask(&app, VERIFY, json!({"c": digits[0]})).await;
    assert_eq!(second.code(), "PHONE_TAKEN");
}

const CHANGE: &str =
    "mutation C($i: ChangePasswordInput!) { changePassword(input: $i) { expiresIn } }";

fn change(from: &str, to: &str) -> Value {
    json!({"i": {"currentPassword": from, "newPassword": to}})
}

/// E1. A link that was sent before the password changed does not set another one.
#[tokio::test]
async fn a_link_for_a_forgotten_password_ends_with_the_password() {
    const RESET: &str = "mutation R($i: ResetPasswordInput!) { resetPassword(input: $i) }";
    const REQUEST: &str = "mutation Q($e: String!) { requestPasswordReset(email: $e) }";
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    let email = json!({"e": "ana@example.fr"});
    ask(&app, REQUEST, email.clone()).await.data();
    let (_, token) = sent(&app).await.remove(0);
    ana.ask(&app, CHANGE, change(PASSWORD, "battery staple"))
        .await
        .data();
    let reset = |token: &str| json!({"i": {"token": token, "newPassword": "another staple"}});
    let refused = ask(&app, RESET, reset(&token)).await;
    assert_eq!(refused.code(), "CODE_INVALID");
    // Nobody waits a minute for a link that is good.
    ask(&app, REQUEST, email).await.data();
    let (_, token) = sent(&app).await.remove(0);
    ask(&app, RESET, reset(&token)).await.data();
}

#[tokio::test]
async fn founding_and_inviting_need_a_verified_address() {
    const FOUND: &str =
        "mutation F($i: CreatePartnerInput!) { createPartner(input: $i) { id status siret } }";
    const INVITE: &str = "mutation I($p: ID!, $i: InviteMemberInput!) {
        inviteMember(partnerId: $p, input: $i) { email } }";
    const VERIFY: &str = "mutation V($t: String!) { verifyEmail(token: $t) }";
    let app = TestApp::start().await;
    let ana = sign_up(&app, "ana").await;
    let partner = json!({"i": {"name": "Chez Ana", "category": "BAR"}});
    let refused = ana.ask(&app, FOUND, partner.clone()).await;
    assert_eq!(refused.code(), "EMAIL_NOT_VERIFIED", "{}", refused.text);
    // The link came with the account.
    let (_, token) = sent(&app).await.remove(0);
    ask(&app, VERIFY, json!({"t": token})).await.data();
    let founded = ana.ask(&app, FOUND, partner).await.data();
    let id = founded["createPartner"]["id"].clone();
    // The team sees where it stands, and who founds it is of the team.
    assert_eq!(founded["createPartner"]["status"], "DRAFT");
    // An owner whose address is no longer proven, as an operator may make one.
    let ben = sign_up(&app, "ben").await;
    let change = AccountChange::Role(
        Role::Partner,
        Some(Membership::new(
            PartnerId::parse(id.as_str().unwrap()).unwrap(),
            Post::Owner,
        )),
    );
    let users = &app.state.services.users;
    users.change(&ben.user_id(), change, 0).await.unwrap();
    app.state.services.auth.standings.forget(&ben.user_id());
    app.state.services.auth.standings.forget(&ana.user_id());
    let guest = json!({"p": id, "i": {"email": "guest@example.fr", "role": "STAFF"}});
    let refused = ben.ask(&app, INVITE, guest.clone()).await;
    assert_eq!(refused.code(), "EMAIL_NOT_VERIFIED", "{}", refused.text);
    ana.ask(&app, INVITE, guest).await.data();
}

#[tokio::test]
async fn numbers_that_no_sms_are_sent_to_are_refused_where_they_are_entered_and_asked_for() {
    const EDIT: &str = "mutation E($i: UpdateProfileInput!) { updateProfile(input: $i) { id } }";
    let app = TestApp::start().await;
    let ana = with_phone(&app, "ana", "+33612345678").await;
    for number in [
        "+12125550123",
        "+447400123456",
        "0899123456",
        "+881612345678",
    ] {
        let mut input = input("ben");
        input["phone"] = json!(number);
        let refused = Answer::of(registering(&app, &input)).await;
        assert_eq!(refused.code(), "PHONE_NOT_SERVED", "{number}");
        let refused = ana.ask(&app, EDIT, json!({"i": {"phone": number}})).await;
        assert_eq!(refused.code(), "PHONE_NOT_SERVED", "{number}");
    }
    // One of before a country was taken away.
    let edit = ProfileEdit {
        phone: Some(Some("+12125550123".to_owned())),
        ..ProfileEdit::default()
    };
    let change = AccountChange::Profile(Box::new(edit));
    let users = &app.state.services.users;
    users.change(&ana.user_id(), change, 0).await.unwrap();
    let refused = ana.ask(&app, "mutation M { requestPhoneCode }", json!({}));
    assert_eq!(refused.await.code(), "PHONE_NOT_SERVED");
    ana.ask(&app, EDIT, json!({"i": {"phone": null}}))
        .await
        .data();
}
