//! Which addresses of pictures an edit may set: those that are stored already, and those of pictures
//! that the owner uploaded for this purpose.

use async_graphql::{Error, Result};
use domain::{
    PartnerId,
    pictures::{
        codes::PICTURE_ADDRESS_FOREIGN,
        picture::{Owner, Purpose},
    },
    sentence::Sentence,
};

use crate::{
    environment::Environment,
    request::{
        context::RequestContext,
        errors::{failed, refused},
    },
};

/// Whose pictures an edit may show, and for what.
#[derive(Clone, Debug)]
pub struct Place {
    pub owner: Owner,
    pub purpose: Purpose,
}

impl Place {
    pub fn of_partner(partner: &PartnerId, purpose: Purpose) -> Self {
        Self {
            owner: Owner::Partner(partner.clone()),
            purpose,
        }
    }
}

/// Refuses new addresses that show none of the owner's pictures. The others' pictures count as used
/// from now on. `stored` are the addresses that are there already: they may stay, whatever they are.
pub async fn check(
    request: &RequestContext,
    place: &Place,
    stored: &[String],
    given: &[String],
) -> Result<()> {
    let is_new = |address: &&String| !stored.contains(address);
    let new: Vec<&String> = given.iter().filter(is_new).collect();
    let Some(first) = new.first() else {
        return Ok(());
    };
    let services = &request.services;
    let Some(uploads) = &services.uploads else {
        // Without a bucket, developers show pictures of other hosts.
        return match services.environment {
            Environment::Development => Ok(()),
            Environment::Production => Err(foreign(first)),
        };
    };
    let mut named = Vec::with_capacity(new.len());
    for address in new {
        let shown = uploads.shown_at(address);
        named.push((address, shown.ok_or_else(|| foreign(address))?));
    }
    let ids: Vec<_> = named.iter().map(|(_, (id, _))| id.clone()).collect();
    let Place { owner, purpose } = place;
    let claimed = services
        .pictures
        .claim(&ids, owner, *purpose, request.now_ms);
    let claimed = claimed.await.map_err(failed)?;
    for (address, (id, width)) in named {
        let picture = claimed.get(&id);
        if picture.is_none_or(|picture| !picture.widths.contains(&width)) {
            return Err(foreign(address));
        }
    }
    Ok(())
}

fn foreign(address: &str) -> Error {
    refused(
        PICTURE_ADDRESS_FOREIGN,
        Sentence::with(
            format!("`{address}` n’est pas l’adresse d’une image envoyée pour cet usage"),
            format!("`{address}` is not the address of a picture that was uploaded for this use"),
        ),
    )
}
