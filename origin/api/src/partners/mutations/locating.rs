//! Where an establishment is whose location nobody gave: its address is looked up, before the write.

use async_graphql::{Error, Result};
use domain::{
    Address, Establishment, GeoPoint,
    maps::{
        Candidate,
        choosing::Meaning,
        codes::{ADDRESS_NOT_FOUND, POSITION_REQUIRED},
    },
    offers::edit::Edit,
    partners::edit::EstablishmentEdit,
    sentence::Sentence,
};

use crate::{
    maps::service::Away,
    request::{
        context::RequestContext,
        errors::{ambiguous, refused},
        reader::Reader,
    },
};

/// The location of an address, or why it is not known.
pub(super) async fn locate(request: &RequestContext, address: &Address) -> Result<GeoPoint> {
    let services = &request.services;
    let language = Reader::of(&request.asker).language(services).await;
    let found: Result<Vec<Candidate>, Away> = services.maps.geocode(address, language).await;
    match found.map(|found| Meaning::of(address, found)) {
        Ok(Meaning::Here(location)) => Ok(location),
        Ok(Meaning::OneOf(candidates)) => Err(ambiguous(candidates)),
        Ok(Meaning::Nothing) => Err(not_found()),
        Err(Away) => Err(position_required()),
    }
}

/// The edit, with the location of a new address if none was given: an establishment does not stay where
/// it was when its address moves.
pub(super) async fn follow_address(
    request: &RequestContext,
    before: &Establishment,
    mut edit: EstablishmentEdit,
) -> Result<EstablishmentEdit> {
    if let (Edit::Set(address), Edit::Keep) = (&edit.address, &edit.location)
        && *address != before.address
    {
        edit.location = Edit::Set(locate(request, address).await?);
    }
    Ok(edit)
}

fn not_found() -> Error {
    refused(
        ADDRESS_NOT_FOUND,
        Sentence::new(
            "cette adresse n’a pas été trouvée : corrigez-la, ou placez l’établissement sur la carte",
            "this address was not found: correct it, or put the establishment on the map",
        ),
    )
}

fn position_required() -> Error {
    refused(
        POSITION_REQUIRED,
        Sentence::new(
            "l’adresse ne peut pas être recherchée en ce moment : placez l’établissement sur la carte",
            "the address cannot be looked up now: put the establishment on the map",
        ),
    )
}
