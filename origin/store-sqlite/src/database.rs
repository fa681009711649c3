//! The embedded store: one SQLite file in WAL mode, four readers, one writer.
//!
//! Durability is FULL: a purge is relayed after its commit, so a commit that a power cut could
//! undo would leave caches ahead of the database.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    time::Duration,
};

use deadpool_sqlite::{Config, Hook, HookError, Pool, Runtime};
use domain::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::{error::SqliteError, metrics::Metrics, migrations};

const FILE_NAME: &str = "yousoon.sqlite";
/// What SQLite adds to the file's name for the files that it keeps beside it.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];
/// The files hold personal data and password hashes: only their owner may read them.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const READERS: usize = 4;
/// How long SQLite waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection of ours.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of the database the writer keeps in memory, in KiB, with the pages that a transaction has
/// changed: with SQLite's 2 MiB, adding many rows reads and writes the same pages again and again. It
/// is taken as pages are used.
const WRITER_CACHE_KIB: i64 = 256 * 1024;
/// Every statement of the stores fits, so that none is compiled twice on a connection.
const STATEMENT_CACHE: usize = 128;

/// A JSON list for `json_each`: one statement for any number of values.
pub fn json_list<'a>(values: impl Iterator<Item = &'a str>) -> rusqlite::types::Value {
    values.collect::<serde_json::Value>().to_string().into()
}

/// A handle on the database; clones share its connections.
#[derive(Debug, Clone)]
pub struct EmbeddedDb {
    readers: Pool,
    /// A pool of one: SQLite has one writer, and waiting here is fair where its busy handler is not.
    writer: Pool,
    metrics: Metrics,
}

impl EmbeddedDb {
    /// Opens or creates the database in `dir` and migrates it. Blocks: call it at boot.
    pub fn open(dir: &Path) -> Result<Self, SqliteError> {
        // A folder that is already there keeps its mode: it may hold what others read.
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(dir)?;
        make_private(dir)?;
        let path = dir.join(FILE_NAME);
        let mut connection = Connection::open(&path)?;
        configure(&connection, Role::Writer)?;
        migrations::run(&mut connection)?;
        Ok(Self {
            readers: pool(&path, Role::Reader, READERS)?,
            writer: pool(&path, Role::Writer, 1)?,
            metrics: Metrics::default(),
        })
    }

    /// Like [`EmbeddedDb::open`], but creates nothing.
    ///
    /// # Errors
    /// [`SqliteError::NoDatabase`] if there is no database in `dir`.
    pub fn open_existing(dir: &Path) -> Result<Self, SqliteError> {
        if migrations::has_any(&dir.join(FILE_NAME))? {
            Self::open(dir)
        } else {
            Err(SqliteError::NoDatabase)
        }
    }

    /// Runs `work` on a reader, in one snapshot: all its statements see the same commit.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    {
        let call = self.metrics.begin("read");
        let connection = self.readers.get().await.map_err(SqliteError::from)?;
        let call = call.has_a_connection();
        let done: Result<Result<T, SqliteError>, _> = connection
            .interact(move |connection| {
                let snapshot = connection.transaction()?;
                let value = work(&snapshot)?;
                snapshot.commit()?;
                Ok(value)
            })
            .await;
        call.ended();
        Ok(done.map_err(SqliteError::from)??)
    }

    /// Runs `work` in one IMMEDIATE transaction and commits it; an error or a panic rolls it back.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, SqliteError> + Send + 'static,
    {
        let call = self.metrics.begin("write");
        let connection = self.writer.get().await.map_err(SqliteError::from)?;
        let call = call.has_a_connection();
        let done: Result<Result<T, SqliteError>, _> = connection
            .interact(move |connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            })
            .await;
        call.ended();
        Ok(done.map_err(SqliteError::from)??)
    }

    /// The metrics of this database's connections.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// Creates the file before SQLite would, which gives its other files the same mode. Earlier versions
/// left all of them readable for everybody.
fn make_private(dir: &Path) -> io::Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(FILE_MODE)
        .open(dir.join(FILE_NAME))?;
    for suffix in SUFFIXES {
        let path = dir.join(format!("{FILE_NAME}{suffix}"));
        let mode = match fs::metadata(&path) {
            Ok(found) => found.permissions().mode(),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if (mode & 0o777) | FILE_MODE == FILE_MODE {
            continue;
        }
        // Only the owner may change it. Another user that may write here goes on, and is told.
        if let Err(error) = fs::set_permissions(&path, Permissions::from_mode(FILE_MODE)) {
            let path = path.display();
            tracing::warn!(%path, %error, "others may read the database: its mode cannot be changed");
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Role {
    Reader,
    Writer,
}

fn configure(connection: &Connection, role: Role) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.pragma_update(None, "foreign_keys", true)?;
    match role {
        Role::Writer => {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            // A negative number is KiB, a positive one pages.
            connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)
        }
        Role::Reader => connection.pragma_update(None, "query_only", true),
    }
}

fn pool(path: &Path, role: Role, size: usize) -> Result<Pool, SqliteError> {
    let builder = match Config::new(path).builder(Runtime::Tokio1) {
        Ok(builder) => builder,
        Err(never) => match never {},
    };
    builder
        .max_size(size)
        .wait_timeout(Some(POOL_TIMEOUT))
        .create_timeout(Some(POOL_TIMEOUT))
        .recycle_timeout(Some(POOL_TIMEOUT))
        .post_create(Hook::async_fn(move |connection, _| {
            Box::pin(async move {
                connection
                    .interact(move |connection| configure(connection, role))
                    .await
                    .map_err(|error| HookError::message(error.to_string()))?
                    .map_err(HookError::Backend)
            })
        }))
        .build()
        .map_err(|error| StoreError::Busy(format!("no database connections: {error}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_or_panicking_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let insert = |tx: &Transaction<'_>| -> Result<(), SqliteError> {
            tx.execute("INSERT INTO documents VALUES ('a', '{}', 0)", [])?;
            Ok(())
        };
        let failed = db
            .write(move |tx| {
                insert(tx)?;
                Err::<(), SqliteError>(StoreError::Interrupted.into())
            })
            .await;
        assert!(failed.is_err());
        let panicked = db
            .write(move |tx| {
                insert(tx)?;
                assert!(tx.is_autocommit(), "a transaction is open: this panics");
                Ok(())
            })
            .await;
        assert!(matches!(panicked, Err(StoreError::Interrupted)));
        let count = |c: &Connection| {
            Ok(c.query_row("SELECT COUNT(*) FROM documents", [], |r| r.get::<_, i64>(0))?)
        };
        assert_eq!(db.read(count).await.unwrap(), 0);
        db.write(insert).await.unwrap();
        assert_eq!(db.read(count).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let result = db
            .read(|c| Ok(c.execute("DELETE FROM documents", [])?))
            .await;
        assert!(matches!(result, Err(StoreError::Backend(_))));
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// D11.
    #[tokio::test]
    async fn only_the_owner_may_read_what_is_stored() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        let files = SUFFIXES.map(|suffix| folder.join(format!("{FILE_NAME}{suffix}")));
        let db = EmbeddedDb::open(&folder).unwrap();
        db.write(|_| Ok(())).await.unwrap();
        for path in [&dir.path().join("a"), &folder] {
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
        for path in &files {
            assert_eq!(mode(path), 0o600, "{}", path.display());
        }
        // As an earlier version left them.
        for path in &files {
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }
        let again = EmbeddedDb::open(&folder).unwrap();
        for path in &files {
            assert_eq!(mode(path), 0o600, "{}", path.display());
        }
        drop((db, again));
    }

    #[test]
    fn a_folder_that_others_made_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        drop(EmbeddedDb::open(dir.path()).unwrap());
        assert_eq!(mode(dir.path()), 0o755);
    }

    /// D10.
    #[test]
    fn a_database_that_is_not_there_is_not_created() {
        let dir = tempfile::tempdir().unwrap();
        for folder in [dir.path().join("none"), dir.path().to_owned()] {
            let refused = EmbeddedDb::open_existing(&folder);
            assert!(matches!(refused, Err(SqliteError::NoDatabase)));
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        drop(EmbeddedDb::open(dir.path()).unwrap());
        drop(EmbeddedDb::open_existing(dir.path()).unwrap());
    }

    #[test]
    fn the_database_opens_again_and_a_newer_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(EmbeddedDb::open(dir.path()).unwrap());
        drop(EmbeddedDb::open(dir.path()).unwrap());
        let connection = Connection::open(dir.path().join(FILE_NAME)).unwrap();
        connection
            .execute(
                "INSERT INTO schema_migrations(version, name) VALUES (999, 'later')",
                [],
            )
            .unwrap();
        let refused = EmbeddedDb::open(dir.path());
        assert!(matches!(
            refused,
            Err(SqliteError::NewerSchema { found: 999, .. })
        ));
    }
}
