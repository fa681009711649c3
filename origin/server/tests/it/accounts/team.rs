//! Offers are edited by those of their partner.

use domain::{
    PartnerId, UserId,
    users::{
        account::{Membership, Post, Role},
        change::AccountChange,
    },
};
use serde_json::json;

use super::person::{Person, register};
use crate::{
    app::TestApp,
    fixtures::{offer, partner, store},
};

const UPDATE: &str = "mutation U($id: ID!, $input: UpdateOfferInput!) {
    updateOffer(id: $id, input: $input) { title } }";

async fn works_for(app: &TestApp, name: &str, partner: PartnerId, post: Post) -> Person {
    let person = register(app, name).await;
    let id = UserId::parse(&person.id).unwrap();
    let change = AccountChange::Role(Role::Partner, Some(Membership::new(partner, post)));
    app.state
        .services
        .users
        .change(&id, change, 0)
        .await
        .unwrap();
    person
}

#[tokio::test]
async fn an_offer_is_edited_by_managers_of_its_partner_and_recorded_as_theirs() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    store(&app, "b", vec![offer("b", 0)]).await;
    let own = partner("a").id;
    let staff = works_for(&app, "staff", own.clone(), Post::Staff).await;
    let manager = works_for(&app, "manager", own.clone(), Post::Manager).await;
    let owner = works_for(&app, "owner", own, Post::Owner).await;
    let edit = async |who: &Person, seed: &str| {
        let variables = json!({"id": offer(seed, 0).id, "input": {"title": "Autre titre"}});
        who.ask(&app, UPDATE, variables).await
    };
    for (who, seed) in [(&staff, "a"), (&manager, "b"), (&owner, "b")] {
        let refused = edit(who, seed).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{}", refused.text);
    }
    let done = edit(&manager, "a").await;
    assert_eq!(done.data()["updateOffer"]["title"], "Autre titre");
    let actor: String = app
        .db
        .read(|c| {
            let newest = "SELECT actor FROM purge_log ORDER BY revision DESC LIMIT 1";
            Ok(c.query_row(newest, [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(actor, format!("user {}", manager.id));
    // What somebody may follows the account, not the token: within seconds, here at once.
    let id = UserId::parse(&manager.id).unwrap();
    let change = AccountChange::Role(Role::User, None);
    app.state
        .services
        .users
        .change(&id, change, 0)
        .await
        .unwrap();
    app.state.services.auth.standings.forget(&id);
    assert_eq!(edit(&manager, "a").await.code(), "FORBIDDEN");
}
