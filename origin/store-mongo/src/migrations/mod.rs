//! The schema, as numbered steps that are applied once each and never edited after a release.
//!
//! A step is a list of changes, each of which may be done again: a crash in the middle, or two
//! origins that believe to have the lease, cost repeated work and nothing else. What a server does
//! not support is replaced by its plain form or left out, with a warning, and remembered.

mod accounts;
mod announcements;
mod apply;
mod bookings;
mod calendars;
mod catalogue;
mod change;
mod counters;
mod document_usage;
mod held_addresses;
mod identity;
mod known_devices;
mod lease;
mod memberships;
mod notifications;
mod operator_audit;
mod payments;
mod pictures;
mod portal;
mod product_events;
mod purges;
mod queue;
mod reach;
mod repeats;
mod reviews;
mod sessions;
mod site;
mod standings;
mod templates;
mod validity;
mod venue;
mod verified_phones;
mod walk_ins;

use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
};

use crate::error::MongoError;

pub use change::Change;

use lease::Lease;

use crate::database::MongoDb;

/// Which steps were applied, and the lease of the server that applies some.
const MIGRATIONS: &str = "migrations";

/// One numbered step.
#[derive(Clone, Copy, Debug)]
struct Migration {
    version: i64,
    name: &'static str,
    changes: fn() -> Vec<Change>,
}

const STEPS: &[Migration] = &[
    Migration {
        version: 1,
        name: "catalogue",
        changes: catalogue::changes,
    },
    Migration {
        version: 2,
        name: "purges and documents",
        changes: purges::changes,
    },
    Migration {
        version: 3,
        name: "counters",
        changes: counters::changes,
    },
    Migration {
        version: 4,
        name: "accounts",
        changes: accounts::changes,
    },
    Migration {
        version: 5,
        name: "portal",
        changes: portal::changes,
    },
    Migration {
        version: 6,
        name: "bookings",
        changes: bookings::changes,
    },
    Migration {
        version: 7,
        name: "verified phone numbers",
        changes: verified_phones::changes,
    },
    Migration {
        version: 8,
        name: "sessions",
        changes: sessions::changes,
    },
    Migration {
        version: 9,
        name: "repeats",
        changes: repeats::changes,
    },
    Migration {
        version: 10,
        name: "validity",
        changes: validity::changes,
    },
    Migration {
        version: 11,
        name: "queue",
        changes: queue::changes,
    },
    Migration {
        version: 12,
        name: "reach",
        changes: reach::changes,
    },
    Migration {
        version: 13,
        name: "notifications",
        changes: notifications::changes,
    },
    Migration {
        version: 14,
        name: "announcements",
        changes: announcements::changes,
    },
    Migration {
        version: 15,
        name: "templates",
        changes: templates::changes,
    },
    Migration {
        version: 16,
        name: "known devices",
        changes: known_devices::changes,
    },
    Migration {
        version: 17,
        name: "product events",
        changes: product_events::changes,
    },
    Migration {
        version: 18,
        name: "pictures",
        changes: pictures::changes,
    },
    Migration {
        version: 19,
        name: "identity",
        changes: identity::changes,
    },
    Migration {
        version: 20,
        name: "payments",
        changes: payments::changes,
    },
    Migration {
        version: 21,
        name: "venue",
        changes: venue::changes,
    },
    Migration {
        version: 22,
        name: "reviews",
        changes: reviews::changes,
    },
    Migration {
        version: 23,
        name: "pages of the showcase site",
        changes: site::changes,
    },
    Migration {
        version: 24,
        name: "calendars",
        changes: calendars::changes,
    },
    Migration {
        version: 25,
        name: "operator audit",
        changes: operator_audit::changes,
    },
    Migration {
        version: 26,
        name: "walk-ins",
        changes: walk_ins::changes,
    },
    Migration {
        version: 27,
        name: "memberships",
        changes: memberships::changes,
    },
    Migration {
        version: 28,
        name: "standings of partners",
        changes: standings::changes,
    },
    Migration {
        version: 29,
        name: "reviews of offers",
        changes: reviews::of_offers,
    },
    Migration {
        version: 30,
        name: "usage of documents",
        changes: document_usage::changes,
    },
    Migration {
        version: 31,
        name: "held addresses",
        changes: held_addresses::changes,
    },
];

/// A step that has to be applied.
#[derive(Clone, Debug)]
pub struct Pending {
    pub version: i64,
    pub name: &'static str,
    pub changes: Vec<Change>,
}

/// A step that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub version: i64,
    pub name: String,
    /// What the server did not support, and what was done instead.
    pub degraded: Vec<String>,
}

/// What would be done, in order; changes nothing.
pub async fn plan(db: &MongoDb) -> Result<Vec<Pending>, MongoError> {
    let applied = applied(db).await?;
    let known = STEPS.last().map_or(0, |last| last.version);
    let found = applied.last().map_or(0, |last| last.version);
    if found > known {
        return Err(MongoError::NewerSchema { found, known });
    }
    let is_applied = |version| applied.iter().any(|done| done.version == version);
    let pending = STEPS.iter().filter(|step| !is_applied(step.version));
    Ok(pending
        .map(|step| Pending {
            version: step.version,
            name: step.name,
            changes: (step.changes)(),
        })
        .collect())
}

/// Applies what is missing; gives the steps that this call applied. Of several that start together
/// one does it, and the others wait for it.
pub async fn run(db: &MongoDb) -> Result<Vec<Applied>, MongoError> {
    if plan(db).await?.is_empty() {
        return Ok(Vec::new());
    }
    let lease = Lease::take(db).await?;
    let outcome = tokio::select! {
        outcome = apply_pending(db) => outcome,
        lost = lease.keep() => Err(lost),
    };
    lease.give_back().await;
    outcome
}

async fn apply_pending(db: &MongoDb) -> Result<Vec<Applied>, MongoError> {
    let mut applied = Vec::new();
    // Read again: another one may have applied them while this one waited.
    for step in plan(db).await? {
        let mut degraded = Vec::new();
        for change in &step.changes {
            if let Some(note) = apply::change(db, change).await? {
                tracing::warn!(migration = step.version, "{note}");
                degraded.push(note);
            }
        }
        let done = Applied {
            version: step.version,
            name: step.name.to_owned(),
            degraded,
        };
        if record(db, &done).await? {
            tracing::info!(migration = step.version, "applied: {}", step.name);
            applied.push(done);
        }
    }
    Ok(applied)
}

/// The steps that were applied, in order.
pub async fn applied(db: &MongoDb) -> Result<Vec<Applied>, MongoError> {
    let all = collection(db);
    let documents = db.run(async move {
        let mut cursor = all.find(doc! {}).await?;
        let mut found = Vec::new();
        while cursor.advance().await? {
            found.push(cursor.deserialize_current()?);
        }
        Ok(found)
    });
    let mut applied = Vec::new();
    for document in documents.await? {
        if let Some(Bson::Int64(version)) = document.get("_id") {
            applied.push(read(*version, &document)?);
        }
    }
    applied.sort_by_key(|done: &Applied| done.version);
    Ok(applied)
}

fn read(version: i64, document: &Document) -> Result<Applied, MongoError> {
    let corrupt = |error| MongoError::corrupt("migration", &error);
    let degraded = document.get_array("degraded").map_err(corrupt)?;
    Ok(Applied {
        version,
        name: document.get_str("name").map_err(corrupt)?.to_owned(),
        degraded: degraded
            .iter()
            .filter_map(|note| note.as_str().map(str::to_owned))
            .collect(),
    })
}

/// Whether this was the first to say so.
async fn record(db: &MongoDb, done: &Applied) -> Result<bool, MongoError> {
    let document = doc! {
        "_id": done.version,
        "name": &done.name,
        "appliedAt": DateTime::now(),
        "degraded": done.degraded.clone(),
    };
    let all = collection(db);
    let stored = db.run(async move {
        all.insert_one(document).await?;
        Ok(())
    });
    match stored.await {
        Ok(()) => Ok(true),
        Err(error) if error.is_duplicate_key() => Ok(false),
        Err(error) => Err(error),
    }
}

fn collection(db: &MongoDb) -> Collection<Document> {
    db.collection(MIGRATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_grow_and_names_are_given_once() {
        assert!(STEPS.is_sorted_by(|one, next| one.version < next.version));
        let all: Vec<Change> = STEPS.iter().flat_map(|step| (step.changes)()).collect();
        // A collection may get another validator again and again.
        let made_once = all
            .iter()
            .filter(|change| !matches!(change, Change::Validator { .. }));
        let mut names: Vec<String> = made_once.map(Change::title).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
    }
}
