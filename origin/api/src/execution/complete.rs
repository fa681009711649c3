//! Completes what the executor answers (GraphQL, "Value Completion" and "Handling Execution
//! Errors").
//!
//! async-graphql leaves a failed field out of its object, and writes the others in the order in
//! which they are resolved. Here a failed field becomes null, a null that its type forbids goes up
//! to the next type that allows one, and fields stand in selection order: the bytes of an answer,
//! and its `ETag`, then depend on the document and the data alone.

#[cfg(test)]
mod tests;
mod types;

use std::collections::HashMap;

use async_graphql::{
    PathSegment, Response, ServerError, Value,
    parser::types::{BaseType, Type},
};
use async_graphql_value::indexmap::IndexMap;

use self::types::Types;
use super::{
    collect::{Operation, Selected},
    executed::was_executed,
};

/// Puts an answer's `data` right. An answer to a request that was not executed has none.
pub fn complete(response: &mut Response, selected: &Operation) {
    if !was_executed(response) {
        return;
    }
    let Response { data, errors, .. } = response;
    if !errors.is_empty() {
        let types = Types::of_schema();
        let failures = Failures::of(errors);
        complete_object(data, types.root(selected.kind), &selected.fields, &failures);
    }
    order(data, Some(&selected.fields));
}

/// The errors of an answer, as a tree of their paths.
#[derive(Default)]
struct Failures<'e> {
    is_here: bool,
    fields: HashMap<&'e str, Failures<'e>>,
    items: HashMap<usize, Failures<'e>>,
}

impl<'e> Failures<'e> {
    fn of(errors: &'e [ServerError]) -> Self {
        let mut root = Self::default();
        for error in errors.iter().filter(|error| !error.path.is_empty()) {
            let mut at = &mut root;
            for segment in &error.path {
                at = match segment {
                    PathSegment::Field(key) => at.fields.entry(key).or_default(),
                    PathSegment::Index(index) => at.items.entry(*index).or_default(),
                };
            }
            at.is_here = true;
        }
        root
    }
}

/// The value of a field or item that failed, or that has failures below it.
fn complete_value(
    value: &mut Value,
    ty: &Type,
    below: Option<&[Selected]>,
    failures: &Failures<'_>,
) -> Allowed {
    match (&ty.base, below) {
        _ if failures.is_here => *value = Value::Null,
        (BaseType::List(item_type), _) => complete_list(value, item_type, below, failures),
        (BaseType::Named(name), Some(fields)) => {
            complete_object(value, Some(name.as_str()), fields, failures);
        }
        // A scalar cannot fail in part.
        (BaseType::Named(_), None) => *value = Value::Null,
    }
    if *value == Value::Null && !ty.nullable {
        Allowed::No
    } else {
        Allowed::Yes
    }
}

/// Whether a value may stand where it is: a null may not where its type is non-null.
#[derive(PartialEq, Eq)]
enum Allowed {
    Yes,
    No,
}

fn complete_list(
    value: &mut Value,
    item_type: &Type,
    below: Option<&[Selected]>,
    failures: &Failures<'_>,
) {
    let Value::List(items) = value else {
        return;
    };
    for (index, failures) in &failures.items {
        if let Some(item) = items.get_mut(*index)
            && complete_value(item, item_type, below, failures) == Allowed::No
        {
            *value = Value::Null;
            return;
        }
    }
}

fn complete_object(
    value: &mut Value,
    type_name: Option<&str>,
    selected: &[Selected],
    failures: &Failures<'_>,
) {
    if *value == Value::Null {
        // Something below it failed, so there is an object: all of its fields are left out.
        *value = Value::Object(IndexMap::new());
    }
    let Value::Object(fields) = value else {
        return;
    };
    let types = Types::of_schema();
    for Selected { key, field, below } in selected {
        let Some(failures) = failures.fields.get(key.as_str()) else {
            continue;
        };
        let field_value = fields.entry(key.clone()).or_default();
        let allowed = match type_name.and_then(|name| types.field(name, field)) {
            Some(ty) => complete_value(field_value, ty, below.as_deref(), failures),
            None => Allowed::Yes,
        };
        if allowed == Allowed::No {
            *value = Value::Null;
            return;
        }
    }
}

/// Puts the fields into selection order, and removes those that are not selected: the executor was
/// given one where nothing is left of a selection.
fn order(value: &mut Value, below: Option<&[Selected]>) {
    let Some(selected) = below else {
        return;
    };
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| order(item, below)),
        Value::Object(fields) => {
            let mut place = 0;
            for Selected { key, below, .. } in selected {
                let Some(at) = fields.get_index_of(key) else {
                    continue;
                };
                fields.move_index(at, place);
                order(&mut fields[place], below.as_deref());
                place += 1;
            }
            fields.truncate(place);
        }
        _leaf_or_null => {}
    }
}
