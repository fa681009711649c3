//! The limits on documents: each one exactly reached and exceeded by one, and documents that would
//! take years to validate without them.

use std::time::{Duration, Instant};

use pq_core::compile::{CompileError, Compiled, Compiler};
use pq_core::limits::DOCUMENT;
use serde_json::{Map, Value, json};

use crate::fragment_bomb::fragment_bomb;

const SDL: &str = include_str!("../fixtures/schema.graphql");

fn sent(body: &str, variables: &Value) -> Result<Compiled, CompileError> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    Compiler::new(SDL)
        .expect("a schema")
        .compile_sent(body, &variables)
}

/// What the document has too many of; `None` if it is accepted.
fn too_much(body: &str) -> Option<&'static str> {
    match sent(body, &json!({})) {
        Ok(_) => None,
        Err(CompileError::TooMuch(too_much)) => Some(too_much.what),
        Err(other) => panic!("{other}: {body}"),
    }
}

fn repeated(count: u64, each: impl Fn(u64) -> String) -> String {
    (0..count).map(each).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_limit_holds_exactly() {
    let aliases = |count| format!("{{ {} }}", repeated(count, |n| format!("a{n}: __typename")));
    assert_eq!(too_much(&aliases(DOCUMENT.aliases)), None);
    assert_eq!(too_much(&aliases(DOCUMENT.aliases + 1)), Some("aliases"));

    let directives = |count| {
        let each = repeated(count, |_| "__typename @skip(if: false)".to_owned());
        format!("{{ {each} }}")
    };
    assert_eq!(too_much(&directives(DOCUMENT.directives)), None);
    assert_eq!(
        too_much(&directives(DOCUMENT.directives + 1)),
        Some("directives")
    );

    let fields = |count| format!("{{ {} }}", repeated(count, |_| "__typename".to_owned()));
    assert_eq!(too_much(&fields(DOCUMENT.fields)), None);
    assert_eq!(too_much(&fields(DOCUMENT.fields + 1)), Some("fields"));

    let long = "__typename ".repeat(usize::try_from(DOCUMENT.tokens).unwrap());
    assert_eq!(too_much(&format!("{{ {long} }}")), Some("tokens"));
}

#[test]
fn depth_holds_through_fragments() {
    let limit = DOCUMENT.depth;
    let document = |levels: u64| {
        // One level each: `offer`, then alternately `partner` and `offers`.
        let mut inner = "id".to_owned();
        for level in (1..levels - 1).rev() {
            let field = if level % 2 == 1 { "partner" } else { "offers" };
            inner = format!("{field} {{ {inner} }}");
        }
        format!("{{ offer(id: 1) {{ ...F }} }} fragment F on Offer {{ {inner} }}")
    };
    // Nested lists also exceed the cost, but the depth is checked first.
    assert_eq!(too_much(&document(limit + 1)), Some("levels of fields"));
    let deep = too_much(&document(limit));
    assert!(
        deep.is_none() || deep == Some("fields in its answer"),
        "{deep:?}"
    );
    let chain = "{ __schema { types { ofType { ofType { ofType { name } } } } } }";
    assert_eq!(too_much(chain), None);
}

#[test]
fn fragments_that_spread_each_other_are_refused_before_anybody_walks_through_them() {
    let bomb = fragment_bomb(200);
    let began = Instant::now();
    assert_eq!(too_much(&bomb), Some("fields"));
    // Fragments count even when no operation spreads them.
    let unused = bomb.replacen("{ ...F0 }", "{ __typename }", 1);
    assert_eq!(too_much(&unused), Some("fields"));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_fragment_that_spreads_itself_is_not_valid() {
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    let refused = sent(circle, &json!({})).unwrap_err();
    assert!(matches!(refused, CompileError::Document(_)), "{refused}");
}

#[test]
fn what_a_document_costs_depends_on_what_is_asked_with_it() {
    let body = "query Q($n: Int, $i: OffersInput!) {
        a: offers(input: {first: $n}) { edges { cursor } }
        b: offers(input: $i) { edges { cursor } } }";
    let cost = |variables: Value| sent(body, &variables).map(|done| done.operation.cost);
    assert_eq!(cost(json!({})), Ok(2 * 22));
    assert_eq!(cost(json!({"n": 5, "i": {"first": 7}})), Ok(7 + 9));
    assert_eq!(cost(json!({"n": null, "i": {}})), Ok(2 * 22));
    let refused = cost(json!({"n": 10_000, "i": {}})).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the document has more than 10000 fields in its answer"
    );
    let compiler = Compiler::new(SDL).unwrap();
    let published = compiler.compile(body, None).unwrap().operation.cost;
    assert_eq!(published, 2 * 22, "by the defaults");
}

#[test]
fn what_is_sent_needs_no_name_and_what_is_published_does() {
    let body = "{ categories { id } }";
    assert_eq!(sent(body, &json!({})).unwrap().operation.name, "");
    let compiler = Compiler::new(SDL).unwrap();
    assert_eq!(
        compiler.compile(body, None).unwrap_err(),
        CompileError::Anonymous
    );
}

#[test]
fn questions_about_the_schema_are_told_apart_and_cost_little() {
    let introspects = |body: &str| sent(body, &Value::Object(Map::new())).unwrap().introspects;
    assert!(!introspects("{ __typename categories { __typename } }"));
    assert!(introspects("{ __schema { queryType { name } } }"));
    assert!(introspects(
        "{ ...F } fragment F on Query { a: __type(name: \"Offer\") { name } }"
    ));
    let whole = "{ __schema { types { fields { args { type { name } } } } } }";
    assert_eq!(sent(whole, &json!({})).unwrap().operation.cost, 1);
}
