//! Tasks of the queue that ask the provider for something.

use super::{
    provider::Hint,
    verification::{SessionId, Verification},
};
use crate::queue::{Lane, NewTask, Work};

/// The provider is asked again later anyway: [`super::turns`].
const LOOK_WITHIN_MS: i64 = 86_400_000;
/// A session is forgotten, however long it takes: 100 years.
const FORGOTTEN_WITHIN_MS: i64 = 36_525 * 86_400_000;

impl NewTask {
    /// The task that asks the provider what it decided.
    pub fn of_look(key: String, about: &Verification, now_ms: i64) -> Self {
        Self {
            key,
            lane: Lane::Identity,
            person: Some(about.user.clone()),
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: now_ms + LOOK_WITHIN_MS,
            work: Work::Look {
                verification: about.id.clone(),
            },
        }
    }

    /// The task of a report of the provider.
    pub fn of_hint(hint: &Hint, about: &Verification, now_ms: i64) -> Self {
        Self::of_look(hint.key.clone(), about, now_ms)
    }

    /// The task that has the provider delete a session.
    pub fn of_forgotten_session(session: &SessionId, now_ms: i64) -> Self {
        Self {
            key: format!("identity-forget:{}", session.as_str()),
            lane: Lane::Identity,
            // Erasing the account does not remove it.
            person: None,
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: now_ms + FORGOTTEN_WITHIN_MS,
            work: Work::ForgetSession {
                session: session.clone(),
            },
        }
    }
}
