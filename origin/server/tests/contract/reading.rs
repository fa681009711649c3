//! Offers by their ids and partners.

use std::collections::HashMap;

use domain::{Offer, OfferId, PartnerId, Quota, offers::store::Visibility};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, is_visible, offer},
};

tests! {
    by_ids_gives_what_was_stored_and_nothing_else: [],
    of_partners_limits_each_partner: [Joins],
    what_is_left_is_known_of_those_with_a_quota: [],
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
