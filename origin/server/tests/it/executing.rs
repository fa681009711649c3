//! What an answer is, by the GraphQL specification: nulls where fields fail, empty selections, and
//! fields that are selected more than once. The tests name the rows of the list of cases that they
//! come from.

use pq_core::DocumentHash;
use reqwest::{Method, header::ACCEPT};
use serde_json::{Value, json};

use crate::{
    accounts::person::{input, login, register},
    app::{Answer, GRAPHQL_RESPONSE, JSON, TestApp},
    booking::{CREATE, booked, places},
    fixtures::{offer, store},
};

/// Code and path of each error.
fn errors(answer: &Answer) -> Vec<(String, Value)> {
    let json = answer.json();
    let errors = json["errors"].as_array().unwrap();
    let code = |error: &Value| error["extensions"]["code"].as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| (code(error), error["path"].clone()))
        .collect()
}

async fn by_hash(app: &TestApp, document: &str, variables: &Value) -> Answer {
    let hash = DocumentHash::of(document);
    let request = app
        .request(Method::GET, &format!("/graphql/{hash}"))
        .query(&[("variables", variables.to_string())]);
    Answer::of(request).await
}

#[tokio::test]
async fn a1_a_null_that_no_type_allows_goes_up_to_data() {
    let app = TestApp::start().await;
    let home = "query Home($first: Int!) { categories { id } offers(input: {first: $first}) { totalCount } }";
    app.publish(&[home]).await;
    for _twice in 0..2 {
        let answer = by_hash(&app, home, &json!({"first": 0})).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(answer.json()["data"], Value::Null);
        let expected = ("PAGE_SIZE_OUT_OF_RANGE".to_owned(), json!(["offers"]));
        assert_eq!(errors(&answer), [expected]);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("yousoon-as-of"), "");
    }
}

#[tokio::test]
async fn a2_a_field_that_fails_is_null() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let query = "query Q($id: ID!) { them: user(id: $id) { id tel: phone firstName } }";
    let answer = ben.ask(&app, query, json!({"id": ana.id})).await;
    assert_eq!(answer.status.as_u16(), 200);
    let expected = format!(
        r#"{{"them":{{"id":"{}","tel":null,"firstName":"Zoé"}}}}"#,
        ana.id
    );
    assert!(answer.text.contains(&expected), "{}", answer.text);
    assert_eq!(
        errors(&answer),
        [("FORBIDDEN".to_owned(), json!(["them", "tel"]))]
    );
}

#[tokio::test]
async fn a3_a_non_null_field_that_fails_makes_its_object_null() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let query = "query Q($id: ID!) { user(id: $id) { id email firstName } me { id } }";
    let answer = ben.ask(&app, query, json!({"id": ana.id})).await;
    let expected = json!({"user": null, "me": {"id": ben.id}});
    assert_eq!(answer.json()["data"], expected);
    assert_eq!(
        errors(&answer),
        [("FORBIDDEN".to_owned(), json!(["user", "email"]))]
    );
}

#[tokio::test]
async fn a4_an_answer_with_no_field_left_is_an_object_and_kept_as_one() {
    let app = TestApp::start().await;
    let query = "query Q($c: Boolean!) { categories @include(if: $c) { id } }";
    app.publish(&[query]).await;
    for is_kept in [false, true] {
        let answer = by_hash(&app, query, &json!({"c": false})).await;
        assert_eq!(answer.text, r#"{"data":{}}"#);
        assert_eq!(answer.header("cache-status").contains("; hit"), is_kept);
    }
    let all = by_hash(&app, query, &json!({"c": true})).await.data();
    assert_eq!(all["categories"].as_array().unwrap().len(), 8);
    // The default of a variable counts as well.
    let query = "query Q($c: Boolean! = true) { ... @skip(if: $c) { categories { id } } }";
    assert_eq!(app.ask(query, json!({})).await.text, r#"{"data":{}}"#);
}

#[tokio::test]
async fn a5_an_object_with_no_field_left_is_an_object() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let query = "query Q($c: Boolean!, $none: ID!) {
        offers(input: {}) { edges { node { id partner { id @include(if: $c) } } } pageInfo { ...F @include(if: $c) } }
        none: offer(id: $none) { id @include(if: $c) } }
        fragment F on PageInfo { endCursor }";
    let variables = json!({"c": false, "none": offer("a", 9).id});
    let data = app.ask(query, variables).await.data();
    let id = offer("a", 0).id;
    let offers = json!({"edges": [{"node": {"id": id, "partner": {}}}], "pageInfo": {}});
    // An offer that does not exist is null all the same.
    assert_eq!(data, json!({"offers": offers, "none": null}));
}

#[tokio::test]
async fn a6_a_field_that_is_selected_twice_is_executed_once_with_both_selections() {
    let app = TestApp::start().await;
    let query = "mutation R($i: RegisterInput!) {
        register(input: $i) { user { id } } ...F register(input: $i) { expiresIn } }
        fragment F on Mutation { register(input: $i) { user { firstName } refreshToken } }";
    let answer = app.ask(query, json!({"i": input("ana")})).await;
    let register = answer.data()["register"].clone();
    assert_eq!(register["user"]["firstName"], "Zoé");
    assert_eq!(register["expiresIn"], 900);
    let keys: Vec<_> = register.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(register["refreshToken"].is_string() && register["user"]["id"].is_string());
}

#[tokio::test]
async fn a6_nested_fields_are_merged_and_fail_once() {
    let app = TestApp::start().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let query = "query Q($id: ID!) { user(id: $id) { ...A ...A phone } ... { user(id: $id) { phone lastPhone: phone } } }
        fragment A on User { phone ... on User { phone avatar } }";
    let answer = ben.ask(&app, query, json!({"id": ana.id})).await;
    let expected = json!({"user": {"phone": null, "avatar": null, "lastPhone": null}});
    assert_eq!(answer.json()["data"], expected);
    let mut paths: Vec<_> = errors(&answer)
        .into_iter()
        .map(|(_, path)| path.to_string())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, [r#"["user","lastPhone"]"#, r#"["user","phone"]"#]);
}

#[tokio::test]
async fn b10_a_refused_mutation_is_a_result_in_every_media_type() {
    let app = TestApp::start().await;
    let one = places("a", 0, 1);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    booked(&app, &ana, &one).await;
    let apollo_ios = format!("multipart/mixed;deferSpec=20220824,{GRAPHQL_RESPONSE},{JSON}");
    for accept in [apollo_ios.as_str(), GRAPHQL_RESPONSE, JSON, "*/*"] {
        let request = app
            .post(CREATE, &json!({"o": one.id}))
            .bearer_auth(&bob.access);
        let answer = Answer::of(request.header(ACCEPT, accept)).await;
        assert_eq!(answer.status.as_u16(), 200, "{accept}");
        assert_eq!(answer.json().get("data"), Some(&Value::Null), "{accept}");
        let expected = ("OFFER_SOLD_OUT".to_owned(), json!(["createBooking"]));
        assert_eq!(errors(&answer), [expected], "{accept}");
    }
}

#[tokio::test]
async fn b11_fields_have_one_status_and_requests_that_are_not_executed_another() {
    let app = TestApp::start().await;
    register(&app, "ana").await;
    let wrong = login(&app, "ana@example.fr", "wrong horse").await;
    assert_eq!(wrong.status.as_u16(), 200);
    let expected = ("CREDENTIALS_INVALID".to_owned(), json!(["login"]));
    assert_eq!(errors(&wrong), [expected]);
    assert_eq!(wrong.json().get("data"), Some(&Value::Null));
    let anonymous = app.ask("query Q { me { id } }", json!({})).await;
    assert_eq!(anonymous.status.as_u16(), 401);
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
    assert_eq!(anonymous.json().get("data"), None);
}
