//! Which cached answers a change of an offer touches.

use std::collections::BTreeSet;

use crate::domain::{Discount, EstablishmentId, GeoPoint, Offer, OfferCategory, PartnerId};

/// The H3 resolutions at which lists may carry their search disk.
pub const GEO_RESOLUTIONS: std::ops::RangeInclusive<u8> = 3..=8;

/// The tag of every list without a location.
pub const ALL_OFFERS_TAG: &str = "offers:all";

/// An offer before and after a write; absent before its creation and after its deletion.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferChange {
    pub before: Option<Offer>,
    pub after: Option<Offer>,
}

/// What lists filter, sort or show of an offer. A change elsewhere (conditions, schedule, quota,
/// further images) leaves every list as it is.
#[derive(PartialEq)]
struct Listed<'a> {
    title: &'a str,
    description: &'a str,
    partner_id: &'a PartnerId,
    establishment_id: &'a EstablishmentId,
    category: OfferCategory,
    discount: &'a Discount,
    valid_from_ms: i64,
    valid_until_ms: i64,
    first_image: Option<&'a String>,
    location: GeoPoint,
    created_at_ms: i64,
}

impl<'a> Listed<'a> {
    /// None for an inactive offer: no public list holds it. Validity is a list's own affair, its
    /// life ends when an offer starts or ends.
    fn of(offer: &'a Offer) -> Option<Self> {
        offer.is_active.then(|| Self {
            title: &offer.title,
            description: &offer.description,
            partner_id: &offer.partner_id,
            establishment_id: &offer.establishment_id,
            category: offer.category,
            discount: &offer.discount,
            valid_from_ms: offer.valid_from_ms,
            valid_until_ms: offer.valid_until_ms,
            first_image: offer.images.first(),
            location: offer.location,
            created_at_ms: offer.created_at_ms,
        })
    }
}

/// The tags to purge for a change: the offer's and its partner's own, and those of the lists that
/// it enters, leaves or looks different in. Sorted, each once.
pub fn tags_of(change: &OfferChange) -> Vec<String> {
    let mut tags = BTreeSet::new();
    for offer in change.before.iter().chain(&change.after) {
        tags.insert(format!("offer:{}", offer.id));
        tags.insert(format!("partner:{}", offer.partner_id));
    }
    let before = change.before.as_ref().and_then(Listed::of);
    let after = change.after.as_ref().and_then(Listed::of);
    if before != after {
        tags.insert(ALL_OFFERS_TAG.to_owned());
        for listed in before.iter().chain(&after) {
            tags.extend(geo_tags(listed.location));
        }
    }
    tags.into_iter().collect()
}

/// The tags of the cells that hold a place, at every resolution that lists use.
fn geo_tags(place: GeoPoint) -> impl Iterator<Item = String> {
    GEO_RESOLUTIONS
        .filter_map(move |resolution| cache_core::geo::cell(place.lat, place.lng, resolution))
        .map(|cell| format!("geo:{cell:x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OfferId, OfferSchedule, Quota};

    fn offer() -> Offer {
        Offer {
            id: OfferId::derive("offer", "1"),
            title: "Deux galettes".into(),
            description: "À table".into(),
            partner_id: PartnerId::derive("partner", "1"),
            establishment_id: EstablishmentId::derive("establishment", "1"),
            category: OfferCategory::Restaurant,
            discount: Discount {
                percentage: 20,
                description: None,
            },
            conditions: vec![],
            valid_from_ms: 0,
            valid_until_ms: 10,
            schedule: None,
            quota: Some(Quota {
                total: 10,
                remaining: 10,
            }),
            images: vec!["a".into(), "b".into()],
            is_active: true,
            location: GeoPoint::new(48.8566, 2.3522).unwrap(),
            created_at_ms: 0,
        }
    }

    fn edited(edit: impl FnOnce(&mut Offer)) -> Offer {
        let mut edited = offer();
        edit(&mut edited);
        edited
    }

    #[test]
    fn a_change_purges_what_it_can_be_seen_in() {
        const OWN: usize = 2;
        const CELLS: usize = 6;
        const LISTS: usize = OWN + 1 + CELLS;
        let same = || Some(offer());
        let lyon = GeoPoint::new(45.764, 4.8357).unwrap();
        let cases: Vec<(&str, Option<Offer>, Option<Offer>, usize)> = vec![
            ("nothing", None, None, 0),
            ("created", None, same(), LISTS),
            (
                "created inactive",
                None,
                Some(edited(|o| o.is_active = false)),
                OWN,
            ),
            ("deleted", same(), None, LISTS),
            (
                "deactivated",
                same(),
                Some(edited(|o| o.is_active = false)),
                LISTS,
            ),
            ("unchanged", same(), same(), OWN),
            (
                "title",
                same(),
                Some(edited(|o| o.title = "Trois".into())),
                LISTS,
            ),
            (
                "description is searched",
                same(),
                Some(edited(|o| o.description = "Chaud".into())),
                LISTS,
            ),
            (
                "category",
                same(),
                Some(edited(|o| o.category = OfferCategory::Bar)),
                LISTS,
            ),
            (
                "discount",
                same(),
                Some(edited(|o| o.discount.percentage = 30)),
                LISTS,
            ),
            (
                "validity",
                same(),
                Some(edited(|o| o.valid_until_ms = 11)),
                LISTS,
            ),
            (
                "first image",
                same(),
                Some(edited(|o| o.images.reverse())),
                LISTS,
            ),
            (
                "second image",
                same(),
                Some(edited(|o| o.images.truncate(1))),
                OWN,
            ),
            (
                "conditions",
                same(),
                Some(edited(|o| o.conditions.push("x".into()))),
                OWN,
            ),
            ("quota", same(), Some(edited(|o| o.quota = None)), OWN),
            (
                "schedule",
                same(),
                Some(edited(|o| {
                    o.schedule = Some(OfferSchedule {
                        weekdays: vec![1],
                        from: "08:00".into(),
                        to: "09:00".into(),
                    });
                })),
                OWN,
            ),
            (
                "moved far",
                same(),
                Some(edited(|o| o.location = lyon)),
                LISTS + CELLS,
            ),
            (
                "another partner",
                same(),
                Some(edited(|o| o.partner_id = PartnerId::derive("partner", "2"))),
                LISTS + 1,
            ),
        ];
        for (what, before, after, count) in cases {
            let tags = tags_of(&OfferChange { before, after });
            assert_eq!(tags.len(), count, "{what}: {tags:?}");
        }
    }

    #[test]
    fn tags_name_the_offer_its_partner_and_its_cells() {
        let tags = tags_of(&OfferChange {
            before: None,
            after: Some(offer()),
        });
        let offer = offer();
        assert!(tags.contains(&format!("offer:{}", offer.id)));
        assert!(tags.contains(&format!("partner:{}", offer.partner_id)));
        assert!(tags.contains(&"offers:all".to_owned()));
        assert!(tags.contains(&"geo:881fb46625fffff".to_owned()), "{tags:?}");
        assert!(tags.contains(&"geo:831fb4fffffffff".to_owned()), "{tags:?}");
    }
}
