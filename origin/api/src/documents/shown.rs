//! Detects from a document's shape whether it is an offer's page.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use async_graphql_value::Value;

/// How a document names the one offer whose page it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferPage {
    /// The variable with the offer's id.
    ById(String),
    /// By a slug: only the answer tells which offer it is.
    BySlug,
}

/// The page, if `offer` or `offerBySlug` is the document's only root field; otherwise `None`.
pub fn offer_page(document: &ExecutableDocument) -> Option<OfferPage> {
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
    match field.node.name.node.as_str() {
        "offerBySlug" => Some(OfferPage::BySlug),
        "offer" => match &field.node.get_argument("id")?.node {
            Value::Variable(name) => Some(OfferPage::ById(name.to_string())),
            _constant => None,
        },
        _other => None,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn a_page_of_an_offer_asks_for_it_alone() {
        let by_id = |name: &str| Some(OfferPage::ById(name.to_owned()));
        for (text, page) in [
            (
                "query A($id: ID!) { offer(id: $id) { title } }",
                by_id("id"),
            ),
            (
                "query A($o: ID!) { mine: offer(id: $o) { id } }",
                by_id("o"),
            ),
            (
                "query A($s: String!) { offerBySlug(slug: $s) { id } }",
                Some(OfferPage::BySlug),
            ),
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
            assert_eq!(offer_page(&document), page, "{text}");
        }
    }
}
