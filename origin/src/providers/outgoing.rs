//! What leaves by e-mail and SMS. A provider (Amazon SES, Twilio) comes with a later issue and
//! implements [`Outgoing`]; until then messages are [`Kept`], on a developer's machine and in tests.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use crate::domain::users::account::Language;

/// How many messages are kept.
const MOST: usize = 100;

/// What is sent. No log shows the last part of it, except a developer's.
#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    VerifyEmail {
        to: String,
        language: Language,
        token: String,
    },
    ResetPassword {
        to: String,
        language: Language,
        token: String,
    },
    PhoneCode {
        to: String,
        language: Language,
        code: String,
    },
    /// To join the team of a partner of this name.
    Invitation {
        to: String,
        language: Language,
        partner: String,
        token: String,
    },
}

impl Message {
    /// The word in logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify e-mail",
            Self::ResetPassword { .. } => "reset password",
            Self::PhoneCode { .. } => "phone code",
            Self::Invitation { .. } => "invitation",
        }
    }

    /// To whom, and what proves that it arrived.
    pub fn parts(&self) -> (&str, &str) {
        match self {
            Self::VerifyEmail { to, token, .. }
            | Self::ResetPassword { to, token, .. }
            | Self::Invitation { to, token, .. } => (to, token),
            Self::PhoneCode { to, code, .. } => (to, code),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, …)", self.kind())
    }
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
#[error("the provider did not take a message: {0}")]
pub struct OutgoingError(pub String);

/// Who sends messages.
#[async_trait]
pub trait Outgoing: fmt::Debug + Send + Sync {
    async fn send(&self, message: Message) -> Result<(), OutgoingError>;
}

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
