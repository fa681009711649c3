//! What the compiler finds of a document: validity, variables, cost and depth.

use pq_core::Operation;
use pq_core::compile::{CompileError, Compiler};
use pq_core::manifest::OperationKind;
use pq_core::{Clients, DocumentHash, Manifest};
use serde_json::json;

const SDL: &str = include_str!("../fixtures/schema.graphql");

fn compile(body: &str) -> Operation {
    let compiler = Compiler::new(SDL).expect("a schema");
    let document = compiler.compile(body, None).expect("a document");
    document.operation
}

fn error(body: &str) -> String {
    let compiler = Compiler::new(SDL).expect("a schema");
    compiler
        .compile(body, None)
        .expect_err("refused")
        .to_string()
}

#[test]
fn an_operation_keeps_the_documents_exact_bytes() {
    let body = "\n# é\nquery  Q { categories { id } }\r\n";
    let operation = compile(body);
    assert_eq!(operation.body, body);
    assert_eq!(operation.id, DocumentHash::of(body));
    assert_eq!(operation.name, "Q");
    assert_eq!(operation.kind, OperationKind::Query);
    assert!(operation.clients.is_empty());
    let compiler = Compiler::new(SDL).unwrap();
    let of_client = compiler.compile(body, Some("site")).unwrap().operation;
    assert_eq!(of_client.clients, Clients::one("site"));
    assert_eq!(of_client.id, operation.id);
    Manifest::new(vec![operation]).unwrap();
}

#[test]
fn what_is_not_one_valid_named_operation_is_refused_on_one_line() {
    let errors = [
        error("query Q { nope }"),
        error("query Q { offer { id } }"),
        error("query Q($id: ID!) { offer(id: $id) { id } me { nope } } fragment F on Offer { id }"),
        error("query Q($id: Int!) { offer(id: $id) { id } }"),
        error("query Q { categories { id }"),
        error("{ categories { id } }"),
        error("query A { __typename } query B { __typename }"),
        error("fragment F on Offer { id }"),
        error(""),
    ];
    assert!(errors.iter().all(|error| !error.contains('\n')));
    insta::assert_snapshot!(errors.join("\n"), @r"
    the document is not valid: 1:11 type `Query` does not have a field `nope`
    the document is not valid: 1:11 the required argument `Query.offer(id:)` is not provided
    the document is not valid: 1:43 interface, union and object types must have a subselection set; 1:48 type `User` does not have a field `nope`; 1:57 fragment `F` must be used in an operation
    the document is not valid: 1:28 variable `$id` of type `Int!` cannot be used for argument `id` of type `ID!`
    the document is not valid: 1:28 syntax error: expected R_CURLY, got EOF
    the document's operation has no name
    a document has exactly one operation, this one has 2
    the document is not valid: 1:1 fragment `F` must be used in an operation
    the document is not valid: 1:1 syntax error: Unexpected <EOF>.
    ");
}

#[test]
fn a_schema_with_nonsense_in_it_is_refused_with_its_place() {
    let errors = [
        "type Query { a: Nope }",
        "type Query { a: Int @cacheControl(maxAge: -1) }",
        "type Query { a: T } type T @cacheControl(staleIfError: -1) { a: Int }",
        "type Query { a(at: Int @snapToCell): Int }",
        "type Query { a(at: [L!] @snapToCell): Int } input L { lat: Float! lng: Float! }",
        "type Query { a(i: I): Int } input I { at: L @snapToCell } input L { lat: Float! lng: Int }",
        "type Query { a(at: L @snapToCell(resolution: 16)): Int } input L { lat: Float! lng: Float }",
        "type Query { a: Int @cacheControl(scope: SECRET) }",
    ]
    .map(|sdl| Compiler::new(sdl).expect_err("refused").to_string());
    insta::assert_snapshot!(errors.join("\n"), @r"
    the schema is not valid: 1:17 cannot find type `Nope` in this document
    the schema's Query.a has an @cacheControl(maxAge) that is not a number of seconds
    the schema's T has an @cacheControl(staleIfError) that is not a number of seconds
    the schema's Query.a(at) has @snapToCell, and is not an input object with Float fields lat and lng
    the schema's Query.a(at) has @snapToCell, and is not an input object with Float fields lat and lng
    the schema's I.at has @snapToCell, and is not an input object with Float fields lat and lng
    the schema's Query.a(at) has an @snapToCell(resolution) that is not 0 to 15
    the schema is not valid: 1:42 value `SECRET` does not exist on `CacheControlScope`
    ");
    let sdl = "directive @cacheControl(scope: String) on FIELD_DEFINITION
        type Query { a: Int @cacheControl(scope: \"SECRET\") }";
    assert!(matches!(
        Compiler::new(sdl),
        Err(CompileError::Directive { .. })
    ));
}

#[test]
fn variables_have_types_defaults_and_the_input_types_they_reach() {
    let operation = compile(
        "query Q($input: OffersInput = {first: 5, categories: [BAR], location: {lat: 1, lng: 2.5e0}},
            $a: Locale = FR, $b: String = null, $d: Boolean = true,
            $big: Float = 12345678901234567890)
        { offers(input: $input) { totalCount } categories { name(locale: $a) }
          a: offers(input: {search: $b, minDiscount: 1}) { edges @include(if: $d) { cursor } }
          partner(id: \"x\") { id } b: partners(input: {search: $b}) { totalCount }
          offer(id: \"1\") { id } c: offers(input: {maxDistance: $big}) { totalCount } }",
    );
    let variables = serde_json::to_value(&operation.variables).unwrap();
    assert_eq!(
        variables,
        json!([
            {"name": "input", "type": "OffersInput", "default":
                {"first": 5, "categories": ["BAR"], "location": {"lat": 1, "lng": 2.5}}},
            {"name": "a", "type": "Locale", "default": "FR"},
            {"name": "b", "type": "String", "default": null},
            {"name": "d", "type": "Boolean", "default": true},
            {"name": "big", "type": "Float", "default": 12_345_678_901_234_567_890_u64},
        ])
    );
    let types: Vec<_> = operation.input_types.0.keys().collect();
    assert_eq!(
        types,
        ["Locale", "LocationInput", "OfferCategory", "OffersInput"]
    );
    let json = serde_json::to_value(&operation.input_types).unwrap();
    assert_eq!(
        json["Locale"],
        json!({"kind": "enum", "values": ["FR", "EN"]})
    );
    assert_eq!(
        json["OffersInput"]["fields"][0],
        json!({"name": "location", "type": "LocationInput"})
    );
}

#[test]
fn custom_scalars_and_recursive_inputs_are_reachable_types() {
    let compiler = Compiler::new(
        "scalar Date input I { at: Date and: [I!] n: Int = 3 } type Query { a(i: I): Int }",
    )
    .unwrap();
    let document = compiler
        .compile("query Q($i: I) { a(i: $i) }", None)
        .unwrap();
    assert_eq!(
        serde_json::to_value(&document.operation.input_types).unwrap(),
        json!({
            "Date": {"kind": "scalar", "scalar": "Custom"},
            "I": {"kind": "object", "fields": [
                {"name": "at", "type": "Date"},
                {"name": "and", "type": "[I!]"},
                {"name": "n", "type": "Int", "default": 3},
            ]},
        })
    );
}

#[test]
fn cost_counts_fields_once_per_item_and_depth_counts_nesting() {
    let cases = [
        // `__typename` costs nothing.
        ("query Q { __typename categories { __typename } }", 1, 1),
        // A list of unknown length: 1 + 20 * 2.
        ("query Q { categories { id name } }", 41, 2),
        // A connection: offers + totalCount + edges + 5 * (node + id).
        (
            "query Q { offers(input: {first: 5}) { totalCount edges { node { id } } } }",
            13,
            4,
        ),
        // From the variable's default, from its object's, and from neither.
        (
            "query Q($n: Int = 3) { offers(input: {first: $n}) { edges { cursor } } }",
            5,
            3,
        ),
        (
            "query Q($i: OffersInput! = {first: 4}) { offers(input: $i) { edges { cursor } } }",
            6,
            3,
        ),
        (
            "query Q($i: OffersInput!) { offers(input: $i) { edges { cursor } } }",
            22,
            3,
        ),
        (
            "query Q($n: Int) { offers(input: {first: $n}) { edges { cursor } } }",
            22,
            3,
        ),
        ("query Q { offers(input: {}) { edges { cursor } } }", 22, 3),
        (
            "query Q { offers(input: {first: -4}) { edges { cursor } } }",
            2,
            3,
        ),
        // Fragments count as what they hold, each time; a list of scalars is one field.
        (
            "query Q { offer(id: 1) { ...F ... on Offer { ...F } } } fragment F on Offer { images }",
            3,
            2,
        ),
        ("mutation Q { logout }", 1, 1),
    ];
    for (body, cost, depth) in cases {
        let operation = compile(body);
        assert_eq!((operation.cost, operation.depth), (cost, depth), "{body}");
    }
}
