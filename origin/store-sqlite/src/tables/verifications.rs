//! Rows of identity checks.

use domain::{
    UserId, VerificationId,
    identity::{
        rules::Change,
        verification::{
            Decider, Reason, Ruling, Session, SessionId, SessionUrl, State, Verification,
        },
    },
    queue::NewTask,
    users::change::AccountChange,
};
use rusqlite::{Connection, Params, Row, Transaction, named_params};

use super::{
    queue, users,
    word::{optional_word, word},
};
use crate::{error::SqliteError, outbox::outbox_push};

const COLUMNS: &str =
    "id, user_id, consent_version, attempt, session_id, session_url, state, reason,
    birth_year, decided_at_ms, decided_by, ruled_by, ruled_at_ms, ruling_note, expires_at_ms, polls,
    due_ms, created_at_ms, changed_at_ms";

/// The checks that `rest` selects.
pub fn select(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<Verification>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM verifications {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub fn by_id(
    connection: &Connection,
    id: &VerificationId,
) -> Result<Option<Verification>, SqliteError> {
    Ok(select(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

pub fn of_user(connection: &Connection, user: &UserId) -> Result<Vec<Verification>, SqliteError> {
    let rest = "WHERE user_id = ?1 ORDER BY created_at_ms DESC, id DESC";
    select(connection, rest, [user.as_str()])
}

pub fn put(tx: &Transaction<'_>, this: &Verification) -> Result<(), SqliteError> {
    let session = this.session.as_ref();
    let ruling = this.ruling.as_ref();
    tx.prepare_cached(&format!(
        "INSERT INTO verifications({COLUMNS}) VALUES (:id, :user, :consent_version, :attempt,
            :session, :url, :state, :reason, :birth_year, :decided_at, :decided_by, :ruled_by,
            :ruled_at, :note, :expires, :polls, :due, :created, :changed)
         ON CONFLICT(id) DO UPDATE SET
            session_id = excluded.session_id, session_url = excluded.session_url,
            state = excluded.state, reason = excluded.reason, birth_year = excluded.birth_year,
            decided_at_ms = excluded.decided_at_ms, decided_by = excluded.decided_by,
            ruled_by = excluded.ruled_by, ruled_at_ms = excluded.ruled_at_ms,
            ruling_note = excluded.ruling_note, expires_at_ms = excluded.expires_at_ms,
            polls = excluded.polls, due_ms = excluded.due_ms,
            changed_at_ms = excluded.changed_at_ms"
    ))?
    .execute(named_params! {
        ":id": this.id.as_str(),
        ":user": this.user.as_str(),
        ":consent_version": this.consent_version,
        ":attempt": this.attempt,
        ":session": session.map(|session| session.id.as_str()),
        ":url": session.and_then(|session| session.url.as_ref()).map(SessionUrl::expose),
        ":state": this.state.as_str(),
        ":reason": this.reason.map(Reason::as_str),
        ":birth_year": this.birth_year,
        ":decided_at": this.decided_at_ms,
        ":decided_by": this.decided_by.map(Decider::as_str),
        ":ruled_by": ruling.and_then(|ruling| ruling.by.as_ref()).map(UserId::as_str),
        ":ruled_at": ruling.map(|ruling| ruling.at_ms),
        ":note": ruling.map(|ruling| &ruling.note),
        ":expires": this.expires_at_ms,
        ":polls": this.polls,
        ":due": this.due_ms,
        ":created": this.created_at_ms,
        ":changed": this.changed_at_ms,
    })?;
    Ok(())
}

/// Stores what became of a check: its row, what the account knows, tasks and purge.
pub fn store(tx: &Transaction<'_>, change: &Change, now_ms: i64) -> Result<(), SqliteError> {
    let this = &change.verification;
    put(tx, this)?;
    if let Some(identity) = change.identity {
        let identity = AccountChange::Identity(identity);
        users::change::apply(tx, &this.user, &identity, now_ms)?;
    }
    queue::push(tx, &change.tasks)?;
    if let Some(purge) = &change.purge {
        outbox_push(tx, purge, now_ms)?;
    }
    Ok(())
}

/// The checks of an erased account go, and the provider deletes what it has. What the user decided as an
/// operator names nobody.
pub fn erase(tx: &Transaction<'_>, user: &UserId, now_ms: i64) -> Result<(), SqliteError> {
    let all = of_user(tx, user)?;
    let sessions = all.iter().filter_map(|one| one.session.as_ref());
    let forgotten: Vec<NewTask> = sessions
        .map(|session| NewTask::of_forgotten_session(&session.id, now_ms))
        .collect();
    queue::push(tx, &forgotten)?;
    for sql in [
        "DELETE FROM verifications WHERE user_id = ?1",
        "UPDATE verifications SET ruled_by = NULL WHERE ruled_by = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([user.as_str()])?;
    }
    Ok(())
}

/// A row with [`COLUMNS`].
fn read(row: &Row<'_>) -> Result<Verification, SqliteError> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    let session = optional_word("session", text(4)?, SessionId::parse)?;
    let url = optional_word("session url", text(5)?, SessionUrl::parse)?;
    let ruled_at_ms: Option<i64> = row.get(12)?;
    let by = optional_word("ruled_by", text(11)?, UserId::parse)?;
    let note = text(13)?.unwrap_or_default();
    Ok(Verification {
        id: word("id", &row.get::<_, String>(0)?, VerificationId::parse)?,
        user: word("user id", &row.get::<_, String>(1)?, UserId::parse)?,
        consent_version: row.get(2)?,
        attempt: row.get(3)?,
        session: session.map(|id| Session { id, url }),
        state: word("state", &row.get::<_, String>(6)?, State::parse)?,
        reason: optional_word("reason", text(7)?, Reason::parse)?,
        birth_year: row.get(8)?,
        decided_at_ms: row.get(9)?,
        decided_by: optional_word("decided_by", text(10)?, Decider::parse)?,
        ruling: ruled_at_ms.map(|at_ms| Ruling { by, at_ms, note }),
        expires_at_ms: row.get(14)?,
        polls: row.get(15)?,
        due_ms: row.get(16)?,
        created_at_ms: row.get(17)?,
        changed_at_ms: row.get(18)?,
    })
}
