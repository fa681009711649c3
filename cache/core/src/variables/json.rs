//! Input types, read from JSON. By hand: what serde derives for an enum with a tag keeps any value first, and needs
//! all of its code once more for that, which is too much for the edge's worker.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{InputType, ScalarKind, VariableDefinition};
use crate::json::list;

impl<'de> Deserialize<'de> for InputType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        input_type(&value).ok_or_else(|| D::Error::custom("not an input type"))
    }
}

fn input_type(value: &Value) -> Option<InputType> {
    Some(match value["kind"].as_str()? {
        "scalar" => InputType::Scalar {
            scalar: scalar(value["scalar"].as_str()?)?,
        },
        "enum" => InputType::Enum {
            values: list(&value["values"], |name| Some(name.as_str()?.to_owned()))?,
        },
        "object" => InputType::Object {
            fields: list(&value["fields"], field)?,
        },
        _of_another_version => return None,
    })
}

fn scalar(name: &str) -> Option<ScalarKind> {
    Some(match name {
        "Int" => ScalarKind::Int,
        "Float" => ScalarKind::Float,
        "String" => ScalarKind::String,
        "Boolean" => ScalarKind::Boolean,
        "ID" => ScalarKind::ID,
        "Custom" => ScalarKind::Custom,
        _of_another_version => return None,
    })
}

fn field(value: &Value) -> Option<VariableDefinition> {
    Some(VariableDefinition {
        name: value["name"].as_str()?.to_owned(),
        ty: value["type"].as_str()?.parse().ok()?,
        default: value.get("default").cloned(),
    })
}
