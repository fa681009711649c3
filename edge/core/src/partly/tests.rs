//! The merged answer is that of the whole document, for any document.

use std::cell::Cell;

use pq_core::compile::{CompileError, Compiler};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::*;
use executor::Library;

mod executor;
mod remainders;

const SDL: &str = r"
enum CacheControlScope { PUBLIC PRIVATE }
directive @cacheControl(maxAge: Int, staleWhileRevalidate: Int, staleIfError: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT
directive @byIds(most: Int!) on FIELD_DEFINITION
type Query {
  me: User
  user: User!
  book(id: ID!): Book @cacheControl(maxAge: 60)
  books: [Book!]! @cacheControl(maxAge: 60)
  shelves: [[Book]] @cacheControl(maxAge: 60)
  booksById(ids: [ID!]!): [Book]! @cacheControl(scope: PRIVATE) @byIds(most: 50)
}
type User @cacheControl(scope: PRIVATE) { id: ID! name: String book: Book }
type Book @cacheControl(maxAge: 60) {
  id: ID! title: String sequel: Book copies: [Book!]!
  isLent: Boolean @cacheControl(scope: PRIVATE)
  mark: String! @cacheControl(scope: PRIVATE)
  reader: User
}
";

/// A request for the whole, merged of its parts; none if the document stays whole.
fn merged(
    compiler: &Compiler,
    body: &str,
    variables: &Value,
    library: &Library,
    is_reached: bool,
) -> Option<String> {
    let document = match compiler.compile(body, None) {
        Err(CompileError::TooMuch(_)) => return None,
        document => document.unwrap(),
    };
    let operation = &document.operation;
    let split = operation.split.as_ref()?;
    let given = variables.as_object().unwrap();
    let given = CanonicalVariables::coerce(&operation.variables, &operation.input_types, given);
    let given = given.unwrap();
    let [public, remainder] = [&document.parts[0].operation, &document.parts[1].operation];
    let request = PartlyPrivate::new(split, &given);
    let of_public = variables_of(public, &given).to_json();
    let of_public = serde_json::from_str(&of_public).unwrap();
    let answer = library.execute(&public.body, &of_public).text();
    let answer = PublicAnswer::read(&request, &answer).expect("it has no errors");
    let asked = request.remainder(answer.ids());
    let mut text = String::new();
    let remainder = match asked {
        None => Remainder::NotNeeded,
        Some(_) if !is_reached => Remainder::unreachable(),
        Some(asked) => {
            let asked: Value = serde_json::from_str(&asked).unwrap();
            assert_eq!(asked["documentId"], remainder.id.to_string());
            text += &library.execute(&remainder.body, &asked["variables"]).text();
            Remainder::of_answer(&text)
        }
    };
    Some(answer.merged_with(&remainder))
}

fn paths(answer: &Value) -> Vec<String> {
    let errors = answer["errors"].as_array().into_iter().flatten();
    let mut paths: Vec<_> = errors.map(|error| error["path"].to_string()).collect();
    paths.sort();
    paths
}

/// Selections of a book, nested as deep as `depth`.
fn of_book(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        4 => Just("title".to_owned()),
        2 => Just("id".to_owned()),
        1 => Just("name: title".to_owned()),
        4 => Just("isLent".to_owned()),
        1 => Just("lent: isLent".to_owned()),
        1 => Just("lentIf: isLent @include(if: $a)".to_owned()),
        1 => Just("titleIf: title @skip(if: $a)".to_owned()),
        2 => Just("mark".to_owned()),
        1 => Just("reader { id name }".to_owned()),
        1 => Just("__typename".to_owned()),
    ];
    let leaves = prop::collection::vec(leaf, 1..5).prop_map(|leaves| {
        let mut seen = std::collections::BTreeSet::new();
        let distinct = leaves.into_iter().filter(|leaf| seen.insert(leaf.clone()));
        distinct.collect::<Vec<_>>().join(" ")
    });
    if depth == 0 {
        return leaves.boxed();
    }
    let below = of_book(depth - 1);
    (leaves, 0..6u32, below)
        .prop_map(|(leaves, kind, below)| match kind {
            0 => format!("{leaves} sequel {{ {below} }}"),
            1 => format!("copies {{ {below} }} {leaves}"),
            2 => format!("... {{ {leaves} }} sequel {{ {below} }}"),
            3 => format!("... on Book @include(if: $a) {{ {leaves} }} title"),
            4 => format!("{leaves} ...Common"),
            _ => leaves,
        })
        .boxed()
}

fn document() -> impl Strategy<Value = String> {
    let root = (0..8u32, of_book(2)).prop_map(|(kind, below)| match kind {
        0 => "me { id name book { title } }".to_owned(),
        1 => "user { name }".to_owned(),
        2 => format!("books {{ {below} }}"),
        3 => format!("first: book(id: \"1\") {{ {below} }}"),
        4 => format!("lost: book(id: \"9\") {{ {below} }}"),
        5 => format!("shelves {{ {below} }}"),
        6 => "maybe: me @include(if: $a) { id }".to_owned(),
        _ => format!("other: book(id: \"2\") {{ {below} }}"),
    });
    prop::collection::vec(root, 1..4).prop_map(|roots| {
        // Each by a name of its own.
        let roots = roots.iter().enumerate().map(|(place, root)| {
            let (name, field) = match root.split_once(": ") {
                Some((name, field)) if name.chars().all(char::is_alphabetic) => (name, field),
                _without_a_name => ("root", root.as_str()),
            };
            format!("{name}{place}: {field}")
        });
        let mut text = format!("{{ {} }}", roots.collect::<Vec<_>>().join(" "));
        if text.contains("...Common") {
            text += " fragment Common on Book { common: title commonLent: isLent }";
        }
        let declared = if text.contains("$a") {
            "($a: Boolean!)"
        } else {
            ""
        };
        format!("query Q{declared} {text}")
    })
}

/// What is asked for, whether `$a`, which private fields of which objects fail, and whether the origin is
/// reached.
type Case = (String, bool, Vec<(u32, usize)>, bool);

const PRIVATE: [&str; 5] = ["isLent", "mark", "reader", "me", "user"];

/// Compares the merged answer with that to the whole; returns whether the document was divided.
fn compare((body, a, failing, is_reached): Case) -> Result<bool, TestCaseError> {
    let compiler = Compiler::new(SDL).unwrap();
    let variables = if body.contains("$a") {
        json!({"a": a})
    } else {
        json!({})
    };
    let mut library = Library::new(SDL);
    for (id, field) in failing {
        library.fail(&id.to_string(), PRIVATE[field]);
    }
    let Some(merged) = merged(&compiler, &body, &variables, &library, is_reached) else {
        return Ok(false);
    };
    if !is_reached {
        library.fail_all(&PRIVATE);
    }
    let whole = library.execute(&body, &variables).text();
    let answer: Value = serde_json::from_str(&merged).unwrap();
    let expected: Value = serde_json::from_str(&whole).unwrap();
    let data = |answer: &Value| answer["data"].to_string();
    prop_assert_eq!(data(&answer), data(&expected), "{}", body);
    if expected["errors"].is_null() {
        prop_assert_eq!(merged, whole);
    } else if expected["data"].is_null() {
        // What else was null is not said.
        prop_assert!(answer["errors"][0].is_object());
    } else {
        prop_assert_eq!(paths(&answer), paths(&expected), "{}", body);
    }
    Ok(true)
}

#[test]
fn the_merged_answer_is_that_of_the_whole() {
    let failing = prop::collection::vec((0..6u32, 0..PRIVATE.len()), 0..4);
    let case = (
        document(),
        any::<bool>(),
        failing,
        prop::bool::weighted(0.8),
    );
    let mut runner = TestRunner::new(ProptestConfig::with_cases(500));
    let divided = Cell::new(0);
    let result = runner.run(&case, |case| {
        divided.set(divided.get() + u32::from(compare(case)?));
        Ok(())
    });
    result.unwrap();
    assert!(divided.get() > 100, "{} of 500", divided.get());
}

#[test]
fn the_neighbours_of_a_field_that_failed_have_no_errors_of_their_own() {
    for fields in ["isLent mark", "mark isLent"] {
        let body = format!("query Q {{ books {{ title sequel {{ title {fields} }} }} }}");
        let mark_of_the_sequel = vec![(2, 1)];
        let was_divided = compare((body, false, mark_of_the_sequel, true)).unwrap();
        assert!(was_divided);
    }
}

#[test]
fn a_document_whose_private_fields_are_left_out_asks_for_nothing() {
    let compiler = Compiler::new(SDL).unwrap();
    let body = "query Q($a: Boolean!) { books { title isLent @include(if: $a) } }";
    let operation = compiler.compile(body, None).unwrap().operation;
    let split = operation.split.as_ref().unwrap();
    for (a, ids) in [(true, vec!["1".to_owned()]), (false, vec![])] {
        let Value::Object(given) = json!({"a": a}) else {
            panic!("an object")
        };
        let given =
            CanonicalVariables::coerce(&operation.variables, &operation.input_types, &given);
        let given = given.unwrap();
        let request = PartlyPrivate::new(split, &given);
        let body = r#"{"data":{"books":[{"title":"x","_edgeId":"1"}]}}"#;
        let answer = PublicAnswer::read(&request, body).unwrap();
        assert_eq!(answer.ids(), ids);
        assert!(answer.is_within_limit());
        assert_eq!(request.remainder(answer.ids()).is_some(), a);
    }
}

#[test]
fn an_answer_that_is_not_the_public_parts_is_not_merged() {
    let compiler = Compiler::new(SDL).unwrap();
    let operation = compiler.compile("query Q { books { title isLent } }", None);
    let operation = operation.unwrap().operation;
    let split = operation.split.as_ref().unwrap();
    let given = CanonicalVariables::coerce(&[], &operation.input_types, &Map::new()).unwrap();
    let request = PartlyPrivate::new(split, &given);
    for body in [
        r#"{"data":{"books":[{"title":"x"}]}}"#,
        r#"{"data":{"books":[[{"title":"x","_edgeId":"1"}]]}}"#,
        r#"{"data":{"books":7}}"#,
        r#"{"data":null}"#,
        r#"{"data":{"books":[]},"errors":[]}"#,
        r#"{"errors":[{"message":"x"}]}"#,
        "<html>",
    ] {
        assert!(PublicAnswer::read(&request, body).is_none(), "{body}");
    }
}
