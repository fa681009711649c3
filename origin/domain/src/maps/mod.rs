//! What a map service is asked: where an address is, which places a text may mean, and how long the way
//! to offers takes. It may be away at any time, and nothing of Yousoon stops then.

pub mod choosing;
pub mod codes;
pub mod travel;
pub mod typing;

use std::fmt;

use async_trait::async_trait;

use crate::{Address, GeoPoint, sentence::Language};

use travel::{By, Way};

/// A place that an address may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The address in one line.
    pub address: String,
    pub location: GeoPoint,
    pub precision: Precision,
    pub postcode: Option<String>,
    /// ISO 3166 country code.
    pub country: Option<String>,
}

/// How exactly the location is that of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// That of the building, or between the buildings of a street.
    Building,
    /// Somewhere in a street, a town or a region.
    Area,
}

/// What somebody has typed of a place's name or address.
#[derive(Clone, PartialEq)]
pub struct Typed {
    pub text: String,
    /// The same for everything that one person types until they choose.
    pub session: String,
    /// Places near this point come first.
    pub near: Option<GeoPoint>,
    pub language: Language,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// A place that a text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The service's name of the place.
    pub place_id: String,
    /// Name and address in one line.
    pub text: String,
    /// The name, or the street.
    pub main: String,
    /// Where that is.
    pub secondary: Option<String>,
}

/// Why a map service has no answer. Neither says what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapsError {
    /// It may answer later: it is down, slow, or asked too often.
    #[error("not now: {why}")]
    Later {
        why: String,
        /// How long it asks to wait, in milliseconds.
        after_ms: Option<i64>,
    },
    /// Our request or our account is wrong.
    #[error("refused: {why}")]
    Refused { why: String },
}

#[async_trait]
pub trait Maps: fmt::Debug + Send + Sync {
    /// The places that an address may mean, the likeliest first.
    async fn geocode(
        &self,
        address: &Address,
        language: Language,
    ) -> Result<Vec<Candidate>, MapsError>;

    /// The places that a text may mean, the likeliest first.
    async fn suggest(&self, typed: &Typed) -> Result<Vec<Suggestion>, MapsError>;

    /// The way to each point, in the same order.
    async fn ways(&self, from: GeoPoint, to: &[GeoPoint], by: By) -> Result<Vec<Way>, MapsError>;
}
