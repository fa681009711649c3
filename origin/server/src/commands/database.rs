//! The options that choose a command's database, and opening it.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use clap::Args;
use domain::purges::LogRole;
use store_mongo::{
    database::{MongoDb, MongoUrl, Patience},
    migrations,
};
use store_sqlite::database::EmbeddedDb;
use yousoon::{config::secret_from_env, database::Database};

pub(crate) const VARIABLE: &str = "YOUSOON_MONGODB_URL";
/// How long a command waits for MongoDB, because a person waits for the command. A server waits for
/// ever and logs it.
const TOOL_PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct DatabaseOptions {
    /// The folder of the embedded database.
    #[arg(
        long,
        global = true,
        env = "YOUSOON_DATA_DIR",
        default_value = ".yousoon"
    )]
    data_dir: PathBuf,
    /// Use this MongoDB instead of the embedded database: mongodb://user:password@host/database
    /// [env: YOUSOON_MONGODB_URL, or YOUSOON_MONGODB_URL_FILE for a file that holds it].
    // Parsed later, because clap's errors quote the value and this one contains a password.
    #[arg(long, global = true, value_name = "URL")]
    mongodb_url: Option<String>,
}

impl DatabaseOptions {
    /// The URL of the MongoDB to use, if one was given.
    pub(crate) fn mongodb_url(&self) -> anyhow::Result<Option<MongoUrl>> {
        let given = match self.mongodb_url.as_deref().map(str::trim) {
            Some("") | None => secret_from_env(VARIABLE)?,
            Some(url) => Some(url.to_owned()),
        };
        let parsed = given.as_deref().map(MongoUrl::parse);
        parsed.transpose().context(VARIABLE)
    }

    /// Opens the chosen database; creates an embedded one that is not there.
    pub(crate) async fn open(self, role: LogRole) -> anyhow::Result<Database> {
        self.open_or(role, Missing::Created).await
    }

    /// Opens the chosen database, for commands that only make sense on one that is there.
    pub(crate) async fn open_existing(self) -> anyhow::Result<Database> {
        self.open_or(LogRole::Tool, Missing::Refused).await
    }

    /// Opens the chosen database for purges, which may come before the first offer: only a folder
    /// that is not there is a mistake.
    pub(crate) async fn open_for_purges(self) -> anyhow::Result<Database> {
        self.open_or(LogRole::Tool, Missing::CreatedInFolder).await
    }

    async fn open_or(self, role: LogRole, missing: Missing) -> anyhow::Result<Database> {
        match self.mongodb_url()? {
            Some(url) => mongo(&url, role).await,
            None => embedded(self.data_dir, missing).await,
        }
    }
}

/// What happens when there is no embedded database.
#[derive(Clone, Copy)]
pub(crate) enum Missing {
    Created,
    CreatedInFolder,
    Refused,
}

/// Opens the database at `named`: a MongoDB URL or the folder of an embedded database. Errors name
/// `option`, the option that gave it.
pub(crate) async fn open_at(
    named: &str,
    option: &'static str,
    missing: Missing,
) -> anyhow::Result<Database> {
    if named.contains("://") {
        let url = MongoUrl::parse(named.trim()).context(option)?;
        mongo(&url, LogRole::Tool).await
    } else {
        embedded(named.into(), missing).await.context(option)
    }
}

async fn embedded(data_dir: PathBuf, missing: Missing) -> anyhow::Result<Database> {
    let shown = data_dir.display().to_string();
    let opened = tokio::task::spawn_blocking(move || match missing {
        Missing::CreatedInFolder if data_dir.is_dir() => EmbeddedDb::open(&data_dir),
        Missing::Created => EmbeddedDb::open(&data_dir),
        Missing::Refused | Missing::CreatedInFolder => EmbeddedDb::open_existing(&data_dir),
    });
    let opened = opened.await?;
    let db = opened.with_context(|| format!("cannot open the database in {shown}"))?;
    Ok(Database::embedded(&db))
}

async fn mongo(url: &MongoUrl, role: LogRole) -> anyhow::Result<Database> {
    let patience = Patience {
        limit: match role {
            LogRole::Server => None,
            LogRole::Tool => Some(TOOL_PATIENCE),
        },
        ..Patience::default()
    };
    let db = MongoDb::open_with_patience(url, &patience).await?;
    db.require_transactions().await?;
    let pending = migrations::plan(&db).await?;
    if !pending.is_empty() {
        bail!(
            "the schema of MongoDB at {url} is {} steps behind: run yousoon migrate first",
            pending.len()
        );
    }
    Ok(Database::mongo(&db))
}
