//! `pq build`: compiles documents into a manifest.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use pq_core::Manifest;
use pq_core::compile::{Compiled, Compiler};
use pq_core::manifest::OperationKind;

use crate::operations;
use crate::table;

/// Compiles every document at `path`. Returns the manifest, sorted by client and name, and the
/// report to print.
pub(crate) fn run(compiler: &Compiler, path: &Path) -> anyhow::Result<(Manifest, String)> {
    let mut documents = Vec::new();
    let mut refusals = Vec::new();
    for source in operations::read(path)? {
        match compiler.compile(&source.body, source.client.as_deref()) {
            Ok(document) => documents.push(document),
            Err(error) => refusals.push(format!("{}: {error}", source.origin)),
        }
    }
    if let [first, others @ ..] = refusals.as_slice() {
        let mut message = first.clone();
        for other in others {
            let _ = write!(message, "\npq: {other}");
        }
        bail!(message);
    }
    documents.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let report = report(&documents);
    let operations = documents.into_iter().map(|document| document.operation);
    let manifest =
        Manifest::new(operations.collect()).with_context(|| path.display().to_string())?;
    Ok((manifest, report))
}

fn sort_key(document: &Compiled) -> (Option<&str>, &str, pq_core::DocumentHash) {
    let operation = &document.operation;
    (
        operation.client_name.as_deref(),
        &operation.name,
        operation.id,
    )
}

fn report(documents: &[Compiled]) -> String {
    let mut rows =
        vec![["client", "name", "type", "scope", "maxAge", "cost", "depth"].map(str::to_owned)];
    rows.extend(documents.iter().map(|document| {
        let operation = &document.operation;
        [
            operation
                .client_name
                .clone()
                .unwrap_or_else(|| "-".to_owned()),
            operation.name.clone(),
            operation.kind.as_str().to_owned(),
            operation.policy.scope.as_str().to_owned(),
            operation.policy.max_age_s.to_string(),
            operation.cost.to_string(),
            operation.depth.to_string(),
        ]
    }));
    let mut text = table::aligned(&rows);
    for document in documents {
        let operation = &document.operation;
        if operation.kind != OperationKind::Query || document.why_private.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{} is not cached at the edge:", operation.label());
        for reason in &document.why_private {
            let _ = writeln!(text, "  {reason}");
        }
    }
    text
}
