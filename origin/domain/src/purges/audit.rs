//! The purge audit: who purged what, when and why. Kept longer than the log, across changes of log.

use cache_core::{LogId, PurgeKind, Revision, Tag};

use crate::UserId;

/// How long audit rows are kept: 400 days, a year plus a month to ask about its beginning.
pub const AUDIT_KEPT_MS: i64 = 400 * 86_400_000;

/// One purge in the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the order of the audit; none before it is recorded.
    pub id: Option<i64>,
    pub at_ms: i64,
    pub actor: String,
    pub reason: String,
    pub kind: PurgeKind,
    pub tags: Vec<Tag>,
    /// The log that assigned the revision: another log assigns the same numbers again.
    pub log: Option<LogId>,
    pub revision: Option<Revision>,
}

/// Which audit rows to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Purges of this tag, and purges of everything.
    pub tag: Option<Tag>,
    pub actor: Option<String>,
}

const USER: &str = "user ";
/// The actor of a purge by a user whose account was erased before the purge was stored.
pub const ERASED_USER: &str = "erased user";

/// A user as the actor of a purge.
pub fn actor_of(user: &UserId) -> String {
    format!("{USER}{user}")
}

/// The user whom [`actor_of`] names.
pub fn user_of(actor: &str) -> Option<UserId> {
    UserId::parse(actor.strip_prefix(USER)?)
}

/// What replaces [`actor_of`] when the account is erased.
pub fn erased_actor(pseudonym: &str) -> String {
    format!("{ERASED_USER} {pseudonym}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_names_its_user_and_an_erased_one_nobody() {
        let user = UserId::derive("user", "ana");
        assert_eq!(user_of(&actor_of(&user)), Some(user.clone()));
        for nobody in [
            erased_actor(user.as_str()).as_str(),
            ERASED_USER,
            "cli",
            "user",
            "user x",
        ] {
            assert_eq!(user_of(nobody), None, "{nobody}");
        }
    }
}
