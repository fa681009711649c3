//! An absent variable is absent, not null (GraphQL, "Coercing Field Arguments" and "Input Object
//! Required Fields"). async-graphql reads it as null, which in an update would clear a field that
//! nobody spoke of. So its uses go before the document is executed.

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

/// The document without the arguments and input fields whose variable is absent.
pub(super) fn without_absent(
    mut document: ExecutableDocument,
    variables: &Variables,
) -> ExecutableDocument {
    let mut absent: Vec<Name> = Vec::new();
    let mut declared = |operation: &mut OperationDefinition| {
        operation.variable_definitions.retain(|definition| {
            let definition = &definition.node;
            let is_given = variables.contains_key(&definition.name.node);
            // A variable that has to be there and is not is refused elsewhere.
            let is_used = is_given
                || definition.default_value.is_some()
                || !definition.var_type.node.nullable;
            if !is_used {
                absent.push(definition.name.node.clone());
            }
            is_used
        });
    };
    match &mut document.operations {
        DocumentOperations::Single(operation) => declared(&mut operation.node),
        DocumentOperations::Multiple(all) => {
            all.values_mut().for_each(|operation| declared(&mut operation.node));
        }
    }
    if absent.is_empty() {
        return document;
    }
    let in_operations: Vec<&mut SelectionSet> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node.selection_set.node],
        DocumentOperations::Multiple(all) => all
            .values_mut()
            .map(|operation| &mut operation.node.selection_set.node)
            .collect(),
    };
    let in_fragments = document
        .fragments
        .values_mut()
        .map(|fragment| &mut fragment.node.selection_set.node);
    for set in in_operations.into_iter().chain(in_fragments) {
        in_selections(set, &absent);
    }
    document
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

/// Whether a value remains; what is absent inside it is taken out.
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
