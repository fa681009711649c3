//! `pq diff`: compares a new manifest with the published one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pq_core::{Manifest, Operation};

use crate::table;

/// A document of one client, or of an unknown one.
#[derive(Clone, Copy)]
struct Listed<'a> {
    client: Option<&'a str>,
    operation: &'a Operation,
    has_policy: bool,
}

/// The report to print: the documents that the new manifest adds, lacks, or gives another policy, in
/// the order of the manifests.
///
/// Only the clients of the new manifest are compared. If it names none, its documents are those of
/// `client`; without that, all clients are compared.
pub(crate) fn run(old: &Manifest, new: &Manifest, client: Option<&str>) -> String {
    let is_asked_for = |one: &Listed<'_>| client.is_none() || one.client == client;
    let mut after = listed(new);
    for one in &mut after {
        one.client = one.client.or(client);
    }
    after.retain(is_asked_for);
    let clients: BTreeSet<Option<&str>> = after.iter().map(|one| one.client).collect();
    let is_compared = |one: &Listed<'_>| {
        let names = [one.client, None];
        one.client.is_none()
            || one.client == client
            || names.iter().any(|name| clients.contains(name))
    };
    let (before, others): (Vec<_>, Vec<_>) = listed(old).into_iter().partition(is_compared);

    let mut report = String::new();
    let (mut added, mut removed, mut changed, mut unknown) = (0, 0, 0, 0);
    for one in &after {
        let Some(known) = before.iter().find(|known| known.is_same(one)) else {
            added += 1;
            one.write(&mut report, "added", &one.policy());
            continue;
        };
        if !(known.has_policy && one.has_policy) {
            unknown += 1;
        } else if known.operation.policy != one.operation.policy {
            changed += 1;
            let detail = format!("{} -> {}", known.policy(), one.policy());
            one.write(&mut report, "changed", &detail);
        }
    }
    for known in &before {
        if !after.iter().any(|one| one.is_same(known)) {
            removed += 1;
            known.write(&mut report, "removed", "stays published");
        }
    }
    let _ = writeln!(
        report,
        "{added} added, {removed} removed, {changed} changed"
    );
    if unknown > 0 {
        let _ = writeln!(
            report,
            "{unknown} compared without their caching, of which a manifest says nothing"
        );
    }
    let others: BTreeSet<&str> = others.iter().filter_map(|one| one.client).collect();
    if !others.is_empty() {
        let others: Vec<&str> = others.into_iter().collect();
        let others = others.join(", ");
        let _ = writeln!(report, "not compared: the documents of {others}");
    }
    report
}

fn listed(manifest: &Manifest) -> Vec<Listed<'_>> {
    let operations = manifest.operations().iter();
    let each = operations.flat_map(|operation| {
        let clients = table::clients(operation).into_iter();
        clients.map(move |client| Listed {
            client,
            operation,
            has_policy: manifest.has_policy(&operation.id),
        })
    });
    each.collect()
}

impl Listed<'_> {
    /// An unknown client may be any.
    fn is_same(&self, other: &Listed<'_>) -> bool {
        self.operation.id == other.operation.id
            && (self.client == other.client || self.client.is_none() || other.client.is_none())
    }

    fn policy(&self) -> String {
        if self.has_policy {
            table::policy(&self.operation.policy)
        } else {
            "the manifest says nothing of its caching".to_owned()
        }
    }

    fn write(&self, report: &mut String, word: &str, detail: &str) {
        let id = self.operation.id.to_string();
        let client = self.client.map(|client| format!("{client}/"));
        let _ = writeln!(
            report,
            "{word:8} {}{} ({}): {detail}",
            client.unwrap_or_default(),
            self.operation.name,
            &id[..12]
        );
    }
}
