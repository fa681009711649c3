//! What a letter becomes: the form of each channel, to which the caller adds the recipient.
//!
//! `Debug` shows no texts: codes and tokens stand in them.

use std::fmt;

use domain::messages::provider::{Email, Push, Sms};

/// A letter's text for one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    Email(EmailText),
    Sms(SmsText),
    Push(ShortText),
    Inbox(ShortText),
}

#[derive(Clone, PartialEq, Eq)]
pub struct EmailText {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// None for messages that nobody can switch off.
    pub unsubscribe: Option<String>,
}

impl EmailText {
    pub fn to(self, to: String) -> Email {
        Email {
            to,
            subject: self.subject,
            text: self.text,
            html: self.html,
            unsubscribe: self.unsubscribe,
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct SmsText {
    pub text: String,
}

impl SmsText {
    /// `to` is in E.164.
    pub fn to(self, to: String) -> Sms {
        Sms {
            to,
            text: self.text,
        }
    }
}

/// The text of a push notification, or of an entry of the inbox.
#[derive(Clone, PartialEq, Eq)]
pub struct ShortText {
    pub title: String,
    pub body: String,
    /// What the app opens.
    pub link: Option<String>,
}

impl ShortText {
    pub fn to(self, devices: Vec<String>) -> Push {
        Push {
            devices,
            title: self.title,
            body: self.body,
            link: self.link,
        }
    }
}

impl fmt::Debug for EmailText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailText(…)")
    }
}

impl fmt::Debug for SmsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmsText(…)")
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortText(…)")
    }
}
