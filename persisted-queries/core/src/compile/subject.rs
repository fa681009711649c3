//! What the rules examine.

use std::collections::HashMap;

use apollo_compiler::ast::Value;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema, executable};

use super::hints::Hints;

/// The document's one operation, with what is needed to examine it.
pub(super) struct Subject<'a> {
    pub(super) schema: &'a Valid<Schema>,
    pub(super) hints: &'a Hints,
    pub(super) document: &'a Valid<ExecutableDocument>,
    pub(super) operation: &'a Node<executable::Operation>,
    /// The values of the operation's variables; empty when a document is published.
    pub(super) given: HashMap<String, Node<Value>>,
}

impl Subject<'_> {
    /// Whether it is an introspection query.
    pub(super) fn introspects(&self) -> bool {
        let mut roots = self.operation.root_fields(self.document);
        roots.any(|field| matches!(field.name.as_str(), "__schema" | "__type"))
    }
}
