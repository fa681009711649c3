//! `pq build`: compiles documents into a manifest.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use pq_core::compile::folder::Form;
use pq_core::compile::{Compiled, Compiler};
use pq_core::manifest::OperationKind;
use pq_core::{Clients, DocumentHash, Manifest};

use crate::operations::{self, Sources};
use crate::table;

/// What was built.
#[derive(Debug)]
pub(crate) struct Built {
    /// Sorted by client and name.
    pub(crate) manifest: Manifest,
    /// The report to print.
    pub(crate) report: String,
    /// What somebody may not expect.
    pub(crate) warnings: Vec<String>,
}

/// Compiles every document at `path`.
pub(crate) fn run(
    compiler: &Compiler,
    path: &Path,
    client: Option<&str>,
    form: Form,
) -> anyhow::Result<Built> {
    let Sources {
        documents: sources,
        mut refusals,
        warnings,
    } = operations::read(path, client, form)?;
    let (mut documents, mut parts) = (Vec::new(), Vec::new());
    let lacking = sources
        .iter()
        .filter(|source| source.lacks_typename)
        .count();
    for source in sources {
        match compiler.compile(&source.body, source.client.as_deref()) {
            Ok(mut document) => {
                parts.append(&mut document.parts);
                documents.push(document);
            }
            Err(error) => refusals.push(format!("{}: {error}", source.origin)),
        }
    }
    if !refusals.is_empty() {
        bail!(refusals.join("\npq: "));
    }
    let named_parts: HashSet<DocumentHash> = parts.iter().map(|part| part.operation.id).collect();
    for part in parts {
        // A manifest that is built again has its parts already.
        if !documents
            .iter()
            .any(|known| sort_key(known) == sort_key(&part))
        {
            documents.push(part);
        }
    }
    documents.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let mut report = report(&documents, &named_parts);
    if lacking > 0 {
        let _ = writeln!(
            report,
            "\nDocuments without `__typename` somewhere: {lacking}. Apollo Client and urql add it, \
             so the texts that they send have other hashes: `--as apollo` publishes those, and \
             `--ids` gives clients the hashes."
        );
    }
    let operations = documents.into_iter().map(|document| document.operation);
    let manifest =
        Manifest::new(operations.collect()).with_context(|| path.display().to_string())?;
    Ok(Built {
        manifest,
        report,
        warnings,
    })
}

fn sort_key(document: &Compiled) -> (&Clients, &str, DocumentHash) {
    let operation = &document.operation;
    (&operation.clients, &operation.name, operation.id)
}

/// `parts` are those of documents that are partly private.
fn report(documents: &[Compiled], parts: &HashSet<DocumentHash>) -> String {
    let mut rows = vec![
        [
            "client", "name", "type", "scope", "maxAge", "cost", "depth", "id",
        ]
        .map(str::to_owned),
    ];
    rows.extend(documents.iter().map(|document| {
        let operation = &document.operation;
        [
            table::client(operation.clients.iter().next()).to_owned(),
            operation.name.clone(),
            operation.kind.as_str().to_owned(),
            operation.policy.scope.as_str().to_owned(),
            operation.policy.max_age_s.to_string(),
            operation.cost.to_string(),
            operation.depth.to_string(),
            operation.id.to_string(),
        ]
    }));
    let mut text = table::aligned(&rows);
    for document in documents {
        let operation = &document.operation;
        let is_part = parts.contains(&operation.id);
        if operation.kind != OperationKind::Query || document.why_private.is_empty() || is_part {
            continue;
        }
        let what = if operation.split.is_some() {
            "is cached at the edge in part, without"
        } else {
            "is not cached at the edge"
        };
        let _ = writeln!(text, "\n{} {what}:", operation.label());
        for reason in &document.why_private {
            let _ = writeln!(text, "  {reason}");
        }
    }
    text
}
