//! Measures a document's size, before any step whose time grows with the size.
//!
//! This module measures each fragment once, however often it is spread. Validation, cost and policy
//! walk through every spread: for thirty fragments that each spread the next one twice, that would
//! take years.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, DirectiveList, Document, FragmentDefinition, Selection};

use crate::limits::{DocumentLimits, TooMuch};

/// Checks all limits except tokens and cost.
pub(super) fn check(document: &Document, limits: DocumentLimits) -> Result<(), TooMuch> {
    let mut sizes = Sizes::of(document);
    for definition in &document.definitions {
        let size = match definition {
            Definition::OperationDefinition(operation) => {
                let variables = operation.variables.iter();
                let declared = variables.map(|variable| directives(&variable.directives));
                let selections = sizes.selections(&operation.selection_set);
                declared.fold(
                    directives(&operation.directives).beside(selections),
                    Size::beside,
                )
            }
            // Unused fragments count too, because they are also validated.
            Definition::FragmentDefinition(fragment) => sizes.fragment(&fragment.name),
            // Type definitions are refused later, by validation.
            _type_system => continue,
        };
        TooMuch::check("levels of fields", size.depth, limits.depth)?;
        TooMuch::check("fields", size.fields, limits.fields)?;
        TooMuch::check("aliases", size.aliases, limits.aliases)?;
        TooMuch::check("directives", size.directives, limits.directives)?;
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Size {
    fields: u64,
    aliases: u64,
    directives: u64,
    depth: u64,
}

impl Size {
    fn beside(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            depth: self.depth.max(other.depth),
        }
    }
}

fn directives(list: &DirectiveList) -> Size {
    Size {
        directives: list.len() as u64,
        ..Size::default()
    }
}

struct Sizes<'a> {
    fragments: HashMap<&'a Name, &'a FragmentDefinition>,
    /// The sizes of the fragments measured so far. A fragment has size 0 here while it is being
    /// measured, which ends the recursion if it spreads itself; validation refuses that later.
    known: HashMap<&'a Name, Size>,
}

impl<'a> Sizes<'a> {
    fn of(document: &'a Document) -> Self {
        let fragments = document.definitions.iter().filter_map(|definition| {
            let Definition::FragmentDefinition(fragment) = definition else {
                return None;
            };
            Some((&fragment.name, &**fragment))
        });
        Self {
            fragments: fragments.collect(),
            known: HashMap::new(),
        }
    }

    fn selections(&mut self, selections: &'a [Selection]) -> Size {
        let each = selections.iter();
        each.map(|selection| self.selection(selection))
            .fold(Size::default(), Size::beside)
    }

    fn selection(&mut self, selection: &'a Selection) -> Size {
        match selection {
            Selection::Field(field) => {
                let below = self.selections(&field.selection_set);
                let own = Size {
                    fields: 1,
                    aliases: field.alias.is_some().into(),
                    depth: below.depth.saturating_add(1),
                    ..directives(&field.directives)
                };
                own.beside(below)
            }
            Selection::InlineFragment(fragment) => {
                directives(&fragment.directives).beside(self.selections(&fragment.selection_set))
            }
            Selection::FragmentSpread(spread) => {
                directives(&spread.directives).beside(self.fragment(&spread.fragment_name))
            }
        }
    }

    fn fragment(&mut self, name: &Name) -> Size {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Size::default();
        };
        let (name, fragment) = (*name, *fragment);
        if let Some(size) = self.known.get(name) {
            return *size;
        }
        self.known.insert(name, Size::default());
        let size =
            directives(&fragment.directives).beside(self.selections(&fragment.selection_set));
        self.known.insert(name, size);
        size
    }
}
