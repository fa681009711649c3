//! An absent variable is absent, not null (GraphQL, "Coercing Field Arguments" and "Input Object
//! Required Fields"). async-graphql reads it as null, which would clear the field in an update. So
//! arguments and input fields that use an absent variable are removed before execution.

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

/// Returns the document without the arguments and input fields whose variable is absent.
pub fn without_absent(
    mut document: ExecutableDocument,
    variables: &Variables,
) -> ExecutableDocument {
    let mut absent = Vec::new();
    for operation in operations(&mut document.operations) {
        operation.variable_definitions.retain(|definition| {
            let definition = &definition.node;
            // One that has to be there and is not is refused elsewhere.
            let stays = variables.contains_key(&definition.name.node)
                || definition.default_value.is_some()
                || !definition.var_type.node.nullable;
            if !stays {
                absent.push(definition.name.node.clone());
            }
            stays
        });
    }
    if absent.is_empty() {
        return document;
    }
    for operation in operations(&mut document.operations) {
        in_selections(&mut operation.selection_set.node, &absent);
    }
    for fragment in document.fragments.values_mut() {
        in_selections(&mut fragment.node.selection_set.node, &absent);
    }
    document
}

fn operations(all: &mut DocumentOperations) -> Vec<&mut OperationDefinition> {
    match all {
        DocumentOperations::Single(operation) => vec![&mut operation.node],
        DocumentOperations::Multiple(all) => all
            .values_mut()
            .map(|operation| &mut operation.node)
            .collect(),
    }
}

fn in_selections(set: &mut SelectionSet, absent: &[Name]) {
    for Positioned { node, .. } in &mut set.items {
        match node {
            Selection::Field(field) => {
                let field = &mut field.node;
                field
                    .arguments
                    .retain_mut(|(_, value)| is_there(&mut value.node, absent));
                in_selections(&mut field.selection_set.node, absent);
            }
            Selection::InlineFragment(fragment) => {
                in_selections(&mut fragment.node.selection_set.node, absent);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Removes absent parts inside the value; false if the value itself is absent.
fn is_there(value: &mut Value, absent: &[Name]) -> bool {
    match value {
        Value::Variable(name) => return !absent.contains(name),
        Value::Object(fields) => fields.retain(|_, field| is_there(field, absent)),
        Value::List(items) => {
            for item in items {
                if !is_there(item, absent) {
                    // An item has no name to be left out by: here absent is null.
                    *item = Value::Null;
                }
            }
        }
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_leaves_no_trace_and_null_stays() {
        let body = "query Q($a: Int, $b: Int, $c: Int = 3, $d: Int!, $e: [Int]) {
            f(a: $a, b: $b, c: $c, d: $d, o: {a: $a, b: $b, deep: [{a: $a}, $a]}) { ...F ... on T { g(a: $a) } }
        } fragment F on T { g(a: $a, e: $e) }";
        let variables = Variables::from_json(json!({"b": null, "d": 1}));
        let document = without_absent(parse_query(body).unwrap(), &variables);
        let expected = "query Q($b: Int, $c: Int = 3, $d: Int!) {
            f(b: $b, c: $c, d: $d, o: {b: $b, deep: [{}, null]}) { ...F ... on T { g } }
        } fragment F on T { g }";
        let text = |document: ExecutableDocument| without_positions(&format!("{document:?}"));
        assert_eq!(text(document), text(parse_query(expected).unwrap()));
    }

    /// The debug text without `pos: Pos(line:column)`.
    fn without_positions(text: &str) -> String {
        let mut parts = text.split("Pos(");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |kept, part| {
            kept + part.split_once(')').map_or("", |(_, rest)| rest)
        })
    }
}
