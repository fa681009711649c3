//! Reads the ids of published documents out of the manifest that `pq build` wrote.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::http;

#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    id: String,
    name: String,
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let json = fs::read_to_string(path)
            .with_context(|| format!("cannot read the manifest {}", path.display()))?;
        serde_json::from_str(&json).with_context(|| format!("{} is not a manifest", path.display()))
    }

    pub(crate) fn id_of(&self, name: &str) -> Result<&str> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
            .map(|operation| operation.id.as_str())
            .with_context(|| format!("the manifest has no operation {name}"))
    }

    /// The path at which an operation's answer is got, by hash.
    pub(crate) fn path_of(&self, operation: &str, variables: &str) -> Result<String> {
        let id = self.id_of(operation)?;
        let variables = http::percent_encode(variables);
        Ok(format!("/graphql/{id}?variables={variables}"))
    }
}
