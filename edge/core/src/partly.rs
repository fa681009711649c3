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
use pq_core::split::{IDS, Origin, Private, Selection, Split};

use crate::plan;

pub use public::PublicAnswer;
pub use remainder::Remainder;

/// A request for a document that is partly private.
#[derive(Clone, Debug)]
pub struct PartlyPrivate<'a> {
    /// How the document is divided.
    pub split: &'a Split,
    variables: &'a CanonicalVariables,
}

impl<'a> PartlyPrivate<'a> {
    /// A request with the whole document's variables.
    pub const fn new(split: &'a Split, variables: &'a CanonicalVariables) -> Self {
        Self { split, variables }
    }

    /// Whether the request selects a private field.
    fn selects(&self, field: &Private) -> bool {
        let mut conditions = field.conditions.iter();
        conditions.all(|one| self.variables.is(&one.variable, one.is))
    }

    /// Whether the request selects a private field of an object, not counting those below it.
    fn selects_private_of(&self, object: &Selection) -> bool {
        object.fields.iter().any(|shown| match &shown.from {
            Origin::Private(field) => self.selects(field),
            Origin::Public | Origin::Both(_) => false,
        })
    }

    /// The body of the request for the remainder, with the ids of objects; none if it is not needed.
    pub fn remainder(&self, ids: &[String]) -> Option<String> {
        if !self.selects_private_of(&self.split.shows) && ids.is_empty() {
            return None;
        }
        let own = &self.split.variables;
        let own = self
            .variables
            .only(|name| own.iter().any(|one| one == name));
        let mut variables = own.to_json();
        if self.split.most_ids.is_some() {
            let ids = serde_json::to_string(ids).ok()?;
            let separator = if own.is_empty() { "" } else { "," };
            // Before the brace that closes the object.
            variables.pop();
            variables = format!(r#"{variables}{separator}"{IDS}":{ids}}}"#);
        }
        Some(plan::body(self.split.remainder, &variables))
    }
}

/// Those of the whole document's variables that its public part has.
pub fn variables_of(public: &Operation, of_whole: &CanonicalVariables) -> CanonicalVariables {
    of_whole.only(|name| public.variables.iter().any(|one| one.name == name))
}

// The tests compile documents, which is for native targets only.
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
