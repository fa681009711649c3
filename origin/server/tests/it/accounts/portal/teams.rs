//! Teams: invited, joined, raised, removed.

use domain::users::account::Post;
use serde_json::{Value, json};

use super::{serve, started, works_for};
use crate::{
    accounts::person::{Person, register},
    app::{Answer, TestApp},
    fixtures::partner,
};

const INVITE: &str = "mutation I($id: ID!, $i: InviteMemberInput!) {
    inviteMember(partnerId: $id, input: $i) { id email role expiresAt } }";
const WITHDRAW: &str =
    "mutation W($id: ID!, $i: ID!) { withdrawInvitation(partnerId: $id, id: $i) }";
const ACCEPT: &str =
    "mutation A($t: String!) { acceptInvitation(token: $t) { role partner { name } } }";
const RAISE: &str = "mutation R($id: ID!, $u: ID!, $r: MemberRole!) {
    changeMemberRole(partnerId: $id, userId: $u, role: $r) }";
const REMOVE: &str = "mutation M($id: ID!, $u: ID!) { removeMember(partnerId: $id, userId: $u) }";
const LEAVE: &str = "mutation L { leaveTeam }";
const TEAM: &str = "query T($id: ID!) { team(partnerId: $id) {
    members { userId email role } invitations { id email role } } }";
const MINE: &str = "query M { myMembership { role partner { name } } }";
const UPDATE: &str = "mutation P($id: ID!) { updatePartner(id: $id, input: {}) { name } }";

fn invitation(email: &str, role: &str) -> Value {
    json!({"id": partner("a").id, "i": {"email": email, "role": role}})
}

async fn sent(app: &TestApp) -> (String, String) {
    let invitation = app.sent().await.pop().expect("an invitation");
    assert_eq!(invitation.kind, "invitation");
    // In the inviter's language, because the address has no account.
    assert!(invitation.text.contains("Bonjour") && invitation.text.contains("Chez a"));
    (invitation.to.clone(), invitation.proof())
}

#[tokio::test]
async fn somebody_is_invited_joins_works_and_is_removed() {
    let app = started().await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let ben = register(&app, "ben").await;
    app.sent().await;
    let invited = owner
        .ask(&app, INVITE, invitation("BEN@example.fr", "MANAGER"))
        .await;
    assert_eq!(invited.data()["inviteMember"]["role"], "MANAGER");
    let (to, token) = sent(&app).await;
    assert_eq!(to, "BEN@example.fr");
    assert!(
        !invited.text.contains(&token),
        "the token goes by e-mail alone"
    );
    // At most once per minute, for all members of the team together.
    owner
        .ask(&app, INVITE, invitation("ben@example.fr", "OWNER"))
        .await
        .data();
    assert!(app.sent().await.is_empty());
    let own = json!({"id": partner("a").id});
    assert_eq!(ben.ask(&app, UPDATE, own.clone()).await.code(), "FORBIDDEN");
    let eve = register(&app, "eve").await;
    let stolen = eve.ask(&app, ACCEPT, json!({"t": token})).await;
    assert_eq!(stolen.code(), "INVITATION_INVALID");
    let joined = ben.ask(&app, ACCEPT, json!({"t": token})).await;
    let expected = json!({"role": "MANAGER", "partner": {"name": "Chez a"}});
    assert_eq!(joined.data()["acceptInvitation"], expected);
    assert_eq!(
        ben.ask(&app, MINE, json!({})).await.data()["myMembership"],
        expected
    );
    // At once, with the token of before.
    ben.ask(&app, UPDATE, own.clone()).await.data();
    // F3. Whoever heard no answer may ask again.
    let again = ben.ask(&app, ACCEPT, json!({"t": token})).await;
    assert_eq!(again.data()["acceptInvitation"], expected);
    let team = ben.ask(&app, TEAM, own.clone()).await;
    assert_eq!(team.header("cache-control"), "private, no-store");
    let team = team.data()["team"].clone();
    assert_eq!(
        (
            team["members"].as_array().unwrap().len(),
            &team["invitations"]
        ),
        (2, &json!([]))
    );
    let ben_of_a = json!({"id": partner("a").id, "u": ben.id});
    owner.ask(&app, REMOVE, ben_of_a.clone()).await.data();
    assert_eq!(ben.ask(&app, UPDATE, own).await.code(), "FORBIDDEN");
    assert_eq!(
        ben.ask(&app, MINE, json!({})).await.data()["myMembership"],
        Value::Null
    );
    // A used invitation does not bring back who was removed.
    let back = ben.ask(&app, ACCEPT, json!({"t": token})).await;
    assert_eq!(back.code(), "INVITATION_INVALID");
    assert_eq!(
        owner.ask(&app, REMOVE, ben_of_a).await.code(),
        "MEMBER_NOT_FOUND"
    );
}

#[tokio::test]
async fn the_last_owner_cannot_go() {
    let app = started().await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let id = partner("a").id;
    for (query, variables) in [
        (LEAVE, json!({})),
        (REMOVE, json!({"id": id, "u": owner.id})),
        (RAISE, json!({"id": id, "u": owner.id, "r": "MANAGER"})),
    ] {
        let refused = owner.ask(&app, query, variables).await;
        assert_eq!(refused.code(), "LAST_OWNER", "{}", refused.text);
    }
    let raise = json!({"id": id, "u": staff.id, "r": "OWNER"});
    owner.ask(&app, RAISE, raise).await.data();
    assert_eq!(
        owner.ask(&app, LEAVE, json!({})).await.data()["leaveTeam"],
        true
    );
    assert_eq!(staff.ask(&app, LEAVE, json!({})).await.code(), "LAST_OWNER");
    assert_eq!(
        owner.ask(&app, LEAVE, json!({})).await.code(),
        "MEMBER_NOT_FOUND"
    );
}

#[tokio::test]
async fn owners_alone_say_who_is_of_the_team_and_managers_see_it() {
    let app = started().await;
    let id = partner("a").id;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let asked = [
        (INVITE, invitation("new@example.fr", "STAFF")),
        (WITHDRAW, json!({"id": id, "i": "000000000000000000000000"})),
        (RAISE, json!({"id": id, "u": owner.id, "r": "OWNER"})),
        (REMOVE, json!({"id": id, "u": owner.id})),
        (TEAM, json!({"id": id})),
    ];
    let code = async |who: Option<&Person>, query: &str, variables: &Value| {
        let mut request = app.post(query, variables);
        if let Some(who) = who {
            request = request.bearer_auth(&who.access);
        }
        Answer::of(request).await.code()
    };
    for (query, variables) in &asked {
        assert_eq!(code(None, query, variables).await, "UNAUTHENTICATED");
    }
    let others = [
        register(&app, "user").await,
        works_for(&app, "other", "b", Post::Owner).await,
        works_for(&app, "staff", "a", Post::Staff).await,
    ];
    for who in &others {
        for (query, variables) in &asked {
            assert_eq!(
                code(Some(who), query, variables).await,
                "FORBIDDEN",
                "{query}"
            );
        }
    }
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    for (query, variables) in &asked[..4] {
        assert_eq!(
            code(Some(&manager), query, variables).await,
            "FORBIDDEN",
            "{query}"
        );
    }
    assert_eq!(code(Some(&manager), asked[4].0, &asked[4].1).await, "");
    for (query, variables) in &asked[..3] {
        assert_eq!(code(Some(&owner), query, variables).await, "", "{query}");
    }
}

#[tokio::test]
async fn an_invitation_is_withdrawn_and_an_address_is_one() {
    let app = started().await;
    let ben = register(&app, "ben").await;
    app.sent().await;
    let invited = serve(&app, INVITE, invitation("ben@example.fr", "STAFF")).await;
    let id = invited.data()["inviteMember"]["id"].clone();
    let (_, token) = sent(&app).await;
    let withdraw = json!({"id": partner("a").id, "i": id});
    let of_another = json!({"id": partner("b").id, "i": id});
    assert_eq!(
        serve(&app, WITHDRAW, of_another).await.data()["withdrawInvitation"],
        false
    );
    assert_eq!(
        serve(&app, WITHDRAW, withdraw).await.data()["withdrawInvitation"],
        true
    );
    let late = ben.ask(&app, ACCEPT, json!({"t": token})).await;
    assert_eq!(late.code(), "INVITATION_INVALID");
    let refused = serve(&app, INVITE, invitation("nobody", "STAFF")).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    let extensions = &refused.json()["errors"][0]["extensions"];
    assert_eq!(
        (&extensions["field"], &extensions["rule"]),
        (&json!("email"), &json!("EMAIL"))
    );
}
