//! An operation's declared variables with their defaults as JSON, and the input types they use.

use std::collections::HashMap;

use apollo_compiler::ast;
use apollo_compiler::executable;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};
use cache_core::variables::{InputType, InputTypes, ScalarKind, TypeRef, VariableDefinition};
use serde_json::{Map, Value};

pub(super) fn definitions(operation: &executable::Operation) -> Vec<VariableDefinition> {
    operation
        .variables
        .iter()
        .map(|variable| {
            definition(
                &variable.name,
                &variable.ty,
                variable.default_value.as_ref(),
            )
        })
        .collect()
}

/// A request's variables as GraphQL literals. Only numbers and objects are converted, because cost
/// needs nothing else.
pub(super) fn literals(given: &Map<String, Value>) -> HashMap<String, Node<ast::Value>> {
    let named = given.iter();
    named
        .map(|(name, value)| (name.clone(), Node::new(literal(value))))
        .collect()
}

fn literal(value: &Value) -> ast::Value {
    match value {
        Value::Number(number) => match number.as_i64().map(i32::try_from) {
            Some(Ok(number)) => ast::Value::Int(number.into()),
            Some(Err(_)) | None => ast::Value::Null,
        },
        Value::Object(fields) => {
            let fields = fields.iter().filter_map(|(name, value)| {
                Some((Name::new(name).ok()?, Node::new(literal(value))))
            });
            ast::Value::Object(fields.collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => ast::Value::Null,
    }
}

pub(super) fn input_types(schema: &Schema, operation: &executable::Operation) -> InputTypes {
    let mut found = InputTypes::default();
    let mut pending: Vec<Name> = operation
        .variables
        .iter()
        .map(|variable| variable.ty.inner_named_type().clone())
        .collect();
    while let Some(name) = pending.pop() {
        if found.0.contains_key(name.as_str()) {
            continue;
        }
        let Some(input_type) = input_type(schema, &name, &mut pending) else {
            continue;
        };
        found.0.insert(name.to_string(), input_type);
    }
    found
}

/// The definition of a named type; `None` for a built-in scalar.
fn input_type(schema: &Schema, name: &Name, pending: &mut Vec<Name>) -> Option<InputType> {
    match schema.types.get(name)? {
        ExtendedType::Scalar(_) if is_built_in_scalar(name) => None,
        ExtendedType::Scalar(_) => Some(InputType::Scalar {
            scalar: ScalarKind::Custom,
        }),
        ExtendedType::Enum(definition) => Some(InputType::Enum {
            values: definition.values.keys().map(Name::to_string).collect(),
        }),
        ExtendedType::InputObject(object) => {
            let fields = object.fields.values();
            pending.extend(
                fields
                    .clone()
                    .map(|field| field.ty.inner_named_type().clone()),
            );
            Some(InputType::Object {
                fields: fields
                    .map(|field| definition(&field.name, &field.ty, field.default_value.as_ref()))
                    .collect(),
            })
        }
        // Validation has refused variables of output types.
        ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_) => None,
    }
}

fn is_built_in_scalar(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}

fn definition(
    name: &Name,
    ty: &ast::Type,
    default: Option<&Node<ast::Value>>,
) -> VariableDefinition {
    VariableDefinition {
        name: name.to_string(),
        ty: type_ref(ty),
        default: default.map(|value| to_json(value)),
    }
}

fn type_ref(ty: &ast::Type) -> TypeRef {
    let non_null = |inner| TypeRef::NonNull(Box::new(inner));
    match ty {
        ast::Type::Named(name) => TypeRef::Named(name.to_string()),
        ast::Type::NonNullNamed(name) => non_null(TypeRef::Named(name.to_string())),
        ast::Type::List(item) => TypeRef::List(Box::new(type_ref(item))),
        ast::Type::NonNullList(item) => non_null(TypeRef::List(Box::new(type_ref(item)))),
    }
}

/// Converts a constant to JSON. Variables cannot occur: validation refuses them in a default.
pub(super) fn to_json(value: &ast::Value) -> Value {
    match value {
        ast::Value::Null | ast::Value::Variable(_) => Value::Null,
        ast::Value::Enum(name) => Value::String(name.to_string()),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Boolean(boolean) => Value::Bool(*boolean),
        // Numbers are written in the same way in GraphQL and JSON.
        ast::Value::Int(number) => serde_json::from_str(number.as_str()).unwrap_or(Value::Null),
        ast::Value::Float(number) => serde_json::from_str(number.as_str()).unwrap_or(Value::Null),
        ast::Value::List(items) => items.iter().map(|item| to_json(item)).collect(),
        ast::Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.to_string(), to_json(field)))
            .collect(),
    }
}
