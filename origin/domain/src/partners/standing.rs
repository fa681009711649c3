//! Where a partner stands: its status, what it was reviewed by, and whether it has ended.

use serde::{Deserialize, Serialize};

use super::siret::Siret;
use crate::words::words;

words! {
    /// How far a partner is on its way to the public.
    PartnerStatus {
        /// Its team prepares it.
        Draft = "DRAFT",
        /// Its owner submitted it, and an operator has not decided yet.
        InReview = "IN_REVIEW",
        /// The public sees it, and its offers can be booked.
        Approved = "APPROVED",
        /// An operator hid it.
        Suspended = "SUSPENDED",
    }
}

/// The standing of a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub status: PartnerStatus,
    /// What its owner submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siret: Option<Siret>,
    /// Why an operator returned or suspended it, for its team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was last submitted: reviews are done in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at_ms: Option<i64>,
    /// When it ended, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at_ms: Option<i64>,
}

impl Default for Standing {
    /// Of a partner that was there before partners were reviewed, and of one that an operator imports.
    fn default() -> Self {
        Self::new(PartnerStatus::Approved)
    }
}

impl Standing {
    pub const fn new(status: PartnerStatus) -> Self {
        Self {
            status,
            siret: None,
            reason: None,
            submitted_at_ms: None,
            archived_at_ms: None,
        }
    }

    /// Exports of earlier formats have no standing: left out where there is nothing to say.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the public sees the partner, its establishments and its offers, and may book them.
    pub fn is_public(&self) -> bool {
        self.status == PartnerStatus::Approved && self.archived_at_ms.is_none()
    }

    /// The SIRET that no other partner may be approved with.
    pub fn held_siret(&self) -> Option<&Siret> {
        let holds = match self.status {
            PartnerStatus::Approved | PartnerStatus::Suspended => self.archived_at_ms.is_none(),
            PartnerStatus::Draft | PartnerStatus::InReview => false,
        };
        self.siret.as_ref().filter(|_| holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_sees_what_is_approved_and_goes_on() {
        for status in PartnerStatus::ALL {
            let standing = Standing::new(*status);
            assert_eq!(standing.is_public(), *status == PartnerStatus::Approved);
            let ended = Standing {
                archived_at_ms: Some(1),
                ..standing
            };
            assert!(!ended.is_public(), "{status:?}");
        }
    }

    #[test]
    fn a_siret_is_held_by_whom_an_operator_believed() {
        let siret = Siret::parse("732 829 320 00074");
        for (status, held) in [
            (PartnerStatus::Draft, false),
            (PartnerStatus::InReview, false),
            (PartnerStatus::Approved, true),
            (PartnerStatus::Suspended, true),
        ] {
            let standing = Standing {
                siret: siret.clone(),
                ..Standing::new(status)
            };
            assert_eq!(standing.held_siret().is_some(), held, "{status:?}");
            let ended = Standing {
                archived_at_ms: Some(1),
                ..standing
            };
            assert_eq!(ended.held_siret(), None);
        }
    }

    #[test]
    fn an_export_from_before_reads_as_approved() {
        let standing: Standing = serde_json::from_str(r#"{"status":"DRAFT"}"#).unwrap();
        assert_eq!(standing, Standing::new(PartnerStatus::Draft));
        assert!(Standing::default().is_plain() && Standing::default().is_public());
    }
}
