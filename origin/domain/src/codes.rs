//! All error codes of the system: those of the protocol, and those that each block declares.

#[cfg(test)]
mod tests;

use pq_core::ErrorCode;

use crate::{
    announcements, auth, bookings, catalogue, identity, maps, notifications, offers, operators,
    partners, payments, pictures, reviews, team, users,
};

/// A block and the error codes that it declares.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The block's heading in `docs/errors.md`.
    pub title: &'static str,
    pub codes: &'static [ErrorCode],
}

/// The blocks that declare error codes.
pub const BLOCKS: [Block; 15] = [
    Block {
        title: "Signing in",
        codes: auth::error_codes::ALL,
    },
    Block {
        title: "Accounts",
        codes: users::codes::ALL,
    },
    Block {
        title: "Offers",
        codes: offers::codes::ALL,
    },
    Block {
        title: "Partners",
        codes: partners::codes::ALL,
    },
    Block {
        title: "Teams",
        codes: team::codes::ALL,
    },
    Block {
        title: "Bookings",
        codes: bookings::codes::ALL,
    },
    Block {
        title: "Notifications",
        codes: notifications::codes::ALL,
    },
    Block {
        title: "News",
        codes: announcements::codes::ALL,
    },
    Block {
        title: "Maps",
        codes: maps::codes::ALL,
    },
    Block {
        title: "Pictures",
        codes: pictures::codes::ALL,
    },
    Block {
        title: "Payments",
        codes: payments::codes::ALL,
    },
    Block {
        title: "Identity checks",
        codes: identity::codes::ALL,
    },
    Block {
        title: "Imports",
        codes: catalogue::sheet::codes::ALL,
    },
    Block {
        title: "Reviews",
        codes: reviews::codes::ALL,
    },
    Block {
        title: "Operators",
        codes: operators::codes::ALL,
    },
];

/// All error codes: the protocol's first, then block by block.
pub fn all() -> impl Iterator<Item = ErrorCode> {
    let blocks = BLOCKS.iter().flat_map(|block| block.codes);
    ErrorCode::PROTOCOL.iter().chain(blocks).copied()
}

/// The error code that is spelled like this.
pub fn parse(word: &str) -> Option<ErrorCode> {
    all().find(|code| code.as_str() == word)
}
