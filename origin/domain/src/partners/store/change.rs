//! Decides what a write of partners and establishments does, once for all backends: they read, call
//! this, and write the result.

use std::collections::BTreeSet;

use cache_core::Tag;

use crate::{
    Address, Establishment, Partner, PartnerId,
    cities::CityArea,
    offers::store::{Author, Purging},
    partners::edit::{EstablishmentEdit, PartnerEdit},
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// The maximum number of a partner's establishments, including archived ones: one answer shows all.
pub const MOST_ESTABLISHMENTS: usize = 300;

/// The outcome of a new partner.
#[derive(Debug, Clone, PartialEq)]
pub enum Founded {
    /// The owner works for the maximum number of partners.
    TooMany,
    /// The user no longer exists.
    NoUser,
    /// The user already works for a partner.
    Member,
    Done,
}

/// The outcome of an edit of a partner.
#[derive(Debug, Clone, PartialEq)]
pub enum PartnerUpdated {
    NotFound,
    Done(Box<Partner>, Purging),
}

/// The outcome of a new establishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceAdded {
    NoPartner,
    /// The partner has [`MOST_ESTABLISHMENTS`].
    Full,
    Done,
}

/// The outcome of an edit of an establishment.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaceUpdated {
    /// There is no such establishment, or it is archived.
    NotFound,
    Done(Box<Establishment>, Purging),
}

/// The outcome of archiving an establishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceArchived {
    NotFound,
    /// It has offers that are not archived.
    InUse,
    /// It was archived before.
    Already,
    Done,
}

/// The purge for a new partner: lists of partners, if the public sees it.
pub fn founding(partner: &Partner, author: Author) -> PendingPurge {
    let lists = partner.is_public().then(tags::all_partners);
    let own = std::iter::once(tags::partner(&partner.id));
    let purged = own.chain(lists).collect();
    pending(purged, author.action.to_owned(), author.actor)
}

/// The purge for an edit; none when nothing changed. Lists filter by the searched fields and sort
/// by name; a list carries the tag of each partner that it shows.
pub fn partner_change(
    before: &Partner,
    edit: PartnerEdit,
    author: Author,
) -> (Partner, Option<PendingPurge>) {
    let after = edit.apply(before);
    let in_lists = [
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("category", before.category != after.category),
    ];
    let inside = [("logo", before.logo != after.logo)];
    let names = changed(&[&in_lists[..], &inside].concat());
    if names.is_empty() {
        return (after, None);
    }
    let mut purged = vec![tags::partner(&before.id)];
    if before.is_public() && in_lists.iter().any(|(_, changed)| *changed) {
        purged.push(tags::all_partners());
    }
    let purge = pending(purged, reason(&author, &names), author.actor);
    (after, Some(purge))
}

/// The purge for an added or archived establishment: answers that show its partner.
pub fn place_purge(partner: &PartnerId, author: Author) -> PendingPurge {
    let purged = vec![tags::partner(partner)];
    pending(purged, author.action.to_owned(), author.actor)
}

/// The purge for an edit, with the tags of the offers that moved along; none when nothing changed.
pub fn place_change(
    before: &Establishment,
    after: &Establishment,
    moved: BTreeSet<Tag>,
    author: Author,
) -> Option<PendingPurge> {
    let names = changed_in_place(before, after);
    if names.is_empty() {
        return None;
    }
    let mut purged = moved;
    purged.insert(tags::partner(&before.partner_id));
    let city = |place: &Establishment| {
        let Address {
            city,
            postcode,
            country,
            street: _,
        } = &place.address;
        (city.clone(), CityArea::of(country, postcode))
    };
    if city(before) != city(after) {
        // Lists by city that the offers enter, and how many each city has.
        purged.insert(tags::all_offers());
    }
    let reason = reason(&author, &names);
    Some(pending(purged.into_iter().collect(), reason, author.actor))
}

/// The names of the fields that differ between two states of an establishment.
pub fn changed_in_place(before: &Establishment, after: &Establishment) -> Vec<&'static str> {
    changed(&[
        ("name", before.name != after.name),
        ("address", before.address != after.address),
        ("location", before.location != after.location),
        ("phone", before.phone != after.phone),
        ("email", before.email != after.email),
        ("website", before.website != after.website),
        ("openingHours", before.opening_hours != after.opening_hours),
        ("images", before.images != after.images),
    ])
}

/// The establishment after an edit; none if it is archived.
pub fn edited(before: &Establishment, edit: EstablishmentEdit) -> Option<Establishment> {
    match before.archived_at_ms {
        None => Some(edit.apply(before)),
        Some(_) => None,
    }
}

fn changed(fields: &[(&'static str, bool)]) -> Vec<&'static str> {
    let changed = fields.iter().filter(|(_, changed)| *changed);
    changed.map(|(name, _)| *name).collect()
}

fn reason(author: &Author, names: &[&str]) -> String {
    format!("{}: {}", author.action, names.join(", "))
}

const fn pending(purged: Vec<Tag>, reason: String, actor: String) -> PendingPurge {
    PendingPurge {
        tags: purged,
        kind: PurgeKind::Hard,
        reason,
        actor,
    }
}
