//! Outgoing e-mail and SMS. Providers (Amazon SES, Twilio) will implement [`Outgoing`] in a later
//! issue; until then [`UnsentMessages`] stores messages, on developers' machines and in tests.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::messages::{Message, Outgoing, OutgoingError};

/// Maximum messages kept.
const MOST: usize = 100;

/// Whether kept messages are also logged, with their full content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageLog {
    /// For developers' machines, where the log is the only way to get a code.
    Full,
    KindOnly,
}

/// Keeps the latest messages instead of sending them.
#[derive(Debug)]
pub struct UnsentMessages {
    log: MessageLog,
    messages: Mutex<VecDeque<Message>>,
}

impl UnsentMessages {
    pub fn new(log: MessageLog) -> Self {
        Self {
            log,
            messages: Mutex::default(),
        }
    }

    /// Takes the kept messages, oldest first.
    pub fn take(&self) -> Vec<Message> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.drain(..).collect()
    }
}

#[async_trait]
impl Outgoing for UnsentMessages {
    async fn send(&self, message: Message) -> Result<(), OutgoingError> {
        match self.log {
            MessageLog::Full => {
                let (to, secret) = message.parts();
                tracing::info!(kind = message.kind(), to, secret, "not sent: no provider");
            }
            MessageLog::KindOnly => tracing::warn!(kind = message.kind(), "not sent: no provider"),
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == MOST {
            messages.pop_front();
        }
        messages.push_back(message);
        Ok(())
    }
}
