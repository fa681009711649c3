//! Messages to users: their kinds and rules, what they say, and the traits that send them.

pub mod kind;
pub mod letter;
pub mod part;
pub mod provider;
pub mod quiet_hours;

use std::fmt;

use async_trait::async_trait;

use crate::sentence::Language;

/// A message to send. Its secret, the last field, is never logged, except in development.
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
    /// An invitation to join the team of the partner with this name.
    Invitation {
        to: String,
        language: Language,
        partner: String,
        token: String,
    },
}

impl Message {
    /// The message's kind, as logs show it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify e-mail",
            Self::ResetPassword { .. } => "reset password",
            Self::PhoneCode { .. } => "phone code",
            Self::Invitation { .. } => "invitation",
        }
    }

    /// The recipient, and the secret that proves that the message arrived.
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
#[error("the provider did not accept the message: {0}")]
pub struct OutgoingError(pub String);

/// Sends messages.
#[async_trait]
pub trait Outgoing: fmt::Debug + Send + Sync {
    async fn send(&self, message: Message) -> Result<(), OutgoingError>;
}
