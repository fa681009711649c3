//! Canonical variables: the normal form of a request's variables, used in its cache key.
//!
//! The declared variables are coerced to their declared types (GraphQL, "Input Coercion"), defaults
//! are filled in, keys are sorted and numbers are normalised. Variables that the document does not
//! declare are ignored, as GraphQL says ("Coercing Variable Values"); a field that an input object
//! does not have is refused. Two requests have the same canonical text if and only if their variables
//! have the same meaning.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

mod json;

/// How many levels deep a value may be nested.
const MAX_DEPTH: usize = 32;

/// A GraphQL type as a document writes it, for example `[Int!]!`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeRef {
    /// A named type.
    Named(String),
    /// A list.
    List(Box<TypeRef>),
    /// Never null.
    NonNull(Box<TypeRef>),
}

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::NonNull(inner) => write!(f, "{inner}!"),
        }
    }
}

/// The text is not a type.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a GraphQL type")]
pub struct TypeRefError;

impl FromStr for TypeRef {
    type Err = TypeRefError;

    fn from_str(text: &str) -> Result<Self, TypeRefError> {
        if let Some(inner) = text.strip_suffix('!') {
            let inner: Self = inner.parse()?;
            return if matches!(inner, Self::NonNull(_)) {
                Err(TypeRefError)
            } else {
                Ok(Self::NonNull(inner.into()))
            };
        }
        if let Some(inner) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            return Ok(Self::List(Box::new(inner.parse()?)));
        }
        let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if text.is_empty() || !text.bytes().all(name) {
            return Err(TypeRefError);
        }
        Ok(Self::Named(text.into()))
    }
}

impl Serialize for TypeRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TypeRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A declared variable, or a field of an input object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariableDefinition {
    /// Its name, without the `$`.
    pub name: String,
    /// Its declared type.
    #[serde(rename = "type")]
    pub ty: TypeRef,
    /// The value that is filled in when a request has none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_value"
    )]
    pub default: Option<Value>,
}

/// A default of `null` is a default, not the absence of one.
fn some_value<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The scalar types: GraphQL's built-in ones, and one variant for all custom ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ScalarKind {
    /// A whole number of 32 bits.
    Int,
    /// A finite number of 64 bits.
    Float,
    /// Text without NUL characters.
    String,
    /// `true` or `false`.
    Boolean,
    /// Text, or a whole number that is read as text.
    ID,
    /// Any JSON value; the keys of its objects are sorted.
    Custom,
}

/// The definition of a named input type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum InputType {
    /// A scalar.
    Scalar { scalar: ScalarKind },
    /// An enum with these values.
    Enum { values: Vec<String> },
    /// An object with these fields.
    Object { fields: Vec<VariableDefinition> },
}

/// The definitions of all named input types that a document's variables use, directly or nested;
/// without the built-in scalars.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputTypes(pub BTreeMap<String, InputType>);

/// Why variables cannot be coerced. `path` is dotted, without the `$`: `input.location.lat`.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VariableError {
    /// The input object has no such field.
    #[error("`{path}` is not declared")]
    Undeclared { path: String },
    /// The value is required, but absent or null.
    #[error("`{path}` is required")]
    Missing { path: String },
    /// The value does not have the declared type.
    #[error("`{path}` is not a {expected}")]
    IllTyped { path: String, expected: String },
}

/// Coerced variables, sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CanonicalVariables(BTreeMap<String, Canonical>);

/// A coerced value.
#[derive(Clone, Debug, PartialEq)]
enum Canonical {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Canonical>),
    Object(BTreeMap<String, Canonical>),
}

impl CanonicalVariables {
    /// Coerces a request's variables to the types that the document declares.
    ///
    /// # Errors
    /// [`VariableError`] names the first value that is undeclared, missing or ill-typed.
    pub fn coerce(
        definitions: &[VariableDefinition],
        types: &InputTypes,
        given: &Map<String, Value>,
    ) -> Result<Self, VariableError> {
        coerce_fields(definitions, types, given, "", 0).map(Self)
    }

    /// The canonical text: JSON without white space.
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(128);
        write_object(&mut text, &self.0);
        text
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The variables for whose name `keep` is true.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let mut kept = BTreeMap::new();
        for (name, value) in &self.0 {
            if keep(name) {
                kept.insert(name.clone(), value.clone());
            }
        }
        Self(kept)
    }

    /// Whether the variable is given, and is this boolean.
    pub fn is(&self, name: &str, boolean: bool) -> bool {
        self.0.get(name) == Some(&Canonical::Boolean(boolean))
    }

    /// The numbers in the fields `lat` and `lng` of the object at `path`; `None` when the object or
    /// one of the fields is absent or null.
    pub fn location(&self, path: &[String], lat: &str, lng: &str) -> Option<(f64, f64)> {
        let Canonical::Object(fields) = self.at(path)? else {
            return None;
        };
        Some((fields.get(lat)?.as_f64()?, fields.get(lng)?.as_f64()?))
    }

    /// Replaces the numbers that [`CanonicalVariables::location`] reads. Does nothing when there is
    /// no object at `path`.
    pub fn set_location(&mut self, path: &[String], lat: (&str, f64), lng: (&str, f64)) {
        if let Some(Canonical::Object(fields)) = self.at_mut(path) {
            fields.insert(lat.0.to_owned(), Canonical::Float(lat.1));
            fields.insert(lng.0.to_owned(), Canonical::Float(lng.1));
        }
    }

    /// Whether there is a value at `path`, a variable's name and input fields, that is not null.
    pub fn has(&self, path: &[String]) -> bool {
        self.at(path).is_some_and(|value| *value != Canonical::Null)
    }

    /// The number at `path`.
    pub fn number(&self, path: &[String]) -> Option<f64> {
        self.at(path)?.as_f64()
    }

    /// The text or the enum's value at `path`.
    pub fn text(&self, path: &[String]) -> Option<&str> {
        match self.at(path)? {
            Canonical::Text(word) => Some(word),
            Canonical::Null
            | Canonical::Boolean(_)
            | Canonical::Integer(_)
            | Canonical::Float(_)
            | Canonical::List(_)
            | Canonical::Object(_) => None,
        }
    }

    /// Sets the value at `path` to a whole number. Does nothing when there is no object above it.
    pub fn set_whole(&mut self, path: &[String], number: u32) {
        let Some((last, above)) = path.split_last() else {
            return;
        };
        let fields = if above.is_empty() {
            &mut self.0
        } else {
            let Some(Canonical::Object(fields)) = self.at_mut(above) else {
                return;
            };
            fields
        };
        fields.insert(last.clone(), Canonical::Integer(number.into()));
    }

    fn at(&self, path: &[String]) -> Option<&Canonical> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(first)?, |at, step| {
            let Canonical::Object(fields) = at else {
                return None;
            };
            fields.get(step)
        })
    }

    fn at_mut(&mut self, path: &[String]) -> Option<&mut Canonical> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get_mut(first)?, |at, step| {
            let Canonical::Object(fields) = at else {
                return None;
            };
            fields.get_mut(step)
        })
    }
}

impl Canonical {
    fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the declared type is Float, so the nearest Float is meant"
            )]
            Self::Integer(number) => Some(*number as f64),
            Self::Null | Self::Boolean(_) | Self::Text(_) | Self::List(_) | Self::Object(_) => None,
        }
    }
}

fn coerce_fields(
    definitions: &[VariableDefinition],
    types: &InputTypes,
    given: &Map<String, Value>,
    path: &str,
    depth: usize,
) -> Result<BTreeMap<String, Canonical>, VariableError> {
    let within = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    let mut fields = BTreeMap::new();
    for definition in definitions {
        let path = within(&definition.name);
        match given.get(&definition.name).or(definition.default.as_ref()) {
            Some(value) => {
                let value = coerce_value(&definition.ty, types, value, &path, depth + 1)?;
                fields.insert(definition.name.clone(), value);
            }
            None if matches!(definition.ty, TypeRef::NonNull(_)) => {
                return Err(VariableError::Missing { path });
            }
            None => {}
        }
    }
    Ok(fields)
}

fn coerce_value(
    ty: &TypeRef,
    types: &InputTypes,
    value: &Value,
    path: &str,
    depth: usize,
) -> Result<Canonical, VariableError> {
    let refuse = || VariableError::IllTyped {
        path: path.to_owned(),
        expected: ty.to_string(),
    };
    if depth > MAX_DEPTH {
        return Err(refuse());
    }
    match (ty, value) {
        (TypeRef::NonNull(_), Value::Null) => Err(VariableError::Missing {
            path: path.to_owned(),
        }),
        (TypeRef::NonNull(inner), value) => coerce_value(inner, types, value, path, depth),
        (TypeRef::Named(_) | TypeRef::List(_), Value::Null) => Ok(Canonical::Null),
        (TypeRef::List(inner), Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                coerce_value(inner, types, item, &format!("{path}.{index}"), depth + 1)
            })
            .collect::<Result<_, _>>()
            .map(Canonical::List),
        // GraphQL coerces a single value to a list of that value.
        (TypeRef::List(inner), value) => Ok(Canonical::List(vec![coerce_value(
            inner,
            types,
            value,
            path,
            depth + 1,
        )?])),
        (TypeRef::Named(name), value) => match types.0.get(name) {
            Some(InputType::Object { fields }) => {
                let given = value.as_object().ok_or_else(refuse)?;
                let is_unknown = |name: &&String| fields.iter().all(|known| known.name != **name);
                if let Some(name) = given.keys().find(is_unknown) {
                    let path = format!("{path}.{name}");
                    return Err(VariableError::Undeclared { path });
                }
                coerce_fields(fields, types, given, path, depth).map(Canonical::Object)
            }
            Some(InputType::Enum { values }) => {
                let word = value
                    .as_str()
                    .filter(|word| values.iter().any(|known| known == word));
                word.map(|word| Canonical::Text(word.to_owned()))
                    .ok_or_else(refuse)
            }
            Some(InputType::Scalar { scalar }) => {
                coerce_scalar(*scalar, value, depth).ok_or_else(refuse)
            }
            None => coerce_scalar(builtin(name), value, depth).ok_or_else(refuse),
        },
    }
}

fn builtin(name: &str) -> ScalarKind {
    match name {
        "Int" => ScalarKind::Int,
        "Float" => ScalarKind::Float,
        "String" => ScalarKind::String,
        "Boolean" => ScalarKind::Boolean,
        "ID" => ScalarKind::ID,
        _ => ScalarKind::Custom,
    }
}

fn coerce_scalar(scalar: ScalarKind, value: &Value, depth: usize) -> Option<Canonical> {
    match (scalar, value) {
        (ScalarKind::Int, Value::Number(_)) => whole(value)
            .filter(|number| i32::try_from(*number).is_ok())
            .map(Canonical::Integer),
        (ScalarKind::Float, Value::Number(number)) => number
            .as_f64()
            .filter(|number| number.is_finite())
            .map(Canonical::Float),
        (ScalarKind::String | ScalarKind::ID, Value::String(text)) => {
            plain(text).map(Canonical::Text)
        }
        (ScalarKind::ID, Value::Number(_)) => {
            whole(value).map(|number| Canonical::Text(number.to_string()))
        }
        (ScalarKind::Boolean, Value::Bool(truth)) => Some(Canonical::Boolean(*truth)),
        (ScalarKind::Custom, value) => any(value, depth),
        _ => None,
    }
}

/// A whole number in any notation: `2`, `2.0`, `2e0`.
fn whole(value: &Value) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let number = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// Refuses text with NUL, which ends strings in code that we do not control (C libraries,
/// databases, logs).
fn plain(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| text.to_owned())
}

fn any(value: &Value, depth: usize) -> Option<Canonical> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match value {
        Value::Null => Canonical::Null,
        Value::Bool(truth) => Canonical::Boolean(*truth),
        Value::Number(number) => match whole(value) {
            Some(number) => Canonical::Integer(number),
            None => Canonical::Float(number.as_f64().filter(|number| number.is_finite())?),
        },
        Value::String(text) => Canonical::Text(plain(text)?),
        Value::Array(items) => Canonical::List(
            items
                .iter()
                .map(|item| any(item, depth + 1))
                .collect::<Option<_>>()?,
        ),
        Value::Object(fields) => Canonical::Object(
            fields
                .iter()
                .map(|(name, value)| Some((plain(name)?, any(value, depth + 1)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

fn write_object(text: &mut String, fields: &BTreeMap<String, Canonical>) {
    text.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_text(text, name);
        text.push(':');
        write_value(text, value);
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Canonical) {
    match value {
        Canonical::Null => text.push_str("null"),
        Canonical::Boolean(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Canonical::Integer(number) => text.push_str(&number.to_string()),
        // 2.0 is written as `2`, and adding 0.0 makes a negative zero positive. Rust writes the
        // shortest text that reads back as the same number, without an exponent, on every target.
        Canonical::Float(number) => text.push_str(&(number + 0.0).to_string()),
        Canonical::Text(word) => write_text(text, word),
        Canonical::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Canonical::Object(fields) => write_object(text, fields),
    }
}

fn write_text(text: &mut String, word: &str) {
    text.push_str(&Value::String(word.to_owned()).to_string());
}

#[cfg(test)]
mod tests;
