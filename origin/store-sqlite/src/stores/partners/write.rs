//! Writes of partners and establishments: rows, words and purge in one transaction.

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
        change::AccountChange,
        membership::{Membership, Post},
        store::Joined,
    },
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{
        offers::of_establishment,
        partners as rows, slugs,
        users::{
            change::{apply, join},
            members,
        },
    },
};

pub(super) fn found(
    tx: &Transaction<'_>,
    partner: &Partner,
    owner: &UserId,
    author: Author,
    now_ms: i64,
) -> Result<Founded, SqliteError> {
    let membership = Membership::new(partner.id.clone(), Post::Owner);
    match join(tx, owner, &membership, now_ms)? {
        Joined::NoUser => Ok(Founded::NoUser),
        Joined::Member => Ok(Founded::Member),
        Joined::TooMany => Ok(Founded::TooMany),
        Joined::Done => {
            let mut partner = partner.clone();
            partner.page.slugs = partner_slugs(tx, &partner)?;
            rows::insert_partner(tx, &partner)?;
            outbox_push(tx, &founding(&partner, author), now_ms)?;
            Ok(Founded::Done)
        }
    }
}

pub(super) fn update_partner(
    tx: &Transaction<'_>,
    id: &PartnerId,
    edit: PartnerEdit,
    author: Author,
    now_ms: i64,
) -> Result<PartnerUpdated, SqliteError> {
    let Some(before) = rows::open_partner(tx, id)? else {
        return Ok(PartnerUpdated::NotFound);
    };
    let (mut after, purge) = partner_change(&before, edit, author);
    let purging = match purge {
        None => Purging::Nothing,
        Some(purge) => {
            after.page.slugs = partner_slugs(tx, &after)?;
            after.page.updated_at_ms = now_ms;
            rows::replace_partner(tx, &before, &after)?;
            outbox_push(tx, &purge, now_ms)?;
            Purging::Pending
        }
    };
    Ok(PartnerUpdated::Done(Box::new(after), purging))
}

pub(super) fn add_establishment(
    tx: &Transaction<'_>,
    place: &Establishment,
    author: Author,
    now_ms: i64,
) -> Result<PlaceAdded, SqliteError> {
    if rows::open_partner(tx, &place.partner_id)?.is_none() {
        return Ok(PlaceAdded::NoPartner);
    }
    let count: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM establishments WHERE partner_id = ?1")?
        .query_row([place.partner_id.as_str()], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= MOST_ESTABLISHMENTS {
        return Ok(PlaceAdded::Full);
    }
    let mut place = place.clone();
    place.page.slugs = place_slugs(tx, &place)?;
    rows::insert_establishment(tx, &place)?;
    outbox_push(tx, &place_purge(&place.partner_id, author), now_ms)?;
    Ok(PlaceAdded::Done)
}

pub(super) fn update_establishment(
    tx: &Transaction<'_>,
    id: &EstablishmentId,
    edit: EstablishmentEdit,
    author: Author,
    now_ms: i64,
) -> Result<PlaceUpdated, SqliteError> {
    let Some(before) = rows::establishment_by_id(tx, id)? else {
        return Ok(PlaceUpdated::NotFound);
    };
    let Some(mut after) = edited(&before, edit) else {
        return Ok(PlaceUpdated::NotFound);
    };
    let moved = if before.location == after.location {
        std::collections::BTreeSet::new()
    } else {
        of_establishment::move_along(tx, id, after.location)?
    };
    let purging = match place_change(&before, &after, moved, author) {
        None => Purging::Nothing,
        Some(purge) => {
            after.page.slugs = place_slugs(tx, &after)?;
            after.page.updated_at_ms = now_ms;
            rows::replace_establishment(tx, &before, &after)?;
            outbox_push(tx, &purge, now_ms)?;
            Purging::Pending
        }
    };
    Ok(PlaceUpdated::Done(Box::new(after), purging))
}

pub(super) fn archive_establishment(
    tx: &Transaction<'_>,
    id: &EstablishmentId,
    author: Author,
    now_ms: i64,
) -> Result<PlaceArchived, SqliteError> {
    let Some(before) = rows::establishment_by_id(tx, id)? else {
        return Ok(PlaceArchived::NotFound);
    };
    if before.archived_at_ms.is_some() {
        return Ok(PlaceArchived::Already);
    }
    if of_establishment::is_used(tx, id)? {
        return Ok(PlaceArchived::InUse);
    }
    tx.prepare_cached("UPDATE establishments SET archived_at_ms = ?2 WHERE id = ?1")?
        .execute((id.as_str(), now_ms))?;
    for member in members(tx, &before.partner_id)? {
        apply(
            tx,
            &member.id,
            &AccountChange::PlaceArchived(id.clone()),
            now_ms,
        )?;
    }
    outbox_push(tx, &place_purge(&before.partner_id, author), now_ms)?;
    Ok(PlaceArchived::Done)
}

fn partner_slugs(tx: &Transaction<'_>, partner: &Partner) -> Result<Slugs, SqliteError> {
    let (kind, before) = (PageKind::Partner, &partner.page.slugs);
    slugs::named(tx, kind, &partner.id, &[&partner.name], before)
}

fn place_slugs(tx: &Transaction<'_>, place: &Establishment) -> Result<Slugs, SqliteError> {
    let (kind, before) = (PageKind::Establishment, &place.page.slugs);
    slugs::named(
        tx,
        kind,
        &place.id,
        &[&place.name, &place.address.city],
        before,
    )
}
