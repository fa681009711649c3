//! A partner's own data from a spreadsheet or a JSON file: establishments and offers, one a line.
//!
//! Reading order: [`table`] finds the columns, [`cells`] reads what stands in them, [`lines`] makes edits of
//! a line, and [`plan`] says what a line would change of what is stored. `docs/import.md` is for partners.
//!
//! A line is known by its `externalId`: the id of what it makes is derived from it and from the partner, so
//! that the same line finds the same row, however often it comes.

mod cells;
pub mod codes;
pub mod lines;
pub mod plan;
pub mod table;
#[cfg(test)]
mod tests;

use pq_core::{ErrorCode, limits};

use crate::{
    EstablishmentId, OfferId, PartnerId,
    broken::{self, BrokenField},
    offers::{
        codes::{APPROVAL_WITH_PRICE, QUOTA_BELOW_BOOKED},
        edit::Unfit,
    },
    sentence::Sentence,
};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = limits::UPLOAD_BYTES;
/// The most lines of a file, without its header.
pub const MAX_LINES: usize = 20_000;

/// Why a line changes nothing, although it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: ErrorCode,
    pub why: Sentence,
}

impl Refused {
    pub const fn new(code: ErrorCode, why: Sentence) -> Self {
        Self { code, why }
    }

    /// Cells that break rules.
    pub fn broken(fields: &[BrokenField]) -> Self {
        Self::new(ErrorCode::BAD_USER_INPUT, broken::sentence(fields))
    }
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Broken(rule) => Self::broken(&[rule.into()]),
            Unfit::BelowBooked(booked) => Self::new(
                QUOTA_BELOW_BOOKED,
                Sentence::with(
                    format!("`quota` vaut au moins {booked} : autant de places sont réservées"),
                    format!("`quota` is at least {booked}: so many places are booked"),
                ),
            ),
            Unfit::ApprovalWithPrice => Self::new(
                APPROVAL_WITH_PRICE,
                Sentence::new(
                    "l’offre demande l’accord de l’établissement et ne peut pas avoir de prix",
                    "the offer asks for the venue's approval and cannot have a price",
                ),
            ),
        }
    }
}

/// The id of the establishment that a partner calls so.
pub fn establishment_id(partner: &PartnerId, external_id: &str) -> EstablishmentId {
    EstablishmentId::derive("sheet establishment", &format!("{partner}\n{external_id}"))
}

/// The id of the offer that a partner calls so.
pub fn offer_id(partner: &PartnerId, external_id: &str) -> OfferId {
    OfferId::derive("sheet offer", &format!("{partner}\n{external_id}"))
}
