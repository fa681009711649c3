//! `yousoon migrate`: brings the schema of MongoDB up to date.

use std::{io::Write as _, time::Duration};

use clap::Args;
use serde_json::json;
use store_mongo::{
    database::{MongoDb, Patience},
    migrations::{self, Change},
};

use super::{
    database::{DatabaseOptions, VARIABLE},
    table::Format,
};

/// How long to wait for MongoDB, which may be starting at the same time.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
pub(crate) struct MigrateOptions {
    /// Print the pending steps without applying them.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn run(database: DatabaseOptions, options: MigrateOptions) -> anyhow::Result<()> {
    let Some(url) = database.mongodb_url()? else {
        println!(
            "nothing to do: the embedded store migrates by itself when it is opened \
             ({VARIABLE} is not set)"
        );
        return Ok(());
    };
    let patience = Patience {
        limit: Some(PATIENCE),
        ..Patience::default()
    };
    let db = MongoDb::open_with_patience(&url, &patience).await?;
    if options.plan {
        return plan(&db, options.format).await;
    }
    db.require_transactions().await?;
    migrate(&db, options.format).await
}

async fn plan(db: &MongoDb, format: Format) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let pending = migrations::plan(db).await?;
    if pending.is_empty() && !format.json {
        writeln!(out, "the schema is up to date")?;
    }
    for step in pending {
        if format.json {
            let changes: Vec<_> = step.changes.iter().map(Change::title).collect();
            let step = json!({"version": step.version, "name": step.name, "changes": changes});
            writeln!(out, "{step}")?;
            continue;
        }
        writeln!(out, "{} {}", step.version, step.name)?;
        for change in &step.changes {
            writeln!(out, "  {}", change.title())?;
        }
    }
    Ok(())
}

async fn migrate(db: &MongoDb, format: Format) -> anyhow::Result<()> {
    let applied = migrations::run(db).await?;
    if applied.is_empty() && !format.json {
        println!("the schema is up to date");
    }
    for step in &applied {
        if format.json {
            let (version, notes) = (step.version, &step.degraded);
            println!(
                "{}",
                json!({"version": version, "name": step.name, "notes": notes})
            );
            continue;
        }
        println!("applied {} {}", step.version, step.name);
        for note in &step.degraded {
            println!("  {note}");
        }
    }
    Ok(())
}
