//! What a provider of messages is given, what it answers, and what it reports later.

use std::fmt;

use async_trait::async_trait;

/// An e-mail, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The address of one-click unsubscribing (RFC 8058); none for messages that nobody can switch
    /// off.
    pub unsubscribe: Option<String>,
}

/// An SMS, ready to be sent. `to` is in E.164.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    pub to: String,
    pub text: String,
}

/// A push notification, ready to be sent to all devices of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The provider's names of the devices.
    pub devices: Vec<String>,
    pub title: String,
    pub body: String,
    /// What the app opens.
    pub link: Option<String>,
}

/// A message in the form of its channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Email(Email),
    Sms(Sms),
    Push(Push),
}

/// The provider has taken the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's name of the message, which its reports carry.
    pub provider_id: String,
    /// Devices that it does not know, or no longer.
    pub invalid_devices: Vec<String>,
}

/// Why a provider has not taken a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may take it later: it is down, slow, or asked too often.
    #[error("not now: {why}")]
    Later {
        why: String,
        /// How long it asks to wait.
        after_ms: Option<i64>,
    },
    /// It will never take this message: our request or our account is wrong.
    #[error("refused: {why}")]
    Refused { why: String },
    /// It will never take a message to this recipient.
    #[error("the recipient cannot be reached: {why}")]
    Recipient {
        why: String,
        /// Devices that it does not know, or no longer; empty for other channels.
        invalid_devices: Vec<String>,
    },
}

/// Sends the messages of one channel.
#[async_trait]
pub trait Provider: fmt::Debug + Send + Sync {
    /// The provider's name in logs and metrics.
    fn name(&self) -> &'static str;

    /// Sends a message once for each `key`, where the provider can tell that a key repeats.
    async fn send(&self, key: &str, content: &Content) -> Result<Accepted, SendError>;
}

/// What a provider reports of a message after it took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The provider's name of the report: it may come again.
    pub id: String,
    /// The provider's name of the message, if the report is about one.
    pub provider_id: Option<String>,
    pub at_ms: i64,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// The addresses do not exist, or refuse all messages.
    Bounced(Vec<String>),
    /// These addresses did not take this message; they may take another one.
    NotDelivered(Vec<String>),
    /// The recipients called it spam.
    Complained(Vec<String>),
    /// The provider does not know these devices, or no longer.
    InvalidDevices(Vec<String>),
    /// The owner of the number wants no SMS.
    Stopped(String),
    /// The owner of the number wants SMS again.
    Started(String),
}

/// Why a report is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("the report is not signed")]
    Unsigned,
    #[error("the signature is not the provider's")]
    Signature,
    #[error("the report is too old")]
    Old,
    #[error("the report is for somebody else")]
    Topic,
    #[error("the report cannot be read")]
    Malformed,
    /// What it is verified with cannot be had. The provider should send the report again.
    #[error("the report cannot be verified now")]
    Later,
}
