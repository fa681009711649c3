//! What the remainder may come to.

use pq_core::compile::Compiler;
use serde_json::{Value, json};

use super::*;

const BODY: &str = "query Q { me { name } books { title isLent } }";
const PUBLIC: &str =
    r#"{"data":{"books":[{"title":"x","_edgeId":"1"},{"title":"y","_edgeId":"2"}]}}"#;

/// The answer to [`BODY`] with this answer to the remainder.
fn merged_with(remainder: &str) -> Value {
    let compiler = Compiler::new(SDL).unwrap();
    let operation = compiler.compile(BODY, None).unwrap().operation;
    let given = CanonicalVariables::coerce(&[], &operation.input_types, &Map::new()).unwrap();
    let request = PartlyPrivate::new(operation.split.as_ref().unwrap(), &given);
    let answer = PublicAnswer::read(&request, PUBLIC).unwrap();
    let merged = answer.merged_with(&Remainder::of_answer(remainder));
    serde_json::from_str(&merged).unwrap()
}

/// The answer with these values of `me` and of the books' `isLent`, and with errors of one code.
fn answer(me: &Value, is_lent: [Value; 2], code: &str, paths: &[Value]) -> Value {
    let [first, second] = is_lent;
    let books = json!([{"title": "x", "isLent": first}, {"title": "y", "isLent": second}]);
    let errors = paths.iter().map(|path| (path, json!({"code": code})));
    let errors: Vec<_> = errors.collect();
    json!({"data": {"me": me, "books": books}, "errors": errors})
}

/// An answer without the texts of its errors.
fn without_messages(mut answer: Value) -> Value {
    for error in answer["errors"].as_array_mut().unwrap() {
        *error = json!([error["path"], error["extensions"]]);
    }
    answer
}

#[test]
fn a_refusal_is_the_error_of_every_private_field() {
    let refusal = r#"{"errors":[{"message":"sign in","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
    let merged = merged_with(refusal);
    assert_eq!(merged["errors"][0]["message"], "sign in");
    let paths = [
        json!(["me"]),
        json!(["books", 0, "isLent"]),
        json!(["books", 1, "isLent"]),
    ];
    let nothing = [Value::Null, Value::Null];
    let expected = answer(&Value::Null, nothing, "UNAUTHENTICATED", &paths);
    assert_eq!(without_messages(merged), expected);
}

#[test]
fn an_object_that_is_gone_has_its_public_fields_and_an_error() {
    let me = json!({"name": "Ana"});
    let remainder =
        json!({"data": {"me": me, "_edgeObjects": [null, {"isLent": true}]}}).to_string();
    let paths = [json!(["books", 0, "isLent"])];
    let expected = answer(&me, [Value::Null, json!(true)], "NOT_FOUND", &paths);
    assert_eq!(without_messages(merged_with(&remainder)), expected);
}

#[test]
fn an_error_of_one_object_is_not_anothers() {
    let error = json!({"message": "no", "path": ["_edgeObjects", 1, "isLent"], "extensions": {"code": "X"}});
    let objects = json!([{"isLent": false}, {"isLent": null}]);
    let remainder =
        json!({"data": {"me": null, "_edgeObjects": objects}, "errors": [error]}).to_string();
    let paths = [json!(["books", 1, "isLent"])];
    let expected = answer(&Value::Null, [json!(false), Value::Null], "X", &paths);
    assert_eq!(without_messages(merged_with(&remainder)), expected);
}

#[test]
fn fields_that_were_not_asked_for_are_not_shown() {
    let objects = json!([{"isLent": false, "mark": "secret"}, {"isLent": true}]);
    let me = json!({"name": "Ana"});
    let remainder = json!({"data": {"me": me, "user": "secret", "_edgeObjects": objects}});
    let merged = merged_with(&remainder.to_string());
    assert!(!merged.to_string().contains("secret"));
    assert!(merged.get("errors").is_none());
}

#[test]
fn a_remainder_that_the_origin_does_not_have_is_told_from_a_refused_client() {
    let table = [
        ("PERSISTED_QUERY_NOT_FOUND", true),
        ("GRAPHQL_VALIDATION_FAILED", true),
        ("VARIABLE_INVALID", true),
        ("UNAUTHENTICATED", false),
        ("TOKEN_EXPIRED", false),
        ("RATE_LIMITED", false),
        ("ORIGIN_UNREACHABLE", false),
        ("SOMETHING_NEW", false),
    ];
    for (code, expected) in table {
        let refusal = json!({"errors": [{"message": "no", "extensions": {"code": code}}]});
        let refusal = refusal.to_string();
        let remainder = Remainder::of_answer(&refusal);
        assert_eq!(remainder.is_refused_itself(), expected, "{code}");
    }
    let executed = Remainder::of_answer(r#"{"data":{"me":null}}"#);
    assert!(!executed.is_refused_itself());
}

#[test]
fn what_is_no_answer_is_as_if_the_origin_were_not_reached() {
    for text in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"data":null}"#,
        r#"{"errors":[]}"#,
    ] {
        let merged = merged_with(text);
        assert_eq!(merged["errors"].as_array().unwrap().len(), 3, "{text}");
        let code = &merged["errors"][0]["extensions"]["code"];
        assert_eq!(code, "ORIGIN_UNREACHABLE", "{text}");
    }
}
