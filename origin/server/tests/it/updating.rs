//! `updateOffer`: what it changes, and what is seen of it.

mod purges;
mod rules;

use domain::{Offer, Quota};
use serde_json::{Value, json};

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{offer, store},
};

const UPDATE: &str = "mutation A($id: ID!, $input: UpdateOfferInput!) { updateOffer(id: $id, input: $input) {
    title description category discount { percentage description } conditions validFrom validUntil
    schedule { weekdays from to } quota { total remaining isSoldOut } images isActive createdAt } }";
const DETAIL: &str = "query A($id: ID!) { offer(id: $id) {
    title description category discount { percentage description } conditions validFrom validUntil
    schedule { weekdays from to } quota { total remaining isSoldOut } images isActive createdAt } }";

/// An app with three offers of a partner.
async fn started() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", (0..3).map(|number| offer("a", number)).collect()).await;
    app
}

fn first() -> Offer {
    offer("a", 0)
}

/// Updates the first offer with the service token.
async fn update(app: &TestApp, input: Value) -> Answer {
    let variables = json!({"id": first().id, "input": input});
    Answer::of(app.post(UPDATE, &variables).bearer_auth(TOKEN)).await
}

async fn detail(app: &TestApp) -> Value {
    app.ask(DETAIL, json!({"id": first().id})).await.data()["offer"].clone()
}

#[tokio::test]
async fn a_discount_is_a_percentage_or_something_else() {
    const UPDATE: &str =
        "mutation A($id: ID!, $input: UpdateOfferInput!) { updateOffer(id: $id, input: $input) {
        discount { kind percentage description amount price original currency item } } }";
    let app = started().await;
    let none = json!({"kind": "PERCENTAGE", "percentage": 20, "description": null, "amount": null,
        "price": null, "original": null, "currency": null, "item": null});
    for (given, changed) in [
        (
            json!({"kind": "AMOUNT", "amount": 500, "currency": "EUR", "original": 2_000}),
            json!({"kind": "AMOUNT", "amount": 500, "currency": "EUR", "original": 2_000, "percentage": 25}),
        ),
        // Its description alone.
        (
            json!({"description": "le soir"}),
            json!({"kind": "AMOUNT", "amount": 500, "currency": "EUR", "original": 2_000, "percentage": 25,
                "description": "le soir"}),
        ),
        (
            json!({"kind": "TWO_FOR_ONE", "description": null}),
            json!({"kind": "TWO_FOR_ONE", "percentage": 50}),
        ),
        (
            json!({"kind": "FREE_ITEM", "item": " Un café "}),
            json!({"kind": "FREE_ITEM", "percentage": 0, "item": "Un café"}),
        ),
        (
            json!({"kind": "FIXED_PRICE", "price": 900, "currency": "CHF"}),
            json!({"kind": "FIXED_PRICE", "percentage": 0, "price": 900, "currency": "CHF"}),
        ),
        // As portals that know of percentages alone.
        (json!({"percentage": 15}), json!({"percentage": 15})),
    ] {
        let variables = json!({"id": first().id, "input": {"discount": given}});
        let answer = Answer::of(app.post(UPDATE, &variables).bearer_auth(TOKEN)).await;
        let mut expected = none.clone();
        for (field, value) in changed.as_object().unwrap() {
            expected[field] = value.clone();
        }
        let found = answer.data()["updateOffer"]["discount"].clone();
        assert_eq!(found, expected, "{given}");
    }
}

#[tokio::test]
async fn an_update_changes_what_it_is_given_and_nothing_else() {
    let app = started().await;
    let before = detail(&app).await;
    let table = [
        (
            json!({"title": "  Trois galettes "}),
            json!({"title": "Trois galettes"}),
        ),
        (
            json!({"description": "Au\nfour"}),
            json!({"description": "Au\nfour"}),
        ),
        (json!({"category": "BAR"}), json!({"category": "BAR"})),
        (
            json!({"discount": {"percentage": 35}}),
            json!({"discount": {"percentage": 35, "description": null}}),
        ),
        (
            json!({"discount": {"description": "le soir"}}),
            json!({"discount": {"percentage": 35, "description": "le soir"}}),
        ),
        (
            json!({"discount": {"percentage": 40, "description": null}}),
            json!({"discount": {"percentage": 40, "description": null}}),
        ),
        (json!({"discount": {}}), json!({})),
        (
            json!({"conditions": [" À emporter", "Midi"]}),
            json!({"conditions": ["À emporter", "Midi"]}),
        ),
        (
            json!({"validFrom": "2026-05-01T00:00:00+02:00"}),
            json!({"validFrom": "2026-04-30T22:00:00.000Z"}),
        ),
        (
            json!({"validUntil": "2026-09-01T00:00:00.250Z"}),
            json!({"validUntil": "2026-09-01T00:00:00.250Z"}),
        ),
        (
            json!({"schedule": {"weekdays": ["SUNDAY", "MONDAY"], "from": "22:00", "to": "02:00"}}),
            json!({"schedule": {"weekdays": ["MONDAY", "SUNDAY"], "from": "22:00", "to": "02:00"}}),
        ),
        (json!({"schedule": null}), json!({"schedule": null})),
        (
            json!({"quota": {"total": 5}}),
            json!({"quota": {"total": 5, "remaining": 5, "isSoldOut": false}}),
        ),
        (
            json!({"quota": {"total": 0, "remaining": 5}}),
            json!({"quota": {"total": 0, "remaining": 0, "isSoldOut": true}}),
        ),
        (json!({"quota": null}), json!({"quota": null})),
        (
            json!({"quota": {"total": 8}}),
            json!({"quota": {"total": 8, "remaining": 8, "isSoldOut": false}}),
        ),
        (json!({"images": []}), json!({"images": []})),
        (
            json!({"images": ["https://img.example/2.webp"]}),
            json!({"images": ["https://img.example/2.webp"]}),
        ),
        (json!({"isActive": false}), json!({"isActive": false})),
        (json!({}), json!({})),
    ];
    let mut expected = before;
    for (input, changed) in table {
        let answer = update(&app, input.clone()).await;
        for (field, value) in changed.as_object().unwrap() {
            expected[field] = value.clone();
        }
        assert_eq!(answer.data()["updateOffer"], expected, "{input}");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(detail(&app).await, expected, "{input}");
    }
    // The others are as they were.
    let other = app
        .state
        .services
        .offers
        .by_ids(&[offer("a", 1).id])
        .await
        .unwrap();
    assert_eq!(other[&offer("a", 1).id], offer("a", 1));
}

#[tokio::test]
async fn a_variable_that_is_absent_clears_nothing() {
    let app = started().await;
    let before = detail(&app).await;
    let spelled_out = "mutation A($id: ID!, $title: String, $schedule: OfferScheduleInput, $quota: UpdateQuotaInput,
        $description: String) { updateOffer(id: $id, input: {title: $title, schedule: $schedule, quota: $quota,
        discount: {description: $description}}) { title } }";
    let ask = async |variables: Value| {
        let mut variables = variables;
        variables["id"] = json!(first().id);
        Answer::of(app.post(spelled_out, &variables).bearer_auth(TOKEN))
            .await
            .data()
    };
    ask(json!({"title": "Trois"})).await;
    let after = detail(&app).await;
    assert_eq!(after["title"], "Trois");
    for field in ["schedule", "quota", "discount"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    ask(json!({"schedule": null})).await;
    let after = detail(&app).await;
    assert_eq!(
        (&after["title"], &after["schedule"], &after["quota"]),
        (&json!("Trois"), &Value::Null, &before["quota"])
    );
}

#[tokio::test]
async fn lists_find_the_offer_by_what_it_is_now() {
    let app = started().await;
    let query =
        "query A($i: OffersInput!) { offers(input: $i) { edges { node { title images } } } }";
    let list = async |mut input: Value| {
        let mut both = Vec::new();
        for location in [Value::Null, json!({"lat": 48.8566, "lng": 2.3522})] {
            input["location"] = location;
            let data = app.ask(query, json!({"i": input})).await.data();
            both.push(data["offers"]["edges"].as_array().unwrap().len());
        }
        assert_eq!(both[0], both[1], "newest first and nearest first: {input}");
        both[0]
    };
    let steps = [
        (
            json!({"title": "Crêpe au sucre"}),
            json!({"search": "crepe"}),
            0,
            1,
        ),
        (json!({"title": "Fondue"}), json!({"search": "crepe"}), 1, 0),
        (
            json!({"description": "Vin chaud"}),
            json!({"search": "vin"}),
            0,
            1,
        ),
        (
            json!({"category": "CLUB"}),
            json!({"categories": ["CLUB"]}),
            0,
            1,
        ),
        (
            json!({"discount": {"percentage": 70}}),
            json!({"minDiscount": 60}),
            0,
            1,
        ),
        (json!({"isActive": false}), json!({}), 3, 2),
        (json!({"isActive": true}), json!({}), 2, 3),
        // At the very moment of the tests' clock it ends, or has not begun.
        (
            json!({"validUntil": "2026-06-01T12:00:00Z"}),
            json!({}),
            3,
            2,
        ),
        (
            json!({"validFrom": "2026-06-01T12:00:00.001Z", "validUntil": "2027-01-01T00:00:00Z"}),
            json!({}),
            2,
            2,
        ),
        (
            json!({"validFrom": "2026-06-01T12:00:00Z"}),
            json!({}),
            2,
            3,
        ),
    ];
    for (input, filter, before, after) in steps {
        assert_eq!(list(filter.clone()).await, before, "before {input}");
        update(&app, input.clone()).await.data();
        assert_eq!(list(filter).await, after, "after {input}");
    }
}

#[tokio::test]
async fn the_second_field_of_a_mutation_sees_the_first_ones_write() {
    let app = started().await;
    let twice = "mutation A($id: ID!) {
        one: updateOffer(id: $id, input: {title: \"Un\", quota: {total: 2}}) { quota { remaining } partner { offers { title } } }
        two: updateOffer(id: $id, input: {title: \"Deux\", quota: {total: 1}}) { quota { remaining } partner { offers { title } } }
    }";
    let request = app
        .post(twice, &json!({"id": first().id}))
        .bearer_auth(TOKEN);
    let answer = Answer::of(request).await;
    for (field, remaining, title) in [("one", 2, "Un"), ("two", 1, "Deux")] {
        let seen = &answer.data()[field];
        assert_eq!(seen["quota"]["remaining"], remaining, "{field}");
        assert_eq!(seen["partner"]["offers"][0]["title"], title, "{field}");
    }
    assert_eq!(answer.header("yousoon-revision"), "2", "the later one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_left_does_not_come_out_of_the_offer_that_was_read() {
    let db = std::sync::Arc::new(std::sync::OnceLock::<store_sqlite::database::EmbeddedDb>::new());
    let reader_db = std::sync::Arc::clone(&db);
    // Between the offer's read and that of its rest somebody books.
    let observe = move |what| {
        if what == "offers.by_ids" {
            let book = reader_db.get().unwrap().write(|tx| {
                Ok(tx.execute(
                    "UPDATE offers SET quota_remaining = quota_remaining - 1",
                    [],
                )?)
            });
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(book))
                .unwrap();
        }
    };
    let app = TestApp::builder().observer(observe).start().await;
    assert!(db.set(app.db.clone()).is_ok());
    let mut stored = first();
    stored.quota = Some(Quota {
        total: 10,
        remaining: 1,
    });
    store(&app, "a", vec![stored]).await;
    assert_eq!(
        detail(&app).await["quota"],
        json!({"total": 10, "remaining": 0, "isSoldOut": false})
    );
}

#[tokio::test]
async fn what_is_left_lives_5_seconds_whatever_its_documents_policy_says() {
    let app = started().await;
    let body = "query A($id: ID!) { offer(id: $id) { title quota { remaining } } }";
    let life = async || {
        let answer = app.ask(body, json!({"id": first().id})).await;
        answer.header("cache-control").to_owned()
    };
    assert_eq!(life().await, "public, max-age=5");
    let id = pq_core::DocumentHash::of(body);
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": id, "name": "A", "type": "query", "body": body, "clientName": "site"}]});
    let publish = app.request(reqwest::Method::POST, "/admin/documents");
    let published = Answer::of(publish.bearer_auth(TOKEN).json(&manifest)).await;
    assert_eq!(published.status.as_u16(), 200);
    // As it was published before the field had a directive.
    let changed = app.db.write(|tx| {
        Ok(tx.execute(
            "UPDATE documents SET record = replace(record, '\"maxAgeS\":5', '\"maxAgeS\":900')",
            [],
        )?)
    });
    assert_eq!(changed.await.unwrap(), 1);
    assert_eq!(life().await, "public, max-age=5");
    let others = "query A($id: ID!) { offer(id: $id) { title quota { total isSoldOut } } }";
    let answer = app.ask(others, json!({"id": first().id})).await;
    assert!(
        answer
            .header("cache-control")
            .starts_with("public, max-age=900,")
    );
}
