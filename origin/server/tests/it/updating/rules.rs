//! What `updateOffer` refuses.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{UPDATE, detail, first, started, update};
use crate::{
    app::{TOKEN, TestApp},
    fixtures::offer,
    refusals::{field_refused, refused},
};

fn request(app: &TestApp, id: &str, input: &Value) -> RequestBuilder {
    app.post(UPDATE, &json!({"id": id, "input": input}))
}

#[tokio::test]
async fn only_the_service_token_may_update() {
    let app = started().await;
    let before = detail(&app).await;
    let id = first().id.to_string();
    let plain = || request(&app, &id, &json!({"title": "Trois"}));
    refused(plain(), "UNAUTHENTICATED", 401, 401).await;
    refused(plain().bearer_auth("eyJ"), "TOKEN_INVALID", 401, 401).await;
    refused(
        plain().header("authorization", "Basic eA=="),
        "TOKEN_INVALID",
        401,
        401,
    )
    .await;
    // Who may not write is not told either whether his input is good, or the offer is there.
    refused(
        request(&app, "x", &json!({"title": ""})),
        "UNAUTHENTICATED",
        401,
        401,
    )
    .await;
    assert_eq!(detail(&app).await, before);
    let outbox: i64 = app
        .db
        .read(|c| Ok(c.query_row("SELECT COUNT(*) FROM purge_audit", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(outbox, 0);
}

#[tokio::test]
async fn an_offer_that_is_not_there_is_not_found() {
    let app = started().await;
    for id in [offer("a", 9).id.as_str(), "", "x", "é"] {
        let request = request(&app, id, &json!({"title": "Trois"})).bearer_auth(TOKEN);
        field_refused(request, "OFFER_NOT_FOUND").await;
    }
}

/// Each input is refused with a message that begins with the field's name.
async fn each_refused(app: &TestApp, table: Vec<(&str, Value)>) {
    let before = detail(app).await;
    for (field, input) in table {
        let answer = update(app, input.clone()).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{input}: {}", answer.text);
        let message = answer.json()["errors"][0]["message"].clone();
        let names_it = message
            .as_str()
            .unwrap()
            .starts_with(&format!("`{field}` "));
        assert!(names_it, "{input}: {message}");
        assert_eq!(answer.header("yousoon-revision"), "");
    }
    assert_eq!(detail(app).await, before, "nothing was written");
}

#[tokio::test]
async fn each_field_has_its_rule() {
    let app = started().await;
    let url = |chars: usize| format!("https://img.example/{}", "a".repeat(chars - 20));
    let table = vec![
        ("title", json!({"title": " a "})),
        ("title", json!({"title": "é".repeat(121)})),
        ("title", json!({"title": "a\u{7}b"})),
        ("description", json!({"description": "é".repeat(4_001)})),
        (
            "discount.percentage",
            json!({"discount": {"percentage": -1}}),
        ),
        (
            "discount.percentage",
            json!({"discount": {"percentage": 101}}),
        ),
        (
            "discount.description",
            json!({"discount": {"description": ""}}),
        ),
        (
            "discount.percentage",
            json!({"discount": {"kind": "TWO_FOR_ONE", "percentage": 50}}),
        ),
        (
            "discount.percentage",
            json!({"discount": {"kind": "PERCENTAGE"}}),
        ),
        (
            "discount.currency",
            json!({"discount": {"kind": "AMOUNT", "amount": 5}}),
        ),
        (
            "discount.amount",
            json!({"discount": {"kind": "AMOUNT", "amount": 0, "currency": "EUR"}}),
        ),
        (
            "discount.original",
            json!({"discount": {"kind": "FIXED_PRICE", "price": 5, "currency": "EUR", "original": 4}}),
        ),
        ("discount.item", json!({"discount": {"kind": "FREE_ITEM"}})),
        // Which discount it belongs to is not said.
        (
            "discount.item",
            json!({"discount": {"item": "Un café", "percentage": 5}}),
        ),
        (
            "schedule.to",
            json!({"schedule": {"weekdays": ["MONDAY"], "from": "00:00", "to": "24:01"}}),
        ),
        (
            "schedule.from",
            json!({"schedule": {"weekdays": ["MONDAY"], "from": "24:00", "to": "12:00"}}),
        ),
        ("conditions", json!({"conditions": vec!["a"; 21]})),
        ("conditions[0]", json!({"conditions": ["é".repeat(201)]})),
        ("conditions[1]", json!({"conditions": ["a", " "]})),
        ("validFrom", json!({"validFrom": "tomorrow"})),
        ("validFrom", json!({"validFrom": "2026-06-01"})),
        ("validFrom", json!({"validFrom": 5})),
        ("validFrom", json!({"validFrom": "2026-02-30T00:00:00Z"})),
        ("validUntil", json!({"validUntil": {"at": 1}})),
        (
            "images[0]",
            json!({"images": ["http://img.example/1.webp"]}),
        ),
        ("images[0]", json!({"images": [url(501)]})),
        ("images", json!({"images": vec![url(30); 21]})),
        (
            "images[0]",
            json!({"images": ["https://user:secret@img.example/"]}),
        ),
    ];
    each_refused(&app, table).await;
    let good = json!({"title": "é".repeat(120), "description": "é".repeat(4_000),
        "conditions": vec!["é".repeat(200); 20], "images": vec![url(500); 20],
        "discount": {"percentage": 100}});
    update(&app, good).await.data();
}

#[tokio::test]
async fn what_is_never_null_cannot_be_cleared() {
    let app = started().await;
    let fields = [
        "title",
        "description",
        "category",
        "discount",
        "conditions",
        "validFrom",
        "validUntil",
        "images",
        "isActive",
    ];
    let mut table: Vec<_> = fields
        .iter()
        .map(|field| (*field, json!({*field: null})))
        .collect();
    table.push((
        "discount.percentage",
        json!({"discount": {"percentage": null}}),
    ));
    table.push(("quota.total", json!({"quota": {"total": null}})));
    each_refused(&app, table).await;
}

#[tokio::test]
async fn fields_go_together_and_with_what_is_stored() {
    let app = started().await;
    let moment = "2026-06-02T00:00:00Z";
    let schedule = |weekdays: Value, from: &str, to: &str| json!({"schedule": {"weekdays": weekdays, "from": from, "to": to}});
    let table = vec![
        (
            "validFrom",
            json!({"validFrom": moment, "validUntil": moment}),
        ),
        ("validFrom", json!({"validFrom": "2030-01-01T00:00:00Z"})),
        ("validFrom", json!({"validUntil": "2020-01-01T00:00:00Z"})),
        ("schedule.weekdays", schedule(json!([]), "18:00", "23:00")),
        (
            "schedule.weekdays",
            schedule(json!(["MONDAY", "MONDAY"]), "18:00", "23:00"),
        ),
        (
            "schedule.from",
            schedule(json!(["MONDAY"]), "24:00", "23:00"),
        ),
        ("schedule.to", schedule(json!(["MONDAY"]), "18:00", "8:00")),
        (
            "quota.total",
            json!({"quota": {"total": -1, "remaining": 0}}),
        ),
        // One bad field spoils the good ones beside it.
        (
            "quota.total",
            json!({"title": "Trois galettes", "quota": {"total": -1}}),
        ),
    ];
    each_refused(&app, table).await;
    let input = json!({"quota": {"total": -1}});
    let request = request(&app, first().id.as_str(), &input).bearer_auth(TOKEN);
    field_refused(request, "BAD_USER_INPUT").await;
}

/// B16.
#[tokio::test]
async fn one_answer_names_every_broken_field() {
    let app = started().await;
    let input = json!({"title": "", "validFrom": "2026-06-02T00:00:00Z",
        "validUntil": "2026-06-01T00:00:00Z", "quota": {"total": -1}, "images": ["x"]});
    let json = update(&app, input).await.json();
    let fields = json["errors"][0]["extensions"]["fields"]
        .as_array()
        .unwrap();
    let mut fields: Vec<&str> = fields
        .iter()
        .map(|broken| broken["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["images[0]", "quota.total", "title", "validFrom"]);
}

#[tokio::test]
async fn a_new_quota_needs_its_total() {
    let app = started().await;
    update(&app, json!({"quota": null})).await.data();
    let answer = update(&app, json!({"quota": {"remaining": 1}})).await;
    assert_eq!(
        answer.json()["errors"][0]["message"],
        "`quota.total` est nécessaire : il n’y avait pas de quota"
    );
}

#[tokio::test]
async fn another_type_is_refused_by_its_variable() {
    let app = started().await;
    for input in [
        json!({"title": 5}),
        json!({"category": "DISCO"}),
        json!({"discount": {"percentage": 12.5}}),
        json!({"quota": {"total": 3_000_000_000_i64}}),
        json!({"schedule": {"weekdays": ["LUNDI"], "from": "18:00", "to": "19:00"}}),
        json!({"title": "a\u{0}b"}),
    ] {
        let answer = update(&app, input.clone()).await;
        assert_eq!(answer.code(), "VARIABLE_INVALID", "{input}");
    }
    let answer = update(&app, json!({"schedule": {"from": "18:00", "to": "19:00"}})).await;
    assert_eq!(answer.code(), "VARIABLE_MISSING");
    let answer = update(&app, json!({"version": 1})).await;
    assert_eq!(answer.code(), "VARIABLE_UNDECLARED");
}
