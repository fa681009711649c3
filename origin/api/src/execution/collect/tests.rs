use async_graphql::parser::parse_query;
use serde_json::json;

use super::*;

/// The operation as text, without spaces and positions.
fn collected(query: &str, variables: serde_json::Value) -> String {
    let variables = Variables::from_json(variables);
    let Collected { document, .. } = collect(&parse_query(query).unwrap(), &variables).unwrap();
    assert!(document.fragments.is_empty());
    let (_, operation) = document.operations.iter().next().unwrap();
    let names = operation.node.variable_definitions.iter();
    let names: Vec<_> = names.map(|one| one.node.name.node.as_str()).collect();
    format!(
        "({}){}",
        names.join(","),
        text(&operation.node.selection_set.node)
    )
}

fn text(set: &SelectionSet) -> String {
    if set.items.is_empty() {
        return String::new();
    }
    let fields = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => {
            assert!(field.node.directives.is_empty());
            let arguments = field.node.arguments.iter();
            let arguments: Vec<_> = arguments
                .map(|(name, value)| format!("({}:{})", name.node, value.node))
                .collect();
            let arguments = arguments.concat();
            let alias = field.node.alias.as_ref();
            let alias = alias.map_or(String::new(), |alias| format!("{}:", alias.node));
            let below = text(&field.node.selection_set.node);
            format!("{alias}{}{arguments}{below}", field.node.name.node)
        }
        other => panic!("{other:?}"),
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(" "))
}

#[test]
fn fields_with_the_same_key_become_one_and_nothing_is_left_of_conditions() {
    let variables = json!({"yes": true, "no": false, "a": 1});
    let table = [
        (
            "query Q($a: Int) { f(x: $a) { p } ...F f(x: $a) { q { r } } }
             fragment F on Query { ... { f(x: $a) { q { s } p } } g }",
            "(a){f(x:$a){p q{s r}} g}",
        ),
        // Aliases are keys of their own.
        (
            "query Q { a: f { p } f { q } a: f { q } }",
            "(){a:f{p q} f{q}}",
        ),
        // One that is left out adds nothing; a variable that is used nowhere is gone.
        (
            "query Q($yes: Boolean!, $no: Boolean!, $a: Int) { f { p } f @include(if: $no) { q(x: [{y: $a}]) } g @skip(if: $no) }",
            "(){f{p} g}",
        ),
        (
            "query Q($yes: Boolean!, $a: Int) { f @include(if: $yes) @skip(if: $yes) { p } g(o: {x: [$a]}) }",
            "(a){g(o:{x: [$a]})}",
        ),
        (
            "query Q { ...F @skip(if: true) ...F } fragment F on Query { f }",
            "(){f}",
        ),
        // Nothing is left: the executor gets something that the answer does not show.
        (
            "query Q($no: Boolean!) { f { p @include(if: $no) } }",
            "(){f{__typename}}",
        ),
        ("mutation M { f @skip(if: true) }", "(){__typename}"),
        ("subscription S { f @skip(if: true) }", "()"),
        (
            "subscription S { ...F } fragment F on Subscription { f { p } }",
            "(){f{p}}",
        ),
    ];
    for (query, expected) in table {
        assert_eq!(collected(query, variables.clone()), expected, "{query}");
    }
}
