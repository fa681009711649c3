//! Memberships in an account's document. `membership` and `establishments` are the oldest one, as before there
//! could be several: an origin of that version reads and writes these two, and leaves the further ones alone.

use domain::{
    EstablishmentId, PartnerId,
    users::membership::{Membership, Memberships, Places, Post},
};
use mongodb::bson::{Bson, Document, doc};

use crate::{
    documents::{bad, id, object_id, optional, part, parts, word},
    error::MongoError,
    tables::partners::held::held_establishment,
    tx::Tx,
};

/// What [`read`] reads.
pub const FIELDS: [&str; 3] = ["membership", "establishments", "memberships"];

/// The accounts of a team.
pub fn of_team(partner: &PartnerId) -> Result<Document, MongoError> {
    let partner = object_id(partner)?;
    Ok(doc! {"$or": [
        {"membership.partnerId": partner},
        {"memberships.partnerId": partner},
    ]})
}

/// The accounts of a partner's owners.
pub fn owners(partner: &PartnerId) -> Result<Document, MongoError> {
    let (partner, owner) = (object_id(partner)?, Post::Owner.as_str());
    Ok(doc! {"$or": [
        {"membership.partnerId": partner, "membership.post": owner},
        {"memberships": {"$elemMatch": {"partnerId": partner, "post": owner}}},
    ]})
}

pub fn read(stored: &Document) -> Result<Memberships, MongoError> {
    let oldest = optional(stored, "membership", |_| {
        Ok(Membership {
            places: read_places(stored)?,
            ..one(part(stored, "membership")?)?
        })
    })?;
    let further = optional(stored, "memberships", |_| parts(stored, "memberships", one))?;
    Ok(oldest
        .into_iter()
        .chain(further.into_iter().flatten())
        .collect())
}

fn one(of: &Document) -> Result<Membership, MongoError> {
    Ok(Membership {
        partner: id(of, "partnerId", PartnerId::parse)?,
        post: word(of, "post", Post::parse)?,
        places: read_places(of)?,
    })
}

/// The fields of [`FIELDS`]. Those that are null are left out of a new document.
pub fn fields(memberships: &Memberships) -> Result<Document, MongoError> {
    let (oldest, further) = match memberships.all() {
        [] => (None, [].as_slice()),
        [oldest, further @ ..] => (Some(oldest), further),
    };
    let membership = match oldest {
        None => Bson::Null,
        Some(of) => doc! {"partnerId": object_id(&of.partner)?, "post": of.post.as_str()}.into(),
    };
    let establishments = match oldest {
        None => Bson::Null,
        Some(of) => places(&of.places)?,
    };
    let further = match further {
        [] => Bson::Null,
        further => list(further)?,
    };
    Ok(doc! {
        "membership": membership,
        "establishments": establishments,
        "memberships": further,
    })
}

/// Memberships as a list of documents.
pub fn list(all: &[Membership]) -> Result<Bson, MongoError> {
    let document = |of: &Membership| {
        let mut document = doc! {"partnerId": object_id(&of.partner)?, "post": of.post.as_str()};
        if !of.places.is_all() {
            document.insert("establishments", places(&of.places)?);
        }
        Ok(Bson::Document(document))
    };
    let all: Result<Vec<Bson>, MongoError> = all.iter().map(document).collect();
    Ok(all?.into())
}

/// Reads what [`list`] made.
pub fn read_list(stored: &Bson) -> Option<Vec<Membership>> {
    let list = stored.as_array()?.iter();
    list.map(|of| one(of.as_document()?).ok()).collect()
}

/// Establishments as they are stored; null is all of the partner.
pub fn places(places: &Places) -> Result<Bson, MongoError> {
    let Some(named) = places.named() else {
        return Ok(Bson::Null);
    };
    let named = named.iter().map(|id| Ok(object_id(id)?.into()));
    let named: Result<Vec<Bson>, MongoError> = named.collect();
    Ok(named?.into())
}

/// The field `establishments`; an origin of an earlier version leaves it out.
pub fn read_places(stored: &Document) -> Result<Places, MongoError> {
    let named = optional(stored, "establishments", |_| {
        let list = stored.get_array("establishments");
        let list = list.map_err(bad("establishments"))?.iter();
        let ids = list.map(|id| EstablishmentId::parse(&id.as_object_id()?.to_hex()));
        ids.collect::<Option<Vec<_>>>()
            .ok_or_else(|| MongoError::corrupt("establishments", &"not a list of ids"))
    })?;
    Ok(named.into())
}

/// The named establishments that are this partner's and not archived, until the transaction ends: to archive
/// one conflicts.
pub async fn open(
    tx: &mut Tx,
    partner: &PartnerId,
    places: &Places,
) -> Result<Vec<EstablishmentId>, MongoError> {
    let mut open = Vec::new();
    for place in places.named().unwrap_or_default() {
        let found = held_establishment(tx, place).await?;
        let is_open = found
            .is_some_and(|found| found.partner_id == *partner && found.archived_at_ms.is_none());
        if is_open {
            open.push(place.clone());
        }
    }
    Ok(open)
}
