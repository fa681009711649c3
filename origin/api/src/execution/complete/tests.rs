use async_graphql::{
    Variables,
    parser::{parse_query, types::OperationType},
};
use serde_json::{Value as Json, json};

use super::*;
use crate::execution::collect::collect;

/// The data of an answer that has errors at these paths.
fn completed(query: &str, data: Json, paths: &[Json]) -> String {
    let variables = Variables::from_json(json!({"no": false}));
    let collected = collect(&parse_query(query).unwrap(), &variables).unwrap();
    let mut response = Response::new(Value::from_json(data).unwrap());
    response.errors = paths.iter().map(error).collect();
    complete(&mut response, &collected.selected);
    serde_json::to_string(&response.data).unwrap()
}

fn error(path: &Json) -> ServerError {
    let segment = |segment: &Json| match segment.as_u64() {
        Some(index) => PathSegment::Index(index.try_into().unwrap()),
        None => PathSegment::Field(segment.as_str().unwrap().to_owned()),
    };
    let path = path.as_array().unwrap().iter().map(segment).collect();
    ServerError::new("refused", None).with_path(path)
}

#[test]
fn a_failed_field_is_null_where_its_type_allows_it_and_else_what_it_stands_in() {
    let user = "query Q { user(id: 1) { avatar lastName tel: phone } }";
    let list = "query Q { offer(id: 1) { id partner { offers { title distance } } } }";
    let leaves = "query Q { offer(id: 1) { id conditions } }";
    let table = [
        (
            user,
            json!({"user": {"lastName": "a", "avatar": null}}),
            vec![json!(["user", "tel"])],
            r#"{"user":{"avatar":null,"lastName":"a","tel":null}}"#,
        ),
        (
            user,
            json!({"user": {"avatar": "a", "tel": "1"}}),
            vec![json!(["user", "lastName"])],
            r#"{"user":null}"#,
        ),
        // The root field itself.
        (user, json!(null), vec![json!(["user"])], r#"{"user":null}"#),
        // Items are not null, their list is not, `partner` is not: `offer` may be.
        (
            list,
            json!({"offer": {"id": "1", "partner": {"offers": [{"title": "a"}, {"distance": 1}]}}}),
            vec![json!(["offer", "partner", "offers", 1, "title"])],
            r#"{"offer":null}"#,
        ),
        (
            list,
            json!({"offer": {"id": "1", "partner": {"offers": [{"title": "a"}, {"title": "b"}]}}}),
            vec![json!(["offer", "partner", "offers", 0, "distance"])],
            r#"{"offer":{"id":"1","partner":{"offers":[{"title":"a","distance":null},{"title":"b"}]}}}"#,
        ),
        // A list that has failed because an item has.
        (
            leaves,
            json!({"offer": {"id": "1"}}),
            vec![json!(["offer", "conditions", 0])],
            r#"{"offer":null}"#,
        ),
        (
            "query Q { me { id } categories { id } }",
            json!({"categories": []}),
            vec![json!(["me"])],
            r#"{"me":null,"categories":[]}"#,
        ),
        (
            "mutation M { logout createBooking(offerId: 1) { id } }",
            json!({"logout": true}),
            vec![json!(["createBooking"])],
            "null",
        ),
    ];
    for (query, data, paths, expected) in table {
        assert_eq!(
            completed(query, data, &paths),
            expected,
            "{query} {paths:?}"
        );
    }
}

#[test]
fn an_object_of_which_every_field_failed_is_not_null() {
    let query = "query Q { user(id: 1) { phone avatar } offer(id: 1) { id } }";
    let paths = [json!(["user", "phone"]), json!(["user", "avatar"])];
    let data = json!({"user": null, "offer": null});
    let expected = r#"{"user":{"phone":null,"avatar":null},"offer":null}"#;
    assert_eq!(completed(query, data, &paths), expected);
}

#[test]
fn fields_come_as_they_are_selected_and_what_stood_in_for_nothing_is_gone() {
    let query = "query Q {
        z: offer(id: 1) { ...F } b: categories { id } ... on Query { d: offer(id: 1) { id @include(if: $no) } }
        offer(id: 1) { partner { id @skip(if: true) } id } b: categories { name }
    } fragment F on Offer { title partner { name id } }";
    let data = json!({
        "offer": {"id": 1, "partner": {"__typename": "Partner"}},
        "b": [{"name": 1, "id": 2}],
        "d": {"__typename": "Offer"},
        "z": {"partner": {"id": 1, "name": 2}, "title": 1}
    });
    let expected = r#"{"z":{"title":1,"partner":{"name":2,"id":1}},"b":[{"id":2,"name":1}],"d":{},"offer":{"partner":{},"id":1}}"#;
    assert_eq!(completed(query, data, &[]), expected);
}

#[test]
fn a_request_that_was_not_executed_has_no_data() {
    let expected = r"null";
    assert_eq!(
        completed("query Q { me { id } }", json!(null), &[json!([])]),
        expected
    );
    let mut response = Response::from_errors(vec![error(&json!([]))]);
    assert!(!was_executed(&response));
    response.errors.push(error(&json!(["me"])));
    assert!(was_executed(&response));
}

#[test]
fn the_types_of_the_schema_are_known_and_none_is_abstract() {
    let types = Types::of_schema();
    for (kind, field, ty) in [
        (OperationType::Query, "categories", "[Category!]!"),
        (OperationType::Mutation, "login", "AuthPayload!"),
        (OperationType::Subscription, "newOfferNearby", "Offer!"),
    ] {
        let root = types.root(kind).unwrap();
        assert_eq!(types.field(root, field).unwrap().to_string(), ty);
    }
    // `collect` does not look at type conditions, because all types are objects.
    let sdl = crate::schema::sdl();
    let mut words = sdl.lines().map(|line| line.split(' ').next());
    assert!(words.all(|word| word != Some("interface") && word != Some("union")));
}
