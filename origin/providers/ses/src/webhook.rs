//! Requests of Amazon SNS to our webhook.

use std::fmt;

use domain::messages::provider::{Report, ReportError};
use provider_http::SetupError;

use crate::{
    certificates::{Certificates, Source},
    events,
    sns::{Kind, Message},
};

/// How far a message's time may be from ours.
const WINDOW_MS: i64 = 60 * 60 * 1000;

#[derive(Clone, Debug)]
pub struct WebhookConfig {
    pub source: Source,
    /// The topics that we believe. Without this list, anybody's topic could report to us: SNS signs
    /// for all its customers.
    pub topics: Vec<String>,
}

/// Verifies and reads what SES reports through SNS.
pub struct Webhook {
    certificates: Certificates,
    topics: Vec<String>,
}

impl Webhook {
    pub fn new(config: &WebhookConfig) -> Result<Self, SetupError> {
        Ok(Self {
            certificates: Certificates::new(&config.source)?,
            topics: config.topics.clone(),
        })
    }

    /// Reads a request. Nothing of it is used before its signature is verified, except what says
    /// how to verify it. None: the message is SNS's and says nothing final of an e-mail.
    ///
    /// Confirms the subscription of a topic that we believe.
    pub async fn read(&self, body: &[u8], now_ms: i64) -> Result<Option<Report>, ReportError> {
        let message: Message = serde_json::from_slice(body).map_err(|_| ReportError::Malformed)?;
        let kind = message.kind()?;
        if !self.topics.contains(&message.topic_arn) {
            return Err(ReportError::Topic);
        }
        if message.signature.is_none() {
            return Err(ReportError::Unsigned);
        }
        let age_ms = now_ms.saturating_sub(events::at_ms(&message.timestamp)?);
        if !(-WINDOW_MS..=WINDOW_MS).contains(&age_ms) {
            return Err(ReportError::Old);
        }
        let address = message
            .certificate_url
            .as_deref()
            .ok_or(ReportError::Unsigned)?;
        let key = self.certificates.key(address, now_ms).await?;
        message.verify(kind, &key)?;
        match kind {
            Kind::Notification => events::report(&message.id, &message.text),
            Kind::SubscriptionConfirmation => {
                self.confirm(&message).await?;
                Ok(None)
            }
            Kind::UnsubscribeConfirmation => {
                tracing::warn!(topic = message.topic_arn, "the topic reports to us no more");
                Ok(None)
            }
        }
    }

    async fn confirm(&self, message: &Message) -> Result<(), ReportError> {
        let url = message
            .subscribe_url
            .as_deref()
            .ok_or(ReportError::Malformed)?;
        let url = self.certificates.address(url)?;
        self.certificates.get(url).await?;
        tracing::info!(topic = message.topic_arn, "the topic reports to us");
        Ok(())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("topics", &self.topics)
            .finish_non_exhaustive()
    }
}
