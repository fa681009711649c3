//! The clients of a document.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The names of the clients that use a document. In JSON no name is
/// null, one is a string, several are a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clients(BTreeSet<String>);

impl Clients {
    /// One client.
    pub fn one(name: &str) -> Self {
        Self(BTreeSet::from([name.to_owned()]))
    }

    /// Whether no client is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Adds names.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }

    /// Adds names that are all new; adds none, and returns false, if one is not, or if either side
    /// has no name.
    pub(super) fn join(&mut self, others: &Self) -> bool {
        let can_join = !self.is_empty() && !others.is_empty() && self.0.is_disjoint(&others.0);
        if can_join {
            self.extend(others);
        }
        can_join
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().collect();
        f.write_str(&names.join("+"))
    }
}

impl Serialize for Clients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = self.iter();
        match (names.next(), names.next()) {
            (None, _) => serializer.serialize_none(),
            (Some(only), None) => serializer.serialize_str(only),
            _ => serializer.collect_seq(self.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for Clients {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = match Value::deserialize(deserializer)? {
            Value::Null => Vec::new(),
            Value::Array(names) => names,
            name => vec![name],
        };
        let mut clients = BTreeSet::new();
        for name in names {
            let Value::String(name) = name else {
                return Err(D::Error::custom("a client's name is a text"));
            };
            clients.insert(name);
        }
        Ok(Self(clients))
    }
}
