//! Offers: made, changed, paused, resumed, archived.

use domain::users::account::Post;
use serde_json::{Value, json};

use super::{DAY_MS, assert_managers_only, new_offer, nobody, rfc3339, serve, started, works_for};
use crate::{
    app::{Answer, TestApp},
    fixtures::{NOW_MS, establishment, offer},
};

const CREATE: &str = "mutation C($i: CreateOfferInput!) { createOffer(input: $i) {
    id title isActive isArchived version conditions images quota { total remaining }
    limits { perDay perUser } schedule { weekdays from to } } }";
const UPDATE: &str =
    "mutation U($id: ID!, $i: UpdateOfferInput!) { updateOffer(id: $id, input: $i) {
    version title limits { perDay perUser } } }";
const PAUSE: &str = "mutation P($id: ID!) { pauseOffer(id: $id) { isActive version } }";
const RESUME: &str = "mutation R($id: ID!) { resumeOffer(id: $id) { isActive version } }";
const DELETE: &str = "mutation D($id: ID!) { deleteOffer(id: $id) }";
const LIST: &str = "query L($i: OffersInput!) { offers(input: $i) { edges { node { title } } } }";
const DETAIL: &str = "query O($id: ID!) { offer(id: $id) { title isActive isArchived } }";
const OWN: &str = "query W($id: ID!) { partnerOffers(partnerId: $id) {
    totalCount edges { node { title isActive establishment { name } } } } }";

fn first() -> Value {
    json!({"id": offer("a", 0).id})
}

async fn titles(app: &TestApp, input: Value, seen: &str) -> Vec<String> {
    let request = app.post(LIST, &json!({"i": input}));
    let answer = Answer::of(request.header("yousoon-min-revision", seen)).await;
    let data = answer.data();
    let edges = data["offers"]["edges"].as_array().unwrap();
    let title = |edge: &Value| edge["node"]["title"].as_str().unwrap().to_owned();
    edges.iter().map(title).collect()
}

fn here() -> Value {
    json!({"location": {"lat": 48.8566, "lng": 2.3522}})
}

#[tokio::test]
async fn offers_are_written_by_managers_of_their_partner_alone() {
    let create = json!({"i": new_offer("a")});
    let update = json!({"id": offer("a", 0).id, "i": {"conditions": ["Midi"]}});
    for (query, variables) in [
        (CREATE, create),
        (UPDATE, update),
        (PAUSE, first()),
        (RESUME, first()),
        (DELETE, first()),
    ] {
        assert_managers_only(&started().await, query, &variables).await;
    }
}

#[tokio::test]
async fn an_offer_is_made_with_all_that_it_may_have() {
    let app = started().await;
    let mut input = new_offer("a");
    input["conditions"] = json!([" Sur place "]);
    input["images"] = json!(["https://img.example/1.webp"]);
    input["quota"] = json!({"total": 50});
    input["limits"] = json!({"perDay": 10, "perUser": 1});
    input["schedule"] = json!({"weekdays": ["FRIDAY"], "from": "18:00", "to": "02:00"});
    let made = serve(&app, CREATE, json!({"i": input})).await.data();
    let mut made = made["createOffer"].clone();
    let id = made["id"].take();
    let expected = json!({"id": null, "title": "Apéro", "isActive": true, "isArchived": false,
        "version": 1, "conditions": ["Sur place"], "images": ["https://img.example/1.webp"],
        "quota": {"total": 50, "remaining": 50}, "limits": {"perDay": 10, "perUser": 1},
        "schedule": {"weekdays": ["FRIDAY"], "from": "18:00", "to": "02:00"}});
    assert_eq!(made, expected);
    let edit = json!({"id": id, "i": {"limits": {"perDay": null, "perUser": 2}}});
    let edited = serve(&app, UPDATE, edit).await.data();
    let limits = json!({"perDay": null, "perUser": 2});
    assert_eq!(edited["updateOffer"]["limits"], limits);
    let edited = serve(&app, UPDATE, json!({"id": id, "i": {"limits": null}}))
        .await
        .data();
    assert_eq!(
        edited["updateOffer"]["limits"],
        json!({"perDay": null, "perUser": null})
    );
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_by_its_name() {
    let app = started().await;
    let table = [
        ("title", json!("A"), "BAD_USER_INPUT", "title"),
        (
            "discount",
            json!({"percentage": 101}),
            "BAD_USER_INPUT",
            "discount.percentage",
        ),
        (
            "validUntil",
            json!(rfc3339(NOW_MS - 2 * DAY_MS)),
            "BAD_USER_INPUT",
            "validFrom",
        ),
        (
            "images",
            json!(["http://img.example/1"]),
            "BAD_USER_INPUT",
            "images[0]",
        ),
        (
            "images",
            json!(["javascript:alert(1)"]),
            "BAD_USER_INPUT",
            "images[0]",
        ),
        (
            "quota",
            json!({"total": -1}),
            "BAD_USER_INPUT",
            "quota.total",
        ),
        (
            "limits",
            json!({"perDay": 0}),
            "BAD_USER_INPUT",
            "limits.perDay",
        ),
        (
            "schedule",
            json!({"weekdays": [], "from": "18:00", "to": "19:00"}),
            "BAD_USER_INPUT",
            "schedule.weekdays",
        ),
        (
            "establishmentId",
            json!(establishment("b").id),
            "ESTABLISHMENT_NOT_FOUND",
            "",
        ),
        ("establishmentId", json!("x"), "ESTABLISHMENT_NOT_FOUND", ""),
        ("partnerId", json!(nobody()), "ESTABLISHMENT_NOT_FOUND", ""),
    ];
    for (field, value, code, named) in table {
        let mut input = new_offer("a");
        input[field] = value;
        let refused = serve(&app, CREATE, json!({"i": input})).await;
        assert_eq!(refused.code(), code, "{field}: {}", refused.text);
        let said = &refused.json()["errors"][0]["extensions"]["field"];
        assert_eq!(said.as_str().unwrap_or_default(), named, "{field}");
        assert_eq!(refused.header("yousoon-revision"), "", "nothing is written");
    }
}

#[tokio::test]
async fn a_list_that_was_kept_shows_what_its_writer_wrote() {
    let app = started().await;
    app.publish(&[LIST, DETAIL]).await;
    for input in [json!({}), here()] {
        titles(&app, input.clone(), "").await;
        let kept = app.ask(LIST, json!({"i": input})).await;
        assert!(
            kept.header("cache-status").contains("hit"),
            "it is kept: {}",
            kept.header("cache-status")
        );
    }
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let made = owner.ask(&app, CREATE, json!({"i": new_offer("a")})).await;
    let id = json!({"id": made.data()["createOffer"]["id"]});
    let mut seen = made.header("yousoon-revision").to_owned();
    assert_ne!(seen, "");
    for (step, query, is_there) in [
        ("created", "", true),
        ("paused", PAUSE, false),
        ("resumed", RESUME, true),
        ("archived", DELETE, false),
    ] {
        if !query.is_empty() {
            let answer = owner.ask(&app, query, id.clone()).await;
            answer.data();
            seen = answer.header("yousoon-revision").to_owned();
        }
        for input in [json!({}), here()] {
            let titles = titles(&app, input.clone(), &seen).await;
            assert_eq!(
                titles.contains(&"Apéro".to_owned()),
                is_there,
                "{step} {input}"
            );
        }
    }
    // Guests who booked it can still read it.
    let request = app.post(DETAIL, &id).header("yousoon-min-revision", &seen);
    let detail = Answer::of(request).await.data();
    let expected = json!({"title": "Apéro", "isActive": false, "isArchived": true});
    assert_eq!(detail["offer"], expected);
    let again = owner.ask(&app, DELETE, id.clone()).await;
    assert_eq!(again.data()["deleteOffer"], false);
    for query in [PAUSE, RESUME] {
        let refused = owner.ask(&app, query, id.clone()).await;
        assert_eq!(refused.code(), "OFFER_ARCHIVED", "{}", refused.text);
    }
}

#[tokio::test]
async fn what_becomes_visible_is_announced_once() {
    let app = started().await;
    let mut hidden = new_offer("a");
    hidden["isActive"] = json!(false);
    let made = serve(&app, CREATE, json!({"i": hidden})).await.data();
    let id = made["createOffer"]["id"].as_str().unwrap().to_owned();
    let variables = json!({"id": id});
    for query in [RESUME, RESUME, PAUSE] {
        serve(&app, query, variables.clone()).await.data();
    }
    serve(&app, UPDATE, json!({"id": id, "i": {"isActive": true}}))
        .await
        .data();
    let named: Vec<String> = app
        .db
        .read(|c| {
            let mut all = c.prepare("SELECT tags FROM purge_log ORDER BY revision")?;
            let rows = all.query_map([], |row| row.get::<_, String>(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    let announced: Vec<bool> = named
        .iter()
        .map(|tags| tags.contains(&format!("published:{id}")))
        .collect();
    // Made hidden, resumed, (resumed again: nothing,) paused, switched on.
    assert_eq!(announced, [false, true, false, true]);
}

#[tokio::test]
async fn an_edit_of_what_somebody_else_edited_is_refused() {
    let app = started().await;
    let edit = async |title: &str, expected: i64| {
        let input = json!({"title": title, "expectedVersion": expected});
        serve(&app, UPDATE, json!({"id": offer("a", 0).id, "i": input})).await
    };
    let done = edit("Une", 1).await.data();
    assert_eq!(
        done["updateOffer"],
        json!({"version": 2, "title": "Une",
        "limits": {"perDay": null, "perUser": null}})
    );
    let late = edit("Deux", 1).await;
    assert_eq!(late.code(), "VERSION_CONFLICT", "{}", late.text);
    assert_eq!(late.header("yousoon-revision"), "");
    // What is left is no part of it: bookings change that.
    let input = json!({"quota": {"remaining": 2}, "expectedVersion": 2});
    let left = serve(&app, UPDATE, json!({"id": offer("a", 0).id, "i": input})).await;
    assert_eq!(left.data()["updateOffer"]["version"], 2);
    assert_eq!(edit("Deux", 2).await.data()["updateOffer"]["version"], 3);
}

#[tokio::test]
async fn a_partner_sees_its_own_offers_whatever_their_state_and_nobody_elses() {
    let app = started().await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    owner.ask(&app, PAUSE, first()).await.data();
    let made = owner.ask(&app, CREATE, json!({"i": new_offer("a")})).await;
    let own = json!({"id": crate::fixtures::partner("a").id});
    let listed = staff.ask(&app, OWN, own.clone()).await;
    assert_eq!(listed.header("cache-control"), "private, no-store");
    let listed = listed.data();
    assert_eq!(listed["partnerOffers"]["totalCount"], 2, "{listed}");
    owner
        .ask(
            &app,
            DELETE,
            json!({"id": made.data()["createOffer"]["id"]}),
        )
        .await
        .data();
    let listed = staff.ask(&app, OWN, own.clone()).await.data();
    let node = json!({"title": "Galette 0", "isActive": false, "establishment": {"name": "Chez a Rivoli"}});
    assert_eq!(listed["partnerOffers"]["edges"], json!([{"node": node}]));
    let other = works_for(&app, "other", "b", Post::Owner).await;
    assert_eq!(other.ask(&app, OWN, own.clone()).await.code(), "FORBIDDEN");
    assert_eq!(app.ask(OWN, own).await.code(), "UNAUTHENTICATED");
}
