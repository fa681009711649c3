//! Why a partner is not submitted, decided on or ended: one refusal per cause.

use pq_core::ErrorCode;

use super::{codes, standing::PartnerStatus};
use crate::sentence::Sentence;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingRefusal {
    /// There is no such partner, or it has ended.
    NotFound,
    /// The partner is in another status.
    WrongStatus(PartnerStatus),
    /// The partner has no establishment.
    NoEstablishment,
    /// Another partner was approved with its SIRET.
    SiretTaken,
}

impl StandingRefusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotFound => codes::PARTNER_NOT_FOUND,
            Self::WrongStatus(_) => codes::PARTNER_STATUS_CONFLICT,
            Self::NoEstablishment => codes::ESTABLISHMENT_REQUIRED,
            Self::SiretTaken => codes::SIRET_TAKEN,
        }
    }

    pub const fn sentence(self) -> Sentence {
        let (french, english) = match self {
            Self::NotFound => (
                "ce partenaire n’existe pas",
                "there is no partner with this id",
            ),
            Self::WrongStatus(PartnerStatus::Draft) => {
                ("ce partenaire est un brouillon", "this partner is a draft")
            }
            Self::WrongStatus(PartnerStatus::InReview) => (
                "ce partenaire attend une décision",
                "this partner waits for a decision",
            ),
            Self::WrongStatus(PartnerStatus::Approved) => {
                ("ce partenaire est approuvé", "this partner is approved")
            }
            Self::WrongStatus(PartnerStatus::Suspended) => {
                ("ce partenaire est suspendu", "this partner is suspended")
            }
            Self::NoEstablishment => (
                "ajoutez d’abord un établissement",
                "add an establishment first",
            ),
            Self::SiretTaken => (
                "un autre partenaire est approuvé avec ce SIRET",
                "another partner is approved with this SIRET",
            ),
        };
        Sentence::new(french, english)
    }
}
