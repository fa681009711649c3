//! Formats tables and cache policies as text.

use std::fmt::Write as _;

use pq_core::{CachePolicy, Operation};

/// Formats rows as lines with left-aligned columns.
pub(crate) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The clients of a document; one that is not known if it has none.
pub(crate) fn clients(operation: &Operation) -> Vec<Option<&str>> {
    if operation.clients.is_empty() {
        return vec![None];
    }
    operation.clients.iter().map(Some).collect()
}

/// A client's name.
pub(crate) fn client(name: Option<&str>) -> &str {
    name.unwrap_or("-")
}

/// Formats a policy on one line.
pub(crate) fn policy(policy: &CachePolicy) -> String {
    let mut text = format!(
        "{} maxAge={} swr={} sie={}",
        policy.scope.as_str(),
        policy.max_age_s,
        policy.stale_while_revalidate_s,
        policy.stale_if_error_s
    );
    if let Some(snap) = &policy.snap {
        let _ = write!(text, " snap=${}@{}", snap.path.join("."), snap.resolution);
    }
    text
}
