use super::*;
use crate::{
    Admission, BookingLimits, Category, Discount, EstablishmentId, OfferId, OfferSchedule,
    PartnerId, Quota,
    payments::{money::Currency, price::OfferPrice},
};

/// The number of own tags: the offer's and its partner's.
const OWN: usize = 2;
/// The number of tags of answers that show how many places are left.
const LEFT: usize = 1;
/// The number of cell tags: one per resolution.
const CELLS: usize = 6;
const LISTS: usize = OWN + 1 + CELLS;
/// The number of tags that tell subscribers about a new offer.
const PUBLISHED: usize = 1;

pub fn offer() -> Offer {
    Offer {
        id: OfferId::derive("offer", "1"),
        title: "Deux galettes".into(),
        description: "À table".into(),
        partner_id: PartnerId::derive("partner", "1"),
        establishment_id: EstablishmentId::derive("establishment", "1"),
        category: Category::Restaurant,
        discount: Discount {
            percentage: 20,
            description: None,
            terms: None,
        },
        conditions: vec![],
        valid_from_ms: 0,
        valid_until_ms: 10,
        schedule: None,
        quota: quota(10, 5),
        images: vec!["a".into(), "b".into()],
        is_active: true,
        location: paris(),
        created_at_ms: 0,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        version: 1,
        price: None,
        admission: Admission::default(),
        page: crate::WebPage::default(),
        wording: crate::offers::wording::Wording::default(),
    }
}

fn paris() -> GeoPoint {
    GeoPoint::new(48.8566, 2.3522).unwrap()
}

fn lyon() -> GeoPoint {
    GeoPoint::new(45.764, 4.8357).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a field of an offer")]
fn quota(total: i32, remaining: i32) -> Option<Quota> {
    Some(Quota { total, remaining })
}

fn price() -> OfferPrice {
    OfferPrice {
        amount: 1_250,
        currency: Currency::Eur,
        original: None,
        is_deposit: false,
        refundable_until_min: Some(60),
        vat_rate_bp: 1_000,
    }
}

fn schedule() -> OfferSchedule {
    OfferSchedule {
        weekdays: vec![1],
        from: "08:00".into(),
        to: "09:00".into(),
    }
}

fn edited(edit: impl FnOnce(&mut Offer)) -> Offer {
    let mut edited = offer();
    edit(&mut edited);
    edited
}

type Edit = fn(&mut Offer);

/// Every field of an offer, a change of it, and how many tags that change purges while the offer is
/// in lists, and while it is not (inactive before and after).
#[rustfmt::skip]
const FIELDS: &[(&str, Edit, usize, usize)] = &[
    ("id",               |o| o.id = OfferId::derive("offer", "2"),                          LISTS + 1,     OWN + 1),
    ("title",            |o| o.title = "Trois".into(),                                      LISTS,         OWN),
    ("description",      |o| o.description = "Chaud".into(),                                LISTS,         OWN),
    ("partner_id",       |o| o.partner_id = PartnerId::derive("partner", "2"),              LISTS + 1,     OWN + 1),
    ("establishment_id", |o| o.establishment_id = EstablishmentId::derive("e", "2"),        LISTS,         OWN),
    ("category",         |o| o.category = Category::Bar,                               LISTS,         OWN),
    ("discount",         |o| o.discount.percentage = 30,                                    LISTS,         OWN),
    ("discount",         |o| o.discount.description = Some("le soir".into()),               LISTS,         OWN),
    ("conditions",       |o| o.conditions.push("x".into()),                                 OWN,           OWN),
    ("valid_from_ms",    |o| o.valid_from_ms = 1,                                           LISTS,         OWN),
    ("valid_until_ms",   |o| o.valid_until_ms = 11,                                         LISTS,         OWN),
    ("schedule",         |o| o.schedule = Some(schedule()),                                 LISTS,         OWN),
    ("quota",            |o| o.quota = quota(10, 4),                                        LEFT,          LEFT),
    ("quota",            |o| o.quota = quota(10, 10),                                       LEFT,          LEFT),
    ("quota",            |o| o.quota = quota(10, 0),                                        OWN + LEFT,    OWN + LEFT),
    ("quota",            |o| o.quota = quota(11, 5),                                        OWN + LEFT,    OWN + LEFT),
    ("quota",            |o| o.quota = quota(11, 6),                                        OWN + LEFT,    OWN + LEFT),
    ("quota",            |o| o.quota = None,                                                OWN + LEFT,    OWN + LEFT),
    ("images",           |o| o.images.reverse(),                                            OWN,           OWN),
    ("images",           |o| o.images.clear(),                                              OWN,           OWN),
    ("images",           |o| o.images.truncate(1),                                          OWN,           OWN),
    ("location",         |o| o.location = lyon(),                                           LISTS + CELLS, OWN),
    ("created_at_ms",    |o| o.created_at_ms = 1,                                           LISTS,         OWN),
    ("limits",           |o| o.limits.per_day = Some(1),                                    OWN,           OWN),
    ("limits",           |o| o.limits.per_user = Some(1),                                   OWN,           OWN),
    ("limits",           |o| o.limits.party = Some(1),                                      OWN,           OWN),
    ("archived_at_ms",   |o| o.archived_at_ms = Some(1),                                    OWN,           OWN),
    ("price",            |o| o.price = Some(price()),                                       OWN,           OWN),
    ("version",          |o| o.version = 2,                                                 0,             0),
    ("nothing",          |_| (),                                                            0,             0),
];

#[test]
fn a_changed_field_purges_what_it_can_be_seen_in() {
    for (number, (field, edit, in_lists, not_in_lists)) in FIELDS.iter().enumerate() {
        let tags = tags_of(&OfferChange {
            before: Some(offer()),
            after: Some(edited(edit)),
        });
        assert_eq!(tags.len(), *in_lists, "{number} {field}: {tags:?}");
        let inactive = |mut offer: Offer| {
            offer.is_active = false;
            Some(offer)
        };
        let tags = tags_of(&OfferChange {
            before: inactive(offer()),
            after: inactive(edited(edit)),
        });
        assert_eq!(tags.len(), *not_in_lists, "inactive {field}: {tags:?}");
    }
}

#[test]
fn every_field_of_an_offer_is_in_the_table() {
    let serde_json::Value::Object(fields) = serde_json::to_value(offer()).unwrap() else {
        panic!("an offer is an object");
    };
    for field in fields.keys().filter(|field| *field != "is_active") {
        assert!(
            FIELDS.iter().any(|(listed, ..)| listed == field),
            "{field} is not in the table"
        );
    }
}

#[test]
fn an_offer_that_comes_goes_or_is_switched_purges_its_lists() {
    let active = || Some(offer());
    let inactive = || Some(edited(|offer| offer.is_active = false));
    let elsewhere = || Some(edited(|offer| offer.location = lyon()));
    let inactive_elsewhere = || {
        let mut moved = edited(|offer| offer.location = lyon());
        moved.is_active = false;
        Some(moved)
    };
    let table = [
        ("nothing at all", None, None, 0),
        ("created", None, active(), LISTS + PUBLISHED),
        ("created inactive", None, inactive(), OWN),
        ("deleted", active(), None, LISTS),
        ("deleted while inactive", inactive(), None, OWN),
        ("switched off", active(), inactive(), LISTS),
        ("switched on", inactive(), active(), LISTS + PUBLISHED),
        ("moved", active(), elsewhere(), LISTS + CELLS),
        // The offer was in no list at its old place, and is in none at its new place.
        (
            "moved and switched on",
            inactive(),
            elsewhere(),
            LISTS + PUBLISHED,
        ),
        (
            "moved and switched off",
            active(),
            inactive_elsewhere(),
            LISTS,
        ),
    ];
    for (what, before, after, count) in table {
        let tags = tags_of(&OfferChange { before, after });
        assert_eq!(tags.len(), count, "{what}: {tags:?}");
    }
}

#[test]
fn a_quota_purges_when_it_turns_between_available_and_sold_out() {
    let table = [
        (quota(10, 1), quota(10, 0), OWN + LEFT),
        (quota(10, 0), quota(10, 1), OWN + LEFT),
        (quota(10, 9), quota(10, 1), LEFT),
        (quota(10, 0), quota(10, 0), 0),
        (quota(10, 0), quota(20, 10), OWN + LEFT),
        (quota(10, 0), None, OWN + LEFT),
        (None, quota(10, 10), OWN + LEFT),
        (None, quota(0, 0), OWN + LEFT),
        (None, None, 0),
    ];
    for (before, after, count) in table {
        let tags = tags_of(&OfferChange {
            before: Some(edited(|offer| offer.quota = before)),
            after: Some(edited(|offer| offer.quota = after)),
        });
        assert_eq!(tags.len(), count, "{before:?} {after:?}: {tags:?}");
    }
}

#[test]
fn tags_name_the_offer_its_partner_and_its_cells() {
    let purged = tags_of(&OfferChange {
        before: None,
        after: Some(offer()),
    });
    let offer = offer();
    assert!(purged.contains(&tags::offer(&offer.id)));
    assert!(purged.contains(&tags::partner(&offer.partner_id)));
    assert!(purged.contains(&tags::all_offers()));
    assert!(purged.contains(&tags::published(&offer.id)));
    assert!(
        purged.contains(&"geo:881fb46625fffff".parse().unwrap()),
        "{purged:?}"
    );
    assert!(
        purged.contains(&"geo:831fb4fffffffff".parse().unwrap()),
        "{purged:?}"
    );
}
