//! Partners' accounts at the provider, which get what guests pay.

use std::slice;

use domain::{
    PartnerId, StoreError,
    error_chain::chain,
    payments::{
        partner_account::{AccountStatus, PartnerAccount},
        provider::{OnboardingLink, ProviderError},
    },
};

use crate::{asking::IN_REQUEST, shared::Payments};

/// An account that is not ready is looked at when it was not for so long, in milliseconds: its report may
/// be lost, and a partner who comes back from the provider's page should see what it became.
const SEEN_MS: i64 = 10_000;

/// Why a partner is not led on.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// The same request may succeed later.
    #[error("the provider does not answer: {why}")]
    Later { why: String, after_ms: Option<i64> },
    /// Our account at the provider or our request is wrong.
    #[error("the provider makes no account: {0}")]
    Refused(ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProviderError> for NoAccount {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Later { why, after_ms } | ProviderError::NotYet { why, after_ms } => {
                Self::Later { why, after_ms }
            }
            ProviderError::Refused { .. } | ProviderError::Unknown => Self::Refused(error),
        }
    }
}

impl Payments {
    /// A link to the page where a partner gives what the provider asks for. The first request makes the
    /// partner's account.
    pub async fn onboarding(&self, partner: &PartnerId) -> Result<OnboardingLink, NoAccount> {
        let (store, provider) = (&self.0.parts.store, &self.0.parts.provider);
        let account = if let Some(account) = self.stored_account(partner).await? {
            account
        } else {
            let made = provider.create_account(partner);
            let made = self.ask("create_account", IN_REQUEST, made).await?;
            let kept = store.keep_account(partner, &made, self.now_ms());
            kept.await?
        };
        let link = provider.onboarding_link(&account.account);
        Ok(self.ask("onboarding_link", IN_REQUEST, link).await?)
    }

    /// A partner's account. One that is not ready is looked at at the provider; if that does not answer,
    /// it is as it was.
    pub async fn account(&self, partner: &PartnerId) -> Result<Option<PartnerAccount>, StoreError> {
        let Some(account) = self.stored_account(partner).await? else {
            return Ok(None);
        };
        let now_ms = self.now_ms();
        if account.status() == AccountStatus::Active || now_ms - account.seen_at_ms < SEEN_MS {
            return Ok(Some(account));
        }
        let found = self.0.parts.provider.account(&account.account);
        match self.ask("account", IN_REQUEST, found).await {
            Ok(found) => {
                let applied = self.0.parts.store.apply_account(&found, now_ms).await?;
                self.applied("account", &found.id, applied);
                self.stored_account(partner).await
            }
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(partner = %partner, error, "an account was not looked at");
                Ok(Some(account))
            }
        }
    }

    async fn stored_account(
        &self,
        partner: &PartnerId,
    ) -> Result<Option<PartnerAccount>, StoreError> {
        let store = &self.0.parts.store;
        let mut found = store.accounts(slice::from_ref(partner)).await?;
        Ok(found.remove(partner))
    }
}
