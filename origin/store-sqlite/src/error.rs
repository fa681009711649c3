//! What the embedded store fails with inside a transaction; outside it is a [`StoreError`].

use deadpool_sqlite::{InteractError, PoolError};
use domain::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    #[error("SQLite failed")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the data folder cannot be used")]
    Io(#[from] std::io::Error),
    #[error("there is no database in the data folder")]
    NoDatabase,
    #[error(
        "the database has schema version {found}, but this program supports {known} at most: use a newer one"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqliteError {
    /// Stored data that does not parse; `what` is its name.
    pub fn corrupt(what: &'static str, detail: &impl ToString) -> Self {
        Self::Store(StoreError::corrupt(what, detail))
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Store(error) => error,
            SqliteError::Sqlite(error) if is_unique_violation(&error) => {
                Self::Duplicate(Box::new(error))
            }
            SqliteError::Sqlite(error) if is_busy(&error) => Self::Overloaded(Box::new(error)),
            other => Self::backend(other),
        }
    }
}

/// Whether another program held the database for too long.
fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    let code = error.sqlite_error_code();
    code.is_some_and(|code| matches!(code, DatabaseBusy | DatabaseLocked))
}

fn is_unique_violation(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|code| code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}

impl From<PoolError> for SqliteError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Sqlite(error),
            other => Self::Store(StoreError::Busy(format!(
                "no free database connection: {other}"
            ))),
        }
    }
}

impl From<InteractError> for SqliteError {
    fn from(_: InteractError) -> Self {
        Self::Store(StoreError::Interrupted)
    }
}
