//! What the catalogue index reads: all offers in batches, some by id, and those that begin or end.

use std::collections::BTreeMap;

use domain::{
    Offer, OfferId,
    cities::CityArea,
    offers::{
        edit::{Edit, OfferEdit},
        listing::{Listing, Related},
        store::Author,
        validity::AT_ONCE,
    },
    tags,
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, offer, sorted},
};

tests! {
    all_offers_are_listed_in_batches: [],
    one_after_the_other_all_offers_are_listed: [],
    offers_that_nobody_changes_are_listed_whatever_else_changes: [Transactions],
    listings_of_some_are_those_that_exist: [],
    the_first_time_nothing_is_told: [],
    an_offer_that_begins_or_ends_is_told_once: [Transactions],
    more_turns_than_one_transaction_takes_are_all_told: [Transactions],
    two_servers_tell_of_an_offer_once: [Transactions],
}

async fn all_offers_are_listed_in_batches(fresh: Fresh) {
    let offers = fresh.sampled(120).await;
    let mut expected: Vec<&Offer> = offers.iter().collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    let mut all = fresh.db.offers.all_listings();
    let mut found: Vec<Listing> = Vec::new();
    for most in [50, 50, 50, 50] {
        let batch = all.next(most).await.unwrap();
        assert_eq!(batch.corrupt, []);
        assert_eq!(batch.found.len(), most.min(120 - found.len()));
        found.extend(batch.found);
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found.len(), expected.len());
    let ids: Vec<_> = offers.iter().map(|it| it.partner_id.clone()).collect();
    let partners = fresh.db.partners.partners_by_ids(&ids).await.unwrap();
    let ids: Vec<_> = offers
        .iter()
        .map(|it| it.establishment_id.clone())
        .collect();
    let places = fresh.db.partners.establishments_by_ids(&ids).await.unwrap();
    for (listing, offer) in found.iter().zip(expected) {
        let partner = &partners[&offer.partner_id];
        let place = &places[&offer.establishment_id];
        let related = Related {
            is_listed: partner.is_public(),
            partner_name: partner.name.clone(),
            partner_category: partner.category,
            rating: partner.rating,
            establishment_name: place.name.clone(),
            city: place.address.city.clone(),
            city_area: CityArea::of(&place.address.country, &place.address.postcode),
        };
        assert!(!related.partner_name.is_empty() && !related.city.is_empty());
        assert_eq!(*listing, Listing::new(offer.clone(), related));
    }
}

async fn one_after_the_other_all_offers_are_listed(fresh: Fresh) {
    let offers = fresh.sampled(40).await;
    let mut found: Vec<OfferId> = Vec::new();
    loop {
        let next = fresh.db.offers.listing_after(found.last()).await.unwrap();
        assert_eq!(next.corrupt, []);
        let Some(next) = next.found.first() else {
            break;
        };
        found.push(next.id.clone());
    }
    found.sort();
    assert_eq!(found, sorted(&offers));
}

async fn offers_that_nobody_changes_are_listed_whatever_else_changes(fresh: Fresh) {
    let offers = fresh.sampled(120).await;
    let mut all = fresh.db.offers.all_listings();
    let mut found = all.next(50).await.unwrap().found;
    // One that was read, and one that was not.
    let was_read = |offer: &&Offer| found.iter().any(|listing| listing.id == offer.id);
    let read = offers.iter().find(was_read).unwrap();
    let unread = offers.iter().find(|offer| !was_read(offer)).unwrap();
    let before = fresh.pending().await;
    for changed in [read, unread] {
        let edit = OfferEdit {
            title: Edit::Set("Autre".into()),
            ..OfferEdit::default()
        };
        let author = Author {
            actor: "test".into(),
            action: "edit",
        };
        let updated = fresh
            .db
            .offers
            .update(changed.id.clone(), edit, author, NOW_MS);
        updated.await.unwrap();
    }
    fresh.fill(vec![family(vec![offer("added")])]).await;
    let purges = fresh.pending_after(&before).await;
    loop {
        let batch = all.next(50).await.unwrap();
        if batch.is_empty() {
            break;
        }
        assert_eq!(batch.corrupt, []);
        found.extend(batch.found);
    }
    let found: BTreeMap<&OfferId, &Listing> = found.iter().map(|one| (&one.id, one)).collect();
    for offer in &offers {
        if [&read.id, &unread.id].contains(&&offer.id) {
            // Whichever state was read, the log names the offer later.
            let tag = tags::offer(&offer.id);
            assert!(purges.iter().any(|row| row.purge.tags.contains(&tag)));
        } else {
            assert_eq!(found[&offer.id].title, offer.title);
        }
    }
}

async fn listings_of_some_are_those_that_exist(fresh: Fresh) {
    let offers = fresh.sampled(10).await;
    let ids = [
        offers[3].id.clone(),
        OfferId::derive("nobody", ""),
        offers[1].id.clone(),
    ];
    let found = fresh.db.offers.listings_of(&ids).await.unwrap().found;
    let by_id: BTreeMap<_, _> = found.iter().map(|found| (&found.id, found)).collect();
    assert_eq!(by_id.len(), 2);
    assert_eq!(by_id[&offers[1].id].title, offers[1].title);
    assert!(
        fresh
            .db
            .offers
            .listings_of(&[])
            .await
            .unwrap()
            .found
            .is_empty()
    );
}

/// An offer with this validity, after `NOW_MS`.
fn valid(name: &str, from_ms: i64, until_ms: i64) -> Offer {
    Offer {
        valid_from_ms: NOW_MS + from_ms,
        valid_until_ms: NOW_MS + until_ms,
        ..offer(name)
    }
}

async fn the_first_time_nothing_is_told(fresh: Fresh) {
    fresh.fill(vec![family(vec![valid("old", -9, -5)])]).await;
    let before = fresh.pending().await;
    assert_eq!(fresh.db.offers.tell_of_turns(NOW_MS).await.unwrap(), 0);
    assert_eq!(fresh.pending_after(&before).await, []);
}

async fn an_offer_that_begins_or_ends_is_told_once(fresh: Fresh) {
    let begins = valid("begins", 10, 1_000);
    let ends = valid("ends", -10, 10);
    let paused = Offer {
        is_active: false,
        ..valid("paused", 10, 20)
    };
    let never = valid("never", 10, 10);
    let later = valid("later", 11, 1_000);
    let all = vec![begins.clone(), ends.clone(), paused, never, later.clone()];
    fresh.fill(vec![family(all)]).await;
    let tell = async |at_ms: i64| {
        let before = fresh.pending().await;
        let count = fresh.db.offers.tell_of_turns(NOW_MS + at_ms).await.unwrap();
        let rows = fresh.pending_after(&before).await;
        let tags = rows.into_iter().flat_map(|row| row.purge.tags);
        (count, tags.collect::<Vec<_>>())
    };
    assert_eq!(tell(0).await, (0, vec![]));
    assert_eq!(tell(9).await, (0, vec![]));
    let (count, told) = tell(10).await;
    assert_eq!(count, 2);
    for tag in [
        tags::offer(&begins.id),
        tags::offer(&ends.id),
        tags::published(&begins.id),
        tags::all_offers(),
    ] {
        assert!(told.contains(&tag), "{tag:?}");
    }
    assert!(!told.contains(&tags::published(&ends.id)));
    assert_eq!(tell(10).await, (0, vec![]));
    let (count, told) = tell(500).await;
    assert_eq!(count, 1);
    assert!(told.contains(&tags::published(&later.id)));
    // A clock that goes back tells nothing twice.
    assert_eq!(tell(10).await, (0, vec![]));
    assert_eq!(tell(999).await, (0, vec![]));
}

async fn more_turns_than_one_transaction_takes_are_all_told(fresh: Fresh) {
    let many = AT_ONCE + 7;
    // All at the same moment.
    let offers = (0..many).map(|n| valid(&n.to_string(), 5, 1_000)).collect();
    fresh.fill(vec![family(offers)]).await;
    let tell = async |at_ms: i64| fresh.db.offers.tell_of_turns(NOW_MS + at_ms).await.unwrap();
    assert_eq!(tell(0).await, 0);
    let told = [tell(6).await, tell(6).await, tell(6).await];
    assert_eq!(told, [AT_ONCE, 7, 0]);
}

async fn two_servers_tell_of_an_offer_once(fresh: Fresh) {
    let offers = (0..20).map(|n| valid(&n.to_string(), 5, 1_000)).collect();
    fresh.fill(vec![family(offers)]).await;
    let other = fresh.of_another_server().await;
    fresh.db.offers.tell_of_turns(NOW_MS).await.unwrap();
    let (one, two) = tokio::join!(
        fresh.db.offers.tell_of_turns(NOW_MS + 6),
        other.offers.tell_of_turns(NOW_MS + 6)
    );
    assert_eq!(one.unwrap() + two.unwrap(), 20);
}
