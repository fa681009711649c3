//! `pq diff`: compares a new manifest with the published one.

use std::fmt::Write as _;

use pq_core::{Manifest, Operation};

use crate::table;

/// The report to print: the documents that the new manifest adds, lacks, or gives another policy, in
/// the order of the manifests.
pub(crate) fn run(old: &Manifest, new: &Manifest) -> String {
    let mut report = String::new();
    let (mut added, mut removed, mut changed) = (0, 0, 0);
    for operation in new.operations() {
        match old.get(&operation.id) {
            None => {
                added += 1;
                let policy = table::policy(&operation.policy);
                line(&mut report, "added", operation, &policy);
            }
            Some(before) if before.policy != operation.policy => {
                changed += 1;
                let (before, after) = (
                    table::policy(&before.policy),
                    table::policy(&operation.policy),
                );
                line(
                    &mut report,
                    "changed",
                    operation,
                    &format!("{before} -> {after}"),
                );
            }
            Some(_) => {}
        }
    }
    for operation in old.operations() {
        if new.get(&operation.id).is_none() {
            removed += 1;
            line(&mut report, "removed", operation, "stays published");
        }
    }
    let _ = writeln!(
        report,
        "{added} added, {removed} removed, {changed} changed"
    );
    report
}

fn line(report: &mut String, word: &str, operation: &Operation, detail: &str) {
    let id = operation.id.to_string();
    let _ = writeln!(
        report,
        "{word:8} {} ({}): {detail}",
        operation.label(),
        &id[..12]
    );
}
