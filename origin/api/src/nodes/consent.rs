//! A user's consents: for which purpose and text version each was granted or withdrawn.

use async_graphql::{Enum, InputObject, SimpleObject};
use domain::{
    broken::{BrokenField, Reading, Rule},
    texts::line,
    users::account,
};

use crate::nodes::moment::{DateTime, timestamp};

const VERSION: Rule = Rule::new(
    "VERSION",
    "compte de 1 à 50 caractères sur une ligne",
    "has 1 to 50 characters on one line",
);

/// A consent to record, granted or withdrawn.
#[derive(Clone, Debug, InputObject)]
pub struct ConsentInput {
    pub purpose: ConsentPurpose,
    /// The version of the text that was shown to the user; 1 to 50 characters on one line.
    pub version: String,
    pub granted: bool,
}

/// What a consent is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "account::Purpose")]
pub enum ConsentPurpose {
    Terms,
    Marketing,
    Location,
    Analytics,
}

impl ConsentInput {
    /// The input with its values as they are stored.
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let version = reading.take(line(&self.version, 1..=50).ok_or(VERSION.at("version")));
        reading.end(Self { version, ..self })
    }

    pub fn at(self, at_ms: i64) -> account::Consent {
        account::Consent {
            purpose: self.purpose.into(),
            version: self.version,
            granted: self.granted,
            at_ms,
        }
    }
}

/// A consent, granted or withdrawn.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Consent")]
pub struct ConsentNode {
    purpose: ConsentPurpose,
    version: String,
    granted: bool,
    at: DateTime,
}

impl From<account::Consent> for ConsentNode {
    fn from(consent: account::Consent) -> Self {
        Self {
            purpose: consent.purpose.into(),
            version: consent.version,
            granted: consent.granted,
            at: timestamp(consent.at_ms),
        }
    }
}
