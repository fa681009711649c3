//! The cache policy that the compiler decides from `@cacheControl`.

use pq_core::CachePolicy;
use pq_core::compile::{Compiled, Compiler};
use pq_core::policy::Scope;

const SDL: &str = include_str!("../fixtures/schema.graphql");

fn compile_with(sdl: &str, body: &str) -> Compiled {
    let compiler = Compiler::new(sdl).expect("a schema");
    compiler.compile(body, None).expect("a document")
}

fn seconds(policy: &CachePolicy) -> [u32; 3] {
    [
        policy.max_age_s,
        policy.stale_while_revalidate_s,
        policy.stale_if_error_s,
    ]
}

/// `scope maxAge swr sie`, then a line per reason.
fn decided(sdl: &str, body: &str) -> String {
    let compiled = compile_with(sdl, body);
    let policy = &compiled.operation.policy;
    assert_eq!(
        policy.is_shared(),
        compiled.why_private.is_empty(),
        "{body}"
    );
    let mut lines = vec![format!("{} {:?}", policy.scope.as_str(), seconds(policy))];
    lines.extend(compiled.why_private.iter().map(ToString::to_string));
    lines.join("\n  ")
}

#[test]
fn the_most_restrictive_field_wins() {
    let cases = [
        (
            "query Q { categories { id name } }",
            [86_400, 86_400, 86_400],
        ),
        ("query Q { offer(id: 1) { id title } }", [900, 900, 3600]),
        (
            "query Q { offer(id: 1) { partner { name } } }",
            [900, 900, 3600],
        ),
        (
            "query Q { offer(id: 1) { quota { total } } }",
            [60, 900, 3600],
        ),
        // A leaf's stale windows of zero also lower those of its parent.
        (
            "query Q { offer(id: 1) { quota { remaining } } }",
            [5, 0, 0],
        ),
        (
            "query Q { offers(input: {}) { edges { node { id } } } }",
            [300, 600, 3600],
        ),
        (
            "query Q { categories { id } partner(id: 1) { id } }",
            [3600, 3600, 86_400],
        ),
        // Its directive has no stale windows, so they are zero.
        (
            "query Q { partners(input: {}) { totalCount } categories { id } }",
            [300, 0, 0],
        ),
        (
            "query Q { __typename categories { __typename } }",
            [86_400, 86_400, 86_400],
        ),
    ];
    for (body, expected) in cases {
        let compiled = compile_with(SDL, body);
        assert_eq!(compiled.why_private, [], "{body}");
        assert_eq!(compiled.operation.policy.scope, Scope::Public, "{body}");
        assert_eq!(seconds(&compiled.operation.policy), expected, "{body}");
    }
}

#[test]
fn a_document_that_is_not_shared_says_why_field_by_field() {
    let decisions = [
        "query Q { offer(id: 1) { isFavorite mine: isFavorite } }",
        "query Q { me { id favorites { id } } }",
        "query Q { serverTime categories { id } }",
        "query Q { myBookings { id user { id } } }",
        "query Q { __typename }",
        "query Q { __schema { queryType { name } } }",
        "mutation M { logout }",
        "subscription S($at: LocationInput!) { newOfferNearby(location: $at) { id } }",
        "subscription S($at: LocationInput!) { newOfferNearby(location: $at) { isFavorite } }",
        // A field in a fragment, under a condition, or selected twice counts, and is named once.
        "query Q($y: Boolean = false) { offer(id: 1) { ...F ...F ... on Offer @skip(if: $y) { ...F } } }
         fragment F on Offer { isFavorite @include(if: $y) }",
    ]
    .map(|body| decided(SDL, body));
    insta::assert_snapshot!(decisions.join("\n"), @r"
    private [900, 900, 3600]
      offer.isFavorite: the field is PRIVATE
      offer.mine: the field is PRIVATE
    private [900, 0, 0]
      me: type User is PRIVATE
    public [0, 0, 0]
      serverTime: no maxAge on the field
    private [0, 0, 0]
      myBookings: type Booking is PRIVATE
      myBookings: maxAge is 0
      myBookings.user: type User is PRIVATE
    public [0, 0, 0]
      Q: no field is selected but __typename
    public [0, 0, 0]
      __schema: no maxAge on the field or on type __Schema
      __schema.queryType: no maxAge on the field or on type __Type
    private [0, 0, 0]
      M: a mutation is never cached
    public [0, 0, 0]
      S: a subscription is never cached
    private [0, 0, 0]
      S: a subscription is never cached
    private [900, 900, 3600]
      offer.isFavorite: the field is PRIVATE
    ");
}

#[test]
fn a_subscription_is_private_if_a_query_with_its_selection_could_not_be_shared() {
    let sdl = "
        type Query { a: A }
        type Subscription { a: A b: B zero: A @cacheControl(maxAge: 0) of: A @cacheControl(scope: PRIVATE) }
        type A @cacheControl(maxAge: 9) { n: Int b: B a: A mine: Int @cacheControl(scope: PRIVATE) p: P }
        type B { n: Int }
        type P @cacheControl(maxAge: 9, scope: PRIVATE) { n: Int }";
    let cases = [
        ("a { n }", Scope::Public),
        ("a { n a { n } }", Scope::Public),
        ("a { n a { mine } }", Scope::Private),
        ("a { p { n } }", Scope::Private),
        ("of { n }", Scope::Private),
        // Denied by default: nobody said that it may be shared.
        ("a { b { n } }", Scope::Private),
        ("b { n }", Scope::Private),
        ("zero { n }", Scope::Private),
    ];
    for (selection, scope) in cases {
        let compiled = compile_with(sdl, &format!("subscription S {{ {selection} }}"));
        let policy = compiled.operation.policy;
        assert_eq!(policy.scope, scope, "{selection}");
        assert_eq!(seconds(&policy), [0, 0, 0], "{selection}");
    }
}

#[test]
fn a_field_without_a_directive_is_not_cacheable_however_deep() {
    let sdl = "
        type Query { a: A @cacheControl(maxAge: 9) plain: Int @cacheControl(maxAge: 9) none: Int }
        type A { n: Int b: B c: B @cacheControl(maxAge: 5) d: B @cacheControl(maxAge: 0) }
        type B { n: Int less: Int @cacheControl(maxAge: 2) }";
    let decisions = [
        "query Q { a { n } }",
        "query Q { a { b { n } } }",
        "query Q { a { c { n } } }",
        "query Q { a { c { less } } }",
        "query Q { a { d { n } b { n } } }",
        "query Q { plain }",
        "query Q { plain none }",
    ]
    .map(|body| decided(sdl, body));
    insta::assert_snapshot!(decisions.join("\n"), @r"
    public [9, 0, 0]
    public [0, 0, 0]
      a.b: no maxAge on the field or on type B
    public [5, 0, 0]
    public [2, 0, 0]
    public [0, 0, 0]
      a.d: maxAge is 0
      a.b: no maxAge on the field or on type B
    public [9, 0, 0]
    public [0, 0, 0]
      none: no maxAge on the field
    ");
}

#[test]
fn what_can_be_several_types_is_as_restricted_as_the_worst() {
    let sdl = "
        type Query {
            node: Node @cacheControl(maxAge: 100) any: Any bare: Node
            over: Any @cacheControl(maxAge: 7)
        }
        interface Node { id: ID n: Int other: B }
        type A implements Node @cacheControl(maxAge: 50) { id: ID n: Int @cacheControl(maxAge: 40) other: B }
        type B implements Node @cacheControl(maxAge: 60) { id: ID n: Int secret: Int @cacheControl(scope: PRIVATE) other: B }
        type C { n: Int }
        type D @cacheControl(scope: PRIVATE, maxAge: 30) { n: Int }
        union Any = A | C
        extend union Any = D";
    let decisions = [
        "query Q { node { id } }",
        "query Q { node { n } }",
        "query Q { node { other { id } } }",
        "query Q { node { ... on B { n } } }",
        "query Q { node { ... on B { secret } } }",
        "query Q { bare { id } }",
        "query Q { any { ... on A { n } } }",
        "query Q { over { __typename } }",
    ]
    .map(|body| decided(sdl, body));
    insta::assert_snapshot!(decisions.join("\n"), @r"
    public [100, 0, 0]
    public [40, 0, 0]
    public [60, 0, 0]
    public [100, 0, 0]
    private [100, 0, 0]
      node.secret: the field is PRIVATE
    public [50, 0, 0]
    private [0, 0, 0]
      any: no maxAge on the field or on type C
      any: type D is PRIVATE
    private [7, 0, 0]
      over: type D is PRIVATE
    ");
}

#[test]
fn an_interfaces_own_directive_restricts_its_implementers() {
    let sdl = "
        type Query { node: Node @cacheControl(maxAge: 100) }
        interface Node { n: Int @cacheControl(maxAge: 10) m: Int @cacheControl(scope: PRIVATE) }
        type A implements Node @cacheControl(maxAge: 50) { n: Int m: Int }";
    assert_eq!(decided(sdl, "query Q { node { n } }"), "public [10, 0, 0]");
    assert_eq!(
        decided(sdl, "query Q { node { m } }"),
        "private [100, 0, 0]\n  node.m: the field is PRIVATE"
    );
    assert_eq!(
        decided(sdl, "query Q { node { ... on A { n } } }"),
        "public [100, 0, 0]"
    );
}

#[test]
fn scope_may_be_a_string_and_the_definitions_may_be_missing() {
    let with_string = "
        directive @cacheControl(maxAge: Int, scope: String) on FIELD_DEFINITION | OBJECT
        type Query { a: Int @cacheControl(maxAge: 3, scope: \"PUBLIC\") b: Int @cacheControl(maxAge: 3, scope: \"PRIVATE\") }";
    let without = "
        enum CacheControlScope { PRIVATE PUBLIC }
        type Query { a: Int @cacheControl(maxAge: 3, scope: PUBLIC) b: Int @cacheControl(maxAge: 3, scope: PRIVATE) }";
    for sdl in [with_string, without] {
        assert_eq!(decided(sdl, "query Q { a }"), "public [3, 0, 0]");
        assert_eq!(
            decided(sdl, "query Q { a b }"),
            "private [3, 0, 0]\n  b: the field is PRIVATE"
        );
    }
}
