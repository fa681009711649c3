//! A person asks for a check of their identity.
//!
//! The row is stored first, then the provider begins a session, then the row gets the session. After a crash
//! between these the next request goes on where this one stopped.

use access::random;
use domain::{
    StoreError, UserId, VerificationId,
    identity::{
        provider::Trouble,
        refusals::IdentityRefusal,
        rules::NewVerification,
        store::{Begun, Opened},
        verification::Verification,
    },
};

use crate::Identity;

/// Why there is no check to go on with.
#[derive(Debug, thiserror::Error)]
pub enum NotSubmitted {
    #[error("there is no active account")]
    NoAccount,
    #[error("refused: {0:?}")]
    Refused(IdentityRefusal),
    #[error("the provider began no session")]
    Provider(#[source] Trouble),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// The check that the person goes on with: the one that is open, or a new one.
    pub async fn submit(
        &self,
        user: &UserId,
        consent_version: &str,
    ) -> Result<Verification, NotSubmitted> {
        let parts = &self.0.parts;
        if consent_version != parts.terms.consent_version {
            return Err(NotSubmitted::Refused(IdentityRefusal::ConsentOutdated));
        }
        let new = NewVerification {
            id: VerificationId::from_bytes(random::bytes()),
            user: user.clone(),
            consent_version: consent_version.to_owned(),
        };
        let open = match parts.store.begin(new, (parts.now)()).await? {
            Begun::NoAccount => return Err(NotSubmitted::NoAccount),
            Begun::Refused(refusal) => return Err(NotSubmitted::Refused(refusal)),
            Begun::Done(open) => *open,
        };
        if open.session.is_some() {
            self.0.metrics.started("again");
            return Ok(open);
        }
        let person = parts.pseudonyms.person(user);
        let start = parts.provider.start(open.id.as_str(), &person);
        let started = match self.asked(start).await {
            Ok(started) => started,
            Err(trouble) => {
                self.0.metrics.started("failed");
                return Err(NotSubmitted::Provider(trouble));
            }
        };
        let opened = parts.store.opened(&open.id, started, (parts.now)()).await?;
        // The session may be one too many, which a task has deleted.
        parts.wake.send_replace(());
        match opened {
            Opened::Gone => Err(NotSubmitted::NoAccount),
            Opened::Done(open) => {
                self.0.metrics.started("started");
                Ok(*open)
            }
        }
    }
}
