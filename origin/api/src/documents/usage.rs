//! How often published documents are asked for, and the retirement of those that nobody asks for.

use domain::{StoreError, documents::UsageSum, paris::Day};
use pq_core::{DocumentHash, ErrorCode, Refusal};
use serde::{Deserialize, Serialize};

use super::Documents;

/// The most days that are asked about.
pub const MAX_DAYS: u32 = 120;
/// The fewest days without a request before a document may be retired.
pub const MIN_UNUSED_DAYS: u32 = 7;
/// The most documents in one request.
pub const MAX_RETIRED: usize = 1_000;

/// How often clients asked for documents.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageReport {
    /// The first day that is added up, in Paris.
    since: String,
    /// The first day of which there are counts; absent if there are none.
    counted_since: Option<String>,
    /// All published documents, by name.
    documents: Vec<OfDocument>,
}

#[derive(Debug, Serialize)]
struct OfDocument {
    id: DocumentHash,
    name: String,
    usage: Vec<OfClient>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfClient {
    client: String,
    version: String,
    requests: i64,
    last_day: String,
}

/// What is asked to be retired.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retire {
    /// The documents' hashes.
    ids: Vec<DocumentHash>,
    /// For how many days nobody must have asked for them.
    unused_days: u32,
    /// Only say what would be retired.
    #[serde(default)]
    dry_run: bool,
}

/// What was retired.
#[derive(Debug, Default, Serialize)]
pub struct Retired {
    #[serde(rename = "retired")]
    done: Vec<DocumentHash>,
    refused: Vec<RefusedDocument>,
    /// Not published.
    unknown: Vec<DocumentHash>,
}

#[derive(Debug, Serialize)]
struct RefusedDocument {
    id: DocumentHash,
    reason: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Adds up the requests of the last `days` days, today included.
pub async fn report(
    documents: &Documents,
    days: u32,
    now_ms: i64,
) -> Result<UsageReport, UsageError> {
    let since = first_of(days, now_ms)?;
    let names = documents.names().await?;
    let sums = documents.usage(since).await?;
    let mut all: Vec<OfDocument> = names
        .into_iter()
        .map(|(id, name)| OfDocument {
            id,
            name,
            usage: of_document(&sums, id).map(OfClient::of).collect(),
        })
        .collect();
    all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(UsageReport {
        since: since.to_string(),
        counted_since: documents.usage_since().await?.map(|day| day.to_string()),
        documents: all,
    })
}

/// Retires documents that nobody asked for in the last days. A document is refused that somebody asked for,
/// and each if requests were not counted for so long.
pub async fn retire(
    documents: &Documents,
    asked: Retire,
    now_ms: i64,
) -> Result<Retired, UsageError> {
    if asked.unused_days < MIN_UNUSED_DAYS || asked.ids.len() > MAX_RETIRED {
        let message = format!(
            "`unusedDays` is at least {MIN_UNUSED_DAYS}, and there are at most {MAX_RETIRED} `ids`"
        );
        return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message).into());
    }
    let since = first_of(asked.unused_days, now_ms)?;
    let counted_since = documents.usage_since().await?;
    let (names, sums) = (documents.names().await?, documents.usage(since).await?);
    let mut answer = Retired::default();
    let mut unused = Vec::new();
    for id in asked.ids {
        if !names.contains_key(&id) {
            answer.unknown.push(id);
        } else if let Some(reason) = why_not(&sums, id, since, counted_since) {
            answer.refused.push(RefusedDocument { id, reason });
        } else {
            unused.push(id);
        }
    }
    answer.done = if asked.dry_run {
        unused
    } else {
        documents.retire(unused, now_ms).await?
    };
    Ok(answer)
}

/// Why a document is not retired, if so.
fn why_not(
    sums: &[UsageSum],
    id: DocumentHash,
    since: Day,
    counted_since: Option<Day>,
) -> Option<String> {
    let requests: i64 = of_document(sums, id).map(|sum| sum.requests).sum();
    if let Some(last) = of_document(sums, id).map(|sum| sum.last).max() {
        return Some(format!(
            "it was asked for {requests} times since {since}, on {last} the last time"
        ));
    }
    match counted_since {
        Some(first) if first <= since => None,
        Some(first) => Some(format!("requests are counted since {first} only")),
        None => Some("requests were not counted yet".to_owned()),
    }
}

fn of_document(sums: &[UsageSum], id: DocumentHash) -> impl Iterator<Item = &UsageSum> {
    sums.iter().filter(move |sum| sum.document == id)
}

/// The first of the last `days` days, today included.
fn first_of(days: u32, now_ms: i64) -> Result<Day, Refusal> {
    let today = Day::of(now_ms).filter(|_| (1..=MAX_DAYS).contains(&days));
    let Some(today) = today else {
        let message = format!("a number of days is 1 to {MAX_DAYS}");
        return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message));
    };
    Ok(today.earlier(days - 1))
}

impl OfClient {
    fn of(sum: &UsageSum) -> Self {
        Self {
            client: sum.client.clone(),
            version: sum.version.clone(),
            requests: sum.requests,
            last_day: sum.last.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_780_000_000_000;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn a_document_is_retired_only_after_days_that_were_counted() {
        let id = DocumentHash::of("a");
        let since = day("2026-05-20");
        let used = UsageSum {
            document: id,
            client: "mobile".into(),
            version: "4.1".into(),
            requests: 3,
            last: day("2026-05-21"),
        };
        let table = [
            (&[][..], Some(since), None),
            (&[], None, Some("requests were not counted yet")),
            (
                &[],
                Some(day("2026-05-21")),
                Some("requests are counted since 2026-05-21 only"),
            ),
            (
                &[used][..],
                Some(since),
                Some("it was asked for 3 times since 2026-05-20, on 2026-05-21 the last time"),
            ),
        ];
        for (sums, counted_since, expected) in table {
            let reason = why_not(sums, id, since, counted_since);
            assert_eq!(reason.as_deref(), expected);
        }
        let other = DocumentHash::of("b");
        assert_eq!(why_not(&[], other, since, Some(since)), None);
    }

    #[test]
    fn days_end_with_today() {
        let today = Day::of(NOW_MS).unwrap();
        assert_eq!(first_of(1, NOW_MS).unwrap(), today);
        assert_eq!(first_of(3, NOW_MS).unwrap(), today.previous().previous());
        assert!(first_of(0, NOW_MS).is_err() && first_of(MAX_DAYS + 1, NOW_MS).is_err());
    }
}
