//! What all steps share: the store, the provider, its circuit and the clock.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use access::random;
use domain::{
    StoreError,
    circuit::Circuit,
    payments::{
        price::Terms,
        provider::{Intent, PaymentProvider},
        store::{Applied, PaymentStore},
    },
};
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::metrics::Metrics;

/// The source of the current time, in milliseconds since the epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The payments of this server; clones share everything.
#[derive(Clone)]
pub struct Payments(pub(crate) Arc<Shared>);

/// What it works with.
pub struct Parts {
    pub store: Arc<dyn PaymentStore>,
    pub provider: Arc<dyn PaymentProvider>,
    /// What an app names us by at the provider. It is no secret.
    pub publishable_key: String,
    pub terms: Terms,
    pub now: Now,
    /// Told when tasks were stored.
    pub wake: watch::Sender<()>,
    /// Told when purges were stored.
    pub purges_stored: watch::Sender<()>,
}

pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) circuit: Circuit,
    /// The name under which this server polls and compares.
    pub(crate) holder: String,
    /// The last day that was compared, in days since the epoch.
    pub(crate) compared: Mutex<Option<i64>>,
    pub(crate) metrics: Metrics,
}

impl Payments {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            parts,
            circuit: Circuit::default(),
            holder: hex::encode(random::bytes::<12>()),
            compared: Mutex::default(),
            metrics: Metrics::default(),
        }))
    }

    pub fn register_metrics(&self, registry: &mut Registry) {
        self.0.metrics.register(registry);
    }

    /// On which terms this server takes payments.
    pub fn terms(&self) -> Terms {
        self.0.parts.terms
    }

    pub fn publishable_key(&self) -> &str {
        &self.0.parts.publishable_key
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.0.parts.now)()
    }

    /// Notes what an answer changed, and has others told of it. `name` is the provider's name of what it
    /// is about.
    pub(crate) fn applied(&self, what: &'static str, name: &str, applied: Applied) {
        self.0.metrics.applied(what, applied);
        if let Applied::Worrying(worry) = applied {
            let worry = worry.as_str();
            tracing::error!(what, name, worry, "an operator has to look at a payment");
        }
        match applied {
            Applied::Done | Applied::Worrying(_) => {
                self.0.parts.purges_stored.send_replace(());
                self.0.parts.wake.send_replace(());
            }
            Applied::Nothing | Applied::Unknown | Applied::Early => {}
        }
    }

    /// Stores what an answer about an intent means, and notes what it changed.
    pub(crate) async fn apply_intent(&self, intent: &Intent) -> Result<Applied, StoreError> {
        let applied = self.0.parts.store.apply_intent(intent, self.now_ms());
        let applied = applied.await?;
        self.applied("intent", &intent.id, applied);
        Ok(applied)
    }

    pub(crate) fn compared(&self) -> std::sync::MutexGuard<'_, Option<i64>> {
        self.0
            .compared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Payments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payments").finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}
