//! At which of a partner's establishments the caller works: staff may be limited to some of them.

use std::collections::HashSet;

use access::caller::Caller;
use async_graphql::{ID, Result};
use domain::{
    EstablishmentId, OfferId, PartnerId, bookings::booking::Booking,
    partners::codes::ESTABLISHMENT_NOT_FOUND, sentence::Sentence,
};

use super::{
    authorise::limited_to,
    context::RequestContext,
    errors::{failed, refused},
};

/// The establishments of which a list shows the bookings: the one that is asked for, or else all at which the
/// caller works; none is all of the partner. The one that is asked for is the partner's, and the caller
/// works there; an archived one is found as well.
pub(crate) async fn shown(
    request: &RequestContext,
    partner: &PartnerId,
    asked: Option<ID>,
) -> Result<Option<Vec<EstablishmentId>>> {
    let limited = limited_to(&request.asker.caller, partner);
    let Some(id) = asked else {
        return Ok(limited.map(<[_]>::to_vec));
    };
    let found = match EstablishmentId::parse(&id) {
        Some(id) => request.loader.load_one(id).await.map_err(failed)?,
        None => None,
    };
    let own = found.filter(|place| {
        place.partner_id == *partner && limited.is_none_or(|limited| limited.contains(&place.id))
    });
    own.map(|place| Some(vec![place.id])).ok_or_else(|| {
        refused(
            ESTABLISHMENT_NOT_FOUND,
            Sentence::new(
                "ce partenaire n’a pas un tel établissement",
                "the partner has no such establishment",
            ),
        )
    })
}

/// Those of the offers that are at one of these establishments. An offer never moves to another one.
pub(crate) async fn at(
    request: &RequestContext,
    places: &[EstablishmentId],
    offers: HashSet<OfferId>,
) -> Result<HashSet<OfferId>> {
    if places.is_empty() {
        return Ok(HashSet::new());
    }
    let found = request.loader.load_many(offers).await.map_err(failed)?;
    let here = found.into_iter();
    Ok(here
        .filter(|(_, offer)| places.contains(&offer.establishment_id))
        .map(|(id, _)| id)
        .collect())
}

/// Whether the booking is at an establishment at which the caller works, or the caller acts for partners.
pub(crate) async fn works_there(request: &RequestContext, booking: &Booking) -> Result<bool> {
    let Some(places) = limited_to(&request.asker.caller, &booking.partner) else {
        return Ok(true);
    };
    let offer = HashSet::from([booking.offer.clone()]);
    Ok(!at(request, places, offer).await?.is_empty())
}

/// Whether the caller made the booking.
pub(crate) fn is_holder(caller: &Caller, booking: &Booking) -> bool {
    match caller {
        Caller::User(user) => booking.user.as_ref() == Some(&user.id),
        Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => false,
    }
}
