//! `pq usage`: how often clients ask for documents. `pq check` and `pq retire` use it as well.

use std::fmt::Write as _;

use pq_core::DocumentHash;
use serde::Deserialize;

use crate::origin::Origin;
use crate::table;

/// How many characters of a hash are printed.
const HASH_CHARS: usize = 12;

/// The origin's counts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Usage {
    since: String,
    counted_since: Option<String>,
    documents: Vec<OfDocument>,
}

#[derive(Debug, Deserialize)]
struct OfDocument {
    id: DocumentHash,
    name: String,
    usage: Vec<OfClient>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfClient {
    client: String,
    version: String,
    requests: u64,
    last_day: String,
}

impl Usage {
    /// Asks the origin for the counts of the last days.
    pub(crate) fn of(origin: &Origin<'_>, days: u32) -> anyhow::Result<Self> {
        let what = ("the question", "the counts");
        origin.get(&format!("/admin/documents/usage?days={days}"), what)
    }

    /// The published documents and their names.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (DocumentHash, &str)> {
        let documents = self.documents.iter();
        documents.map(|document| (document.id, document.name.as_str()))
    }

    /// How many requests for a document there were, and which clients sent them, on one line; 0 is never.
    pub(crate) fn of_document(&self, id: DocumentHash) -> (u64, String) {
        let document = self.documents.iter().find(|document| document.id == id);
        let of_clients = document.map_or(&[][..], |document| &document.usage);
        let all: u64 = of_clients.iter().map(|one| one.requests).sum();
        let mut sorted: Vec<_> = of_clients.iter().collect();
        sorted.sort_by_key(|one| std::cmp::Reverse(one.requests));
        let clients: Vec<String> = sorted
            .iter()
            .map(|one| format!("{} {}: {}", one.client, one.version, one.requests))
            .collect();
        (all, clients.join(", "))
    }

    /// From when on the counts are complete.
    pub(crate) fn period(&self) -> String {
        match &self.counted_since {
            Some(first) if *first > self.since => {
                format!("since {first} (nothing was counted before)")
            }
            Some(_) => format!("since {}", self.since),
            None => "(nothing was counted yet)".to_owned(),
        }
    }

    /// The table to print: most requests first, and documents that nobody asked for last.
    fn report(&self, document: Option<&str>) -> String {
        let mut rows = Vec::new();
        for of_document in &self.documents {
            let OfDocument { id, name, usage } = of_document;
            if document.is_some_and(|wanted| *name != wanted && id.to_string() != wanted) {
                continue;
            }
            let hash: String = id.to_string().chars().take(HASH_CHARS).collect();
            if usage.is_empty() {
                let row = [
                    name.clone(),
                    hash,
                    "-".into(),
                    "-".into(),
                    "0".into(),
                    "-".into(),
                ];
                rows.push((0, row));
                continue;
            }
            for one in usage {
                let row = [
                    name.clone(),
                    hash.clone(),
                    one.client.clone(),
                    one.version.clone(),
                    one.requests.to_string(),
                    one.last_day.clone(),
                ];
                rows.push((one.requests, row));
            }
        }
        rows.sort_by(|(a, first), (b, second)| (b, first).cmp(&(a, second)));
        let head = ["document", "hash", "client", "version", "requests", "last"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(head)
            .chain(rows.into_iter().map(|(_, row)| row))
            .collect();
        let mut report = table::aligned(&rows);
        let _ = writeln!(report, "requests {}", self.period());
        report
    }
}

/// Returns the report to print.
pub(crate) fn run(
    origin: &Origin<'_>,
    days: u32,
    document: Option<&str>,
) -> anyhow::Result<String> {
    Ok(Usage::of(origin, days)?.report(document))
}
