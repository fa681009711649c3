//! What an answer has where a field failed or nothing is selected: GraphQL's rules, sections 6.3
//! and 6.4. The oracle in `graphql_js` tries the same with random documents; here is one of each
//! kind.

use serde_json::{Value, json};

use crate::{
    accounts::person::{PASSWORD, input, register},
    app::{Answer, TestApp},
    fixtures::{offer, store},
};

/// The data of an answer, and each error's path and code.
fn shape(answer: &Answer) -> (Value, Vec<(Value, Value)>) {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let json = answer.json();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    let errors = errors
        .iter()
        .map(|error| (error["path"].clone(), error["extensions"]["code"].clone()));
    (json["data"].clone(), errors.collect())
}

/// A1: a field that may not be null takes everything above it along.
#[tokio::test]
async fn a_field_that_may_not_be_null_takes_the_one_above_it_along() {
    let app = TestApp::start().await;
    let home = "query H($f: Int) { categories { id } offers(input: {first: $f}) { totalCount } }";
    let answer = app.ask(home, json!({"f": 0})).await;
    let errors = vec![(json!(["offers"]), json!("PAGE_SIZE_OUT_OF_RANGE"))];
    assert_eq!(shape(&answer), (Value::Null, errors));
}

/// A2, A3: a field that failed is null, or what has it is.
#[tokio::test]
async fn a_field_that_is_refused_is_null_and_never_missing() {
    let app = TestApp::start().await;
    let [ana, ben] = [register(&app, "ana").await, register(&app, "ben").await];
    let of_ben = async |fields: &str| {
        let query = format!("query U($id: ID!) {{ user(id: $id) {{ {fields} }} }}");
        shape(&ana.ask(&app, &query, json!({"id": ben.id})).await)
    };
    let refused = |field: &str| vec![(json!(["user", field]), json!("FORBIDDEN"))];
    let (data, errors) = of_ben("id phone").await;
    assert_eq!(data, json!({"user": {"id": ben.id, "phone": null}}));
    assert_eq!(errors, refused("phone"));
    let (data, errors) = of_ben("id email").await;
    assert_eq!(data, json!({"user": null}));
    assert_eq!(errors, refused("email"));
}

/// A4, A5: what conditions leave nothing of is an empty object.
#[tokio::test]
async fn a_selection_of_which_nothing_is_left_is_an_empty_object() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let root = "query C($c: Boolean!) { categories @include(if: $c) { id } }";
    let answer = app.ask(root, json!({"c": false})).await;
    assert_eq!(shape(&answer), (json!({}), vec![]));
    let nested = "query C($c: Boolean!) { offers(input: {}) { edges { node { title
        partner { id @include(if: $c) } } } } }";
    let answer = app.ask(nested, json!({"c": false})).await;
    let node = json!({"title": "Galette 0", "partner": {}});
    let data = json!({"offers": {"edges": [{"node": node}]}});
    assert_eq!(shape(&answer), (data, vec![]));
}

/// A6: a root field that is selected twice is executed once.
#[tokio::test]
async fn a_mutation_that_is_selected_twice_happens_once() {
    let app = TestApp::start().await;
    let twice = "mutation R($i: RegisterInput!) { register(input: $i) { accessToken } ...More }
        fragment More on Mutation { register(input: $i) { user { email } } }";
    let answer = app.ask(twice, json!({"i": input("ana")})).await;
    let (data, errors) = shape(&answer);
    assert_eq!(errors, vec![]);
    assert!(data["register"]["accessToken"].is_string());
    assert_eq!(data["register"]["user"]["email"], "ana@example.fr");
}

/// B10, B11: a field's error is a result, whatever media type the client likes: 200, the null where
/// it belongs, and a path. A request that was not executed has a status of its own and no data.
#[tokio::test]
async fn a_refused_field_is_a_result_in_every_media_type() {
    let app = TestApp::start().await;
    register(&app, "ana").await;
    let wrong = json!({"i": {"email": "ana@example.fr", "password": format!("{PASSWORD}!")}});
    let login = "mutation L($i: LoginInput!) { login(input: $i) { accessToken } }";
    for media in [
        "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json",
        "application/graphql-response+json",
        "application/json",
        "*/*",
    ] {
        let answer = Answer::of(app.post(login, &wrong).header("accept", media)).await;
        let errors = vec![(json!(["login"]), json!("CREDENTIALS_INVALID"))];
        assert_eq!(shape(&answer), (Value::Null, errors), "{media}");
        let me = app.post("query M { me { id } }", &json!({}));
        let answer = Answer::of(me.header("accept", media)).await;
        let refused = (answer.status.as_u16(), answer.code());
        assert_eq!(refused, (401, "UNAUTHENTICATED".to_owned()), "{media}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.json().get("data"), None);
    }
}
