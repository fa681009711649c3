//! What a worker does with a task that says that there may be a decision: it asks the provider.

use domain::{
    StoreError, VerificationId,
    identity::{
        provider::{Sight, Trouble, Verdict},
        verification::SessionId,
    },
};

use crate::Identity;

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// The check is gone with its account, or has no session.
    Needless,
    /// Nothing is decided, or nothing newer than what is known.
    Unchanged(SessionId),
    Changed(SessionId),
    Trouble(Trouble),
}

impl Identity {
    /// Asks the provider about a check, and applies what it decided.
    pub async fn look(&self, id: &VerificationId) -> Result<Looked, StoreError> {
        let parts = &self.0.parts;
        let known = parts.store.by_id(id).await?;
        let Some(session) = known.and_then(|known| known.session) else {
            return Ok(Looked::Needless);
        };
        let session = session.id;
        let decision = match self.asked(parts.provider.look(&session)).await {
            Ok(Sight::Undecided) => return Ok(Looked::Unchanged(session)),
            Ok(Sight::Decided { verdict, at_ms }) => (verdict, at_ms),
            // Somebody deleted it there: nothing will be decided any more.
            Ok(Sight::Unknown) => (Verdict::Abandoned, None),
            Err(trouble) => return Ok(Looked::Trouble(trouble)),
        };
        let (valid_ms, now_ms) = (parts.terms.valid_ms, (parts.now)());
        let decided = parts.store.decided(id, decision, valid_ms, now_ms).await?;
        Ok(if decided.is_some() {
            self.0.metrics.decided("provider", decision.0.as_str());
            // The person is to be told.
            parts.wake.send_replace(());
            Looked::Changed(session)
        } else {
            Looked::Unchanged(session)
        })
    }
}
