//! What Apollo Client does with a document before it sends it: adds `__typename`, and removes what
//! only the client reads (`@client` fields, and directives of its cache).

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Field, Selection, Value, VariableDefinition,
};
use apollo_compiler::{Name, Node, name};

/// Directives that Apollo Client removes.
const REMOVED: [&str; 3] = ["connection", "nonreactive", "unmask"];

/// Adds `__typename` at the end of every selection set below the root, as Apollo's
/// `addTypenameToDocument` does: not where a field begins with `__` already, nor in one that
/// `@export` reads. Returns whether anything was added.
pub(super) fn add_typename(definition: &mut Definition) -> bool {
    match definition {
        Definition::OperationDefinition(operation) => {
            typename_below(&mut operation.make_mut().selection_set)
        }
        Definition::FragmentDefinition(fragment) => {
            typename_in(&mut fragment.make_mut().selection_set)
        }
        _type_system => false,
    }
}

fn typename_in(selections: &mut Vec<Selection>) -> bool {
    let has_reserved = selections.iter().any(
        |selection| matches!(selection, Selection::Field(field) if field.name.starts_with("__")),
    );
    if !has_reserved {
        selections.push(Selection::Field(Node::new(Field {
            alias: None,
            name: name!("__typename"),
            arguments: Vec::new(),
            directives: DirectiveList::default(),
            selection_set: Vec::new(),
        })));
    }
    typename_below(selections) || !has_reserved
}

fn typename_below(selections: &mut [Selection]) -> bool {
    let mut is_added = false;
    for selection in selections {
        is_added |= match selection {
            Selection::Field(field) if field.selection_set.is_empty() => false,
            Selection::Field(field) if field.directives.has("export") => {
                typename_below(&mut field.make_mut().selection_set)
            }
            Selection::Field(field) => typename_in(&mut field.make_mut().selection_set),
            Selection::InlineFragment(fragment) => {
                typename_in(&mut fragment.make_mut().selection_set)
            }
            Selection::FragmentSpread(_) => false,
        };
    }
    is_added
}

/// Removes what only the client reads, as Apollo's `removeDirectivesFromDocument` does: then also
/// fragments that lose all their fields, fragments and variables that nothing uses any more. Returns
/// whether the server is still asked for something.
pub(super) fn remove_client_parts<T>(definitions: &mut Vec<(Definition, T)>) -> bool {
    let mut uses: Vec<Uses> = Vec::new();
    let mut is_changed = false;
    for (definition, _) in definitions.iter_mut() {
        let mut own = Uses::default();
        match definition {
            Definition::OperationDefinition(operation) => {
                let operation = operation.make_mut();
                own.directives(&mut operation.directives);
                own.selections(&mut operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                let fragment = fragment.make_mut();
                own.directives(&mut fragment.directives);
                own.selections(&mut fragment.selection_set);
                own.is_emptied = own.is_changed && fragment.selection_set.iter().all(is_typename);
            }
            _type_system => {}
        }
        is_changed |= own.is_changed;
        uses.push(own);
    }
    if !is_changed {
        return true;
    }
    let fragments: HashMap<Name, &Uses> = definitions
        .iter()
        .zip(&uses)
        .filter_map(|((definition, _), uses)| match definition {
            Definition::FragmentDefinition(fragment) => Some((fragment.name.clone(), uses)),
            _ => None,
        })
        .collect();
    let mut kept = HashSet::new();
    let mut variables = HashSet::new();
    for ((definition, _), uses) in definitions.iter().zip(&uses) {
        if matches!(definition, Definition::OperationDefinition(_)) {
            reach(uses, &fragments, &mut kept, &mut variables);
        }
    }
    definitions.retain_mut(|(definition, _)| match definition {
        Definition::OperationDefinition(operation) => {
            let operation = operation.make_mut();
            keep_spreads(&mut operation.selection_set, &kept);
            let is_used = |variable: &Node<VariableDefinition>| variables.contains(&variable.name);
            operation.variables.retain(is_used);
            true
        }
        Definition::FragmentDefinition(fragment) => {
            keep_spreads(&mut fragment.make_mut().selection_set, &kept);
            kept.contains(&fragment.name)
        }
        _type_system => true,
    });
    definitions.iter().any(|(definition, _)| match definition {
        Definition::OperationDefinition(operation) => !operation.selection_set.is_empty(),
        _ => false,
    })
}

/// What one definition uses, after the client's parts are removed from it.
#[derive(Default)]
struct Uses {
    fragments: HashSet<Name>,
    variables: HashSet<Name>,
    is_changed: bool,
    /// Of a fragment: only `__typename` is left of what it had.
    is_emptied: bool,
}

impl Uses {
    fn selections(&mut self, selections: &mut Vec<Selection>) {
        let before = selections.len();
        selections.retain(|selection| {
            let directives = match selection {
                Selection::Field(field) => &field.directives,
                Selection::FragmentSpread(spread) => &spread.directives,
                Selection::InlineFragment(fragment) => &fragment.directives,
            };
            !directives.has("client")
        });
        self.is_changed |= selections.len() < before;
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let field = field.make_mut();
                    self.arguments(&field.arguments);
                    self.directives(&mut field.directives);
                    self.selections(&mut field.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    let spread = spread.make_mut();
                    self.fragments.insert(spread.fragment_name.clone());
                    self.directives(&mut spread.directives);
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = fragment.make_mut();
                    self.directives(&mut fragment.directives);
                    self.selections(&mut fragment.selection_set);
                }
            }
        }
    }

    /// The variables of a removed directive count as used: Apollo Client keeps them.
    fn directives(&mut self, directives: &mut DirectiveList) {
        for directive in directives.iter() {
            self.arguments(&directive.arguments);
        }
        let before = directives.len();
        directives.retain(|directive| !REMOVED.contains(&directive.name.as_str()));
        self.is_changed |= directives.len() < before;
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        for argument in arguments {
            self.value(&argument.value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => {
                self.variables.insert(name.clone());
            }
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.iter().for_each(|(_, field)| self.value(field)),
            Value::Null
            | Value::Enum(_)
            | Value::String(_)
            | Value::Float(_)
            | Value::Int(_)
            | Value::Boolean(_) => {}
        }
    }
}

/// Collects the fragments and variables that a definition uses, also through fragments.
fn reach(
    uses: &Uses,
    fragments: &HashMap<Name, &Uses>,
    kept: &mut HashSet<Name>,
    variables: &mut HashSet<Name>,
) {
    variables.extend(uses.variables.iter().cloned());
    for name in &uses.fragments {
        match fragments.get(name) {
            Some(fragment) if !fragment.is_emptied && kept.insert(name.clone()) => {
                reach(fragment, fragments, kept, variables);
            }
            Some(_) => {}
            // Not found in any file: it stays, and validation names it.
            None => {
                kept.insert(name.clone());
            }
        }
    }
}

fn keep_spreads(selections: &mut Vec<Selection>, kept: &HashSet<Name>) {
    selections.retain(|selection| match selection {
        Selection::FragmentSpread(spread) => kept.contains(&spread.fragment_name),
        Selection::Field(_) | Selection::InlineFragment(_) => true,
    });
    for selection in selections {
        match selection {
            Selection::Field(field) if !field.selection_set.is_empty() => {
                keep_spreads(&mut field.make_mut().selection_set, kept);
            }
            Selection::InlineFragment(fragment) => {
                keep_spreads(&mut fragment.make_mut().selection_set, kept);
            }
            Selection::Field(_) | Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_typename(selection: &Selection) -> bool {
    matches!(selection, Selection::Field(field) if field.name == "__typename")
}
