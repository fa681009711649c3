//! `pq check`: compiles the published documents against a new schema.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pq_core::compile::Compiler;
use pq_core::{Manifest, Operation};

use crate::table;
use crate::usage::Usage;

/// The result of a check.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The number of documents that the new schema makes invalid.
    pub(crate) broken: usize,
    /// The report to print: broken and changed documents, by client.
    pub(crate) report: String,
}

/// Compiles every published document against the new schema, and compares. `usage` tells how much traffic
/// that breaks.
pub(crate) fn run(compiler: &Compiler, manifest: &Manifest, usage: Option<&Usage>) -> Checked {
    let mut broken = 0;
    let mut broken_requests = 0;
    let mut changed = 0;
    let mut by_client: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for operation in manifest.operations() {
        let lines = match effect(compiler, manifest, operation) {
            Effect::None => continue,
            Effect::Broken(why) => {
                broken += 1;
                let mut lines = vec![format!(
                    "broken   {} ({}): {why}",
                    operation.name, operation.id
                )];
                if let Some(usage) = usage {
                    let (requests, clients) = usage.of_document(operation.id);
                    broken_requests += requests;
                    lines.push(match requests {
                        0 => "         nobody asked for it".to_owned(),
                        _ => format!("         {requests} requests ({clients})"),
                    });
                }
                lines
            }
            Effect::Changed(differences) => {
                changed += 1;
                let name = &operation.name;
                let lines = differences.into_iter();
                lines
                    .map(|change| format!("changed  {name}: {change}"))
                    .collect()
            }
        };
        for client in table::clients(operation) {
            let of_client = by_client.entry(table::client(client)).or_default();
            of_client.extend(lines.iter().cloned());
        }
    }
    let mut report = String::new();
    for (client, lines) in by_client {
        let _ = writeln!(report, "{client}");
        for line in lines {
            let _ = writeln!(report, "  {line}");
        }
    }
    let checked = manifest.operations().len();
    let _ = writeln!(
        report,
        "{checked} checked, {broken} broken, {changed} changed"
    );
    if let Some(usage) = usage {
        let period = usage.period();
        let _ = writeln!(
            report,
            "{broken_requests} requests for broken documents {period}"
        );
    }
    Checked { broken, report }
}

enum Effect {
    None,
    Broken(String),
    Changed(Vec<String>),
}

fn effect(compiler: &Compiler, manifest: &Manifest, old: &Operation) -> Effect {
    let new = match compiler.compile(&old.body, None) {
        Ok(document) => document.operation,
        Err(error) => return Effect::Broken(error.to_string()),
    };
    // Another tool's manifest knows nothing of these.
    if !manifest.has_policy(&old.id) {
        return Effect::None;
    }
    let mut changes = Vec::new();
    if new.policy != old.policy {
        let (before, after) = (table::policy(&old.policy), table::policy(&new.policy));
        changes.push(format!("{before} -> {after}"));
    }
    if new.variables != old.variables || new.input_types != old.input_types {
        changes.push("the input types of its variables".to_owned());
    }
    if changes.is_empty() {
        Effect::None
    } else {
        Effect::Changed(changes)
    }
}
