//! Detects from a document's shape whether it is an offer's page.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql_value::Value;

/// The variable with the offer's id, if `offer` is the document's only root field; otherwise
/// `None`.
pub fn offer_variable(document: &ExecutableDocument) -> Option<String> {
    let mut operations = document.operations.iter();
    let (_, operation) = operations.next()?;
    let is_alone = operations.next().is_none();
    if !is_alone || operation.node.ty != OperationType::Query {
        return None;
    }
    let [root] = operation.node.selection_set.node.items.as_slice() else {
        return None;
    };
    let Selection::Field(field) = &root.node else {
        return None;
    };
    if field.node.name.node != "offer" {
        return None;
    }
    let id = field.node.get_argument("id")?;
    match &id.node {
        Value::Variable(name) => Some(name.to_string()),
        _constant => None,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn a_page_of_an_offer_asks_for_it_alone() {
        for (text, variable) in [
            ("query A($id: ID!) { offer(id: $id) { title } }", Some("id")),
            ("query A($o: ID!) { mine: offer(id: $o) { id } }", Some("o")),
            ("query A { offer(id: \"x\") { id } }", None),
            ("query A($id: ID!) { partner(id: $id) { id } }", None),
            (
                "query A($id: ID!) { offer(id: $id) { id } categories { id } }",
                None,
            ),
            (
                "query A($id: ID!) { ... on Query { offer(id: $id) { id } } }",
                None,
            ),
            ("mutation A($id: ID!) { offer(id: $id) { id } }", None),
        ] {
            let document = parse_query(text).unwrap();
            assert_eq!(offer_variable(&document).as_deref(), variable, "{text}");
        }
    }
}
