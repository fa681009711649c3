//! How a document that is partly private is divided.

use pq_core::Operation;
use pq_core::compile::{Compiled, Compiler};
use pq_core::policy::Scope;
use pq_core::split::{Both, Condition, Id, Origin, Private, Selection, Shown};

const SDL: &str = r"
enum CacheControlScope { PUBLIC PRIVATE }
directive @cacheControl(maxAge: Int, staleWhileRevalidate: Int, staleIfError: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT
directive @byIds(most: Int!) on FIELD_DEFINITION
type Query {
  me: User
  now: String
  book(isbn: ID!): Book @cacheControl(maxAge: 60)
  books(first: Int): Shelf! @cacheControl(maxAge: 30)
  booksById(ids: [ID!]!): [Book]! @cacheControl(scope: PRIVATE) @byIds(most: 50)
  node: Node @cacheControl(maxAge: 60)
}
type User @cacheControl(scope: PRIVATE) { id: ID! name: String! loans(first: Int): [Book!]! }
interface Node { id: ID! }
type Shelf @cacheControl(maxAge: 60) { count: Int! items: [Book!] }
type Book implements Node @cacheControl(maxAge: 60) {
  id: ID! title: String! author: Author! isLent: Boolean @cacheControl(scope: PRIVATE)
  loan(full: Boolean): User mark: String! @cacheControl(scope: PRIVATE)
}
type Author @cacheControl(maxAge: 60) { id: ID! name: String! isFollowed: Boolean! @cacheControl(scope: PRIVATE) }
";

fn compile(body: &str) -> Compiled {
    let compiler = Compiler::new(SDL).expect("a schema");
    compiler.compile(body, Some("reader")).expect("a document")
}

fn parts(body: &str) -> [Operation; 2] {
    let compiled = compile(body);
    let split = compiled.operation.split.expect("it is divided");
    let parts: Vec<_> = compiled
        .parts
        .into_iter()
        .map(|part| part.operation)
        .collect();
    let [public, remainder] = <[_; 2]>::try_from(parts).expect("two parts");
    assert_eq!([public.id, remainder.id], [split.public, split.remainder]);
    assert!(public.policy.is_shared() && !remainder.policy.is_shared());
    [public, remainder]
}

fn shown(key: &str, from: Origin) -> Shown {
    Shown {
        key: key.to_owned(),
        from,
    }
}

fn private() -> Origin {
    Origin::Private(Private {
        nullable: true,
        conditions: Vec::new(),
    })
}

#[test]
fn private_fields_of_objects_are_asked_for_by_id() {
    let body = r"
query Shelf($first: Int, $full: Boolean!) {
  me { name }
  books(first: $first) {
    items { title isLent }
    count
  }
  book(isbn: 1) { id ...Lent }
}
fragment Lent on Book { loan(full: $full) { name } }
";
    let [public, remainder] = parts(body);
    assert_eq!(
        public.body,
        "query Shelf__public($first: Int) {
  books(first: $first) {
    items {
      title
      _edgeId: id
    }
    count
  }
  book(isbn: 1) {
    id
  }
}"
    );
    assert_eq!(
        remainder.body,
        "query Shelf__remainder($full: Boolean!, $_edgeIds: [ID!]!) {
  me {
    name
  }
  _edgeObjects: booksById(ids: $_edgeIds) {
    isLent
    ... on Book {
      loan(full: $full) {
        name
      }
    }
  }
}"
    );
    assert_eq!(
        (public.policy.max_age_s, public.name.as_str()),
        (30, "Shelf__public")
    );
    assert!(public.clients.iter().eq(["reader"]));
    let whole = compile(body).operation;
    assert_eq!(whole.policy.scope, Scope::Private);
    let split = whole.split.unwrap();
    assert_eq!(
        (split.most_ids, split.variables),
        (Some(50), vec!["full".to_owned()])
    );
    let below = |id, fields| Selection {
        id: Some(id),
        fields,
    };
    let both = |nullable: &[bool], below| {
        let nullable = nullable.to_vec();
        Origin::Both(Both { nullable, below })
    };
    let items = below(
        Id::Added,
        vec![shown("title", Origin::Public), shown("isLent", private())],
    );
    let shelf = Selection {
        id: None,
        fields: vec![
            shown("items", both(&[true, false], items)),
            shown("count", Origin::Public),
        ],
    };
    let book = below(
        Id::Selected,
        vec![shown("id", Origin::Public), shown("loan", private())],
    );
    assert_eq!(
        split.shows.fields,
        [
            shown("me", private()),
            shown("books", both(&[false], shelf)),
            shown("book", both(&[true], book)),
        ]
    );
}

#[test]
fn a_private_field_under_a_condition_has_the_condition() {
    let [public, remainder] = parts(
        "query Q($a: Boolean!, $b: Boolean!) { book(isbn: 1) { title ... @include(if: $a) { lent: isLent @skip(if: $b) } } }",
    );
    assert!(!public.body.contains('$'), "{}", public.body);
    assert!(
        remainder
            .body
            .starts_with("query Q__remainder($a: Boolean!, $b: Boolean!, $_edgeIds")
    );
    let split = compile(
        "query Q($a: Boolean!, $b: Boolean!) { book(isbn: 1) { title ... @include(if: $a) { lent: isLent @skip(if: $b) } } }",
    );
    let fields = split.operation.split.unwrap().shows.fields;
    let Origin::Both(book) = &fields[0].from else {
        panic!("{fields:?}")
    };
    let condition = |variable: &str, is| Condition {
        variable: variable.to_owned(),
        is,
    };
    let expected = Origin::Private(Private {
        nullable: true,
        conditions: vec![condition("a", true), condition("b", false)],
    });
    assert_eq!(book.below.fields[1], shown("lent", expected));
}

#[test]
fn what_cannot_be_divided_well_stays_whole() {
    for body in [
        // Nothing private, or nothing else.
        "query Q { book(isbn: 1) { title } }",
        "query Q { me { name } }",
        "query Q { book(isbn: 1) { id isLent } }",
        "query Q { __typename me { name } }",
        // Not cacheable, though not private.
        "query Q { now book(isbn: 1) { title isLent } }",
        // No field gives authors by their ids.
        "query Q { book(isbn: 1) { title author { id isFollowed } } }",
        // Selected twice.
        "query Q { book(isbn: 1) { title } book(isbn: 1) { isLent } }",
        "query Q($a: Boolean!) { book(isbn: 1) { title @include(if: $a) isLent title } }",
        // Under a name of ours, a constant condition, an interface.
        "query Q { book(isbn: 1) { _edgeId: title isLent } }",
        "query Q { book(isbn: 1) { title isLent @include(if: true) } }",
        "query Q { node { id ... on Book { title isLent } } }",
    ] {
        let compiled = compile(body);
        assert_eq!(compiled.operation.split, None, "{body}");
        assert!(compiled.parts.is_empty());
    }
}

#[test]
fn two_places_ask_for_the_same_objects_once() {
    let [_, remainder] = parts(
        "query Q { a: book(isbn: 1) { title isLent } b: book(isbn: 2) { title isLent loan { id } } }",
    );
    assert_eq!(remainder.body.matches("isLent").count(), 1);
    // A mark that fails would take the other field of the same object with it.
    let compiled =
        compile("query Q { a: book(isbn: 1) { title isLent } b: book(isbn: 2) { title mark } }");
    assert_eq!(compiled.operation.split, None);
    // The same name means different things: the remainder would not be valid.
    let compiled = compile(
        "query Q { a: book(isbn: 1) { title l: loan(full: true) { id } } b: book(isbn: 2) { title l: loan(full: false) { id } } }",
    );
    assert_eq!(compiled.operation.split, None);
}

#[test]
fn the_parts_of_a_part_are_none_and_a_manifest_keeps_the_split() {
    let whole = compile("query Q { me { name } book(isbn: 1) { title isLent } }");
    for part in &whole.parts {
        let again = compile(&part.operation.body);
        assert_eq!(again.operation, part.operation);
    }
    for body in [
        "query Q { me { name } book(isbn: 1) { title isLent } }",
        "query Q($a: Boolean!) { me { name @skip(if: $a) } book(isbn: 1) { id title isLent @include(if: $a) } }",
        "query Q { me { name } book(isbn: 1) { title } }",
    ] {
        let operation = compile(body).operation;
        assert!(operation.split.is_some());
        let json = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&json).unwrap(), operation);
        let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["split"]["shows"]["fields"][0] = 7.into();
        assert!(serde_json::from_value::<Operation>(json).is_err());
    }
    let old = compile("query Q { book(isbn: 1) { title } }").operation;
    assert!(!serde_json::to_string(&old).unwrap().contains("split"));
}

#[test]
fn a_field_by_ids_has_to_be_private_and_of_the_right_form() {
    let of = |field: &str| {
        let sdl = format!("type Query {{ {field} }} type T {{ id: ID! }}");
        Compiler::new(&sdl).expect_err("refused").to_string()
    };
    let private = "@cacheControl(scope: PRIVATE)";
    let errors = [
        of(&format!("ts(ids: [ID]!): [T]! {private} @byIds(most: 1)")),
        of(&format!("ts(ids: [ID!]!): [T!]! {private} @byIds(most: 1)")),
        of(&format!("ts(ids: [ID!]!): [T]! {private} @byIds(most: -1)")),
        of("ts(ids: [ID!]!): [T]! @byIds(most: 1)"),
    ];
    let form = "is not `(ids: [ID!]!): [T]!` of an object type with `id: ID!`";
    for error in &errors[..2] {
        assert!(error.contains(form), "{error}");
    }
    assert!(
        errors[2].contains("@byIds(most) that is not a number"),
        "{}",
        errors[2]
    );
    assert!(errors[3].contains("is not PRIVATE"), "{}", errors[3]);
}
