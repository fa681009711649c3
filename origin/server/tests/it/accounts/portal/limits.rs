//! What a partner may send and write: limited for who does too much, and for nobody beside them.

use std::num::NonZeroU32;

use access::rate::budgets::Budgets;
use domain::users::account::Post;
use serde_json::{Value, json};

use super::works_for;
use crate::{
    accounts::person::{PASSWORD, Person, login, sign_up},
    app::{Answer, TOKEN, TestApp},
    fixtures::{offer, partner, store},
};

const INVITE: &str = "mutation I($id: ID!, $i: InviteMemberInput!) {
    inviteMember(partnerId: $id, input: $i) { id } }";
const WITHDRAW: &str =
    "mutation W($id: ID!, $i: ID!) { withdrawInvitation(partnerId: $id, id: $i) }";
const UPDATE: &str = "mutation P($id: ID!) { updatePartner(id: $id, input: {}) { name } }";
const PAUSE: &str = "mutation P($id: ID!) { pauseOffer(id: $id) { id } }";

fn few(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

async fn started(change: fn(&mut Budgets)) -> TestApp {
    let builder = TestApp::builder().rate_limits(100_000, 100_000);
    let app = builder.budgets(change).start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    store(&app, "b", vec![offer("b", 0)]).await;
    app
}

async fn invite(app: &TestApp, who: &Person, seed: &str, email: &str) -> Answer {
    let input = json!({"id": partner(seed).id, "i": {"email": email, "role": "STAFF"}});
    who.ask(app, INVITE, input).await
}

/// How many of ten tries are admitted before the others are refused as too many.
async fn passed(mut attempt: impl AsyncFnMut(usize) -> Answer) -> usize {
    let mut passed = 0;
    for number in 0..10 {
        let answer = attempt(number).await;
        if answer.text.contains("RATE_LIMITED") {
            assert_ne!(answer.header("retry-after"), "");
        } else {
            answer.data();
            assert_eq!(passed, number, "it opens by itself: {}", answer.text);
            passed += 1;
        }
    }
    passed
}

/// E4.
#[tokio::test]
async fn a_team_is_no_relay_for_mail_and_other_teams_invite_as_before() {
    let app = started(|budgets| {
        budgets.invite.most = few(4);
        budgets.invite_partner.most = few(6);
        budgets.invite_recipient.most = few(3);
    })
    .await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    let ben = works_for(&app, "ben", "a", Post::Owner).await;
    let eve = works_for(&app, "eve", "b", Post::Owner).await;
    let by_ana = async |number| {
        let email = format!("guest{number}@example.fr");
        invite(&app, &ana, "a", &email).await
    };
    assert_eq!(passed(by_ana).await, 4, "by one person");
    let by_ben = async |number| {
        let email = format!("other{number}@example.fr");
        invite(&app, &ben, "a", &email).await
    };
    assert_eq!(passed(by_ben).await, 2, "of one partner");
    assert_eq!(app.sent().await.len(), 6);
    // Other partners' invitations to an address count as well: it was invited once above.
    let again = async |_number| {
        let answer = invite(&app, &eve, "b", "guest0@example.fr").await;
        app.pass_ms(61_000);
        answer
    };
    assert_eq!(passed(again).await, 2, "to one address");
    invite(&app, &eve, "b", "somebody@example.fr").await.data();
}

/// E4.
#[tokio::test]
async fn an_invitation_that_was_withdrawn_is_not_sent_again_at_once() {
    let app = started(|_budgets| {}).await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    let first = invite(&app, &ana, "a", "guest@example.fr").await;
    assert_eq!(app.sent().await.len(), 1);
    let id = first.data()["inviteMember"]["id"].clone();
    let withdrawn = json!({"id": partner("a").id, "i": id});
    let withdrawn = ana.ask(&app, WITHDRAW, withdrawn).await;
    assert_eq!(withdrawn.data()["withdrawInvitation"], true);
    let again = invite(&app, &ana, "a", "GUEST@example.fr").await;
    assert_eq!(again.code(), "RATE_LIMITED");
    assert_eq!(again.header("retry-after"), "60");
    assert!(app.sent().await.is_empty());
    // Somebody else, and the same one later.
    invite(&app, &ana, "a", "other@example.fr").await.data();
    app.pass_ms(60_000);
    invite(&app, &ana, "a", "guest@example.fr").await.data();
    assert_eq!(app.sent().await.len(), 2);
}

/// Two partners invite the address, its user asks for links and strangers ask for resets: one limit counts
/// all of these messages.
#[tokio::test]
async fn messages_to_one_address_are_bounded_whatever_causes_them() {
    let app = started(|budgets| budgets.messages_to_hour.most = few(4)).await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    let eve = works_for(&app, "eve", "b", Post::Owner).await;
    // The first one is the link of the account.
    let zoe = sign_up(&app, "zoe").await;
    invite(&app, &ana, "a", "zoe@example.fr").await.data();
    invite(&app, &eve, "b", "ZOE@example.fr").await.data();
    assert_eq!(app.sent().await.len(), 3);
    app.pass_ms(61_000);
    let again = "mutation M { requestEmailVerification }";
    zoe.ask(&app, again, json!({})).await.data();
    assert_eq!(app.sent().await.len(), 1);
    app.pass_ms(61_000);
    for (who, seed) in [(&ana, "a"), (&eve, "b")] {
        let refused = invite(&app, who, seed, "zoe@example.fr").await;
        assert_eq!(refused.code(), "RATE_LIMITED");
        assert_ne!(refused.header("retry-after"), "");
    }
    let refused = zoe.ask(&app, again, json!({})).await;
    assert_eq!(refused.code(), "RATE_LIMITED");
    // A reset tells nothing, and the owner still signs in.
    let reset = "mutation M($e: String!) { requestPasswordReset(email: $e) }";
    let answer = app.ask(reset, json!({"e": "zoe@example.fr"})).await;
    assert_eq!(answer.data()["requestPasswordReset"], true);
    login(&app, "zoe@example.fr", PASSWORD).await.data();
    // Others are written to as before.
    invite(&app, &ana, "a", "somebody@example.fr").await.data();
}

#[tokio::test]
async fn who_causes_many_messages_is_bounded_and_nobody_beside_them() {
    let app = started(|budgets| budgets.messages_by_hour.most = few(3)).await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    let eve = works_for(&app, "eve", "b", Post::Owner).await;
    let by_ana = async |number| {
        let email = format!("guest{number}@example.fr");
        invite(&app, &ana, "a", &email).await
    };
    assert_eq!(passed(by_ana).await, 3);
    invite(&app, &eve, "b", "guest9@example.fr").await.data();
}

#[tokio::test]
async fn a_network_that_causes_many_messages_gets_accounts_without_links() {
    let app = started(|budgets| budgets.messages_network_day.most = few(2)).await;
    for name in ["ana", "ben", "cho"] {
        sign_up(&app, name).await;
    }
    let sent = app.sent().await;
    let to: Vec<&str> = sent.iter().map(|message| message.to.as_str()).collect();
    assert_eq!(to, ["ana@example.fr", "ben@example.fr"]);
    login(&app, "cho@example.fr", PASSWORD).await.data();
}

/// E5.
#[tokio::test]
async fn one_partner_does_not_keep_the_lists_cold_and_others_write_as_before() {
    let app = started(|budgets| {
        budgets.catalogue.most = few(3);
        budgets.catalogue_partner.most = few(5);
    })
    .await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    let ben = works_for(&app, "ben", "a", Post::Manager).await;
    let eve = works_for(&app, "eve", "b", Post::Manager).await;
    let own: Value = json!({"id": partner("a").id});
    let of_offer = json!({"id": offer("a", 0).id});
    let by_ana = async |number: usize| match number % 2 {
        0 => ana.ask(&app, UPDATE, own.clone()).await,
        _ => ana.ask(&app, PAUSE, of_offer.clone()).await,
    };
    assert_eq!(passed(by_ana).await, 3, "by one person");
    let by_ben = async |_number| ben.ask(&app, UPDATE, own.clone()).await;
    assert_eq!(passed(by_ben).await, 2, "for one partner");
    let theirs = json!({"id": partner("b").id});
    eve.ask(&app, UPDATE, theirs).await.data();
    // Our own services keep the catalogue as they must.
    let by_service = async |_number| {
        let request = app.post(UPDATE, &own).bearer_auth(TOKEN);
        Answer::of(request).await
    };
    assert_eq!(passed(by_service).await, 10);
}
