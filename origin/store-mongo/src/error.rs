//! What MongoDB answers when it does not do what it was asked.

use std::{fmt, time::Duration};

use domain::StoreError;
use mongodb::error::{Error, ErrorKind, WriteFailure};

const DUPLICATE_KEY: [i32; 2] = [11000, 11001];
/// MongoDB's, and what Azure DocumentDB makes of PostgreSQL's serialization failure.
const WRITE_CONFLICT: [i32; 2] = [112, 16_777_220];
/// LockTimeout: what Azure DocumentDB says outside of transactions of a row that another one holds.
const LOCKED: [i32; 1] = [24];
/// MaxTimeMSExpired, ExceededTimeLimit.
const TIME_LIMIT: [i32; 2] = [50, 262];
/// The transaction is not known (any more).
const NO_SUCH_TRANSACTION: [i32; 1] = [251];
/// What Azure DocumentDB says to what it does not do.
const NOT_SUPPORTED: i32 = 115;
/// CommandNotFound, CannotCreateIndex, InvalidIndexSpecificationOption, NotImplemented: what a
/// server may say instead to an option of `create` or `createIndexes` that it does not know.
const REFUSED_OPTION: [i32; 5] = [NOT_SUPPORTED, 59, 67, 197, 238];

/// What an operation or a transaction failed with.
///
/// `Display` says codes and names, and no message of the server: those quote what is stored.
/// `Debug` has everything, and is for tests.
#[derive(Debug, thiserror::Error)]
pub enum MongoError {
    // Its source is not given: it would quote what is stored.
    #[error("MongoDB: {}", Safe(.0))]
    Driver(Error),
    #[error("MongoDB did not answer within {within:?}")]
    NoAnswer { within: Duration },
    #[error("the transaction was given up after {attempts} attempts within {within:?}: {last}")]
    GaveUp {
        attempts: u32,
        within: Duration,
        last: Box<MongoError>,
    },
    /// It may have been committed; what is done again must be safe to do twice.
    #[error("it is unknown whether the transaction was committed: {last}")]
    UnknownOutcome { last: Box<MongoError> },
    #[error(
        "the database has schema version {found}, but this program supports {known} at most: use a newer one"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(transparent)]
    Store(StoreError),
}

impl MongoError {
    /// The driver's error below, if there is one.
    pub fn driver(&self) -> Option<&Error> {
        match self {
            Self::Driver(error) => Some(error),
            Self::GaveUp { last, .. } | Self::UnknownOutcome { last } => last.driver(),
            Self::NoAnswer { .. } | Self::NewerSchema { .. } | Self::Store(_) => None,
        }
    }
}

impl MongoError {
    /// Stored data that does not parse; `what` is its name.
    pub fn corrupt(what: &'static str, detail: &impl ToString) -> Self {
        Self::Store(StoreError::corrupt(what, detail))
    }

    /// Whether a unique index said no.
    pub fn is_duplicate_key(&self) -> bool {
        self.has_code(&DUPLICATE_KEY)
    }

    /// Whether a page got a slug that another page took at the same time.
    pub fn is_taken_slug(&self) -> bool {
        // The server says the name of the index, all of which begin so.
        let is_of_slugs = |error: &Error| format!("{:?}", error.kind).contains("slugsOf");
        self.is_duplicate_key() && self.driver().is_some_and(is_of_slugs)
    }

    /// Whether another transaction wrote the same document first.
    pub fn is_write_conflict(&self) -> bool {
        self.has_code(&WRITE_CONFLICT)
    }

    /// Whether the server gave up because of a limit of its time.
    pub fn is_time_limit(&self) -> bool {
        self.has_code(&TIME_LIMIT)
    }

    /// Whether the server knows nothing of the transaction: it ended, one way or the other.
    pub fn is_unknown_transaction(&self) -> bool {
        self.has_code(&NO_SUCH_TRANSACTION)
    }

    /// Whether the server said that it does not do this at all.
    pub fn is_not_supported(&self) -> bool {
        self.has_code(&[NOT_SUPPORTED])
    }

    /// Whether the server refused an option of a collection or an index.
    pub fn is_refused_option(&self) -> bool {
        self.has_code(&REFUSED_OPTION)
    }

    /// Whether it has one of these codes of the server.
    pub fn has_code(&self, wanted: &[i32]) -> bool {
        self.driver()
            .is_some_and(|error| codes(error).iter().any(|code| wanted.contains(code)))
    }

    /// Whether the driver or the server gave it this label.
    pub fn has_label(&self, label: &str) -> bool {
        self.driver()
            .is_some_and(|error| error.contains_label(label))
    }
}

impl From<Error> for MongoError {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<MongoError> for StoreError {
    fn from(error: MongoError) -> Self {
        match error {
            MongoError::Store(error) => error,
            taken if taken.is_duplicate_key() => Self::Duplicate(Box::new(taken)),
            unknown @ MongoError::UnknownOutcome { .. } => Self::OutcomeUnknown(Box::new(unknown)),
            late @ MongoError::NoAnswer { .. } => Self::TimedOut(Box::new(late)),
            late if late.is_time_limit() => Self::TimedOut(Box::new(late)),
            busy @ MongoError::GaveUp { .. } => Self::Overloaded(Box::new(busy)),
            busy if busy.is_write_conflict() || busy.has_code(&LOCKED) => {
                Self::Overloaded(Box::new(busy))
            }
            other => Self::backend(other),
        }
    }
}

impl From<StoreError> for MongoError {
    /// What was a `MongoError` before is one again, so that its codes are seen.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Backend(source) => before(source, StoreError::Backend),
            StoreError::Duplicate(source) => before(source, StoreError::Duplicate),
            StoreError::Overloaded(source) => before(source, StoreError::Overloaded),
            StoreError::TimedOut(source) => before(source, StoreError::TimedOut),
            StoreError::OutcomeUnknown(source) => before(source, StoreError::OutcomeUnknown),
            other => Self::Store(other),
        }
    }
}

type Source = Box<dyn std::error::Error + Send + Sync>;

fn before(source: Source, kind: fn(Source) -> StoreError) -> MongoError {
    let own = source.downcast::<MongoError>();
    own.map_or_else(|other| MongoError::Store(kind(other)), |own| *own)
}

/// Every code of the server in an error: a batch may have several.
fn codes(error: &Error) -> Vec<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => vec![command.code],
        ErrorKind::Write(WriteFailure::WriteError(error)) => vec![error.code],
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => vec![error.code],
        ErrorKind::InsertMany(many) => {
            let single = many.write_errors.iter().flatten().map(|error| error.code);
            let concern = many.write_concern_error.iter().map(|error| error.code);
            single.chain(concern).collect()
        }
        ErrorKind::BulkWrite(bulk) => {
            let single = bulk.write_errors.values().map(|error| error.code);
            let concern = bulk.write_concern_errors.iter().map(|error| error.code);
            single.chain(concern).collect()
        }
        _ => Vec::new(),
    }
}

/// A driver's error without what is stored.
#[derive(Debug)]
pub struct Safe<'a>(pub &'a Error);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind.as_ref() {
            ErrorKind::Command(error) => write!(f, "code {} {}", error.code, error.code_name),
            ErrorKind::Io(error) => write!(f, "{error}"),
            // These speak of servers and settings.
            kind @ (ErrorKind::ServerSelection { .. }
            | ErrorKind::DnsResolve { .. }
            | ErrorKind::Authentication { .. }
            | ErrorKind::IncompatibleServer { .. }
            | ErrorKind::InvalidTlsConfig { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::SessionsNotSupported
            | ErrorKind::Transaction { .. }
            | ErrorKind::Shutdown) => write!(f, "{kind}"),
            _ => match codes(self.0).as_slice() {
                [] => f.write_str("the driver failed"),
                codes => write!(f, "codes {codes:?}"),
            },
        }
    }
}
