//! Collects an operation's fields before it is executed (GraphQL, "Field Collection" and "Field
//! Selection Merging"): fragments are expanded, `@skip` and `@include` are applied, and fields with
//! the same response key become one.
//!
//! async-graphql would execute such fields once each, ignore fragments at the root of a
//! subscription, and answer null for an object that has no field left.
//!
//! The schema has no interfaces and no unions, so a fragment's type is always that of the object it
//! stands in, and type conditions need no look.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition,
        OperationType, Selection, SelectionSet,
    },
};
use async_graphql_value::{ConstValue, Value, indexmap::IndexMap};

/// A document's only operation, with its fields collected.
#[derive(Debug)]
pub struct Collected {
    /// The operation without fragments and conditions, for the executor.
    pub document: ExecutableDocument,
    /// The fields of the answer.
    pub selected: Operation,
}

/// The fields that an operation's answer has.
#[derive(Clone, Debug)]
pub struct Operation {
    pub kind: OperationType,
    pub fields: Vec<Selected>,
}

/// A field of the answer.
#[derive(Clone, Debug)]
pub struct Selected {
    /// Its name in the answer.
    pub key: Name,
    /// Its name in the schema.
    pub field: Name,
    /// The fields of its objects; `None` if it has none by its type.
    pub below: Option<Vec<Selected>>,
}

/// Collects the fields of the document's operation; none if it has no operation. Expects a validated document: all
/// fragments exist, and none contains itself.
pub fn collect(document: &ExecutableDocument, variables: &Variables) -> Option<Collected> {
    let (
        _,
        Positioned {
            node: operation,
            pos,
        },
    ) = document.operations.iter().next()?;
    let mut collector = Collector {
        document,
        variables,
        used: HashSet::new(),
    };
    let set = &operation.selection_set;
    let (mut items, fields) = collector.merged(&[&set.node]);
    if items.is_empty() && operation.ty != OperationType::Subscription {
        items.push(type_name(set));
    }
    let used = collector.used;
    let collected = OperationDefinition {
        ty: operation.ty,
        // A variable that is used nowhere makes the document invalid.
        variable_definitions: operation
            .variable_definitions
            .iter()
            .filter(|definition| used.contains(&definition.node.name.node))
            .cloned()
            .collect(),
        directives: Vec::new(),
        selection_set: Positioned::new(SelectionSet { items }, set.pos),
    };
    Some(Collected {
        document: ExecutableDocument {
            operations: DocumentOperations::Single(Positioned::new(collected, *pos)),
            fragments: HashMap::default(),
        },
        selected: Operation {
            kind: operation.ty,
            fields,
        },
    })
}

struct Collector<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    /// The variables in arguments of collected fields.
    used: HashSet<&'d Name>,
}

/// The fields with the same response key: the first of them, and the selection sets of all.
type Groups<'d> = IndexMap<&'d Name, (&'d Positioned<Field>, Vec<&'d SelectionSet>)>;

impl<'d> Collector<'d> {
    /// The merged fields of selection sets that belong to the same object.
    fn merged(&mut self, sets: &[&'d SelectionSet]) -> (Vec<Positioned<Selection>>, Vec<Selected>) {
        let (mut groups, mut visited) = (Groups::new(), HashSet::new());
        for set in sets {
            self.group(set, &mut groups, &mut visited);
        }
        let fields = groups.into_iter();
        fields
            .map(|(key, (first, sets))| self.field(key, first, &sets))
            .unzip()
    }

    fn group(
        &self,
        set: &'d SelectionSet,
        groups: &mut Groups<'d>,
        visited: &mut HashSet<&'d Name>,
    ) {
        for selection in &set.items {
            if self.is_left_out(selection.node.directives()) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => groups
                    .entry(&field.node.response_key().node)
                    .or_insert_with(|| (field, Vec::new()))
                    .1
                    .push(&field.node.selection_set.node),
                Selection::InlineFragment(fragment) => {
                    self.group(&fragment.node.selection_set.node, groups, visited);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && visited.insert(name)
                    {
                        self.group(&fragment.node.selection_set.node, groups, visited);
                    }
                }
            }
        }
    }

    fn field(
        &mut self,
        key: &Name,
        first: &'d Positioned<Field>,
        sets: &[&'d SelectionSet],
    ) -> (Positioned<Selection>, Selected) {
        let Positioned { node: field, pos } = first;
        for (_, value) in &field.arguments {
            self.note_variables(&value.node);
        }
        let set = &field.selection_set;
        let is_leaf = set.node.items.is_empty();
        let (mut items, below) = self.merged(sets);
        if items.is_empty() && !is_leaf {
            items.push(type_name(set));
        }
        let merged = Field {
            alias: field.alias.clone(),
            name: field.name.clone(),
            arguments: field.arguments.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet { items }, set.pos),
        };
        let selected = Selected {
            key: key.clone(),
            field: field.name.node.clone(),
            below: (!is_leaf).then_some(below),
        };
        let selection = Selection::Field(Positioned::new(merged, *pos));
        (Positioned::new(selection, *pos), selected)
    }

    fn is_left_out(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let left_out_if = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _other => return false,
            };
            let condition = directive.node.get_argument("if").map(|value| &value.node);
            condition.is_some_and(|condition| self.is(condition, left_out_if))
        })
    }

    fn is(&self, condition: &Value, expected: bool) -> bool {
        match condition {
            Value::Boolean(literal) => *literal == expected,
            Value::Variable(name) => {
                self.variables.get(name) == Some(&ConstValue::Boolean(expected))
            }
            _not_boolean => false,
        }
    }

    fn note_variables(&mut self, value: &'d Value) {
        match value {
            Value::Variable(name) => {
                self.used.insert(name);
            }
            Value::List(items) => items.iter().for_each(|item| self.note_variables(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.note_variables(field)),
            _constant => {}
        }
    }
}

/// Stands in for a selection with nothing left, so that the executor tells an object from null. The
/// answer does not show it.
fn type_name(set: &Positioned<SelectionSet>) -> Positioned<Selection> {
    let field = Field {
        alias: None,
        name: Positioned::new(Name::new("__typename"), set.pos),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::default(),
    };
    let selection = Selection::Field(Positioned::new(field, set.pos));
    Positioned::new(selection, set.pos)
}
