//! `pq retire`: removes published documents that nobody asks for any more.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use anyhow::ensure;
use pq_core::{DocumentHash, Manifest};
use serde::Deserialize;
use serde_json::json;

use crate::origin::Origin;
use crate::usage::Usage;

/// The origin's answer.
#[derive(Debug, Deserialize)]
struct Answer {
    retired: Vec<DocumentHash>,
    refused: Vec<Refused>,
    unknown: Vec<DocumentHash>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    id: DocumentHash,
    reason: String,
}

/// What is to be retired.
pub(crate) struct Wanted<'a> {
    /// Documents by their hashes.
    pub(crate) ids: &'a [DocumentHash],
    /// All that this manifest does not have.
    pub(crate) except: Option<&'a Manifest>,
    /// For how many days nobody must have asked for them.
    pub(crate) unused_days: u32,
    pub(crate) dry_run: bool,
}

/// What became of it.
pub(crate) struct Retired {
    /// Whether all were retired.
    pub(crate) all: bool,
    /// The lines to print.
    pub(crate) report: String,
}

pub(crate) fn run(origin: &Origin<'_>, wanted: &Wanted<'_>) -> anyhow::Result<Retired> {
    let published = Usage::of(origin, wanted.unused_days)?;
    let names: HashMap<_, _> = published.documents().collect();
    let mut ids: HashSet<DocumentHash> = wanted.ids.iter().copied().collect();
    if let Some(manifest) = wanted.except {
        let kept: HashSet<_> = manifest.operations().iter().map(|one| one.id).collect();
        ids.extend(names.keys().filter(|id| !kept.contains(id)));
    }
    ensure!(
        !ids.is_empty() || wanted.except.is_some(),
        "name documents by their hashes, or a manifest with --except"
    );
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    let body = json!({"ids": ids, "unusedDays": wanted.unused_days, "dryRun": wanted.dry_run});
    let what = ("the request", "what it retired");
    let answer: Answer = origin.post("/admin/documents/retire", &body, what)?;
    let name = |id: &DocumentHash| names.get(id).copied().unwrap_or("-");
    let done = if wanted.dry_run {
        "would retire"
    } else {
        "retired"
    };
    let mut report = String::new();
    for id in &answer.retired {
        let _ = writeln!(report, "{done}  {} ({id})", name(id));
    }
    for Refused { id, reason } in &answer.refused {
        let _ = writeln!(report, "refused  {} ({id}): {reason}", name(id));
    }
    for id in &answer.unknown {
        let _ = writeln!(report, "unknown  {id}");
    }
    let _ = writeln!(
        report,
        "{} {done}, {} refused, {} unknown",
        answer.retired.len(),
        answer.refused.len(),
        answer.unknown.len()
    );
    Ok(Retired {
        all: answer.refused.is_empty() && answer.unknown.is_empty(),
        report,
    })
}
