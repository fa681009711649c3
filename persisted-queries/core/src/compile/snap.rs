//! The snap rule: finds the variable that is passed to the argument or input field with
//! `@snapToCell`.
//!
//! The edge replaces the location inside the canonical variables. So there must be exactly one path
//! to it, and every use of that variable must snap it to the same cell. A constant location in the
//! document needs no snapping.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::{Name, Schema};

use super::hints::snap_resolution;
use super::reason::{Reason, Why};
use super::subject::Subject;
use crate::policy::SnapRule;

/// The rule, `None` if nothing has to be snapped, or the reasons why it cannot be done.
pub(super) fn rule(subject: &Subject<'_>) -> Result<Option<SnapRule>, Vec<Reason>> {
    let mut uses = Uses {
        subject,
        by_variable: BTreeMap::new(),
        reasons: Vec::new(),
        path: Vec::new(),
    };
    uses.selections(&subject.operation.selection_set);
    let Uses {
        by_variable,
        mut reasons,
        ..
    } = uses;
    let mut rules: Vec<SnapRule> = Vec::new();
    for (variable, positions) in by_variable {
        let cells: BTreeSet<&Cell> = positions.iter().flatten().collect();
        let same_everywhere = positions
            .iter()
            .all(|cells_here| cells_here.len() == cells.len());
        if !same_everywhere {
            reasons.push(Reason {
                path: format!("${variable}"),
                why: Why::SnappedAndNot,
            });
            continue;
        }
        rules.extend(cells.into_iter().map(|cell| cell.rule(&variable)));
    }
    if let [first, others @ ..] = rules.as_slice() {
        reasons.extend(others.iter().map(|other| Reason {
            path: spelled(other),
            why: Why::SeveralLocations {
                other: spelled(first),
            },
        }));
    }
    if reasons.is_empty() {
        Ok(rules.pop())
    } else {
        Err(reasons)
    }
}

fn spelled(rule: &SnapRule) -> String {
    format!("${}", rule.path.join("."))
}

/// A location inside a variable: the path of input fields to it, and its H3 resolution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    fields: Vec<String>,
    resolution: u8,
}

impl Cell {
    fn rule(&self, variable: &str) -> SnapRule {
        let mut path = vec![variable.to_owned()];
        path.extend_from_slice(&self.fields);
        SnapRule {
            path,
            lat: "lat".to_owned(),
            lng: "lng".to_owned(),
            resolution: self.resolution,
        }
    }
}

/// The type has locations that a path cannot address: in lists, or in a recursive type.
struct OutOfReach;

struct Uses<'a> {
    subject: &'a Subject<'a>,
    /// For each variable, and each place where it is used: the locations that are snapped there.
    by_variable: BTreeMap<String, Vec<Vec<Cell>>>,
    reasons: Vec<Reason>,
    path: Vec<String>,
}

impl Uses<'_> {
    fn selections(&mut self, set: &SelectionSet) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.path.push(field.response_key().to_string());
                    self.arguments(field);
                    self.selections(&field.selection_set);
                    self.path.pop();
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.subject.document) {
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn arguments(&mut self, field: &Field) {
        for argument in &field.arguments {
            if let Some(definition) = field.definition.argument_by_name(&argument.name) {
                self.path.push(argument.name.to_string());
                self.value(definition, &argument.value);
                self.path.pop();
            }
        }
    }

    /// Examines the value of an argument or input field.
    fn value(&mut self, definition: &InputValueDefinition, value: &Value) {
        match snap_resolution(self.subject.schema, definition) {
            None => self.plain_value(&definition.ty, value),
            Some(resolution) => match value {
                Value::Variable(variable) => {
                    let fields = Vec::new();
                    self.used(variable, vec![Cell { fields, resolution }]);
                }
                literal if has_variable(literal) => self.refuse(Why::LocationInParts),
                _constant => {}
            },
        }
    }

    /// Examines a value whose argument or input field does not have `@snapToCell` itself.
    fn plain_value(&mut self, ty: &Type, value: &Value) {
        match value {
            Value::Variable(variable) => {
                match cells_below(self.subject.schema, ty, &mut Vec::new()) {
                    Ok(cells) => self.used(variable, cells),
                    Err(OutOfReach) => self.refuse(Why::LocationOutOfReach),
                }
            }
            Value::List(items) => {
                for item in items {
                    self.plain_value(ty.item_type(), item);
                }
            }
            Value::Object(fields) => {
                let schema = self.subject.schema;
                let Some(object) = schema.get_input_object(ty.inner_named_type()) else {
                    return;
                };
                for (name, field) in fields {
                    if let Some(definition) = object.fields.get(name) {
                        self.path.push(name.to_string());
                        self.value(definition, field);
                        self.path.pop();
                    }
                }
            }
            Value::Null
            | Value::Enum(_)
            | Value::String(_)
            | Value::Float(_)
            | Value::Int(_)
            | Value::Boolean(_) => {}
        }
    }

    fn used(&mut self, variable: &Name, cells: Vec<Cell>) {
        let positions = self.by_variable.entry(variable.to_string()).or_default();
        positions.push(cells);
    }

    fn refuse(&mut self, why: Why) {
        let path = self.path.join(".");
        self.reasons.push(Reason { path, why });
    }
}

fn has_variable(value: &Value) -> bool {
    match value {
        Value::Variable(_) => true,
        Value::List(items) => items.iter().any(|item| has_variable(item)),
        Value::Object(fields) => fields.iter().any(|(_, field)| has_variable(field)),
        Value::Null
        | Value::Enum(_)
        | Value::String(_)
        | Value::Float(_)
        | Value::Int(_)
        | Value::Boolean(_) => false,
    }
}

/// The snapped locations inside a value of a type.
fn cells_below(schema: &Schema, ty: &Type, above: &mut Vec<Name>) -> Result<Vec<Cell>, OutOfReach> {
    let name = ty.inner_named_type();
    let Some(object) = schema.get_input_object(name) else {
        return Ok(Vec::new());
    };
    if ty.is_list() || above.contains(name) {
        let snaps = reaches_a_cell(schema, name, &mut BTreeSet::new());
        return if snaps {
            Err(OutOfReach)
        } else {
            Ok(Vec::new())
        };
    }
    above.push(name.clone());
    let mut cells = Vec::new();
    for field in object.fields.values() {
        let below = match snap_resolution(schema, field) {
            Some(resolution) => vec![Cell {
                fields: Vec::new(),
                resolution,
            }],
            None => cells_below(schema, &field.ty, above)?,
        };
        cells.extend(below.into_iter().map(|mut cell| {
            cell.fields.insert(0, field.name.to_string());
            cell
        }));
    }
    above.pop();
    Ok(cells)
}

fn reaches_a_cell(schema: &Schema, name: &Name, seen: &mut BTreeSet<Name>) -> bool {
    let Some(object) = schema.get_input_object(name) else {
        return false;
    };
    seen.insert(name.clone())
        && object.fields.values().any(|field| {
            snap_resolution(schema, field).is_some()
                || reaches_a_cell(schema, field.ty.inner_named_type(), seen)
        })
}
