//! Users as the actors of purges: in the outbox, in the log and in the audit.

use domain::{
    UserId,
    purges::audit::{ERASED_USER, actor_of, erased_actor, user_of},
};
use rusqlite::Transaction;

use crate::error::SqliteError;

/// The actor as it is stored: nobody, if it is a user whose account was erased.
pub fn named<'a>(tx: &Transaction<'_>, actor: &'a str) -> Result<&'a str, SqliteError> {
    let Some(user) = user_of(actor) else {
        return Ok(actor);
    };
    let exists = tx
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1")?
        .exists([user.as_str()])?;
    Ok(if exists { actor } else { ERASED_USER })
}

/// Puts a pseudonym in place of a user whose account is erased.
pub fn rename(tx: &Transaction<'_>, user: &UserId, pseudonym: &str) -> Result<(), SqliteError> {
    for sql in [
        "UPDATE outbox SET actor = ?2 WHERE actor = ?1",
        "UPDATE purge_log SET actor = ?2 WHERE actor = ?1",
        "UPDATE purge_audit SET actor = ?2 WHERE actor = ?1",
    ] {
        tx.prepare_cached(sql)?
            .execute((actor_of(user), erased_actor(pseudonym)))?;
    }
    Ok(())
}
