use std::path::PathBuf;

use super::*;
use crate::{domain::Establishment, import, partners, seed};

const NOW_MS: i64 = 1_790_000_000_000;
const DAY_MS: i64 = 86_400_000;

fn paris() -> GeoPoint {
    GeoPoint::new(48.8566, 2.3522).unwrap()
}

fn query(near: Option<Near>) -> OfferQuery {
    OfferQuery {
        near,
        categories: vec![],
        min_discount: None,
        search: None,
        partner: None,
        include_inactive: Visibility::Public,
        first: 20,
        after: None,
        now_ms: NOW_MS,
        columns: Columns::Edges,
        fields: ListFields::ALL,
    }
}

fn near(centre: GeoPoint, max_distance_km: f64) -> Near {
    Near {
        centre,
        max_distance_km,
    }
}

async fn seeded(offers: usize) -> (tempfile::TempDir, EmbeddedDb, OfferStore) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    seed::seed(&db, offers, NOW_MS, &|_, _| ()).await.unwrap();
    let store = OfferStore::new(db.clone());
    (dir, db, store)
}

/// Every offer, by the simplest path there is.
async fn every_offer(db: &EmbeddedDb) -> Vec<Offer> {
    db.read(|c| {
        rows::query(
            c,
            &format!("SELECT {} FROM offers o", rows::COLUMNS),
            vec![],
        )
    })
    .await
    .unwrap()
}

fn visible(offer: &Offer) -> bool {
    offer.is_active && offer.valid_from_ms <= NOW_MS && NOW_MS < offer.valid_until_ms
}

async fn all_pages(store: &OfferStore, mut query: OfferQuery) -> Vec<(Offer, Option<f64>)> {
    let mut items: Vec<(Offer, Option<f64>)> = Vec::new();
    loop {
        let page = store.list(&query).await.unwrap();
        items.extend(page.items);
        if !page.has_next_page {
            return items;
        }
        let (offer, distance_km) = items.last().unwrap();
        let cursor = OfferCursor::of(offer, *distance_km);
        query.after = OfferCursor::decode(&cursor.encode());
        assert_eq!(query.after, Some(cursor));
    }
}

#[tokio::test]
async fn pages_have_no_duplicates_and_no_holes() {
    let (_dir, db, store) = seeded(1_200).await;
    let offers = every_offer(&db).await;
    for (near, first) in [
        (None, 7),
        (None, 100),
        (Some(near(paris(), 3.0)), 7),
        (Some(near(paris(), 30_000.0)), 100),
    ] {
        let mut query = query(near.clone());
        query.first = first;
        let items = all_pages(&store, query.clone()).await;
        let mut expected: Vec<(f64, &Offer)> = offers
            .iter()
            .filter(|offer| visible(offer))
            .map(|offer| {
                (
                    near.as_ref()
                        .map_or(0.0, |near| near.centre.distance_km(&offer.location)),
                    offer,
                )
            })
            .filter(|(km, _)| near.as_ref().is_none_or(|near| *km <= near.max_distance_km))
            .collect();
        if near.is_some() {
            expected.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        } else {
            expected
                .sort_by(|a, b| (b.1.created_at_ms, &b.1.id).cmp(&(a.1.created_at_ms, &a.1.id)));
        }
        let expected_ids: Vec<_> = expected.iter().map(|(_, offer)| &offer.id).collect();
        assert_eq!(
            items.iter().map(|(offer, _)| &offer.id).collect::<Vec<_>>(),
            expected_ids
        );
        query.columns = Columns::EdgesAndTotal;
        let page = store.list(&query).await.unwrap();
        assert_eq!(page.total, Some(expected.len() as u64));
        assert_eq!(page.items, items[..first]);
    }
}

#[tokio::test]
async fn places_of_equal_distance_page_by_id() {
    let (_dir, db, store) = seeded(1).await;
    let template = every_offer(&db).await.remove(0);
    let copies: Vec<Offer> = (0..50)
        .map(|n| Offer {
            id: OfferId::derive("copy", &n.to_string()),
            valid_from_ms: 0,
            valid_until_ms: i64::MAX,
            is_active: true,
            location: paris(),
            ..template.clone()
        })
        .collect();
    db.write(move |tx| copies.iter().try_for_each(|offer| insert(tx, offer)))
        .await
        .unwrap();
    let mut query = query(Some(near(paris(), 0.0)));
    query.first = 3;
    let ids: Vec<OfferId> = all_pages(&store, query)
        .await
        .into_iter()
        .map(|(offer, _)| offer.id)
        .collect();
    assert_eq!(ids.len(), 50);
    assert!(ids.is_sorted());
}

type Edit = Box<dyn Fn(&mut OfferQuery)>;
type Keep = Box<dyn Fn(&Offer) -> bool>;

#[tokio::test]
async fn filters_narrow_every_list() {
    let (_dir, db, store) = seeded(1_200).await;
    let offers = every_offer(&db).await;
    let partner = offers
        .iter()
        .find(|offer| visible(offer))
        .unwrap()
        .partner_id
        .clone();
    let wanted = partner.clone();
    let cases: Vec<(Edit, Keep)> = vec![
        (
            Box::new(|q| q.categories = vec![OfferCategory::Bar, OfferCategory::Cinema]),
            Box::new(|o| {
                visible(o) && matches!(o.category, OfferCategory::Bar | OfferCategory::Cinema)
            }),
        ),
        (
            Box::new(|q| q.min_discount = Some(30)),
            Box::new(|o| visible(o) && o.discount.percentage >= 30),
        ),
        (
            Box::new(|q| q.include_inactive = Visibility::All),
            Box::new(|_| true),
        ),
        (
            Box::new(move |q| q.partner = Some(wanted.clone())),
            Box::new(move |o| visible(o) && o.partner_id == partner),
        ),
        (
            Box::new(|q| q.search = Some("CREPERIE".into())),
            Box::new(|o| {
                visible(o) && (o.title.contains("Crêperie") || o.description.contains("Crêperie"))
            }),
        ),
        (
            Box::new(|q| q.search = Some(" -\0\"*".into())),
            Box::new(|_| false),
        ),
        (
            Box::new(|q| {
                q.search = Some("crêp NOËL".into());
                q.categories = vec![OfferCategory::Restaurant];
                q.min_discount = Some(10);
            }),
            Box::new(|o| visible(o) && o.title.contains("rêpe") && o.title.contains("Noël")),
        ),
    ];
    for (number, (edit, keep)) in cases.into_iter().enumerate() {
        for near in [None, Some(near(paris(), 20_100.0))] {
            let mut query = query(near);
            edit(&mut query);
            query.columns = Columns::EdgesAndTotal;
            let found = all_pages(&store, query).await;
            let mut ids: Vec<_> = found.into_iter().map(|(offer, _)| offer.id).collect();
            let mut expected: Vec<_> = offers
                .iter()
                .filter(|o| keep(o))
                .map(|o| o.id.clone())
                .collect();
            ids.sort();
            expected.sort();
            assert_eq!(ids, expected, "case {number}");
        }
    }
}

#[tokio::test]
async fn hostile_searches_and_reaches_are_answered() {
    let (_dir, _db, store) = seeded(50).await;
    for search in [
        "\0",
        "a\0b",
        "\"",
        "* OR *",
        "folded:",
        "NEAR(a b)",
        "'; DROP TABLE offers",
        "é\u{301}",
        &"a ".repeat(9_999),
    ] {
        let mut query = query(None);
        query.search = Some(search.to_owned());
        store.list(&query).await.unwrap();
    }
    for km in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(
            store
                .list(&query(Some(near(paris(), km))))
                .await
                .unwrap()
                .items,
            []
        );
    }
    let mut query = query(Some(near(paris(), f64::INFINITY)));
    query.first = usize::MAX;
    assert!(store.list(&query).await.unwrap().items.len() > 30);
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let (_dir, _db, store) = seeded(10).await;
    let id = OfferId::derive("offer", "x");
    let mut by_time = query(None);
    by_time.after = Some(OfferCursor::Near {
        distance_km: 1.0,
        id: id.clone(),
    });
    assert!(matches!(
        store.list(&by_time).await,
        Err(StoreError::ForeignCursor)
    ));
    let mut by_distance = query(Some(near(paris(), 5.0)));
    by_distance.after = Some(OfferCursor::Newest {
        created_at_ms: 1,
        id,
    });
    assert!(matches!(
        store.list(&by_distance).await,
        Err(StoreError::ForeignCursor)
    ));
}

#[test]
fn a_forged_cursor_is_refused() {
    let id = OfferId::derive("offer", "x");
    let cursor = OfferCursor::Near {
        distance_km: 0.1 + 0.2,
        id: id.clone(),
    };
    assert_eq!(OfferCursor::decode(&cursor.encode()), Some(cursor.clone()));
    let sealed = |km: f64| {
        OfferCursor::Near {
            distance_km: km,
            id: id.clone(),
        }
        .encode()
    };
    for text in [
        "",
        "x",
        &cursor.encode()[1..],
        &sealed(f64::NAN),
        &sealed(-1.0),
        &sealed(f64::INFINITY),
    ] {
        assert_eq!(OfferCursor::decode(text), None, "{text}");
    }
    let mut edited = cursor.encode().into_bytes();
    edited[5] ^= 1;
    assert_eq!(
        OfferCursor::decode(&String::from_utf8(edited).unwrap()),
        None
    );
}

#[tokio::test]
async fn by_ids_gives_what_was_stored_and_nothing_else() {
    let (_dir, db, store) = seeded(300).await;
    let offers = every_offer(&db).await;
    let mut ids: Vec<OfferId> = offers.iter().map(|offer| offer.id.clone()).collect();
    ids.push(OfferId::derive("nobody", ""));
    let found = store.by_ids(&ids).await.unwrap();
    assert_eq!(found.len(), offers.len());
    assert!(offers.iter().all(|offer| found[&offer.id] == *offer));
    assert!(store.by_ids(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn of_partners_limits_each_partner() {
    let (_dir, db, store) = seeded(600).await;
    let offers = every_offer(&db).await;
    let partners: Vec<PartnerId> = offers
        .iter()
        .map(|offer| offer.partner_id.clone())
        .collect();
    let mut expected: HashMap<PartnerId, Vec<Offer>> = HashMap::new();
    for offer in offers.into_iter().filter(visible) {
        expected
            .entry(offer.partner_id.clone())
            .or_default()
            .push(offer);
    }
    for list in expected.values_mut() {
        list.sort_by(|a, b| (b.created_at_ms, &b.id).cmp(&(a.created_at_ms, &a.id)));
        list.truncate(2);
    }
    // The same partner twice must not list its offers twice.
    let found = store
        .of_partners(&partners, Visibility::Public, 2, NOW_MS)
        .await
        .unwrap();
    assert!(found == expected, "too long to print");
}

#[tokio::test]
async fn the_next_change_is_the_earliest_start_or_end_in_reach() {
    let (_dir, db, store) = seeded(1_200).await;
    let offers = every_offer(&db).await;
    let bars = [OfferCategory::Bar];
    for now_ms in [
        0,
        NOW_MS - 40 * DAY_MS,
        NOW_MS,
        NOW_MS + 20 * DAY_MS,
        NOW_MS + 400 * DAY_MS,
    ] {
        for disk in [
            None,
            Some(near(paris(), 1.5)),
            Some(near(GeoPoint::new(0.0, 180.0).unwrap(), 50.0)),
        ] {
            for categories in [&[][..], &bars] {
                let expected = offers
                    .iter()
                    .filter(|o| {
                        o.is_active && (categories.is_empty() || categories.contains(&o.category))
                    })
                    .filter(|o| {
                        disk.as_ref()
                            .is_none_or(|d| d.centre.distance_km(&o.location) <= d.max_distance_km)
                    })
                    .flat_map(|o| [o.valid_from_ms, o.valid_until_ms])
                    .filter(|moment| *moment > now_ms)
                    .min();
                let found = store
                    .next_change_ms(disk.as_ref(), categories, now_ms)
                    .await
                    .unwrap();
                assert_eq!(found, expected, "{now_ms} {disk:?} {categories:?}");
            }
        }
    }
}

#[tokio::test]
async fn lists_cross_the_antimeridian_and_the_poles() {
    let (_dir, db, store) = seeded(1).await;
    let template = every_offer(&db).await.remove(0);
    let places = [
        (-17.0, 179.9),
        (-17.0, -179.9),
        (-17.0, 180.0),
        (89.95, 0.0),
        (89.95, 180.0),
        (-89.99, 90.0),
    ];
    let copies: Vec<Offer> = (0..)
        .zip(places)
        .map(|(n, (lat, lng)): (i32, _)| Offer {
            id: OfferId::derive("copy", &n.to_string()),
            valid_from_ms: 0,
            valid_until_ms: i64::MAX,
            is_active: true,
            location: GeoPoint::new(lat, lng).unwrap(),
            ..template.clone()
        })
        .collect();
    db.write(move |tx| copies.iter().try_for_each(|offer| insert(tx, offer)))
        .await
        .unwrap();
    for (lat, lng, expected) in [
        (-17.0, 179.95, 3),
        (-17.0, -179.95, 3),
        (89.99, -90.0, 2),
        (-90.0, 0.0, 1),
    ] {
        let disk = Some(near(GeoPoint::new(lat, lng).unwrap(), 30.0));
        let items = store.list(&query(disk)).await.unwrap().items;
        assert_eq!(items.len(), expected, "{lat} {lng}");
    }
}

fn venues() -> PathBuf {
    let sibling =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/paris-venues.csv");
    std::env::var_os("YOUSOON_VENUES_CSV").map_or(sibling, PathBuf::from)
}

#[tokio::test]
async fn nearest_first_is_what_brute_force_says() {
    let (_dir, db, store) = if venues().exists() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let report = import::import_csv(&db, &venues(), NOW_MS, "test")
            .await
            .unwrap();
        assert!(report.added > 3_000, "{} added", report.added);
        let store = OfferStore::new(db.clone());
        (dir, db, store)
    } else {
        println!(
            "skipped: the imported places, {} is absent; seeded ones instead",
            venues().display()
        );
        seeded(3_000).await
    };
    let offers: Vec<Offer> = every_offer(&db).await.into_iter().filter(visible).collect();
    let mut chance = seed::chance::Chance::new(2_000);
    for round in 0..2_000 {
        let lat = 48.80 + f64::from(chance.between(0, 120_000)) / 1e6;
        let lng = 2.22 + f64::from(chance.between(0, 260_000)) / 1e6;
        let centre = GeoPoint::new(lat, lng).unwrap();
        let max_distance_km = *chance.pick(&[0.3, 1.0, 2.5, 10.0, 50.0]);
        let mut expected: Vec<(f64, &OfferId)> = offers
            .iter()
            .map(|offer| (centre.distance_km(&offer.location), &offer.id))
            .filter(|(km, _)| *km <= max_distance_km)
            .collect();
        expected.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        let page = store
            .list(&query(Some(near(centre, max_distance_km))))
            .await
            .unwrap();
        assert_eq!(page.has_next_page, expected.len() > 20, "round {round}");
        expected.truncate(20);
        let found: Vec<(f64, &OfferId)> = page
            .items
            .iter()
            .map(|(o, km)| (km.unwrap(), &o.id))
            .collect();
        assert_eq!(found, expected, "round {round}");
    }
}

#[tokio::test]
async fn five_thousand_offers_stay_consistent_with_their_places() {
    let (_dir, db, _store) = seeded(5_000).await;
    let offers = every_offer(&db).await;
    assert_eq!(offers.len(), 5_000);
    let partners: Vec<PartnerId> = offers
        .iter()
        .map(|offer| offer.partner_id.clone())
        .collect();
    let places = partners::store::PartnerStore::new(db)
        .establishments_of(&partners)
        .await
        .unwrap();
    for offer in &offers {
        let place: &Establishment = places[&offer.partner_id]
            .iter()
            .find(|place| place.id == offer.establishment_id)
            .unwrap();
        assert_eq!(place.location, offer.location);
    }
}

#[tokio::test]
async fn a_list_reads_the_first_image_and_only_what_was_selected() {
    let (_dir, db, store) = seeded(300).await;
    let whole = every_offer(&db).await;
    for near in [None, Some(near(paris(), 50.0))] {
        let mut query = query(near);
        let full = store.list(&query).await.unwrap();
        assert!(!full.items.is_empty());
        for (listed, _) in &full.items {
            let mut expected = whole
                .iter()
                .find(|offer| offer.id == listed.id)
                .unwrap()
                .clone();
            expected.images.truncate(1);
            assert_eq!(*listed, expected);
        }
        assert!(
            full.items
                .iter()
                .any(|(offer, _)| !offer.conditions.is_empty())
        );
        query.fields = ListFields {
            description: false,
            conditions: false,
            schedule: false,
            images: false,
        };
        for (listed, (offer, _)) in store
            .list(&query)
            .await
            .unwrap()
            .items
            .iter()
            .zip(&full.items)
        {
            let mut expected = offer.clone();
            expected.description.clear();
            expected.conditions.clear();
            expected.images.clear();
            expected.schedule = None;
            assert_eq!(listed.0, expected);
        }
    }
}
