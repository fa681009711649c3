//! One person in the teams of several partners: which one a request is for.

use access::caller::Chosen;
use domain::users::{
    account::Role,
    change::AccountChange,
    membership::{MOST_MEMBERSHIPS, Membership, Post},
};
use serde_json::{Value, json};

use super::{nobody, started, works_for};
use crate::{
    accounts::person::{Person, register},
    app::{Answer, TOKEN, TestApp},
    fixtures::{establishment, partner},
};

const MINE: &str = "query M { myMembership { role partner { name } }
    myMemberships { role partner { name } establishments { id } } }";
const UPDATE: &str = "mutation P($id: ID!) { updatePartner(id: $id, input: {}) { name } }";
const LEAVE: &str = "mutation L($id: ID) { leaveTeam(partnerId: $id) }";
const CREATE: &str = "mutation C($i: CreatePartnerInput!, $k: String) {
    createPartner(input: $i, idempotencyKey: $k) { id name } }";
const INVITE: &str = "mutation I($id: ID!, $i: InviteMemberInput!) {
    inviteMember(partnerId: $id, input: $i) { role establishments { id } } }";
const ACCEPT: &str = "mutation A($t: String!) { acceptInvitation(token: $t) { role partner { status } establishments { id } } }";
const RAISE: &str = "mutation R($id: ID!, $u: ID!, $r: MemberRole!, $e: [ID!]) {
    changeMemberRole(partnerId: $id, userId: $u, role: $r, establishmentIds: $e) }";
const RAISE_ALONE: &str = "mutation R($id: ID!, $u: ID!, $r: MemberRole!) {
    changeMemberRole(partnerId: $id, userId: $u, role: $r) }";
const TEAM: &str = "query T($id: ID!) { team(partnerId: $id) {
    members { userId role establishments { id } } invitations { establishments { id } } } }";

/// Asks for the partner that is chosen.
async fn ask_as(app: &TestApp, who: &Person, chosen: &str, query: &str, asked: Value) -> Answer {
    let request = app.post(query, &asked).bearer_auth(&who.access);
    Answer::of(request.header(Chosen::HEADER, chosen)).await
}

async fn join(app: &TestApp, who: &Person, seed: &str, post: Post) {
    let membership = Membership::new(partner(seed).id, post);
    let change = AccountChange::Role(Role::Partner, Some(membership));
    let services = &app.state.services;
    let changed = services.users.change(&who.user_id(), change, 0).await;
    changed.unwrap();
    services.auth.standings.forget(&who.user_id());
}

/// Staff of partner `a`, and then owner of partner `b`.
async fn of_both(app: &TestApp) -> Person {
    let ana = works_for(app, "ana", "a", Post::Staff).await;
    join(app, &ana, "b", Post::Owner).await;
    ana
}

#[tokio::test]
async fn a_request_is_for_the_partner_that_it_chooses_or_else_for_the_oldest() {
    let app = started().await;
    let ana = of_both(&app).await;
    let [a, b] = ["a", "b"].map(|seed| partner(seed).id.to_string());
    let of_a = json!({"role": "STAFF", "partner": {"name": "Chez a"}});
    let of_b = json!({"role": "OWNER", "partner": {"name": "Chez b"}});
    for (chosen, expected) in [("", &of_a), (a.as_str(), &of_a), (b.as_str(), &of_b)] {
        let mine = ask_as(&app, &ana, chosen, MINE, json!({})).await.data();
        assert_eq!(mine["myMembership"], *expected, "{chosen:?}");
        let all = mine["myMemberships"].as_array().unwrap();
        let names: Vec<_> = all.iter().map(|of| &of["partner"]["name"]).collect();
        assert_eq!(names, ["Chez a", "Chez b"]);
        assert_eq!(all[0]["establishments"], Value::Null);
    }
    let mine = ana.ask(&app, MINE, json!({})).await.data();
    assert_eq!(mine["myMembership"], of_a);
    // A field that names a partner is allowed by the membership there, whichever is chosen.
    for chosen in ["", &a, &b] {
        let own = ask_as(&app, &ana, chosen, UPDATE, json!({"id": b})).await;
        assert_eq!(own.code(), "", "{chosen:?}");
        let other = ask_as(&app, &ana, chosen, UPDATE, json!({"id": a})).await;
        assert_eq!(other.code(), "FORBIDDEN", "{chosen:?}");
    }
}

#[tokio::test]
async fn who_chooses_a_partner_of_others_is_refused_and_not_answered_for_another() {
    let app = started().await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    let foreign = partner("b").id.to_string();
    let unknown = nobody().to_string();
    for chosen in [foreign.as_str(), &unknown, "null"] {
        for (query, asked) in [
            (MINE, json!({})),
            ("query Q { me { id } }", json!({})),
            (UPDATE, json!({"id": partner("a").id})),
        ] {
            let refused = ask_as(&app, &ana, chosen, query, asked).await;
            assert_eq!(refused.code(), "PARTNER_NOT_YOURS", "{chosen} {query}");
            assert_eq!(refused.status, 403);
        }
    }
    // A service works for nobody.
    let of_service = app.post(UPDATE, &json!({"id": partner("a").id}));
    let of_service = of_service.bearer_auth(TOKEN);
    let refused = Answer::of(of_service.header(Chosen::HEADER, &foreign)).await;
    assert_eq!(refused.code(), "PARTNER_NOT_YOURS");
    // Who is not signed in chooses nothing, and what everybody may see stays the same.
    let query = "query Q($id: ID!) { partner(id: $id) { name } }";
    for token in [None, Some(&ana.access)] {
        let mut shared = app.post(query, &json!({"id": partner("a").id}));
        if let Some(token) = token {
            shared = shared.bearer_auth(token);
        }
        let shared = Answer::of(shared.header(Chosen::HEADER, &foreign)).await;
        assert_eq!(shared.data()["partner"]["name"], "Chez a");
    }
    // They may sign out.
    let out = ask_as(&app, &ana, &foreign, "mutation L { logout }", json!({})).await;
    assert_eq!(out.data()["logout"], true);
    assert!(!ana.is_in(&app).await);
}

#[tokio::test]
async fn who_was_removed_is_refused_for_this_partner_and_stays_with_the_other() {
    let app = started().await;
    let other_server = app.another().await;
    let ana = of_both(&app).await;
    let a = partner("a").id.to_string();
    for server in [&app, &other_server] {
        ask_as(server, &ana, &a, MINE, json!({})).await.data();
    }
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let remove = "mutation M($id: ID!, $u: ID!) { removeMember(partnerId: $id, userId: $u) }";
    let asked = json!({"id": a, "u": ana.id});
    owner.ask(&app, remove, asked).await.data();
    // At once where it was changed, and elsewhere as soon as what was looked up is too old.
    let refused = ask_as(&app, &ana, &a, MINE, json!({})).await;
    assert_eq!(refused.code(), "PARTNER_NOT_YOURS");
    let mut waited = tokio::time::interval(std::time::Duration::from_millis(100));
    while ask_as(&other_server, &ana, &a, MINE, json!({}))
        .await
        .code()
        != "PARTNER_NOT_YOURS"
    {
        waited.tick().await;
    }
    let mine = ana.ask(&app, MINE, json!({})).await.data();
    assert_eq!(mine["myMembership"]["partner"]["name"], "Chez b");
}

#[tokio::test]
async fn a_team_is_left_by_name_by_choice_or_if_it_is_the_only_one() {
    let app = started().await;
    let [a, b] = ["a", "b"].map(|seed| partner(seed).id.to_string());
    let leave = async |who: &Person, chosen: &str, id: Value| {
        let left = ask_as(&app, who, chosen, LEAVE, json!({"id": id})).await;
        left.code()
    };
    let ana = of_both(&app).await;
    assert_eq!(leave(&ana, "", Value::Null).await, "PARTNER_NOT_CHOSEN");
    assert_eq!(leave(&ana, "", json!(nobody())).await, "MEMBER_NOT_FOUND");
    assert_eq!(leave(&ana, "", json!("x")).await, "MEMBER_NOT_FOUND");
    assert_eq!(leave(&ana, &a, json!(b)).await, "LAST_OWNER");
    assert_eq!(leave(&ana, &a, Value::Null).await, "");
    assert_eq!(leave(&ana, "", Value::Null).await, "LAST_OWNER");
    join(&app, &ana, "a", Post::Staff).await;
    assert_eq!(leave(&ana, "", json!(a)).await, "");
    assert_eq!(leave(&ana, "", json!(a)).await, "MEMBER_NOT_FOUND");
}

#[tokio::test]
async fn who_works_for_a_partner_founds_another_and_no_more_than_allowed() {
    let app = started().await;
    let ana = works_for(&app, "ana", "a", Post::Staff).await;
    let found = async |name: &str| {
        let input = json!({"name": format!("Chez {name}"), "category": "BAR"});
        let asked = json!({"i": input, "k": name});
        ana.ask(&app, CREATE, asked).await
    };
    let first = found("1").await.data();
    // Sent once more.
    assert_eq!(found("1").await.data(), first);
    for number in 2..MOST_MEMBERSHIPS {
        found(&number.to_string()).await.data();
    }
    assert_eq!(found("20").await.code(), "LIMIT_REACHED");
    assert_eq!(found("1").await.data(), first);
    let mine = ana.ask(&app, MINE, json!({})).await.data();
    let count = mine["myMemberships"].as_array().unwrap().len();
    assert_eq!(count, MOST_MEMBERSHIPS);
}

#[tokio::test]
async fn staff_are_invited_and_set_for_establishments_and_nobody_else_is() {
    let app = started().await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let ben = register(&app, "ben").await;
    app.sent().await;
    let (a, here) = (partner("a").id, establishment("a").id);
    let invite = async |email: &str, role: &str, places: Value| {
        let input = json!({"email": email, "role": role, "establishmentIds": places});
        owner.ask(&app, INVITE, json!({"id": a, "i": input})).await
    };
    let too_many: Vec<_> = std::iter::repeat_n(&here, 101).collect();
    for (role, places, code) in [
        ("MANAGER", json!([here]), "BAD_USER_INPUT"),
        ("OWNER", json!([here]), "BAD_USER_INPUT"),
        ("STAFF", json!([]), "BAD_USER_INPUT"),
        ("STAFF", json!(too_many), "BAD_USER_INPUT"),
        (
            "STAFF",
            json!([establishment("b").id]),
            "ESTABLISHMENT_NOT_FOUND",
        ),
        ("STAFF", json!([here, "x"]), "ESTABLISHMENT_NOT_FOUND"),
    ] {
        let refused = invite("ben@example.fr", role, places).await;
        assert_eq!(refused.code(), code, "{role}: {}", refused.text);
    }
    assert!(app.sent().await.is_empty());
    let only = json!([{"id": here}]);
    let invited = invite("ben@example.fr", "STAFF", json!([here, here])).await;
    assert_eq!(invited.data()["inviteMember"]["establishments"], only);
    let team = owner.ask(&app, TEAM, json!({"id": a})).await.data();
    assert_eq!(team["team"]["invitations"][0]["establishments"], only);
    let token = app.sent().await.pop().unwrap().proof();
    let joined = ben.ask(&app, ACCEPT, json!({"t": token})).await.data();
    assert_eq!(joined["acceptInvitation"]["establishments"], only);
    assert_eq!(joined["acceptInvitation"]["partner"]["status"], "APPROVED");
    let of_ben = async || {
        let team = owner.ask(&app, TEAM, json!({"id": a})).await.data();
        let members = team["team"]["members"].as_array().unwrap().clone();
        let ben = members
            .into_iter()
            .find(|one| one["userId"] == ben.id.as_str());
        ben.unwrap()["establishments"].clone()
    };
    assert_eq!(of_ben().await, only);
    let change = async |query: &str, role: &str, places: Value| {
        let asked = json!({"id": a, "u": ben.id, "r": role, "e": places});
        owner.ask(&app, query, asked).await.code()
    };
    // A client that does not send the argument leaves the establishments as they are.
    assert_eq!(change(RAISE_ALONE, "STAFF", Value::Null).await, "");
    assert_eq!(of_ben().await, only);
    for (role, places, code) in [
        ("MANAGER", json!([here]), "BAD_USER_INPUT"),
        ("STAFF", json!([]), "BAD_USER_INPUT"),
        (
            "STAFF",
            json!([establishment("b").id]),
            "ESTABLISHMENT_NOT_FOUND",
        ),
    ] {
        assert_eq!(change(RAISE, role, places).await, code);
        assert_eq!(of_ben().await, only);
    }
    assert_eq!(change(RAISE, "STAFF", Value::Null).await, "");
    assert_eq!(of_ben().await, Value::Null);
}
