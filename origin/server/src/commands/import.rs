//! `import FILE --partner ID`: a partner's own data from a file.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use api::services::Clock;
use domain::{
    Address, GeoPoint, PartnerId,
    catalogue::sheet::{MAX_BYTES, Refused, table},
    sentence::Language,
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use yousoon::{
    catalogue::sheet::{Did, Import, Mode, Outcome, Summary},
    importing::position_required,
};

use super::{database::DatabaseOptions, table::Format};
use crate::open_log;

pub(crate) async fn run(
    database: DatabaseOptions,
    file: &Path,
    partner: PartnerId,
    mode: Mode,
    format: Format,
) -> anyhow::Result<()> {
    // Before a database is opened: a file that cannot be read leaves no trace.
    let size = std::fs::metadata(file)
        .with_context(|| file.display().to_string())?
        .len();
    ensure!(
        usize::try_from(size).is_ok_and(|size| size <= MAX_BYTES),
        "{} is larger than {MAX_BYTES} bytes",
        file.display()
    );
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let records = match table::read(&bytes) {
        Ok(records) => records,
        Err(refused) => bail!(
            "{}: {}",
            file.display(),
            refused.why.text(Language::English)
        ),
    };
    let db = database.open_existing().await?;
    let found = db.partners.partners_by_ids(std::slice::from_ref(&partner));
    ensure!(
        found.await?.contains_key(&partner),
        "there is no partner {partner}"
    );
    let now_ms = Clock::System.now_ms();
    let import = Import {
        partners: &*db.partners,
        offers: &*db.offers,
        partner,
        mode,
        actor: "cli".to_owned(),
        now_ms,
    };
    let log = match mode {
        Mode::DryRun => None,
        Mode::Write => Some(open_log(&db).await?),
    };
    // The command has no key of the maps: files for it say where establishments are.
    let nowhere = |_: Address| -> BoxFuture<'static, Result<GeoPoint, Refused>> {
        Box::pin(async { Err(position_required()) })
    };
    let outcomes = import.run(records, &nowhere, &|| false).await;
    if let Some(log) = log {
        log.drain_outbox(now_ms).await?;
    }
    let outcomes = outcomes?;
    for outcome in &outcomes {
        if format.json {
            println!("{}", object(outcome));
        } else {
            println!("{}", shown(outcome));
        }
    }
    let summary = Summary::of(&outcomes);
    if !format.json {
        println!(
            "{}created {}, updated {}, unchanged {}, refused {}",
            if mode == Mode::DryRun {
                "dry run: "
            } else {
                ""
            },
            summary.created,
            summary.updated,
            summary.unchanged,
            summary.refused
        );
    }
    ensure!(
        summary.refused == 0,
        "lines were refused: correct them and import the file again"
    );
    Ok(())
}

/// For programs; what was done, or in a dry run would be.
fn object(outcome: &Outcome) -> Value {
    let (did, more) = match &outcome.did {
        Did::Create { id } => ("create", json!({"id": id})),
        Did::Update { id, fields } => ("update", json!({"id": id, "fields": fields})),
        Did::Nothing { id } => ("nothing", json!({"id": id})),
        Did::Refuse(refused) => {
            let message = refused.why.text(Language::English);
            let code = refused.code.as_str();
            ("refuse", json!({"code": code, "message": message}))
        }
    };
    json!({"line": outcome.line, "kind": outcome.kind, "externalId": outcome.external_id, did: more})
}

/// A line for people. What the file says is escaped: it may come from anybody.
fn shown(outcome: &Outcome) -> String {
    let name = outcome.external_id.as_deref().unwrap_or_default();
    let what = outcome.kind.unwrap_or("line");
    let did = match &outcome.did {
        Did::Create { id } => format!("create, id {id}"),
        Did::Update { fields, .. } => format!("update {}", fields.join(", ")),
        Did::Nothing { .. } => "unchanged".to_owned(),
        Did::Refuse(refused) => {
            let why = refused.why.text(Language::English);
            format!("refused, {}: {}", refused.code.as_str(), why.escape_debug())
        }
    };
    format!("line {}: {what} {name:?}: {did}", outcome.line)
}
