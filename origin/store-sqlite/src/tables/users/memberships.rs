//! Memberships as columns: the oldest one has its own, and further ones are a list in JSON.

use domain::{
    EstablishmentId, PartnerId,
    users::membership::{Membership, Memberships, Places, Post},
};
use rusqlite::{Connection, Row, Transaction};

use crate::{
    error::SqliteError,
    tables::{partners::establishment_by_id, word::word},
};

/// The condition for the accounts of a team; the partner is `?1`. Few people work for several partners.
pub const OF_TEAM: &str = "(partner_id = ?1 OR id IN (
    SELECT several.id FROM users AS several, json_each(several.memberships) AS one
    WHERE several.memberships IS NOT NULL AND one.value ->> '$.partnerId' = ?1))";

pub fn read(row: &Row<'_>) -> Result<Memberships, SqliteError> {
    let partner: Option<String> = row.get("partner_id")?;
    let oldest = match partner {
        None => None,
        Some(partner) => Some(Membership {
            partner: word("partner_id", &partner, PartnerId::parse)?,
            post: word("post", &row.get::<_, String>("post")?, Post::parse)?,
            places: read_places(row.get("establishments")?)?,
        }),
    };
    let further: Option<String> = row.get("memberships")?;
    let further: Vec<Membership> = match further {
        None => Vec::new(),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| SqliteError::corrupt("memberships", &error))?,
    };
    Ok(oldest.into_iter().chain(further).collect())
}

/// The oldest membership, and the further ones as they are stored.
pub fn columns(
    memberships: &Memberships,
) -> Result<(Option<&Membership>, Option<String>), SqliteError> {
    let further = match memberships.all() {
        [] | [_] => None,
        [_, further @ ..] => Some(
            serde_json::to_string(further)
                .map_err(|error| SqliteError::corrupt("memberships", &error))?,
        ),
    };
    Ok((memberships.oldest(), further))
}

/// Establishments as a column has them.
pub fn places(places: &Places) -> Option<String> {
    let named = places.named()?;
    let named: Vec<&str> = named.iter().map(EstablishmentId::as_str).collect();
    Some(named.join(" "))
}

pub fn read_places(stored: Option<String>) -> Result<Places, SqliteError> {
    let Some(stored) = stored else {
        return Ok(Places::All);
    };
    let ids = stored
        .split_whitespace()
        .map(|id| word("establishments", id, EstablishmentId::parse));
    Ok(Places::only(ids.collect::<Result<Vec<_>, _>>()?))
}

/// Whether the establishment is this partner's, and not archived.
pub fn is_open(
    connection: &Connection,
    partner: &PartnerId,
    place: &EstablishmentId,
) -> Result<bool, SqliteError> {
    let found = establishment_by_id(connection, place)?;
    Ok(found.is_some_and(|found| found.partner_id == *partner && found.archived_at_ms.is_none()))
}

/// The named establishments that are this partner's, and not archived.
pub fn open(
    tx: &Transaction<'_>,
    partner: &PartnerId,
    places: &Places,
) -> Result<Vec<EstablishmentId>, SqliteError> {
    let mut open = Vec::new();
    for place in places.named().unwrap_or_default() {
        if is_open(tx, partner, place)? {
            open.push(place.clone());
        }
    }
    Ok(open)
}
