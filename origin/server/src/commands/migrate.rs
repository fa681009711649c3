//! `yousoon migrate`: brings the schema of MongoDB up to date.

use std::{io::Write as _, time::Duration};

use clap::Args;
use store_mongo::{
    database::{MongoDb, Patience},
    migrations,
};

use super::database::{DatabaseOptions, VARIABLE};

/// How long to wait for MongoDB, which may be starting at the same time.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
pub(crate) struct MigrateOptions {
    /// Print the pending steps without applying them.
    #[arg(long)]
    plan: bool,
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
        return plan(&db).await;
    }
    db.require_transactions().await?;
    migrate(&db).await
}

async fn plan(db: &MongoDb) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let pending = migrations::plan(db).await?;
    if pending.is_empty() {
        writeln!(out, "the schema is up to date")?;
    }
    for step in pending {
        writeln!(out, "{} {}", step.version, step.name)?;
        for change in &step.changes {
            writeln!(out, "  {}", change.title())?;
        }
    }
    Ok(())
}

async fn migrate(db: &MongoDb) -> anyhow::Result<()> {
    let applied = migrations::run(db).await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for step in &applied {
        println!("applied {} {}", step.version, step.name);
        for note in &step.degraded {
            println!("  {note}");
        }
    }
    Ok(())
}
