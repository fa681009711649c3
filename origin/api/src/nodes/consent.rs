//! A user's consents: for which purpose and text version each was granted or withdrawn.

use async_graphql::{Enum, InputObject, SimpleObject};
use domain::users::account;
use validator::Validate;

use crate::{
    nodes::moment::{DateTime, timestamp},
    request::validation,
};

/// A consent to record, granted or withdrawn.
#[derive(Clone, Debug, InputObject, Validate)]
pub struct ConsentInput {
    pub purpose: ConsentPurpose,
    /// The version of the text that was shown to the user.
    #[validate(custom(function = "validation::version"))]
    pub version: String,
    pub granted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "account::Purpose")]
pub enum ConsentPurpose {
    Terms,
    Marketing,
    Location,
    Analytics,
}

impl ConsentInput {
    pub fn at(self, at_ms: i64) -> account::Consent {
        account::Consent {
            purpose: self.purpose.into(),
            version: self.version.trim().to_owned(),
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
