//! Counts requests by document, client and the client's version.
//!
//! Names and versions come from strangers' headers. So a client counts by its name only if the document is
//! published for it, and a client has few versions; all others are [`OTHER`]. What is counted is handed on
//! like a tally ([`crate::tally`]): what is taken is gone before it is sent.

use std::collections::{BTreeMap, BTreeSet};

use pq_core::{Clients, DocumentHash};
use serde::{Deserialize, Serialize};

/// The name of clients and versions that do not say who they are, or are too many.
pub const OTHER: &str = "other";
/// The headers in which clients say their name; the first that is there counts.
pub const NAME_HEADERS: [&str; 2] = ["graphql-client-name", "apollographql-client-name"];
/// The headers in which clients say their version.
pub const VERSION_HEADERS: [&str; 2] = ["graphql-client-version", "apollographql-client-version"];
/// The most documents that are counted.
const MAX_DOCUMENTS: usize = 5_000;
/// The most versions of a client in a day.
const MAX_VERSIONS: usize = 20;
/// The longest version, in bytes.
const MAX_VERSION_BYTES: usize = 20;
/// For how long the versions of a client are remembered, in milliseconds. Without an end, versions that
/// somebody made up would take the places of real ones for ever.
const VERSIONS_FOR_MS: u64 = 86_400_000;

/// How often a client asked for a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// The document.
    pub document: DocumentHash,
    /// The client's name, or [`OTHER`].
    pub client: String,
    /// The client's version, or [`OTHER`].
    pub version: String,
    /// How many requests there were.
    pub requests: u64,
}

#[derive(Clone, Debug)]
struct OfClient {
    client: String,
    version: String,
    requests: u64,
}

/// Counts by document, client and version.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    documents: BTreeMap<DocumentHash, Vec<OfClient>>,
    /// The versions of each client that count by their own name.
    versions: BTreeMap<String, BTreeSet<String>>,
    versions_since_ms: u64,
}

impl Usage {
    /// Counts a request for a published document. `name` and `version` are what the client says of itself.
    pub fn count(
        &mut self,
        document: DocumentHash,
        clients: &Clients,
        name: Option<&str>,
        version: Option<&str>,
    ) {
        let client = name
            .filter(|name| clients.iter().any(|client| client == *name))
            .unwrap_or(OTHER);
        let version = match version {
            Some(version) if client != OTHER && is_version(version) => version,
            Some(_) | None => OTHER,
        };
        self.add_one(document, client, version, 1);
    }

    /// Adds rows of another count.
    pub fn add(&mut self, rows: &[UsageRow]) {
        for row in rows {
            let version = if is_version(&row.version) {
                &row.version
            } else {
                OTHER
            };
            self.add_one(row.document, &row.client, version, row.requests);
        }
    }

    fn add_one(&mut self, document: DocumentHash, client: &str, version: &str, requests: u64) {
        // Most requests are of a client and version that were seen before; they cost no allocation.
        if let Some(known) = self.documents.get_mut(&document)
            && let Some(one) = find(known, client, version)
        {
            one.requests = one.requests.saturating_add(requests);
            return;
        }
        if self.documents.len() >= MAX_DOCUMENTS && !self.documents.contains_key(&document) {
            return;
        }
        let version = if self.has_room_for(client, version) {
            version
        } else {
            OTHER
        };
        let known = self.documents.entry(document).or_default();
        match find(known, client, version) {
            Some(one) => one.requests = one.requests.saturating_add(requests),
            None => known.push(OfClient {
                client: client.to_owned(),
                version: version.to_owned(),
                requests,
            }),
        }
    }

    fn has_room_for(&mut self, client: &str, version: &str) -> bool {
        if version == OTHER {
            return true;
        }
        let versions = self.versions.entry(client.to_owned()).or_default();
        if versions.contains(version) {
            return true;
        }
        let has_room = versions.len() < MAX_VERSIONS;
        if has_room {
            versions.insert(version.to_owned());
        }
        has_room
    }

    /// Whether nothing was counted since it was last taken.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The counts so far; they begin anew. `now_ms` is in milliseconds since the Unix epoch.
    pub fn take(&mut self, now_ms: u64) -> Vec<UsageRow> {
        if now_ms >= self.versions_since_ms.saturating_add(VERSIONS_FOR_MS) {
            self.versions.clear();
            self.versions_since_ms = now_ms;
        }
        let taken = std::mem::take(&mut self.documents);
        let rows = taken.into_iter().flat_map(|(document, of_clients)| {
            of_clients.into_iter().map(move |one| UsageRow {
                document,
                client: one.client,
                version: one.version,
                requests: one.requests,
            })
        });
        rows.collect()
    }
}

fn find<'a>(known: &'a mut [OfClient], client: &str, version: &str) -> Option<&'a mut OfClient> {
    known
        .iter_mut()
        .find(|one| one.version == version && one.client == client)
}

/// Whether a text looks like a version: `4.12.0`, `4.12.0-beta.1+77`.
fn is_version(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-+_".contains(&byte);
    text.len() <= MAX_VERSION_BYTES
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str) -> DocumentHash {
        DocumentHash::of(name)
    }

    fn counted(usage: &mut Usage) -> Vec<(String, String, u64)> {
        let rows = usage.take(0).into_iter();
        rows.map(|row| (row.client, row.version, row.requests))
            .collect()
    }

    #[test]
    fn only_clients_of_the_document_count_by_name() {
        let mut usage = Usage::default();
        let clients = Clients::one("mobile");
        for (name, version) in [
            (Some("mobile"), Some("4.12.0")),
            (Some("mobile"), Some("4.12.0")),
            (Some("mobile"), Some("<script>")),
            (Some("mobile"), None),
            (Some("site"), Some("1.0")),
            (None, Some("1.0")),
        ] {
            usage.count(document("a"), &clients, name, version);
        }
        let row = |client: &str, version: &str, requests| {
            (client.to_owned(), version.to_owned(), requests)
        };
        assert_eq!(
            counted(&mut usage),
            [
                row("mobile", "4.12.0", 2),
                row("mobile", OTHER, 2),
                row(OTHER, OTHER, 2)
            ]
        );
        assert!(usage.is_empty(), "what is taken is gone");
    }

    #[test]
    fn nobody_fills_the_memory_with_versions_or_documents() {
        let mut usage = Usage::default();
        let clients = Clients::one("mobile");
        for number in 0..10_000 {
            let version = format!("1.{number}");
            usage.count(document("a"), &clients, Some("mobile"), Some(&version));
        }
        let rows = counted(&mut usage);
        assert_eq!(rows.len(), MAX_VERSIONS + 1);
        assert_eq!(rows.iter().map(|row| row.2).sum::<u64>(), 10_000);
        // The bound outlasts the hand-on, and ends with the day.
        usage.count(document("a"), &clients, Some("mobile"), Some("2.0"));
        assert_eq!(usage.take(1)[0].version, OTHER);
        usage.take(VERSIONS_FOR_MS);
        usage.count(document("a"), &clients, Some("mobile"), Some("2.0"));
        assert_eq!(usage.take(VERSIONS_FOR_MS)[0].version, "2.0");
        for number in 0..2 * MAX_DOCUMENTS {
            usage.count(document(&number.to_string()), &clients, None, None);
        }
        assert_eq!(usage.take(0).len(), MAX_DOCUMENTS);
    }

    #[test]
    fn counts_of_several_isolates_add_up() {
        let mut sum = Usage::default();
        for _ in 0..3 {
            let mut isolate = Usage::default();
            isolate.count(
                document("a"),
                &Clients::one("site"),
                Some("site"),
                Some("7"),
            );
            let text = serde_json::to_string(&isolate.take(0)).unwrap();
            sum.add(&serde_json::from_str::<Vec<UsageRow>>(&text).unwrap());
        }
        assert_eq!(
            sum.take(0),
            [UsageRow {
                document: document("a"),
                client: "site".into(),
                version: "7".into(),
                requests: 3
            }]
        );
    }
}
