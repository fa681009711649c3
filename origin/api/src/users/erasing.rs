//! What is left to do when an account has been erased from the database.

use domain::{error_chain::chain, offers::store::Purging, users::account::Account};

use crate::request::{context::RequestContext, relaying::relay};

/// Forgets what is kept of an erased account outside the database.
pub(crate) async fn after(request: &RequestContext, account: &Account) {
    let auth = &request.services.auth;
    auth.standings.forget(&account.id);
    // They are nobody's any more, and expire by themselves if the store cannot be reached.
    if let Err(error) = auth.sessions.end_all(&account.id, None).await {
        tracing::warn!(error = chain(&error), "sessions of an erased account stay");
    }
    let (limiter, email) = (&request.services.rate_limiter, account.email_key());
    if let Err(error) = limiter.forget_networks(email.as_str()).await {
        tracing::warn!(
            error = chain(&error),
            "networks of an erased account stay for 30 days"
        );
    }
    // Open bookings were cancelled with it.
    relay(request, Purging::Pending).await;
}
