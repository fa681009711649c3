//! Puts response fields in selection order (GraphQL specification, "Serialized Map Ordering").
//!
//! async-graphql writes a field when it is resolved. The same answer would then have different
//! bytes, and a different `ETag`, depending on how fast each loader is. With this order the bytes
//! depend only on the document and the data.

use async_graphql::{
    Name, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// Sorts the fields of `data` into the order in which the document's only operation selects them.
pub fn in_selection_order(data: &mut Value, document: &ExecutableDocument) {
    if let Some((_, operation)) = document.operations.iter().next() {
        order(data, &[&operation.node.selection_set.node], document);
    }
}

/// A response key, with all selection sets under it.
type Selected<'a> = Vec<(&'a Name, Vec<&'a SelectionSet>)>;

fn order(value: &mut Value, sets: &[&SelectionSet], document: &ExecutableDocument) {
    match value {
        Value::List(items) => items
            .iter_mut()
            .for_each(|item| order(item, sets, document)),
        Value::Object(fields) => {
            let mut selected = Selected::new();
            for set in sets {
                collect(set, document, &mut selected);
            }
            let mut place = 0;
            for (key, sets) in selected {
                // A field that a directive or a type condition left out has no place.
                let Some(at) = fields.get_index_of(key) else {
                    continue;
                };
                fields.move_index(at, place);
                order(&mut fields[place], &sets, document);
                place += 1;
            }
        }
        _ => {}
    }
}

fn collect<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    selected: &mut Selected<'a>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let key = &field.node.response_key().node;
                let below = &field.node.selection_set.node;
                match selected.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, sets)) => sets.push(below),
                    None => selected.push((key, vec![below])),
                }
            }
            Selection::InlineFragment(fragment) => {
                collect(&fragment.node.selection_set.node, document, selected);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect(&fragment.node.selection_set.node, document, selected);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn fields_aliases_fragments_and_merged_selections_come_as_they_are_selected() {
        let document = parse_query(
            "query A { z: a { c ...F } b { x } ... on Query { d } a2: a { y } b { w } }
             fragment F on T { a b { d c } }",
        )
        .unwrap();
        let shuffled =
            r#"{"a2":{"y":1},"b":[{"w":1,"x":2},null],"d":3,"z":{"b":{"c":1,"d":2},"a":1,"c":2}}"#;
        let mut data: Value = serde_json::from_str(shuffled).unwrap();
        in_selection_order(&mut data, &document);
        assert_eq!(
            serde_json::to_string(&data).unwrap(),
            r#"{"z":{"c":2,"a":1,"b":{"d":2,"c":1}},"b":[{"x":2,"w":1},null],"d":3,"a2":{"y":1}}"#
        );
    }
}
