//! Follows the texts of messages that administrators change, also on other servers.

use std::time::Duration;

use domain::{StoreError, error_chain::chain, messages::templates::TemplateStore};
use templates::{Current, Problem};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

/// How late another server uses a change.
const EVERY: Duration = Duration::from_secs(15);

/// Follows until it is cancelled.
pub async fn run(state: AppState, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let services = &state.services;
        if let Err(error) = follow(&*services.stored_templates, &services.templates).await {
            let error = chain(&error);
            tracing::warn!(
                error,
                "changed texts cannot be read; those of before are used"
            );
        }
    }
}

/// Puts what administrators changed in use.
pub async fn follow(stored: &dyn TemplateStore, templates: &Current) -> Result<(), StoreError> {
    for rejected in templates.follow(&stored.all().await?) {
        let problems: Vec<String> = rejected.problems.iter().map(Problem::to_string).collect();
        tracing::error!(
            kind = rejected.kind.as_str(),
            language = rejected.language.as_str(),
            part = rejected.part.as_str(),
            problems = problems.join("; "),
            "a changed text is not valid; the program's own is used"
        );
    }
    Ok(())
}
