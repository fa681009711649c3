//! `pq publish`: sends a manifest to the origin.

use pq_core::Manifest;
use serde::Deserialize;

use crate::origin::Origin;

/// The origin's answer.
#[derive(Debug, Deserialize)]
struct Published {
    added: u64,
    unchanged: u64,
}

/// Sends the manifest to the origin's admin endpoint; returns the report to print.
pub(crate) fn run(manifest: &Manifest, url: &str, token: &str) -> anyhow::Result<String> {
    let origin = Origin::new(url, token)?;
    let what = ("the manifest", "the counts");
    let published: Published = origin.post("/admin/documents", manifest, what)?;
    Ok(format!(
        "{} added, {} unchanged\n",
        published.added, published.unchanged
    ))
}
