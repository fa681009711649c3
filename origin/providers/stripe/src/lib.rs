//! Payments through Stripe: intents that a guest's card or wallet pays, refunds, accounts of partners
//! (Connect, destination charges), and the reports that Stripe sends to a webhook.
//!
//! Nothing of a card reaches this crate: the app gives it to Stripe. A request that makes something has
//! an idempotency key, so that it can be sent again when its answer was lost.

mod errors;
mod form;
mod signature;
mod webhook;
mod wire;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    PartnerId,
    payments::provider::{
        Dispute, Intent, IntentStatus, Movements, NewIntent, NewProviderRefund, OnboardingLink,
        PaymentProvider, Payout, ProviderAccount, ProviderError, ProviderRefund,
    },
    secret::Secret,
};
use provider_http::{Mode, Provider as Http, SetupError};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use url::Url;

pub use signature::signature;
pub use webhook::{Event, Webhook};

use form::Form;

/// Answers and reports have the fields of this version, whichever the account's is.
pub const API_VERSION: &str = "2025-12-15.clover";
/// A page of the books, each line with what moved the money.
const MOST_ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// The most that Stripe lists at once.
const PAGE: usize = 100;

/// Whether money is real. The secret key says so, and each report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Livemode {
    Live,
    Test,
}

impl Livemode {
    /// Of a secret key; none if it is none.
    pub fn of_key(key: &Secret) -> Option<Self> {
        let begins = |prefixes: [&[u8]; 2]| {
            let mut prefixes = prefixes.iter();
            prefixes.any(|prefix| key.expose().starts_with(prefix))
        };
        if begins([b"sk_live_", b"rk_live_"]) {
            Some(Self::Live)
        } else if begins([b"sk_test_", b"rk_test_"]) {
            Some(Self::Test)
        } else {
            None
        }
    }
}

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://api.stripe.com`.
    pub base: Url,
    pub mode: Mode,
    pub timeout: Duration,
    pub secret_key: Secret,
    /// Where a partner goes who has done what Stripe asked for.
    pub onboarding_return: Url,
    /// Where a partner goes whose link is used up or too old: it makes a new one.
    pub onboarding_refresh: Url,
}

#[derive(Clone)]
pub struct Stripe {
    http: Http,
    config: Config,
}

impl Stripe {
    pub fn new(config: Config) -> Result<Self, SetupError> {
        let http = Http::new(&config.base, config.mode, config.timeout)?;
        let http = http.reading(MOST_ANSWER_BYTES);
        Ok(Self { http, config })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &Form,
        account: Option<&str>,
    ) -> Result<T, ProviderError> {
        let mut url = self.http.url(path);
        let query = query.encoded();
        url.set_query((!query.is_empty()).then_some(&query));
        let mut request = self.http.request(Method::GET, url);
        if let Some(account) = account {
            request = request.header("stripe-account", account);
        }
        self.ask(request).await
    }

    /// `key` makes a repetition the same request.
    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        form: &Form,
        key: Option<&str>,
    ) -> Result<T, ProviderError> {
        let request = self
            .http
            .request(Method::POST, self.http.url(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.encoded());
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        self.ask(request).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ProviderError> {
        // reqwest marks it as sensitive.
        let key = String::from_utf8_lossy(self.config.secret_key.expose());
        let request = request
            .bearer_auth(key)
            .header("stripe-version", API_VERSION);
        let answer = self.http.send(request).await;
        let answer = answer.map_err(errors::unanswered)?;
        if !answer.status.is_success() {
            return Err(errors::error(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(|_| errors::unreadable(&answer))
    }

    /// The refund that was made for this one before, if there is one. Stripe forgets keys after a day.
    async fn refund_made(
        &self,
        new: &NewProviderRefund,
    ) -> Result<Option<wire::Refund>, ProviderError> {
        let query = Form::default()
            .with("payment_intent", &new.intent)
            .with("limit", PAGE);
        let made: wire::List<wire::Refund> = self.get(&["v1", "refunds"], &query, None).await?;
        Ok(made.data.into_iter().find(|made| made.is_of(&new.refund)))
    }
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stripe").field(&self.http).finish()
    }
}

#[async_trait]
impl PaymentProvider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn create_intent(&self, new: &NewIntent) -> Result<Intent, ProviderError> {
        let currency = new.money.currency.as_str().to_ascii_lowercase();
        let mut form = Form::default()
            .with("amount", new.money.minor)
            .with("currency", currency)
            // Apple Pay and Google Pay are cards. What takes days would end after its booking has.
            .with("payment_method_types[]", "card")
            .within("transfer_data", "destination", &new.account)
            .within("metadata", "payment", &new.payment);
        if new.fee > 0 {
            form = form.with("application_fee_amount", new.fee);
        }
        let key = format!("payment:{}", new.payment);
        let path = ["v1", "payment_intents"];
        let made: wire::PaymentIntent = self.post(&path, &form, Some(&key)).await?;
        Ok(made.into())
    }

    async fn intent(&self, id: &str) -> Result<Intent, ProviderError> {
        let path = ["v1", "payment_intents", id];
        let found: wire::PaymentIntent = self.get(&path, &Form::default(), None).await?;
        Ok(found.into())
    }

    async fn cancel_intent(&self, id: &str) -> Result<Intent, ProviderError> {
        let path = ["v1", "payment_intents", id, "cancel"];
        match self
            .post::<wire::PaymentIntent>(&path, &Form::default(), None)
            .await
        {
            Ok(cancelled) => Ok(cancelled.into()),
            // Its money came before, or it was cancelled before: the intent says which.
            Err(ProviderError::Refused { why, .. }) => {
                let intent = self.intent(id).await?;
                if intent.status == IntentStatus::Waiting {
                    // The bank refused a payment between the two requests: now it can be cancelled.
                    let after_ms = None;
                    return Err(ProviderError::NotYet { why, after_ms });
                }
                Ok(intent)
            }
            Err(
                error @ (ProviderError::Later { .. }
                | ProviderError::NotYet { .. }
                | ProviderError::Unknown),
            ) => Err(error),
        }
    }

    async fn create_refund(
        &self,
        new: &NewProviderRefund,
    ) -> Result<ProviderRefund, ProviderError> {
        let made = if let Some(made) = self.refund_made(new).await? {
            made
        } else {
            let form = Form::default()
                .with("payment_intent", &new.intent)
                .with("amount", new.amount)
                .with("reverse_transfer", true)
                .with("refund_application_fee", true)
                .within("metadata", "refund", &new.refund);
            let key = format!("refund:{}", new.refund);
            self.post(&["v1", "refunds"], &form, Some(&key)).await?
        };
        made.read().ok_or(ProviderError::Unknown)
    }

    async fn refund(&self, id: &str) -> Result<ProviderRefund, ProviderError> {
        let path = ["v1", "refunds", id];
        let found: wire::Refund = self.get(&path, &Form::default(), None).await?;
        found.read().ok_or(ProviderError::Unknown)
    }

    async fn dispute(&self, id: &str) -> Result<Option<Dispute>, ProviderError> {
        let path = ["v1", "disputes", id];
        let found: wire::DisputeObject = self.get(&path, &Form::default(), None).await?;
        Ok(found.read())
    }

    async fn create_account(&self, partner: &PartnerId) -> Result<ProviderAccount, ProviderError> {
        let form = Form::default()
            .with("type", "express")
            .within("capabilities[card_payments]", "requested", true)
            .within("capabilities[transfers]", "requested", true)
            .within("metadata", "partner", partner);
        let key = format!("account:{partner}");
        let made: wire::Account = self.post(&["v1", "accounts"], &form, Some(&key)).await?;
        Ok(made.into())
    }

    async fn account(&self, id: &str) -> Result<ProviderAccount, ProviderError> {
        let path = ["v1", "accounts", id];
        let found: wire::Account = self.get(&path, &Form::default(), None).await?;
        Ok(found.into())
    }

    async fn onboarding_link(&self, account: &str) -> Result<OnboardingLink, ProviderError> {
        // Without a key: a link is good once, and each request needs another one.
        let form = Form::default()
            .with("account", account)
            .with("refresh_url", &self.config.onboarding_refresh)
            .with("return_url", &self.config.onboarding_return)
            .with("type", "account_onboarding");
        let made: wire::AccountLink = self.post(&["v1", "account_links"], &form, None).await?;
        Ok(made.into())
    }

    async fn payout(&self, account: &str, id: &str) -> Result<Payout, ProviderError> {
        let path = ["v1", "payouts", id];
        let found: wire::PayoutObject = self.get(&path, &Form::default(), Some(account)).await?;
        Ok(found.read(account))
    }

    async fn movements(
        &self,
        from_ms: i64,
        until_ms: i64,
        after: Option<&str>,
    ) -> Result<Movements, ProviderError> {
        let seconds = |ms: i64| ms.div_euclid(1_000);
        let mut query = Form::default()
            .within("created", "gte", seconds(from_ms))
            .within("created", "lt", seconds(until_ms))
            .with("limit", PAGE)
            .with("expand[]", "data.source");
        if let Some(after) = after {
            query = query.with("starting_after", after);
        }
        let path = ["v1", "balance_transactions"];
        let page: wire::List<wire::BalanceTransaction> = self.get(&path, &query, None).await?;
        let last = page.data.last().map(|line| line.id.clone());
        Ok(Movements {
            next: last.filter(|_| page.has_more),
            movements: page
                .data
                .into_iter()
                .filter_map(wire::BalanceTransaction::read)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests;
