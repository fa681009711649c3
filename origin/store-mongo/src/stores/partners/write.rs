//! Writes of partners and establishments, each in one transaction.

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
    slugs::{PageKind, Slugs},
    users::{
        membership::{Membership, Post},
        store::Joined,
    },
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::object_id,
    error::MongoError,
    outbox,
    tables::{
        collections::{ESTABLISHMENTS, PARTNERS},
        offers::of_establishment,
        partners as rows,
        partners::{
            establishment_document,
            held::{held_establishment, hold_open_partner},
            partner_document, standing_fields,
        },
        slugs,
        users::change::{join, leave_place},
    },
    tx::Tx,
};

pub(super) async fn found(
    tx: &mut Tx,
    partner: &Partner,
    owner: &UserId,
    author: Author,
    now_ms: i64,
) -> Result<Founded, MongoError> {
    let membership = Membership::new(partner.id.clone(), Post::Owner);
    match join(tx, owner, &membership, now_ms).await? {
        Joined::NoUser => Ok(Founded::NoUser),
        Joined::Member => Ok(Founded::Member),
        Joined::TooMany => Ok(Founded::TooMany),
        Joined::Done => {
            let mut partner = partner.clone();
            partner.page.slugs = partner_slugs(tx, &partner).await?;
            tx.insert_one(PARTNERS, partner_document(&partner)?).await?;
            outbox::push(tx, &founding(&partner, author), now_ms).await?;
            Ok(Founded::Done)
        }
    }
}

pub(super) async fn update_partner(
    tx: &mut Tx,
    id: &PartnerId,
    edit: PartnerEdit,
    author: Author,
    now_ms: i64,
) -> Result<PartnerUpdated, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let stored = tx.find_one(PARTNERS, this.clone()).await?;
    let stored = stored.as_ref().map(rows::partner).transpose()?;
    let Some(before) = stored.filter(|partner| !partner.is_archived()) else {
        return Ok(PartnerUpdated::NotFound);
    };
    let (mut after, purge) = partner_change(&before, edit, author);
    let purging = match purge {
        None => Purging::Nothing,
        Some(purge) => {
            after.page.slugs = partner_slugs(tx, &after).await?;
            after.page.updated_at_ms = now_ms;
            let mut fields = partner_document(&after)?;
            // Not what others write: ratings, and where it stands.
            for kept in ["_id", "rating", "reviewCount", "createdAt"] {
                fields.remove(kept);
            }
            for kept in standing_fields(&after.standing).keys() {
                fields.remove(kept);
            }
            tx.update_one(PARTNERS, this, slugs::set(fields)).await?;
            outbox::push(tx, &purge, now_ms).await?;
            Purging::Pending
        }
    };
    Ok(PartnerUpdated::Done(Box::new(after), purging))
}

pub(super) async fn add_establishment(
    tx: &mut Tx,
    place: &Establishment,
    author: Author,
    now_ms: i64,
) -> Result<PlaceAdded, MongoError> {
    if !hold_open_partner(tx, &place.partner_id).await? {
        return Ok(PlaceAdded::NoPartner);
    }
    let of_partner = doc! {"partnerId": object_id(&place.partner_id)?};
    let count = tx.count_up_to(ESTABLISHMENTS, of_partner, MOST_ESTABLISHMENTS);
    if count.await? >= MOST_ESTABLISHMENTS {
        return Ok(PlaceAdded::Full);
    }
    let mut place = place.clone();
    place.page.slugs = place_slugs(tx, &place).await?;
    tx.insert_one(ESTABLISHMENTS, establishment_document(&place)?)
        .await?;
    let purge = place_purge(&place.partner_id, author);
    outbox::push(tx, &purge, now_ms).await?;
    Ok(PlaceAdded::Done)
}

pub(super) async fn update_establishment(
    tx: &mut Tx,
    id: &EstablishmentId,
    edit: EstablishmentEdit,
    author: Author,
    now_ms: i64,
) -> Result<PlaceUpdated, MongoError> {
    let Some(before) = held_establishment(tx, id).await? else {
        return Ok(PlaceUpdated::NotFound);
    };
    let Some(mut after) = edited(&before, edit) else {
        return Ok(PlaceUpdated::NotFound);
    };
    let moved = if before.location == after.location {
        BTreeSet::new()
    } else {
        of_establishment::move_along(tx, id, after.location).await?
    };
    let purging = match place_change(&before, &after, moved, author) {
        None => Purging::Nothing,
        Some(purge) => {
            after.page.slugs = place_slugs(tx, &after).await?;
            after.page.updated_at_ms = now_ms;
            let mut fields = establishment_document(&after)?;
            fields.remove("_id");
            set(tx, id, fields).await?;
            outbox::push(tx, &purge, now_ms).await?;
            Purging::Pending
        }
    };
    Ok(PlaceUpdated::Done(Box::new(after), purging))
}

pub(super) async fn archive_establishment(
    tx: &mut Tx,
    id: &EstablishmentId,
    author: Author,
    now_ms: i64,
) -> Result<PlaceArchived, MongoError> {
    let Some(before) = held_establishment(tx, id).await? else {
        return Ok(PlaceArchived::NotFound);
    };
    if before.archived_at_ms.is_some() {
        return Ok(PlaceArchived::Already);
    }
    if of_establishment::is_used(tx, id).await? {
        return Ok(PlaceArchived::InUse);
    }
    let archived = doc! {"archivedAt": DateTime::from_millis(now_ms)};
    set(tx, id, archived).await?;
    leave_place(tx, &before.partner_id, id, now_ms).await?;
    let purge = place_purge(&before.partner_id, author);
    outbox::push(tx, &purge, now_ms).await?;
    Ok(PlaceArchived::Done)
}

async fn set(tx: &mut Tx, id: &EstablishmentId, fields: Document) -> Result<(), MongoError> {
    let this = doc! {"_id": object_id(id)?};
    tx.update_one(ESTABLISHMENTS, this, slugs::set(fields))
        .await?;
    Ok(())
}

async fn partner_slugs(tx: &mut Tx, partner: &Partner) -> Result<Slugs, MongoError> {
    let (kind, before) = (PageKind::Partner, &partner.page.slugs);
    slugs::named(tx, kind, &partner.id, &[&partner.name], before).await
}

async fn place_slugs(tx: &mut Tx, place: &Establishment) -> Result<Slugs, MongoError> {
    let (kind, before) = (PageKind::Establishment, &place.page.slugs);
    let parts = [place.name.as_str(), &place.address.city];
    slugs::named(tx, kind, &place.id, &parts, before).await
}
