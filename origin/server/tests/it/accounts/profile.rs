use e2e::{Durability, Redis};
use serde_json::{Value, json};

use super::person::{PASSWORD, input, login, register, registering};
use crate::{
    app::{Answer, TestApp},
    fixtures::{offer, store},
};

const UPDATE: &str = "mutation U($i: UpdateProfileInput!) { updateProfile(input: $i)
    { firstName lastName phone isPhoneVerified avatar preferences { language categories newsByPush } } }";

#[tokio::test]
async fn a_profile_is_changed_where_something_is_given() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    let update = async |input: Value| ana.ask(&app, UPDATE, json!({"i": input})).await;
    let changed = update(json!({"firstName": " Anne ", "phone": "+33612345678",
        "avatar": "https://example.fr/a.jpg", "preferences": {"language": "ENGLISH",
        "categories": ["BAR", "BAR", "CINEMA"], "newsByEmail": false, "newsByPush": true,
        "newsBySms": false}}));
    let expected = json!({"firstName": "Anne", "lastName": "d'Été", "phone": "+33612345678",
        "isPhoneVerified": false, "avatar": "https://example.fr/a.jpg",
        "preferences": {"language": "ENGLISH", "categories": ["BAR", "CINEMA"], "newsByPush": true}});
    assert_eq!(changed.await.data()["updateProfile"], expected);
    let same = update(json!({})).await.data();
    assert_eq!(same["updateProfile"], expected);
    let cleared = update(json!({"phone": null})).await.data();
    assert_eq!(cleared["updateProfile"]["phone"], Value::Null);
    assert_eq!(cleared["updateProfile"]["avatar"], expected["avatar"]);
    let refused = update(json!({"avatar": "http://example.fr/a.jpg"})).await;
    assert_eq!(refused.json()["errors"][0]["extensions"]["field"], "avatar");
    // E8: whether another account has a number is not told here.
    let mut bens = input("ben");
    bens["phone"] = json!("+33612345679");
    Answer::of(registering(&app, &bens)).await.data();
    let same = update(json!({"phone": "+33612345679"})).await.data();
    assert_eq!(same["updateProfile"]["phone"], "+33612345679");
}

#[tokio::test]
async fn others_see_what_is_public_and_no_more() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let see = async |fields: &str| {
        let query = format!("query S($id: ID!) {{ user(id: $id) {{ {fields} }} }}");
        ben.ask(&app, &query, json!({"id": ana.id})).await
    };
    let public = see("id firstName avatar").await.data();
    assert_eq!(public["user"]["firstName"], "Zoé");
    for field in [
        "email",
        "lastName",
        "phone",
        "isVerified",
        "isPhoneVerified",
        "identityStatus",
        "createdAt",
        "favorites { id }",
        "preferences { language }",
    ] {
        let refused = see(field).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{field}: {}", refused.text);
        let shown = match field {
            "phone" => json!({"phone": null}),
            _non_null => Value::Null,
        };
        assert_eq!(refused.json()["data"]["user"], shown);
        assert!(!refused.text.contains("ana@example.fr"));
    }
    let nobody = ben
        .ask(&app, r#"query Q { user(id: "x") { id } }"#, json!({}))
        .await;
    assert_eq!(nobody.data()["user"], Value::Null);
}

#[tokio::test]
async fn favourites_are_added_shown_and_removed() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0), offer("a", 1)]).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let id = json!({"id": offer("a", 1).id});
    let add = "mutation A($id: ID!) { addFavorite(offerId: $id) }";
    for expected in [true, false] {
        assert_eq!(
            ana.ask(&app, add, id.clone()).await.data()["addFavorite"],
            expected
        );
    }
    let gone = ana.ask(&app, add, json!({"id": offer("a", 9).id})).await;
    assert_eq!(gone.code(), "OFFER_NOT_FOUND");
    let mine = "query Q { me { favorites { id } } offers(input: {}) { edges { node { id isFavorite } } } }";
    let seen = ana.ask(&app, mine, json!({})).await;
    assert_eq!(seen.header("cache-control"), "private, no-store");
    let seen = seen.data();
    assert_eq!(seen["me"]["favorites"], json!([{"id": offer("a", 1).id}]));
    let stars: Vec<_> = seen["offers"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| edge["node"]["isFavorite"].as_bool().unwrap())
        .collect();
    assert_eq!(stars, [false, true]);
    let bens = "query B($id: ID!) { offer(id: $id) { isFavorite } }";
    assert_eq!(
        ben.ask(&app, bens, id.clone()).await.data()["offer"]["isFavorite"],
        false
    );
    let nobodys = app.ask(bens, id.clone()).await.data();
    assert_eq!(nobodys["offer"]["isFavorite"], false);
    // Ana's own client must not take it for her answer.
    let ended = Answer::of(app.post(bens, &id).bearer_auth("nonsense")).await;
    assert_eq!(ended.code(), "TOKEN_INVALID");
    assert_eq!(ended.json()["data"]["offer"]["isFavorite"], Value::Null);
    let remove = "mutation R($id: ID!) { removeFavorite(offerId: $id) }";
    for expected in [true, false] {
        let removed = ana.ask(&app, remove, id.clone()).await.data();
        assert_eq!(removed["removeFavorite"], expected);
    }
}

#[tokio::test]
async fn favourites_are_asked_for_by_the_offers_ids() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0), offer("a", 1)]).await;
    let ana = register(&app, "ana").await;
    let [first, second, none] = [0, 1, 9].map(|number| offer("a", number).id.to_string());
    let add = "mutation A($id: ID!) { addFavorite(offerId: $id) }";
    ana.ask(&app, add, json!({"id": second})).await.data();
    let by_id = "query Q($ids: [ID!]!) { offersById(ids: $ids) { id isFavorite } }";
    let ids = [&*second, &none, &first, "no id", &second];
    let seen = ana.ask(&app, by_id, json!({"ids": ids})).await.data();
    let of = |id: &str, liked| json!({"id": id, "isFavorite": liked});
    let expected = [
        of(&second, true),
        Value::Null,
        of(&first, false),
        Value::Null,
        of(&second, true),
    ];
    assert_eq!(seen["offersById"], json!(expected));
    let many = vec![first; 201];
    let refused = app.ask(by_id, json!({"ids": many})).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    let most = app.ask(by_id, json!({"ids": many[1..]})).await.data();
    assert_eq!(most["offersById"].as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn everything_held_is_exported_and_nothing_of_others() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    register(&app, "ben").await;
    let mut anas = input("ana");
    anas["consents"] = json!([{"purpose": "TERMS", "version": "2026-06", "granted": true}]);
    let ana = Answer::of(registering(&app, &anas)).await.data()["register"].clone();
    let ana = super::person::Person::of(&ana);
    let add = "mutation A($id: ID!) { addFavorite(offerId: $id) }";
    ana.ask(&app, add, json!({"id": offer("a", 0).id}))
        .await
        .data();
    let withdraw = r#"mutation M { recordConsent(input: {purpose: MARKETING, version: "1", granted: false}) { at } }"#;
    ana.ask(&app, withdraw, json!({})).await.data();
    let export = "query Q { exportMyData { mediaType data } myConsents { purpose granted } }";
    let answer = ana.ask(&app, export, json!({})).await.data();
    let purposes =
        json!([{"purpose": "TERMS", "granted": true}, {"purpose": "MARKETING", "granted": false}]);
    assert_eq!(answer["myConsents"], purposes);
    let text = answer["exportMyData"]["data"].as_str().unwrap();
    let data: Value = serde_json::from_str(text).unwrap();
    assert_eq!(data["account"]["email"], "ana@example.fr");
    assert_eq!(data["consents"].as_array().unwrap().len(), 2);
    assert_eq!(data["favorites"][0]["offerId"], json!(offer("a", 0).id));
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert!(
        !text.contains("ben@example.fr") && !text.contains("$2b$"),
        "{text}"
    );
}

#[tokio::test]
async fn an_account_is_erased_with_its_password_only() {
    let app = TestApp::start().await;
    let ana = register(&app, "ana").await;
    let delete = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
    let wrong = ana.ask(&app, delete, json!({"p": "wrong"})).await;
    assert_eq!(wrong.code(), "CREDENTIALS_INVALID");
    assert!(ana.is_in(&app).await);
    let done = ana.ask(&app, delete, json!({"p": PASSWORD})).await;
    assert_eq!(done.data()["deleteMyAccount"], true);
    assert!(!ana.is_in(&app).await);
    let refreshed = super::person::refresh(&app, &ana.refresh).await;
    assert_eq!(refreshed.code(), "REFRESH_TOKEN_INVALID");
    let again = login(&app, "ana@example.fr", PASSWORD).await;
    assert_eq!(again.code(), "CREDENTIALS_INVALID");
    register(&app, "ana").await;
}

/// E9.
#[tokio::test]
async fn consents_have_an_end_and_the_same_one_is_stored_once() {
    const RECORD: &str =
        "mutation R($i: ConsentInput!) { recordConsent(input: $i) { granted at } }";
    let app = TestApp::start().await;
    let said = |version: String, granted: bool| json!({"purpose": "MARKETING", "version": version, "granted": granted});
    let mut anas = input("ana");
    anas["consents"] = json!([said("0".into(), true), said("0".into(), true)]);
    let ana = Answer::of(registering(&app, &anas)).await.data()["register"].clone();
    let ana = super::person::Person::of(&ana);
    let record = async |version: String, granted: bool| {
        let input = json!({"i": said(version, granted)});
        ana.ask(&app, RECORD, input).await
    };
    let count = async || {
        let mine = ana.ask(&app, "{ myConsents { at } }", json!({})).await;
        mine.data()["myConsents"].as_array().unwrap().len()
    };
    app.pass_ms(1_000);
    let again = record("0".into(), true).await.data();
    assert_eq!(again["recordConsent"]["at"], "2026-06-01T12:00:00.000Z");
    assert_eq!(count().await, 1);
    let id = ana.id.clone();
    app.db
        .write(move |tx| {
            let sql = "INSERT INTO consents(owner, purpose, version, granted, at_ms)
                SELECT ?1, 'marketing', i, 1, 5 FROM
                (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
                 SELECT CAST(i AS TEXT) AS i FROM n)";
            Ok(tx.execute(sql, [id])?)
        })
        .await
        .unwrap();
    assert_eq!(record("more".into(), true).await.code(), "LIMIT_REACHED");
    let withdrawn = record("199".into(), false).await.data();
    assert_eq!(withdrawn["recordConsent"]["granted"], false);
    assert_eq!(count().await, 201);
    let mut many = input("ben");
    many["consents"] = json!(
        (0..21)
            .map(|n| said(n.to_string(), true))
            .collect::<Vec<_>>()
    );
    let refused = Answer::of(registering(&app, &many)).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
}

/// The lookups of profiles that memory or Redis answered, and those that nobody did.
fn lookups(app: &TestApp) -> (u64, u64) {
    let metrics = &app.state.services.caches.metrics;
    let count = |tier| metrics.looked_up("profile", tier);
    (count("l1") + count("l2"), count("miss"))
}

/// A profile is kept for an hour, and a change on one origin is seen on the other with its revision.
#[tokio::test]
async fn a_profile_is_cached_and_a_change_elsewhere_is_seen_with_its_revision() {
    const ME: &str = "query Q { me { id firstName email preferences { newsByPush } } }";
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&redis.url()).start().await;
    let other = app.another().await;
    let ana = register(&app, "ana").await;
    let me = async |app: &TestApp| ana.ask(app, ME, json!({})).await;
    for origin in [&app, &other] {
        for _ in 0..3 {
            let seen = me(origin).await;
            assert_eq!(seen.header("cache-control"), "private, no-store");
            assert_eq!(seen.data()["me"]["firstName"], "Zoé");
        }
    }
    let (hits, _) = lookups(&other);
    assert!(hits >= 2, "{hits}");
    for (input, field, expected) in [
        (json!({"firstName": "Anne"}), "firstName", json!("Anne")),
        (json!({"firstName": "Zoé"}), "firstName", json!("Zoé")),
    ] {
        let changed = ana.ask(&app, UPDATE, json!({"i": input})).await;
        let revision = changed.header("yousoon-revision").to_owned();
        changed.data();
        let request = other.post(ME, &json!({})).bearer_auth(&ana.access);
        let seen = Answer::of(request.header("yousoon-min-revision", revision)).await;
        assert_eq!(seen.data()["me"][field], expected);
        assert_eq!(me(&app).await.data()["me"][field], expected, "here at once");
    }
}

/// Each reads what is theirs, however many ask at once, and of others what is public.
#[tokio::test]
async fn nobody_gets_the_profile_of_another() {
    let app = TestApp::start().await;
    let mut people = Vec::new();
    for n in 0..8 {
        people.push(register(&app, &format!("p{n}")).await);
    }
    let all = (0..64).map(|n| {
        let (app, person) = (&app, &people[n % people.len()]);
        let email = format!("p{}@example.fr", n % people.len());
        async move {
            let mine = person
                .ask(app, "query Q { me { id email } }", json!({}))
                .await;
            let mine = mine.data();
            assert_eq!(mine["me"], json!({"id": person.id, "email": email}));
        }
    });
    futures_util::future::join_all(all).await;
    // Cached for its user, and asked for by another: not the address.
    let (ana, ben) = (&people[0], &people[1]);
    let query = "query S($id: ID!) { user(id: $id) { id firstName email } }";
    for _ in 0..2 {
        ana.ask(&app, query, json!({"id": ana.id})).await.data();
        let refused = ben.ask(&app, query, json!({"id": ana.id})).await;
        assert_eq!(refused.code(), "FORBIDDEN");
        assert!(!refused.text.contains("p0@"), "{}", refused.text);
    }
}

/// An erased account's profile is shown to nobody, on either origin.
#[tokio::test]
async fn an_erased_profile_is_not_shown_from_a_cache() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let query = "query S($id: ID!) { user(id: $id) { firstName } }";
    for _ in 0..2 {
        ben.ask(&app, query, json!({"id": ana.id})).await.data();
    }
    let erase = format!("mutation M {{ deleteMyAccount(password: {PASSWORD:?}) }}");
    ana.ask(&app, &erase, json!({})).await.data();
    let gone = ben.ask(&app, query, json!({"id": ana.id})).await.data();
    assert_eq!(gone["user"], Value::Null);
}
