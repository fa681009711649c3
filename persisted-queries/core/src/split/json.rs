//! How a document is divided, as JSON. It is written by hand: what serde derives for types in types takes a
//! twentieth of the worker, which has to stay small.
//!
//! ```text
//! split:     {"public": hash, "remainder": hash, "variables": [name*], "mostIds": number, "shows": selection}
//! selection: {"id": key, "fields": [field*]}
//! field:     key                                                     of the public part
//!            {"key": key, "nullable": boolean, "if": [condition*]}   of the remainder
//!            {"key": key, "nullable": [boolean*], "below": selection}  of both
//! condition: [variable, boolean]
//! ```

use cache_core::json::list;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::{ADDED_ID, Both, Condition, Id, Origin, Private, Selection, Shown, Split};
use crate::hash::DocumentHash;

impl Serialize for Split {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = json!({
            "public": self.public.to_string(),
            "remainder": self.remainder.to_string(),
            "variables": self.variables,
            "shows": write_selection(&self.shows),
        });
        if let Some(most) = self.most_ids {
            written["mostIds"] = most.into();
        }
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Split {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        read(&value)
            .ok_or_else(|| D::Error::custom("`split` does not say how to divide a document"))
    }
}

fn read(split: &Value) -> Option<Split> {
    let hash = |part: &str| DocumentHash::parse(split[part].as_str()?).ok();
    let most_ids = match &split["mostIds"] {
        Value::Null => None,
        most => Some(u32::try_from(most.as_u64()?).ok()?),
    };
    Some(Split {
        public: hash("public")?,
        remainder: hash("remainder")?,
        variables: list(&split["variables"], text)?,
        most_ids,
        shows: read_selection(&split["shows"])?,
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn read_selection(selection: &Value) -> Option<Selection> {
    let id = match selection["id"].as_str() {
        None => None,
        Some("id") => Some(Id::Selected),
        Some(ADDED_ID) => Some(Id::Added),
        Some(_other) => return None,
    };
    Some(Selection {
        id,
        fields: list(&selection["fields"], read_field)?,
    })
}

fn read_field(field: &Value) -> Option<Shown> {
    if let Some(key) = text(field) {
        let from = Origin::Public;
        return Some(Shown { key, from });
    }
    let nullable = &field["nullable"];
    let from = match &field["below"] {
        Value::Null => Origin::Private(Private {
            nullable: nullable.as_bool()?,
            conditions: list(&field["if"], read_condition)?,
        }),
        below => Origin::Both(Both {
            nullable: list(nullable, Value::as_bool)?,
            below: read_selection(below)?,
        }),
    };
    let key = text(&field["key"])?;
    Some(Shown { key, from })
}

fn read_condition(condition: &Value) -> Option<Condition> {
    Some(Condition {
        variable: text(&condition[0])?,
        is: condition[1].as_bool()?,
    })
}

fn write_selection(selection: &Selection) -> Value {
    let fields: Vec<Value> = selection.fields.iter().map(write_field).collect();
    let mut written = json!({"fields": fields});
    if let Some(id) = &selection.id {
        written["id"] = id.key().into();
    }
    written
}

fn write_field(Shown { key, from }: &Shown) -> Value {
    match from {
        Origin::Public => key.as_str().into(),
        Origin::Private(Private {
            nullable,
            conditions,
        }) => {
            let conditions = conditions.iter();
            let conditions = conditions.map(|Condition { variable, is }| json!([variable, is]));
            let conditions: Vec<Value> = conditions.collect();
            json!({"key": key, "nullable": nullable, "if": conditions})
        }
        Origin::Both(Both { nullable, below }) => {
            json!({"key": key, "nullable": nullable, "below": write_selection(below)})
        }
    }
}
