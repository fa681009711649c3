//! What leaves by e-mail and SMS. A provider (Amazon SES, Twilio) comes with a later issue and
//! implements [`Outgoing`]; until then messages are [`Kept`], on a developer's machine and in tests.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::messages::{Message, Outgoing, OutgoingError};

/// How many messages are kept.
const MOST: usize = 100;

/// Whether kept messages are also told to the log, with all that is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// On a developer's machine: nothing else leads to the code.
    All,
    Nothing,
}

/// Keeps the last messages, and sends none.
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

    /// Takes what was sent, oldest first.
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
