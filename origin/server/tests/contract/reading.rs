//! Offers by their ids and partners, and when they change.

use std::collections::HashMap;

use domain::{
    Category, Offer, OfferId, PartnerId, Quota,
    offers::store::{Near, NextChange, OfferQuery, Visibility},
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family, is_visible, list, near, offer, paris, point, query},
};

tests! {
    by_ids_gives_what_was_stored_and_nothing_else: [],
    of_partners_limits_each_partner: [Joins],
    what_is_left_is_known_of_those_with_a_quota: [],
    the_next_change_is_the_earliest_start_or_end: [Unions],
    the_next_change_in_reach_is_the_earliest_there: [Geo],
}

async fn by_ids_gives_what_was_stored_and_nothing_else(fresh: Fresh) {
    let offers = fresh.sampled(300).await;
    let mut ids: Vec<OfferId> = offers.iter().map(|offer| offer.id.clone()).collect();
    ids.push(OfferId::derive("nobody", ""));
    ids.push(ids[0].clone());
    let found = fresh.db.offers.by_ids(&ids).await.unwrap();
    assert_eq!(found.len(), offers.len());
    assert!(offers.iter().all(|offer| found[&offer.id] == *offer));
    assert!(fresh.db.offers.by_ids(&[]).await.unwrap().is_empty());
}

async fn of_partners_limits_each_partner(fresh: Fresh) {
    let offers = fresh.sampled(600).await;
    let mut partners: Vec<PartnerId> = offers.iter().map(|o| o.partner_id.clone()).collect();
    partners.push(PartnerId::derive("nobody", ""));
    for visibility in [Visibility::Public, Visibility::All] {
        let mut expected: HashMap<PartnerId, Vec<Offer>> = HashMap::new();
        for offer in &offers {
            if visibility == Visibility::All || is_visible(offer) {
                let list = expected.entry(offer.partner_id.clone()).or_default();
                list.push(offer.clone());
            }
        }
        for list in expected.values_mut() {
            list.sort_by(|a, b| (b.created_at_ms, &b.id).cmp(&(a.created_at_ms, &a.id)));
            list.truncate(2);
        }
        // The same partner twice must not list its offers twice.
        let found = fresh
            .db
            .offers
            .of_partners(&partners, visibility, 2, NOW_MS);
        assert!(found.await.unwrap() == expected, "too long to print");
    }
}

async fn what_is_left_is_known_of_those_with_a_quota(fresh: Fresh) {
    let with = Offer {
        quota: Some(Quota {
            total: 10,
            remaining: 5,
        }),
        ..offer("with")
    };
    let without = Offer {
        quota: None,
        ..offer("without")
    };
    let ids = [
        with.id.clone(),
        without.id.clone(),
        OfferId::derive("offer", "nobody"),
    ];
    fresh.fill(vec![family(vec![with, without])]).await;
    let remaining = fresh.db.offers.remaining(&ids).await.unwrap();
    assert_eq!(remaining, HashMap::from([(ids[0].clone(), 5)]));
    assert!(fresh.db.offers.remaining(&[]).await.unwrap().is_empty());
}

async fn the_next_change_is_the_earliest_start_or_end(fresh: Fresh) {
    let offers = fresh.sampled(1_200).await;
    assert_next_changes(&fresh, &offers, None).await;
}

async fn the_next_change_in_reach_is_the_earliest_there(fresh: Fresh) {
    let offers = fresh.sampled(1_200).await;
    for disk in [near(paris(), 1.5), near(point(0.0, 180.0), 50.0)] {
        assert_next_changes(&fresh, &offers, Some(disk)).await;
    }
}

async fn assert_next_changes(fresh: &Fresh, offers: &[Offer], disk: Option<Near>) {
    let moments = [0, -40, 20, 400].map(|days| NOW_MS + days * DAY_MS);
    for now_ms in moments.into_iter().chain([0]) {
        for categories in [&[][..], &[Category::Bar]] {
            let expected = offers
                .iter()
                .filter(|o| categories.is_empty() || categories.contains(&o.category))
                .filter(|o| {
                    let reached =
                        |disk: &Near| disk.centre.distance_km(&o.location) <= disk.max_distance_km;
                    o.is_active && disk.as_ref().is_none_or(reached)
                })
                .flat_map(|o| [o.valid_from_ms, o.valid_until_ms])
                .filter(|moment| *moment > now_ms)
                .min();
            let asked = OfferQuery {
                categories: categories.to_vec(),
                // What else narrows the list says nothing of when it changes.
                min_discount: Some(100),
                first: 1,
                now_ms,
                next_change: NextChange::Asked,
                ..query(disk.clone())
            };
            assert_eq!(
                list(&fresh.db, &asked).await.next_change_ms,
                expected,
                "{now_ms} {disk:?} {categories:?}"
            );
        }
    }
}
