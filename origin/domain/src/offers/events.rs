//! Which cached answers a change of an offer purges: [`changed_fields`] is the table.

#[cfg(test)]
pub mod tests;

use std::collections::BTreeSet;

use cache_core::Tag;

use crate::{GeoPoint, Offer, Quota, tags};

/// The H3 resolutions at which lists may carry their search disk.
pub const GEO_RESOLUTIONS: std::ops::RangeInclusive<u8> = 3..=8;

/// An offer before and after a write; `before` is absent on creation, `after` on deletion.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferChange {
    pub before: Option<Offer>,
    pub after: Option<Offer>,
}

/// Where a change is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// In answers that show how many places are left: each of them carries a tag of its own.
    InNumber,
    /// In answers that show the offer: each of them carries the offer's own tag.
    Inside,
    /// Also in lists, even those that do not show the offer yet: they filter or sort by it.
    InLists,
}

/// Every field of an offer by its GraphQL name, where its change is visible, and whether it
/// changed.
///
/// A field that is added to [`Offer`] does not compile until it has its line here.
#[expect(clippy::too_many_lines, reason = "a table with a row for each field")]
fn changed_fields(before: &Offer, after: &Offer) -> [(&'static str, Seen, bool); 26] {
    let Offer {
        id,
        title,
        description,
        partner_id,
        establishment_id,
        category,
        discount,
        conditions,
        valid_from_ms,
        valid_until_ms,
        schedule,
        quota,
        images,
        is_active,
        location,
        created_at_ms,
        limits,
        archived_at_ms,
        // The version changes only together with other fields.
        version: _,
        price,
        admission,
        // The slug and the moment change only together with other fields.
        page: _,
        wording,
    } = before;
    [
        ("id", Seen::InLists, *id != after.id),
        // Lists search these two.
        ("title", Seen::InLists, *title != after.title),
        (
            "description",
            Seen::InLists,
            *description != after.description,
        ),
        ("partner", Seen::InLists, *partner_id != after.partner_id),
        (
            "establishment",
            Seen::InLists,
            *establishment_id != after.establishment_id,
        ),
        ("category", Seen::InLists, *category != after.category),
        ("discount", Seen::InLists, *discount != after.discount),
        ("conditions", Seen::Inside, *conditions != after.conditions),
        (
            "validFrom",
            Seen::InLists,
            *valid_from_ms != after.valid_from_ms,
        ),
        (
            "validUntil",
            Seen::InLists,
            *valid_until_ms != after.valid_until_ms,
        ),
        ("schedule", Seen::Inside, *schedule != after.schedule),
        // Not every booking purges all answers that show the offer; but whether any place is left,
        // and the total, must be current in them.
        ("quota", Seen::InNumber, *quota != after.quota),
        ("quota", Seen::Inside, total(*quota) != total(after.quota)),
        (
            "quota",
            Seen::Inside,
            is_sold_out(*quota) != is_sold_out(after.quota),
        ),
        ("images", Seen::Inside, *images != after.images),
        ("isActive", Seen::InLists, *is_active != after.is_active),
        ("location", Seen::InLists, *location != after.location),
        (
            "createdAt",
            Seen::InLists,
            *created_at_ms != after.created_at_ms,
        ),
        ("limits", Seen::Inside, *limits != after.limits),
        (
            "requiresIdentity",
            Seen::Inside,
            admission.requires_identity != after.admission.requires_identity,
        ),
        (
            "minimumAge",
            Seen::Inside,
            admission.minimum_age != after.admission.minimum_age,
        ),
        (
            "requiresApproval",
            Seen::Inside,
            admission.requires_approval != after.admission.requires_approval,
        ),
        // Lists hold active offers only, so archiving takes effect through `isActive`.
        (
            "isArchived",
            Seen::Inside,
            archived_at_ms.is_some() != after.archived_at_ms.is_some(),
        ),
        ("price", Seen::Inside, *price != after.price),
        (
            "language",
            Seen::Inside,
            wording.language != after.wording.language,
        ),
        // Searched as well.
        (
            "translations",
            Seen::InLists,
            wording.translations != after.wording.translations,
        ),
    ]
}

fn total(quota: Option<Quota>) -> Option<i32> {
    quota.map(|quota| quota.total)
}

fn is_sold_out(quota: Option<Quota>) -> bool {
    quota.is_some_and(Quota::is_sold_out)
}

/// The widest visibility of the change; none if nothing changed that an answer may hold.
fn seen(change: &OfferChange) -> Option<Seen> {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => changed_fields(before, after)
            .into_iter()
            .filter_map(|(_, seen, changed)| changed.then_some(seen))
            .max(),
        (Some(_), None) | (None, Some(_)) => Some(Seen::InLists),
        (None, None) => None,
    }
}

/// The tags to purge for a change: the offer's and its partner's own, that of the places left, and
/// those of the lists that it enters, leaves or looks different in. Sorted, without duplicates.
pub fn tags_of(change: &OfferChange) -> Vec<Tag> {
    let mut purged = BTreeSet::new();
    let seen = seen(change);
    for offer in change.before.iter().chain(&change.after) {
        if seen >= Some(Seen::Inside) {
            purged.insert(tags::offer(&offer.id));
            purged.insert(tags::partner(&offer.partner_id));
        }
        // No list holds an inactive offer. That an offer begins or ends is purged at its moment
        // ([`super::validity`]).
        if seen == Some(Seen::InLists) && offer.is_active {
            purged.extend(tags_in_lists(offer.location));
        }
    }
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && before.quota != after.quota
    {
        purged.insert(tags::quota(&before.id));
    }
    if let Some(after) = change.after.as_ref().filter(|after| after.is_active)
        && !change
            .before
            .as_ref()
            .is_some_and(|before| before.is_active)
    {
        purged.insert(tags::published(&after.id));
    }
    purged.into_iter().collect()
}

/// The names of the fields that differ between two states of an offer, for the audit.
pub fn names_of(before: &Offer, after: &Offer) -> Vec<&'static str> {
    let mut names: Vec<_> = changed_fields(before, after)
        .into_iter()
        .filter_map(|(name, _, changed)| changed.then_some(name))
        .collect();
    names.dedup();
    names
}

/// The tags of all lists that may show an offer at a place.
pub fn tags_in_lists(place: GeoPoint) -> impl Iterator<Item = Tag> {
    std::iter::once(tags::all_offers()).chain(geo_tags(place))
}

/// The tags of the H3 cells that contain a place, at every resolution that lists use.
fn geo_tags(place: GeoPoint) -> impl Iterator<Item = Tag> {
    GEO_RESOLUTIONS
        .filter_map(move |resolution| cache_core::geo::cell(place.lat, place.lng, resolution))
        .map(Tag::geo)
}
