//! Partners before the public: prepared by their team, reviewed by operators, hidden, and ended.

use domain::{
    Offer,
    partners::standing::{PartnerStatus, Standing},
    users::account::Post,
};
use serde_json::{Value, json};

use crate::{
    accounts::person::{PASSWORD, Person, register, verify},
    app::{Answer, TestApp},
    booking::{booked, create, places, works_for},
    fixtures::{establishment, partner, store_standing},
    identifying::administrator,
};

const SIRET: &str = "732 829 320 00074";
const EVERYWHERE: &str = "query E($p: ID!, $o: ID!, $e: ID!, $ps: String!, $os: String!, $es: String!, $near: LocationInput!) {
    partner(id: $p) { id } offer(id: $o) { id } establishment(id: $e) { id }
    partnerBySlug(slug: $ps) { id } offerBySlug(slug: $os) { id } establishmentBySlug(slug: $es) { id }
    partners(input: {}) { totalCount edges { node { id } } }
    around: partners(input: {location: $near}) { edges { node { id } } }
    offers(input: {location: $near}) { totalCount edges { node { id } } }
    newest: offers(input: {}) { edges { node { id } } }
    search(input: {text: \"chez\", location: $near}) { partners { totalCount } establishments { totalCount } offers { totalCount } }
}";
/// Private, so it is asked for alone.
const BY_ID: &str = "query B($o: ID!) { offersById(ids: [$o]) { id } }";
const SUBMIT: &str = "mutation S($p: ID!, $s: String!) { submitPartner(id: $p, siret: $s) {
    id status siret reviewReason submittedAt } }";
const APPROVE: &str = "mutation A($p: ID!) { approvePartner(id: $p) { id status } }";
const RETURN: &str = "mutation R($p: ID!, $r: String!) { returnPartner(id: $p, reason: $r) { status reviewReason } }";
const SUSPEND: &str = "mutation H($p: ID!, $r: String!) { suspendPartner(id: $p, reason: $r) { status reviewReason } }";
const RESTORE: &str = "mutation R($p: ID!) { restorePartner(id: $p) { status reviewReason } }";
const WAITING: &str = "query W($n: Int, $a: String) { partnersToReview(first: $n, after: $a) {
    edges { cursor node { id name siret submittedAt establishments { id } } } pageInfo { hasNextPage endCursor } } }";
const DELETE: &str = "mutation D($p: ID!, $w: String!) { deletePartner(id: $p, password: $w) }";
const DELETE_FOR: &str =
    "mutation D($p: ID!, $r: String!) { deletePartnerFor(id: $p, reason: $r) }";
const OWN: &str = "{ myMembership { role partner { id status siret reviewReason
    establishments { id } offers { id } } } }";
const AUDIT: &str = "{ operatorAudit { edges { node { deed target reason } } } }";

/// A partner `a` in this status, with one offer that is open at any time.
async fn started(status: PartnerStatus) -> (TestApp, Offer) {
    let app = TestApp::start().await;
    let offer = places("a", 0, 9);
    store_standing(&app, "a", Standing::new(status), vec![offer.clone()]).await;
    yousoon::naming::name(&app.state).await.unwrap();
    (app, offer)
}

fn of_partner() -> Value {
    json!({"p": partner("a").id})
}

fn with(mut variables: Value, name: &str, value: &str) -> Value {
    variables[name] = value.into();
    variables
}

/// Everything that the public may be shown of the partner, once it knows of this revision.
async fn shown(app: &TestApp, offer: &Offer, seen: &str) -> Value {
    let variables = json!({"p": partner("a").id, "o": offer.id, "e": establishment("a").id,
        "ps": partner("a").id, "os": offer.id, "es": establishment("a").id,
        "near": {"lat": 48.8566, "lng": 2.3522}});
    let ask = async |query| {
        let request = app.post(query, &variables);
        let request = request.header("yousoon-min-revision", seen);
        Answer::of(request).await.data()
    };
    let mut shown = ask(EVERYWHERE).await;
    shown["offersById"] = ask(BY_ID).await["offersById"].clone();
    shown
}

fn assert_hidden(shown: &Value) {
    assert_eq!(shown["offersById"], json!([null]));
    for field in [
        "partner",
        "offer",
        "establishment",
        "partnerBySlug",
        "offerBySlug",
        "establishmentBySlug",
    ] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    for field in ["partners", "around", "offers", "newest"] {
        assert_eq!(shown[field]["edges"], json!([]), "{field}");
    }
    let found = &shown["search"];
    for kind in ["partners", "establishments", "offers"] {
        assert_eq!(found[kind]["totalCount"], 0, "{kind}");
    }
}

fn assert_shown(shown: &Value) {
    assert_ne!(shown["offersById"], json!([null]));
    for field in [
        "partner",
        "offer",
        "establishment",
        "partnerBySlug",
        "offerBySlug",
        "establishmentBySlug",
    ] {
        assert_ne!(shown[field], Value::Null, "{field}");
    }
    for field in ["partners", "around", "offers", "newest"] {
        assert_eq!(
            shown[field]["edges"].as_array().unwrap().len(),
            1,
            "{field}"
        );
    }
    assert_eq!(shown["search"]["partners"]["totalCount"], 1);
}

/// To how many of these offers somebody is told the way.
async fn ways(app: &TestApp, who: &Person, offer: &Offer) -> usize {
    const WAYS: &str = "query W($f: LocationInput!, $o: [ID!]!) {
        travel(from: $f, offerIds: $o) { offer { title } } }";
    let asked = json!({"f": {"lat": 48.8566, "lng": 2.3522}, "o": [offer.id]});
    let found = who.ask(app, WAYS, asked).await.data();
    found["travel"].as_array().unwrap().len()
}

async fn sitemap(app: &TestApp) -> usize {
    let pages = "{ sitemap { edges { cursor } } }";
    let found = app.ask(pages, json!({})).await.data();
    found["sitemap"]["edges"].as_array().unwrap().len()
}

#[tokio::test]
async fn nobody_sees_a_partner_before_it_is_approved_nor_while_it_is_suspended() {
    let (app, offer) = started(PartnerStatus::Draft).await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    verify(&app, &owner).await;
    let admin = administrator(&app).await;
    assert_hidden(&shown(&app, &offer, "").await);
    assert_eq!(sitemap(&app).await, 0);
    assert_eq!(ways(&app, &owner, &offer).await, 0);
    // Its team sees it, and prepares it.
    let own = owner.ask(&app, OWN, json!({})).await.data()["myMembership"]["partner"].clone();
    assert_eq!(
        (&own["status"], &own["siret"]),
        (&json!("DRAFT"), &Value::Null)
    );
    assert_eq!(
        own["establishments"][0]["id"],
        establishment("a").id.as_str()
    );
    assert_eq!(own["offers"][0]["id"], offer.id.as_str());
    let offers = "query O($p: ID!) { partnerOffers(partnerId: $p) { edges { node { id } } } }";
    let offers = owner.ask(&app, offers, of_partner()).await.data();
    assert_eq!(
        offers["partnerOffers"]["edges"][0]["node"]["id"],
        offer.id.as_str()
    );

    let submitted = owner
        .ask(&app, SUBMIT, with(of_partner(), "s", SIRET))
        .await;
    let submitted = submitted.data()["submitPartner"].clone();
    assert_eq!(
        (&submitted["status"], &submitted["siret"]),
        (&json!("IN_REVIEW"), &json!("73282932000074"))
    );
    let waiting = admin.ask(&app, WAITING, json!({})).await.data()["partnersToReview"].clone();
    let node = &waiting["edges"][0]["node"];
    assert_eq!(node["id"], partner("a").id.as_str());
    assert_eq!(
        (&node["siret"], &node["submittedAt"]),
        (&submitted["siret"], &submitted["submittedAt"])
    );
    assert_hidden(&shown(&app, &offer, "").await);

    let approved = admin.ask(&app, APPROVE, of_partner()).await;
    assert_eq!(approved.data()["approvePartner"]["status"], "APPROVED");
    let seen = approved.header("yousoon-revision").to_owned();
    assert_shown(&shown(&app, &offer, &seen).await);
    assert_eq!(ways(&app, &owner, &offer).await, 1);
    // The partner, its establishment, the offer and their city.
    assert_eq!(sitemap(&app).await, 4);
    let waiting = admin.ask(&app, WAITING, json!({})).await.data();
    assert_eq!(waiting["partnersToReview"]["edges"], json!([]));

    let suspended = admin
        .ask(&app, SUSPEND, with(of_partner(), "r", "ticket 7"))
        .await;
    let seen = suspended.header("yousoon-revision").to_owned();
    assert_eq!(
        suspended.data()["suspendPartner"]["reviewReason"],
        "ticket 7"
    );
    assert_hidden(&shown(&app, &offer, &seen).await);
    let restored = admin.ask(&app, RESTORE, of_partner()).await;
    let seen = restored.header("yousoon-revision").to_owned();
    assert_eq!(
        restored.data()["restorePartner"],
        json!({"status": "APPROVED", "reviewReason": null})
    );
    assert_shown(&shown(&app, &offer, &seen).await);

    let audit = admin.ask(&app, AUDIT, json!({})).await.data();
    let edges = audit["operatorAudit"]["edges"].as_array().unwrap().iter();
    let deeds: Vec<_> = edges
        .map(|edge| edge["node"]["deed"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        deeds,
        ["RESTORE_PARTNER", "SUSPEND_PARTNER", "APPROVE_PARTNER"]
    );
    let about = &audit["operatorAudit"]["edges"][1]["node"];
    assert_eq!(about["target"], format!("partner {}", partner("a").id));
    assert_eq!(about["reason"], "ticket 7");
    // The owner heard of what still holds when it was told.
    let told = app.sent().await;
    let told: Vec<_> = told
        .iter()
        .filter(|sent| sent.kind == "partner_reviewed")
        .collect();
    assert!(
        !told.is_empty() && told.iter().all(|sent| sent.to == "owner@example.fr"),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_answer_that_is_kept_hides_and_shows_with_the_partner() {
    const LIST: &str = "query L($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";
    const PAGE: &str = "query P($id: ID!) { offer(id: $id) { id } }";
    let (app, offer) = started(PartnerStatus::Approved).await;
    app.publish(&[LIST, PAGE]).await;
    let admin = administrator(&app).await;
    let near = json!({"i": {"location": {"lat": 48.8566, "lng": 2.3522}}});
    let page = json!({"id": offer.id});
    let ask = async |query: &str, variables: &Value, seen: &str| {
        let request = app.post(query, variables);
        Answer::of(request.header("yousoon-min-revision", seen)).await
    };
    let mut seen = String::new();
    for (decision, variables, is_shown) in [
        ("", json!({}), true),
        (SUSPEND, with(of_partner(), "r", "ticket 7"), false),
        (RESTORE, of_partner(), true),
    ] {
        if !decision.is_empty() {
            let decided = admin.ask(&app, decision, variables).await;
            decided.data();
            decided.header("yousoon-revision").clone_into(&mut seen);
        }
        for _ in 0..2 {
            let listed = ask(LIST, &near, &seen).await.data();
            assert_eq!(
                listed["offers"]["edges"].as_array().unwrap().len(),
                usize::from(is_shown)
            );
            let shown = ask(PAGE, &page, &seen).await.data();
            assert_eq!(shown["offer"].is_object(), is_shown);
        }
    }
}

#[tokio::test]
async fn a_hidden_partner_takes_no_guests_and_keeps_those_who_booked() {
    let (app, offer) = started(PartnerStatus::Approved).await;
    let admin = administrator(&app).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let booking = booked(&app, &ana, &offer).await;
    let favour = "mutation F($o: ID!) { addFavorite(offerId: $o) }";
    let own = "{ me { favorites { id } bookings { id offer { id partner { name } } } } }";
    let this = json!({"o": offer.id});
    ana.ask(&app, favour, this.clone()).await.data();
    admin
        .ask(&app, SUSPEND, with(of_partner(), "r", "ticket 7"))
        .await
        .data();
    assert_eq!(
        create(&app, &ben, &offer).await.code(),
        "PARTNER_NOT_LISTED"
    );
    assert_eq!(ben.ask(&app, favour, this).await.code(), "OFFER_NOT_FOUND");
    let mine = ana.ask(&app, own, json!({})).await.data()["me"].clone();
    assert_eq!(mine["favorites"], json!([]));
    assert_eq!(
        mine["bookings"][0]["offer"]["partner"]["name"],
        partner("a").name
    );
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let scanned = json!({"b": booking["id"], "q": booking["qrCode"]});
    let scanned = staff
        .ask(&app, crate::booking::CHECK_IN, scanned)
        .await
        .data();
    assert_eq!(scanned["checkIn"]["status"], "CHECKED_IN");
    admin.ask(&app, RESTORE, of_partner()).await.data();
    let mine = ana.ask(&app, own, json!({})).await.data();
    assert_eq!(mine["me"]["favorites"][0]["id"], offer.id.as_str());
}

#[tokio::test]
async fn where_a_partner_stands_is_read_by_its_team_alone() {
    let (app, _) = started(PartnerStatus::Approved).await;
    store_standing(&app, "b", Standing::default(), vec![]).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let other = works_for(&app, "other", "b", Post::Owner).await;
    let guest = register(&app, "ana").await;
    for field in [
        "status",
        "siret",
        "reviewReason",
        "submittedAt",
        "archivedAt",
    ] {
        let query = format!("query Q($p: ID!) {{ partner(id: $p) {{ {field} }} }}");
        let ask = async |who: &Person| who.ask(&app, &query, of_partner()).await.code();
        assert_eq!(
            app.ask(&query, of_partner()).await.code(),
            "UNAUTHENTICATED",
            "{field}"
        );
        assert_eq!(ask(&guest).await, "FORBIDDEN", "{field}");
        assert_eq!(ask(&other).await, "FORBIDDEN", "{field}");
        assert_eq!(ask(&staff).await, "", "{field}");
    }
}

#[tokio::test]
async fn bad_input_and_wrong_moments_have_a_code_each() {
    let (app, _) = started(PartnerStatus::Draft).await;
    store_standing(&app, "b", Standing::new(PartnerStatus::Draft), vec![]).await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let admin = administrator(&app).await;
    let submit =
        async |who: &Person, variables: Value| who.ask(&app, SUBMIT, variables).await.code();
    for bad in ["", "123", "73282932000075", "7328293200007x"] {
        assert_eq!(
            submit(&owner, with(of_partner(), "s", bad)).await,
            "BAD_USER_INPUT",
            "{bad}"
        );
    }
    let good = |of: &str| json!({"p": partner(of).id, "s": SIRET});
    assert_eq!(submit(&manager, good("a")).await, "FORBIDDEN");
    assert_eq!(
        submit(&owner, good("b")).await,
        "FORBIDDEN",
        "another's partner"
    );
    assert_eq!(
        submit(&owner, json!({"p": "x", "s": SIRET})).await,
        "PARTNER_NOT_FOUND"
    );
    assert_eq!(submit(&admin, good("a")).await, "FORBIDDEN", "an operator");
    let of_nobody = works_for(&app, "nobody", "nobody", Post::Owner).await;
    assert_eq!(
        submit(&of_nobody, good("nobody")).await,
        "PARTNER_NOT_FOUND"
    );
    let remove = "mutation M($e: ID!) { deleteEstablishment(id: $e) }";
    let archive = "mutation M($o: ID!) { deleteOffer(id: $o) }";
    owner
        .ask(&app, archive, json!({"o": places("a", 0, 9).id}))
        .await
        .data();
    owner
        .ask(&app, remove, json!({"e": establishment("a").id}))
        .await
        .data();
    assert_eq!(submit(&owner, good("a")).await, "ESTABLISHMENT_REQUIRED");
    let of_b = works_for(&app, "owner-b", "b", Post::Owner).await;
    assert_eq!(submit(&of_b, good("b")).await, "");
    assert_eq!(submit(&of_b, good("b")).await, "", "once more");
    let other = json!({"p": partner("b").id, "s": "35600000000048"});
    assert_eq!(submit(&of_b, other).await, "PARTNER_STATUS_CONFLICT");

    let of = |name: &str| json!({"p": partner(name).id, "r": "ticket 7"});
    for query in [APPROVE, RETURN, SUSPEND, RESTORE] {
        let ask = async |who: &Person, variables| who.ask(&app, query, variables).await.code();
        assert_eq!(ask(&owner, of("a")).await, "FORBIDDEN");
        assert_eq!(
            ask(&admin, of("a")).await,
            "PARTNER_STATUS_CONFLICT",
            "{query}"
        );
        assert_eq!(ask(&admin, of("nobody")).await, "PARTNER_NOT_FOUND");
        assert_eq!(
            ask(&admin, json!({"p": "x", "r": "ticket 7"})).await,
            "PARTNER_NOT_FOUND"
        );
    }
    for query in [RETURN, SUSPEND] {
        for bad in ["", "ab", &"x".repeat(301)] {
            let refused = admin.ask(&app, query, with(of("b"), "r", bad)).await;
            assert_eq!(refused.code(), "BAD_USER_INPUT", "{bad}");
        }
    }
    let page = admin.ask(&app, WAITING, json!({"a": "x"})).await;
    assert_eq!(page.code(), "CURSOR_INVALID");
    // Two at once: one is done, the other one hears that it is.
    let one = admin.ask(&app, APPROVE, of("b"));
    let (one, other) = tokio::join!(one, admin.ask(&app, APPROVE, of("b")));
    let mut codes = [one.code(), other.code()];
    codes.sort();
    assert_eq!(codes, ["", "PARTNER_STATUS_CONFLICT"]);
}

#[tokio::test]
async fn a_second_partner_is_not_approved_with_the_same_siret() {
    let (app, _) = started(PartnerStatus::Draft).await;
    store_standing(&app, "b", Standing::new(PartnerStatus::Draft), vec![]).await;
    let admin = administrator(&app).await;
    for of in ["a", "b"] {
        let owner = works_for(&app, &format!("owner-{of}"), of, Post::Owner).await;
        let submitted = json!({"p": partner(of).id, "s": SIRET});
        owner.ask(&app, SUBMIT, submitted).await.data();
    }
    let approve = async |of: &str| {
        let approved = admin.ask(&app, APPROVE, json!({"p": partner(of).id}));
        approved.await.code()
    };
    assert_eq!(approve("a").await, "");
    assert_eq!(approve("b").await, "SIRET_TAKEN");
    let ended = json!({"p": partner("a").id, "r": "closed"});
    assert_eq!(
        admin.ask(&app, DELETE_FOR, ended).await.data()["deletePartnerFor"],
        true
    );
    assert_eq!(approve("b").await, "");
}

#[tokio::test]
async fn a_partner_ends_for_good_with_all_that_it_had() {
    let (app, offer) = started(PartnerStatus::Approved).await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let admin = administrator(&app).await;
    let guest = register(&app, "ana").await;
    verify(&app, &guest).await;
    let booking = booked(&app, &guest, &offer).await;
    let delete = async |who: &Person, password: &str| {
        who.ask(&app, DELETE, with(of_partner(), "w", password))
            .await
    };
    assert_eq!(delete(&manager, PASSWORD).await.code(), "FORBIDDEN");
    assert_eq!(
        delete(&owner, "wrong password").await.code(),
        "CREDENTIALS_INVALID"
    );
    let ended = delete(&owner, PASSWORD).await;
    let seen = ended.header("yousoon-revision").to_owned();
    assert_eq!(ended.data()["deletePartner"], true);
    assert_hidden(&shown(&app, &offer, &seen).await);
    assert_eq!(
        create(&app, &admin, &offer).await.code(),
        "PARTNER_NOT_LISTED"
    );
    // The rest is done by a task.
    let told = app.sent().await;
    let told: Vec<_> = told
        .iter()
        .filter(|sent| sent.to == "ana@example.fr")
        .collect();
    assert!(
        told.iter()
            .any(|sent| sent.kind == "booking_cancelled_by_venue"),
        "{told:?}"
    );
    let status = "query B($b: ID!) { booking(id: $b) { status } }";
    let status = guest
        .ask(&app, status, json!({"b": booking["id"]}))
        .await
        .data();
    assert_eq!(status["booking"]["status"], "CANCELLED");
    for who in [&owner, &manager] {
        app.state.services.auth.standings.forget(&who.user_id());
        let own = who.ask(&app, OWN, json!({})).await.data();
        assert_eq!(own["myMembership"], Value::Null);
    }
    assert_eq!(delete(&owner, PASSWORD).await.code(), "FORBIDDEN");
    assert_eq!(delete(&admin, PASSWORD).await.code(), "FORBIDDEN");
    let look = "query L($p: ID!) { partnerForOperator(id: $p) { status archivedAt } }";
    let found = admin.ask(&app, look, of_partner()).await.data();
    assert!(
        found["partnerForOperator"]["archivedAt"].is_string(),
        "{found}"
    );
    let found = owner.ask(&app, look, of_partner()).await;
    assert_eq!(found.code(), "FORBIDDEN");
}
