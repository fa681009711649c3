//! Prints the rows of the audit as text for people and as JSON for programs.

use api::nodes::moment::timestamp;
use domain::purges::AuditRow;
use serde_json::{Value, json};

/// How many tags a line of text shows; a purge by an import may have thousands. JSON shows all.
const SHOWN_TAGS: usize = 12;

/// The row as one line: time, revision, kind, actor, reason, tags.
pub(crate) fn as_line(row: &AuditRow) -> String {
    let revision = row
        .revision
        .map_or_else(|| "-".to_owned(), |revision| revision.to_string());
    let mut tags: Vec<_> = row
        .tags
        .iter()
        .take(SHOWN_TAGS)
        .map(ToString::to_string)
        .collect();
    if row.tags.len() > SHOWN_TAGS {
        tags.push(format!("(and {} more)", row.tags.len() - SHOWN_TAGS));
    }
    // Quoted and escaped: some reasons contain a file name, which may hold terminal escape codes.
    format!(
        "{}  {revision:>8}  {}  {:?}  {:?}  {}",
        timestamp(row.at_ms),
        row.kind.as_str(),
        row.actor,
        row.reason,
        tags.join(" ")
    )
}

/// The row as a JSON object.
pub(crate) fn as_json(row: &AuditRow) -> Value {
    json!({
        "id": row.id,
        "at": timestamp(row.at_ms).to_string(),
        "actor": row.actor,
        "reason": row.reason,
        "kind": row.kind.as_str(),
        "log": row.log.map(|log| log.to_string()),
        "revision": row.revision.map(|revision| revision.0),
        "tags": row.tags,
    })
}

#[cfg(test)]
mod tests {
    use cache_core::{PurgeKind, Revision};

    use super::*;

    fn row(at_ms: i64, actor: &str, tags: &[&str]) -> AuditRow {
        AuditRow {
            id: None,
            at_ms,
            actor: actor.into(),
            reason: "édité".into(),
            kind: PurgeKind::Soft,
            tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
            log: None,
            revision: None,
        }
    }

    #[test]
    fn a_line_cannot_drive_the_terminal() {
        let mut hostile = row(1_780_315_200_000, "cli", &["offer:1"; 14]);
        hostile.reason = "import of \u{1b}[2J\n.csv".into();
        hostile.revision = Some(Revision(12));
        let tags = ["offer:1"; 12].join(" ");
        assert_eq!(
            as_line(&hostile),
            format!(
                "2026-06-01T12:00:00.000Z        12  soft  \"cli\"  \"import of \\u{{1b}}[2J\\n.csv\"  {tags} (and 2 more)"
            )
        );
    }
}
