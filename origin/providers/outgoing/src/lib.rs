//! Outgoing e-mail and SMS. Providers (Amazon SES, Twilio) will implement [`Outgoing`] in a later
//! issue; until then [`Kept`] stores messages, on developers' machines and in tests.

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
pub enum Telling {
    /// For developers' machines, where the log is the only way to get a code.
    All,
    Nothing,
}

/// Keeps the latest messages instead of sending them.
#[derive(Debug)]
pub struct Kept {
    telling: Telling,
    messages: Mutex<VecDeque<Message>>,
}

impl Kept {
    pub fn new(telling: Telling) -> Self {
        Self {
            telling,
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
impl Outgoing for Kept {
    async fn send(&self, message: Message) -> Result<(), OutgoingError> {
        match self.telling {
            Telling::All => {
                let (to, secret) = message.parts();
                tracing::info!(kind = message.kind(), to, secret, "not sent: no provider");
            }
            Telling::Nothing => tracing::warn!(kind = message.kind(), "not sent: no provider"),
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == MOST {
            messages.pop_front();
        }
        messages.push_back(message);
        Ok(())
    }
}
