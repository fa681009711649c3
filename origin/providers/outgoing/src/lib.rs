//! Keeps messages instead of sending them: on developers' machines without providers, and in tests.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::messages::provider::{Accepted, Content, Provider, SendError};

/// Maximum messages kept.
const MOST: usize = 100;

/// Whether kept messages are also logged, with their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageLog {
    /// For developers' machines, where the log is the only way to get a code.
    Full,
    KeyOnly,
}

/// A message that was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// The key of its task.
    pub key: String,
    pub content: Content,
}

/// Keeps the latest messages instead of sending them.
#[derive(Debug)]
pub struct UnsentMessages {
    log: MessageLog,
    messages: Mutex<VecDeque<Unsent>>,
}

impl UnsentMessages {
    pub fn new(log: MessageLog) -> Self {
        Self {
            log,
            messages: Mutex::default(),
        }
    }

    /// Takes the kept messages, oldest first.
    pub fn take(&self) -> Vec<Unsent> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.drain(..).collect()
    }
}

#[async_trait]
impl Provider for UnsentMessages {
    fn name(&self) -> &'static str {
        "none"
    }

    async fn send(&self, key: &str, content: &Content) -> Result<Accepted, SendError> {
        match self.log {
            MessageLog::Full => {
                let (to, text) = match content {
                    Content::Email(email) => (email.to.as_str(), email.text.as_str()),
                    Content::Sms(sms) => (sms.to.as_str(), sms.text.as_str()),
                    Content::Push(push) => ("devices", push.body.as_str()),
                };
                tracing::info!(key, to, text, "not sent: no provider");
            }
            MessageLog::KeyOnly => tracing::warn!(key, "not sent: no provider"),
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == MOST {
            messages.pop_front();
        }
        messages.push_back(Unsent {
            key: key.to_owned(),
            content: content.clone(),
        });
        Ok(Accepted {
            provider_id: key.to_owned(),
            invalid_devices: Vec::new(),
        })
    }
}
