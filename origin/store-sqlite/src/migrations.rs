//! The schema, as numbered steps that are applied once each and never edited after a release.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::SqliteError;

struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "catalogue",
        sql: CATALOGUE,
    },
    Migration {
        version: 2,
        name: "purges",
        sql: PURGES,
    },
    Migration {
        version: 3,
        name: "purge audit",
        sql: AUDIT,
    },
    Migration {
        version: 4,
        name: "purge logs",
        sql: PURGE_LOGS,
    },
    Migration {
        version: 5,
        name: "accounts",
        sql: ACCOUNTS,
    },
    Migration {
        version: 6,
        name: "portal",
        sql: PORTAL,
    },
    Migration {
        version: 7,
        name: "bookings",
        sql: include_str!("migrations/bookings.sql"),
    },
    Migration {
        version: 8,
        name: "verified phone numbers",
        sql: include_str!("migrations/verified_phones.sql"),
    },
    Migration {
        version: 9,
        name: "sessions",
        sql: include_str!("migrations/sessions.sql"),
    },
    Migration {
        version: 10,
        name: "repeats",
        sql: include_str!("migrations/repeats.sql"),
    },
    Migration {
        version: 11,
        name: "validity",
        sql: include_str!("migrations/validity.sql"),
    },
    Migration {
        version: 12,
        name: "attested purge logs",
        sql: include_str!("migrations/attested_logs.sql"),
    },
    Migration {
        version: 13,
        name: "queue",
        sql: include_str!("migrations/queue.sql"),
    },
    Migration {
        version: 14,
        name: "reach",
        sql: include_str!("migrations/reach.sql"),
    },
    Migration {
        version: 15,
        name: "notifications",
        sql: include_str!("migrations/notifications.sql"),
    },
    Migration {
        version: 16,
        name: "announcements",
        sql: include_str!("migrations/announcements.sql"),
    },
    Migration {
        version: 17,
        name: "templates",
        sql: include_str!("migrations/templates.sql"),
    },
    Migration {
        version: 18,
        name: "known devices",
        sql: include_str!("migrations/known_devices.sql"),
    },
    Migration {
        version: 19,
        name: "pictures",
        sql: include_str!("migrations/pictures.sql"),
    },
    Migration {
        version: 20,
        name: "identity",
        sql: include_str!("migrations/identity.sql"),
    },
    Migration {
        version: 21,
        name: "payments",
        sql: include_str!("migrations/payments.sql"),
    },
    Migration {
        version: 22,
        name: "discounts",
        sql: include_str!("migrations/discounts.sql"),
    },
    Migration {
        version: 23,
        name: "venue",
        sql: include_str!("migrations/venue.sql"),
    },
    Migration {
        version: 24,
        name: "reviews",
        sql: include_str!("migrations/reviews.sql"),
    },
    Migration {
        version: 25,
        name: "pages of the showcase site",
        sql: include_str!("migrations/site.sql"),
    },
    Migration {
        version: 26,
        name: "approval",
        sql: include_str!("migrations/approval.sql"),
    },
    Migration {
        version: 27,
        name: "calendars",
        sql: include_str!("migrations/calendars.sql"),
    },
    Migration {
        version: 28,
        name: "operator audit",
        sql: include_str!("migrations/operator_audit.sql"),
    },
    Migration {
        version: 29,
        name: "walk-ins",
        sql: include_str!("migrations/walk_ins.sql"),
    },
    Migration {
        version: 30,
        name: "memberships",
        sql: include_str!("migrations/memberships.sql"),
    },
    Migration {
        version: 31,
        name: "largest party",
        sql: include_str!("migrations/largest_party.sql"),
    },
    Migration {
        version: 32,
        name: "standings of partners",
        sql: include_str!("migrations/standings.sql"),
    },
    Migration {
        version: 33,
        name: "contested removals",
        sql: include_str!("migrations/contests.sql"),
    },
    Migration {
        version: 34,
        name: "usage of documents",
        sql: include_str!("migrations/document_usage.sql"),
    },
    Migration {
        version: 35,
        name: "held addresses",
        sql: include_str!("migrations/held_addresses.sql"),
    },
];

/// `row` is the integer that the R*Tree and FTS5 tables share with `offers`; `id` is the public
/// name. The small columns that lists filter by come first: SQLite then reads them without
/// following the overflow pages of the long texts.
const CATALOGUE: &str = "
CREATE TABLE partners (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name_folded TEXT NOT NULL,
    category TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    rating REAL,
    review_count INTEGER NOT NULL CHECK (review_count >= 0),
    name TEXT NOT NULL,
    logo TEXT,
    description TEXT
) STRICT;
CREATE INDEX partners_by_name ON partners(name_folded, id);
CREATE VIRTUAL TABLE partner_text USING fts5(folded, tokenize = 'unicode61 remove_diacritics 0');

CREATE TABLE establishments (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    partner_id TEXT NOT NULL REFERENCES partners(id),
    lat REAL NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lng REAL NOT NULL CHECK (lng BETWEEN -180 AND 180),
    name TEXT NOT NULL,
    street TEXT NOT NULL,
    city TEXT NOT NULL,
    postcode TEXT NOT NULL,
    country TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    website TEXT,
    opening_hours TEXT NOT NULL,
    images TEXT NOT NULL
) STRICT;
CREATE INDEX establishments_by_partner ON establishments(partner_id, id);

CREATE TABLE offers (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    valid_from_ms INTEGER NOT NULL,
    valid_until_ms INTEGER NOT NULL,
    category TEXT NOT NULL,
    percentage INTEGER NOT NULL CHECK (percentage BETWEEN 0 AND 100),
    lat REAL NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lng REAL NOT NULL CHECK (lng BETWEEN -180 AND 180),
    partner_id TEXT NOT NULL REFERENCES partners(id),
    establishment_id TEXT NOT NULL REFERENCES establishments(id),
    created_at_ms INTEGER NOT NULL,
    quota_total INTEGER,
    quota_remaining INTEGER CHECK (quota_remaining BETWEEN 0 AND quota_total),
    title TEXT NOT NULL,
    discount_description TEXT,
    schedule TEXT,
    images TEXT NOT NULL,
    conditions TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT;
CREATE INDEX offers_newest ON offers(created_at_ms DESC, id DESC);
CREATE INDEX offers_by_partner ON offers(partner_id, created_at_ms DESC, id DESC);
CREATE INDEX offers_by_establishment ON offers(establishment_id);
CREATE INDEX offers_starting ON offers(valid_from_ms) WHERE is_active = 1;
CREATE INDEX offers_ending ON offers(valid_until_ms) WHERE is_active = 1;
CREATE VIRTUAL TABLE offer_geo USING rtree(row, min_lat, max_lat, min_lng, max_lng);
CREATE VIRTUAL TABLE offer_text USING fts5(folded, tokenize = 'unicode61 remove_diacritics 0');
";

const PURGES: &str = "
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tags TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hard', 'soft')),
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE purge_log (
    revision INTEGER PRIMARY KEY,
    tags TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE purge_log_meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    log_id TEXT NOT NULL,
    horizon INTEGER NOT NULL
) STRICT;

CREATE TABLE documents (
    hash TEXT PRIMARY KEY,
    record TEXT NOT NULL,
    published_at_ms INTEGER NOT NULL
) STRICT;
";

/// Which logs there were, and the one that is in force.
const PURGE_LOGS: &str = "
CREATE TABLE purge_logs (
    log_id TEXT PRIMARY KEY,
    began_at_ms INTEGER NOT NULL,
    retired INTEGER NOT NULL CHECK (retired IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX purge_logs_in_force ON purge_logs(retired) WHERE retired = 0;
";

/// The log forgets what no cache needs any more; this remembers who purged what for a year and more.
const AUDIT: &str = "
CREATE TABLE purge_audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hard', 'soft')),
    tags TEXT NOT NULL,
    log_id TEXT,
    revision INTEGER
) STRICT;
CREATE INDEX purge_audit_by_time ON purge_audit(at_ms);
";

/// Who has an account, and what goes with it. `email_key` is the address without regard to case.
/// Tokens and codes are stored as hashes only.
const ACCOUNTS: &str = "
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email_key TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_verified_at_ms INTEGER,
    phone TEXT UNIQUE,
    phone_verified_at_ms INTEGER,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    avatar TEXT,
    preferences TEXT NOT NULL,
    identity_status TEXT NOT NULL,
    role TEXT NOT NULL,
    partner_id TEXT,
    post TEXT,
    status TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    signed_out_before_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    CHECK ((partner_id IS NULL) = (post IS NULL))
) STRICT;

CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    version TEXT NOT NULL,
    granted INTEGER NOT NULL CHECK (granted IN (0, 1)),
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_by_owner ON consents(owner, id);

CREATE TABLE favorites (
    user_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, offer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    created_at_ms INTEGER NOT NULL,
    erased_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    device TEXT,
    created_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions(user_id, used_at_ms DESC);
CREATE INDEX sessions_ending ON sessions(expires_at_ms);

CREATE TABLE codes (
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    target TEXT NOT NULL,
    hash TEXT NOT NULL,
    tries_left INTEGER NOT NULL CHECK (tries_left >= 0),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_ending ON codes(expires_at_ms);

CREATE TABLE service_tokens (
    name TEXT PRIMARY KEY,
    scopes TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    revoked_at_ms INTEGER
) STRICT;
";

/// What partners do: limits of bookings, archived offers and places, who is invited to a team, and
/// how often an offer was seen on a day. Tokens are stored as hashes only.
const PORTAL: &str = "
ALTER TABLE offers ADD COLUMN limit_per_day INTEGER CHECK (limit_per_day > 0);
ALTER TABLE offers ADD COLUMN limit_per_user INTEGER CHECK (limit_per_user > 0);
ALTER TABLE offers ADD COLUMN archived_at_ms INTEGER;
ALTER TABLE offers ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE establishments ADD COLUMN archived_at_ms INTEGER;
CREATE INDEX users_by_partner ON users(partner_id) WHERE partner_id IS NOT NULL;

CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    partner_id TEXT NOT NULL REFERENCES partners(id),
    email_key TEXT NOT NULL,
    email TEXT NOT NULL,
    post TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    UNIQUE (partner_id, email_key)
) STRICT;
CREATE INDEX invitations_by_email ON invitations(email_key);
CREATE INDEX invitations_ending ON invitations(expires_at_ms);

CREATE TABLE offer_views (
    partner_id TEXT NOT NULL,
    day TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    views INTEGER NOT NULL CHECK (views > 0),
    PRIMARY KEY (partner_id, day, offer_id)
) STRICT, WITHOUT ROWID;
";

/// Whether there is a database in this file that was ever migrated. Looks without writing.
pub fn has_any(file: &Path) -> Result<bool, SqliteError> {
    if !file.try_exists()? {
        return Ok(false);
    }
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let table = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'";
    Ok(connection.prepare(table)?.exists([])?)
}

/// Applies what is missing, in one transaction: two processes that start together do it once.
pub fn run(connection: &mut Connection) -> Result<(), SqliteError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            applied_at_ms INTEGER NOT NULL DEFAULT (unixepoch() * 1000)
        ) STRICT",
    )?;
    let found: i64 = tx.query_row(
        "SELECT COALESCE(MAX(version), 0) FROM schema_migrations",
        [],
        |row| row.get(0),
    )?;
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if found > known {
        return Err(SqliteError::NewerSchema { found, known });
    }
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| migration.version > found)
    {
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "INSERT INTO schema_migrations(version, name) VALUES (?1, ?2)",
            (migration.version, migration.name),
        )?;
    }
    tx.commit()?;
    Ok(())
}
