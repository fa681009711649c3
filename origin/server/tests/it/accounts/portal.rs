//! The partner portal: who may what, what is refused and why, and what is seen at once.

mod limits;
mod locating;
mod offers;
mod places;
mod several;
mod stats;
mod teams;

use domain::{
    PartnerId, UserId,
    users::{
        account::{Membership, Post, Role},
        change::AccountChange,
    },
};
use serde_json::{Value, json};

use super::person::{Person, register};
use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{NOW_MS, establishment, offer, partner, store},
};

pub(super) const DAY_MS: i64 = 86_400_000;

/// An app with the partners `a` and `b`, an offer each.
pub(super) async fn started() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    store(&app, "b", vec![offer("b", 0)]).await;
    app
}

pub(super) async fn works_for(app: &TestApp, name: &str, seed: &str, post: Post) -> Person {
    let person = register(app, name).await;
    let id = UserId::parse(&person.id).unwrap();
    let membership = Membership::new(partner(seed).id, post);
    let change = AccountChange::Role(Role::Partner, Some(membership));
    app.state
        .services
        .users
        .change(&id, change, 0)
        .await
        .unwrap();
    person
}

pub(crate) async fn administrator(app: &TestApp, name: &str) -> Person {
    let admin = register(app, name).await;
    let change = AccountChange::Role(Role::Admin, None);
    let users = &app.state.services.users;
    users.change(&admin.user_id(), change, 0).await.unwrap();
    admin
}

/// Everybody whom a mutation of partner `a` may meet, with what they show and whether a manager's
/// mutation lets them in.
pub(super) async fn everybody(app: &TestApp) -> Vec<(&'static str, Option<String>, bool)> {
    let access = |person: Person| Some(person.access);
    let admin = administrator(app, "admin").await;
    vec![
        ("anonymous", None, false),
        ("user", access(register(app, "user").await), false),
        (
            "other owner",
            access(works_for(app, "other", "b", Post::Owner).await),
            false,
        ),
        (
            "staff",
            access(works_for(app, "staff", "a", Post::Staff).await),
            false,
        ),
        (
            "manager",
            access(works_for(app, "manager", "a", Post::Manager).await),
            true,
        ),
        (
            "owner",
            access(works_for(app, "owner", "a", Post::Owner).await),
            true,
        ),
        ("admin", access(admin), false),
    ]
}

/// Asks as everybody, and asserts who is let in: the others hear that they may not.
pub(super) async fn assert_managers_only(app: &TestApp, query: &str, variables: &Value) {
    for (who, token, may) in everybody(app).await {
        let mut request = app.post(query, variables);
        if let Some(token) = &token {
            request = request.bearer_auth(token);
        }
        let answer = Answer::of(request).await;
        let expected = match (may, &token) {
            (true, _) => "",
            (false, None) => "UNAUTHENTICATED",
            (false, Some(_)) => "FORBIDDEN",
        };
        assert_eq!(answer.code(), expected, "{who}: {}", answer.text);
    }
}

/// As the service, which may all.
pub(super) async fn serve(app: &TestApp, query: &str, variables: Value) -> Answer {
    Answer::of(app.post(query, &variables).bearer_auth(TOKEN)).await
}

pub(super) fn rfc3339(moment_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(moment_ms)
        .unwrap()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

pub(super) fn new_offer(seed: &str) -> Value {
    json!({
        "partnerId": partner(seed).id, "establishmentId": establishment(seed).id,
        "title": "Apéro", "description": "Deux pour un", "category": "BAR",
        "discount": {"percentage": 50}, "validFrom": rfc3339(NOW_MS - DAY_MS),
        "validUntil": rfc3339(NOW_MS + DAY_MS),
    })
}

pub(super) async fn owner_of_nothing_yet(app: &TestApp) -> Person {
    register(app, "ana").await
}

pub(super) fn nobody() -> PartnerId {
    PartnerId::derive("nobody", "")
}
