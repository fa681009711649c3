//! Documents that are partly private: their answer is made of the answer to the public part, which everybody
//! shares, and of the remainder, which the origin answers to the caller alone.
//!
//! [`PublicAnswer`] reads the first, as far down as private fields are, and says which ids to ask for;
//! [`Remainder`] reads the second; [`PublicAnswer::merged_with`] copies the bytes of both. Where the
//! remainder lacks a field, the answer has null and an error with the field's path, as GraphQL asks for.

mod merge;
mod public;
mod remainder;

use cache_core::variables::CanonicalVariables;
use pq_core::Operation;
use pq_core::split::{IDS, Origin, Private, Split};
use serde_json::{Map, Value};

pub use merge::Merged;
pub use public::PublicAnswer;
pub use remainder::Remainder;

/// A request for a document that is partly private.
#[derive(Clone, Debug)]
pub struct PartlyPrivate<'a> {
    /// How the document is divided.
    pub split: &'a Split,
    variables: Map<String, Value>,
}

impl<'a> PartlyPrivate<'a> {
    /// A request with the whole document's variables.
    pub fn new(split: &'a Split, variables: &CanonicalVariables) -> Self {
        Self {
            split,
            variables: serde_json::from_str(&variables.to_json()).unwrap_or_default(),
        }
    }

    /// Whether the request selects a private field.
    fn selects(&self, field: &Private) -> bool {
        let mut conditions = field.conditions.iter();
        conditions.all(|one| self.variables.get(&one.variable) == Some(&Value::Bool(one.is)))
    }

    /// The body of the request for the remainder, with the ids of objects; none if it is not needed.
    pub fn remainder(&self, ids: &[String]) -> Option<String> {
        let shows = &self.split.shows.fields;
        let selects_root = shows.iter().any(|shown| match &shown.from {
            Origin::Private(field) => self.selects(field),
            Origin::Public | Origin::Both(_) => false,
        });
        if !selects_root && ids.is_empty() {
            return None;
        }
        let own = self.split.variables.iter();
        let mut variables: Map<String, Value> = own
            .filter_map(|name| Some((name.clone(), self.variables.get(name)?.clone())))
            .collect();
        if self.split.most_ids.is_some() {
            variables.insert(IDS.to_owned(), ids.into());
        }
        let document = self.split.remainder;
        let body = serde_json::json!({"documentId": document, "variables": variables});
        Some(body.to_string())
    }
}

/// Those of the whole document's variables that its public part has.
pub fn variables_of(public: &Operation, of_whole: &CanonicalVariables) -> CanonicalVariables {
    let mut variables = of_whole.clone();
    variables.retain(|name| public.variables.iter().any(|one| one.name == name));
    variables
}

// The tests compile documents, which is for native targets only.
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
