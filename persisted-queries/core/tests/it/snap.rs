//! The snap rule: which variable the compiler finds to be snapped to its cell.

use pq_core::compile::Compiler;

const SDL: &str = "
    type Query {
        offers(input: OffersInput, near: L @snapToCell(resolution: 6), exact: L): Int @cacheControl(maxAge: 9)
        deep(all: [OffersInput!], tree: Tree, by: By): Int @cacheControl(maxAge: 9)
        mine: Int @cacheControl(maxAge: 9, scope: PRIVATE)
    }
    input L { lat: Float! lng: Float! }
    input OffersInput { location: L @snapToCell search: String }
    input Tree { and: [Tree!] at: L @snapToCell }
    input By { offers: OffersInput first: Int from: L @snapToCell(resolution: 0) }
";

/// The rule as `path@resolution`, `-` if there is none, or the reasons against it.
fn decided(body: &str) -> String {
    let compiler = Compiler::new(SDL).expect("a schema");
    let document = compiler.compile(body, None).expect("a document");
    if !document.why_private.is_empty() {
        let reasons = document.why_private.iter().map(ToString::to_string);
        return reasons.collect::<Vec<_>>().join("; ");
    }
    match document.operation.policy.snap {
        Some(snap) => {
            assert_eq!((snap.lat.as_str(), snap.lng.as_str()), ("lat", "lng"));
            format!("{}@{}", snap.path.join("."), snap.resolution)
        }
        None => "-".to_owned(),
    }
}

#[test]
fn the_one_path_that_feeds_the_location_is_found() {
    let cases = [
        (
            "query Q($input: OffersInput) { offers(input: $input) }",
            "input.location@8",
        ),
        ("query Q($l: L) { offers(input: {location: $l}) }", "l@8"),
        ("query Q($l: L) { offers(near: $l) }", "l@6"),
        (
            "query Q($l: L) { deep(by: {offers: {location: $l}}) }",
            "l@8",
        ),
        (
            "query Q($o: OffersInput) { deep(by: {offers: $o}) }",
            "o.location@8",
        ),
        (
            "query Q($o: OffersInput) { a: offers(input: $o) b: offers(input: $o) }",
            "o.location@8",
        ),
        (
            "query Q($l: L) { ...F } fragment F on Query { offers(near: $l) }",
            "l@6",
        ),
        (
            "query Q($o: OffersInput!) { deep(all: [$o, {location: {lat: 1, lng: 2}}]) }",
            "o.location@8",
        ),
        // Nothing to snap: a constant, no location, or an argument without the directive.
        ("query Q { offers(near: {lat: 1, lng: 2}) }", "-"),
        (
            "query Q($s: String) { offers(input: {location: {lat: 1, lng: 2}, search: $s}) }",
            "-",
        ),
        ("query Q($l: L) { offers(exact: $l) }", "-"),
        ("query Q { offers(near: null) }", "-"),
    ];
    for (body, expected) in cases {
        assert_eq!(decided(body), expected, "{body}");
    }
}

#[test]
fn what_cannot_be_snapped_is_not_cacheable_and_says_why() {
    let decisions = [
        "query Q($a: L, $b: L) { a: offers(near: $a) b: offers(near: $b) }",
        "query Q($by: By) { deep(by: $by) }",
        "query Q($l: L) { offers(near: $l, exact: $l) }",
        "query Q($l: L) { offers(near: $l, input: {location: $l}) }",
        "query Q($lat: Float!) { offers(near: {lat: $lat, lng: 1}) }",
        "query Q($all: [OffersInput!]) { deep(all: $all) }",
        "query Q($tree: Tree) { deep(tree: $tree) }",
    ]
    .map(decided);
    insta::assert_snapshot!(decisions.join("\n"), @r"
    $b: a second location to snap, besides $a
    $by.offers.location: a second location to snap, besides $by.from
    $l: the location is also used where it is not snapped to the same cell
    $l: the location is also used where it is not snapped to the same cell
    offers.near: the location is made of parts; pass it as one variable
    deep.all: the location is inside a list or a recursive input, and cannot be snapped
    deep.tree: the location is inside a list or a recursive input, and cannot be snapped
    ");
}

#[test]
fn a_private_document_is_answered_for_where_its_reader_is() {
    let body = "query Q($l: L) { offers(near: $l) mine }";
    let compiled = Compiler::new(SDL).unwrap().compile(body, None).unwrap();
    assert_eq!(compiled.operation.policy.snap, None);
    assert_eq!(compiled.operation.policy.max_age_s, 9);
}
