//! `yousoon purge` through a running server.

use api::purges::{affected::AffectedDocument, mutations::PurgeResult};
use cache_core::PurgeKind;
use purging::{Afterwards, PurgeRequest, PurgeTarget, Run};
use serde_json::{Value, json};

use super::{
    server::Server,
    table::{Format, table},
};

/// Asks a server to purge, or in a dry run what it would purge, and prints the result.
pub(crate) async fn ask(
    server: &Server,
    asked: &PurgeRequest,
    format: Format,
) -> anyhow::Result<()> {
    let result: PurgeResult = server.post("/admin/purge", &body(asked)).await?;
    if format.json {
        println!("{}", serde_json::to_string(&result)?);
    } else {
        print!("{}", text(&result));
    }
    Ok(())
}

fn body(asked: &PurgeRequest) -> Value {
    let (name, target) = match &asked.target {
        PurgeTarget::Offer(id) => ("offerId", json!(id)),
        PurgeTarget::Partner(id) => ("partnerId", json!(id)),
        PurgeTarget::Tag(tag) => ("tag", json!(tag)),
        PurgeTarget::Geo(place) => ("location", json!({"lat": place.lat, "lng": place.lng})),
        PurgeTarget::Document(hash) => ("document", json!(hash)),
        PurgeTarget::Everything => ("all", json!(true)),
    };
    json!({
        name: target,
        "soft": asked.kind == PurgeKind::Soft,
        "dryRun": asked.run == Run::Dry,
        "warm": asked.afterwards == Afterwards::Warm,
        "reason": asked.reason.as_str(),
    })
}

fn text(result: &PurgeResult) -> String {
    let mut lines = result.tags.clone();
    if let Some(affected) = &result.affected {
        lines.push(String::new());
        lines.push(affected_text(affected, result.cut == Some(true)));
    }
    if let Some(warmed) = result.warmed {
        lines.push(format!(
            "{warmed} of the hottest answers would be made anew"
        ));
    }
    lines.push(match (&result.revision, result.dry_run) {
        (_, true) => "dry run: nothing was purged".to_owned(),
        (Some(revision), false) => format!("revision {revision}"),
        (None, false) => "queued: the purge log takes nothing at the moment".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn affected_text(affected: &[AffectedDocument], cut: bool) -> String {
    let number = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
    let row = |of: &AffectedDocument| {
        vec![
            of.operation.clone().unwrap_or_else(|| "-".to_owned()),
            number(Some(of.memory)),
            number(of.redis),
            of.document.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    };
    let mut text = if affected.is_empty() {
        "no answer that is kept would be affected".to_owned()
    } else {
        let rows: Vec<_> = affected.iter().map(row).collect();
        let heading = ["operation", "memory", "redis", "document"];
        table(&heading, &rows, 1).trim_end().to_owned()
    };
    if cut {
        text.push_str("\nnot all: Redis did not answer, or has more than was looked at");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_is_printed_as_a_table() {
        let of = |operation: Option<&str>, memory, redis| AffectedDocument {
            document: Some("ab".into()),
            operation: operation.map(str::to_owned),
            memory,
            redis,
        };
        let result: PurgeResult = serde_json::from_value(json!({
            "revision": null, "tags": ["offer:1"], "dryRun": true, "cut": true,
            "affected": [of(Some("Detail"), 12, Some(3)), of(None, 0, None)],
        }))
        .unwrap();
        let warm = PurgeResult {
            warmed: Some(7),
            ..result.clone()
        };
        assert!(text(&warm).contains("\n7 of the hottest answers would be made anew\ndry run"));
        let expected = "offer:1

operation  memory  redis  document
Detail         12      3        ab
-               0      -        ab
not all: Redis did not answer, or has more than was looked at
dry run: nothing was purged
";
        assert_eq!(text(&result), expected);
    }
}
