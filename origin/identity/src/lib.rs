//! Checks of identity documents: they are begun, asked about, decided by operators, and forgotten.
//!
//! Reading order: `submitting` (a person asks for a check) → `looking` (what a worker does with what the
//! provider reported) → `turning` (the job that asks when no report came).

mod looking;
mod metrics;
mod submitting;
mod turning;

use std::{fmt, sync::Arc};

use access::pseudonyms::Pseudonyms;
use domain::{
    StoreError, VerificationId,
    circuit::Circuit,
    identity::{
        provider::{Hint, IdentityProvider, Trouble},
        rules::NewRuling,
        store::{Hinted, IdentityStore, Ruled},
        verification::SessionId,
    },
};
use prometheus_client::registry::Registry;
use tokio::sync::watch;

pub use looking::Looked;
pub use submitting::NotSubmitted;

use metrics::Metrics;

/// The source of the current time, in milliseconds since the epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What we promise, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Of the text about checks that people agree to.
    pub consent_version: String,
    /// How long a verified identity counts.
    pub valid_ms: i64,
}

/// What it works with.
pub struct Parts {
    pub store: Arc<dyn IdentityStore>,
    pub provider: Arc<dyn IdentityProvider>,
    /// The names under which the provider knows people.
    pub pseudonyms: Pseudonyms,
    pub terms: Terms,
    pub now: Now,
    /// Told when a task was stored.
    pub wake: watch::Sender<()>,
}

/// Checks identities; clones share everything.
#[derive(Clone)]
pub struct Identity(Arc<Shared>);

struct Shared {
    parts: Parts,
    circuit: Circuit,
    /// Deletions are few an hour and may have to wait for a review: that is no reason to begin no check.
    deletions: Circuit,
    metrics: Metrics,
}

impl Identity {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            parts,
            circuit: Circuit::default(),
            deletions: Circuit::default(),
            metrics: Metrics::default(),
        }))
    }

    pub fn register(&self, registry: &mut Registry) {
        self.0.metrics.register(registry);
    }

    pub fn terms(&self) -> &Terms {
        &self.0.parts.terms
    }

    /// Stores what the provider reported, to be looked at by a worker.
    pub async fn hinted(&self, hint: Hint) -> Result<Hinted, StoreError> {
        let parts = &self.0.parts;
        let hinted = parts.store.hinted(hint, (parts.now)()).await?;
        parts.wake.send_replace(());
        Ok(hinted)
    }

    /// Applies what an operator decides.
    pub async fn ruled(&self, id: &VerificationId, ruling: NewRuling) -> Result<Ruled, StoreError> {
        let parts = &self.0.parts;
        let (valid_ms, now_ms) = (parts.terms.valid_ms, (parts.now)());
        let ruled = parts.store.ruled(id, ruling, valid_ms, now_ms).await?;
        if let Ruled::Done(after) = &ruled {
            self.0.metrics.decided("operator", after.state.as_str());
            parts.wake.send_replace(());
        }
        Ok(ruled)
    }

    /// Has the provider delete a session.
    pub async fn forget(&self, session: &SessionId) -> Result<(), Trouble> {
        let forget = self.0.parts.provider.forget(session);
        self.through(&self.0.deletions, forget).await
    }

    /// The provider's page of a session, for operators.
    pub fn page(&self, session: &SessionId) -> String {
        self.0.parts.provider.page(session)
    }

    /// Asks the provider for something, unless it is known to be down.
    async fn asked<T>(&self, ask: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        self.through(&self.0.circuit, ask).await
    }

    async fn through<T>(
        &self,
        circuit: &Circuit,
        ask: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let now = &self.0.parts.now;
        let now_ms = now();
        if let Some(until_ms) = circuit.enter(now_ms) {
            return Err(Trouble::Later {
                why: "the provider is not asked: it failed".to_owned(),
                after_ms: Some(until_ms - now_ms),
            });
        }
        let answered = ask.await;
        match &answered {
            Ok(_) | Err(Trouble::Refused { .. }) => circuit.works(),
            Err(Trouble::Later { after_ms, .. }) => circuit.failed(now(), *after_ms),
        }
        answered
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}
