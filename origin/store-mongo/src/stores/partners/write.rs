//! Writes of partners and establishments, each in the transaction of its session.

use std::collections::BTreeSet;

use domain::{
    Establishment, EstablishmentId, Partner, PartnerId, UserId,
    offers::store::{Author, Purging},
    partners::{
        edit::{EstablishmentEdit, PartnerEdit},
        store::change::{
            Founded, MOST_ESTABLISHMENTS, PartnerUpdated, PlaceAdded, PlaceArchived, PlaceUpdated,
            edited, founding, partner_change, place_change, place_purge,
        },
    },
    users::{
        account::{Membership, Post},
        store::Joined,
    },
};
use mongodb::{
    ClientSession,
    bson::{DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{at_most, object_id},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{
        collections::{ESTABLISHMENTS, PARTNERS},
        offers::of_establishment,
        partners as rows,
        partners::{
            establishment_document,
            held::{held_establishment, partner_exists},
            partner_document,
        },
        users::change::join,
    },
};

pub(super) async fn found(
    db: &MongoDb,
    session: &mut ClientSession,
    partner: &Partner,
    owner: &UserId,
    author: Author,
    now_ms: i64,
) -> Result<Founded, MongoError> {
    let membership = Membership {
        partner: partner.id.clone(),
        post: Post::Owner,
    };
    match join(db, session, owner, &membership, now_ms).await? {
        Joined::NoUser => Ok(Founded::NoUser),
        Joined::Member => Ok(Founded::Member),
        Joined::Done => {
            db.collection::<Document>(PARTNERS)
                .insert_one(partner_document(partner)?)
                .session(&mut *session)
                .await?;
            outbox::push(db, session, &founding(&partner.id, author), now_ms).await?;
            Ok(Founded::Done)
        }
    }
}

pub(super) async fn update_partner(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &PartnerId,
    edit: PartnerEdit,
    author: Author,
    now_ms: i64,
) -> Result<PartnerUpdated, MongoError> {
    let partners = db.collection::<Document>(PARTNERS);
    let this = doc! {"_id": object_id(id)?};
    let stored = partners
        .find_one(this.clone())
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    let Some(stored) = stored else {
        return Ok(PartnerUpdated::NotFound);
    };
    let (after, purge) = partner_change(&rows::partner(&stored)?, edit, author);
    let purging = match purge {
        None => Purging::Nothing,
        Some(purge) => {
            let mut fields = partner_document(&after)?;
            // Not what others write: ratings.
            for kept in ["_id", "rating", "reviewCount", "createdAt"] {
                fields.remove(kept);
            }
            partners
                .update_one(this, doc! {"$set": fields})
                .session(&mut *session)
                .await?;
            outbox::push(db, session, &purge, now_ms).await?;
            Purging::Pending
        }
    };
    Ok(PartnerUpdated::Done(Box::new(after), purging))
}

pub(super) async fn add_establishment(
    db: &MongoDb,
    session: &mut ClientSession,
    place: &Establishment,
    author: Author,
    now_ms: i64,
) -> Result<PlaceAdded, MongoError> {
    if !partner_exists(db, session, &place.partner_id).await? {
        return Ok(PlaceAdded::NoPartner);
    }
    let places = db.collection::<Document>(ESTABLISHMENTS);
    let count = places
        .count_documents(doc! {"partnerId": object_id(&place.partner_id)?})
        .limit(u64::from(at_most(MOST_ESTABLISHMENTS)))
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= MOST_ESTABLISHMENTS {
        return Ok(PlaceAdded::Full);
    }
    places
        .insert_one(establishment_document(place)?)
        .session(&mut *session)
        .await?;
    let purge = place_purge(&place.partner_id, author);
    outbox::push(db, session, &purge, now_ms).await?;
    Ok(PlaceAdded::Done)
}

pub(super) async fn update_establishment(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &EstablishmentId,
    edit: EstablishmentEdit,
    author: Author,
    now_ms: i64,
) -> Result<PlaceUpdated, MongoError> {
    let Some(before) = held_establishment(db, session, id).await? else {
        return Ok(PlaceUpdated::NotFound);
    };
    let Some(after) = edited(&before, edit) else {
        return Ok(PlaceUpdated::NotFound);
    };
    let moved = if before.location == after.location {
        BTreeSet::new()
    } else {
        of_establishment::move_along(db, session, id, after.location).await?
    };
    let purging = match place_change(&before, &after, moved, author) {
        None => Purging::Nothing,
        Some(purge) => {
            let mut fields = establishment_document(&after)?;
            fields.remove("_id");
            set(db, session, id, fields).await?;
            outbox::push(db, session, &purge, now_ms).await?;
            Purging::Pending
        }
    };
    Ok(PlaceUpdated::Done(Box::new(after), purging))
}

pub(super) async fn archive_establishment(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &EstablishmentId,
    author: Author,
    now_ms: i64,
) -> Result<PlaceArchived, MongoError> {
    let Some(before) = held_establishment(db, session, id).await? else {
        return Ok(PlaceArchived::NotFound);
    };
    if before.archived_at_ms.is_some() {
        return Ok(PlaceArchived::Already);
    }
    if of_establishment::is_used(db, session, id).await? {
        return Ok(PlaceArchived::InUse);
    }
    let archived = doc! {"archivedAt": DateTime::from_millis(now_ms)};
    set(db, session, id, archived).await?;
    let purge = place_purge(&before.partner_id, author);
    outbox::push(db, session, &purge, now_ms).await?;
    Ok(PlaceArchived::Done)
}

async fn set(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &EstablishmentId,
    fields: Document,
) -> Result<(), MongoError> {
    db.collection::<Document>(ESTABLISHMENTS)
        .update_one(doc! {"_id": object_id(id)?}, doc! {"$set": fields})
        .session(session)
        .await?;
    Ok(())
}
