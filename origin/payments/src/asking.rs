//! Every request to the provider: its time limit, its circuit and its metric.

use std::time::Duration;

use domain::payments::provider::ProviderError;
use tokio::time::{Instant, timeout};

use crate::shared::Payments;

/// How long the provider may take in a task, which may ask it three times within one lease.
pub(crate) const IN_TASK: Duration = Duration::from_secs(15);
/// How long it may take in a request: less than a request may take (`pq_core::limits::EXECUTION`), so that
/// the guest hears that it is tried again.
pub(crate) const IN_REQUEST: Duration = Duration::from_secs(7);

impl Payments {
    /// `what` names the request in metrics. If the circuit is open the provider is not asked.
    pub(crate) async fn ask<T>(
        &self,
        what: &'static str,
        within: Duration,
        request: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let (shared, now_ms) = (&self.0, self.now_ms());
        if let Some(until_ms) = shared.circuit.enter(now_ms) {
            shared.metrics.asked(what, "not_asked", Duration::ZERO);
            return Err(ProviderError::Later {
                why: "it is not asked: it failed".to_owned(),
                after_ms: Some(until_ms - now_ms),
            });
        }
        let start = Instant::now();
        let answer = timeout(within, request).await.unwrap_or_else(|_| {
            Err(ProviderError::Later {
                why: format!("no answer within {} s", within.as_secs()),
                after_ms: None,
            })
        });
        let now_ms = self.now_ms();
        let outcome = match &answer {
            Ok(_) => "answered",
            Err(ProviderError::Refused { .. }) => "refused",
            Err(ProviderError::Unknown) => "unknown",
            Err(ProviderError::Later { .. }) => "later",
            Err(ProviderError::NotYet { .. }) => "not_yet",
        };
        match &answer {
            Err(ProviderError::Later { after_ms, .. }) => shared.circuit.failed(now_ms, *after_ms),
            Ok(_)
            | Err(
                ProviderError::NotYet { .. }
                | ProviderError::Refused { .. }
                | ProviderError::Unknown,
            ) => shared.circuit.works(),
        }
        shared.metrics.asked(what, outcome, start.elapsed());
        let name = shared.parts.provider.name();
        let is_open = shared.circuit.is_open(now_ms);
        shared.metrics.circuit(name, is_open);
        answer
    }
}
