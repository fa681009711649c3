//! The database checks the catalogue index: it answers samples from its own indexes.

use std::{sync::Arc, time::Duration};

use api::lists::{Lists, ListsConfig, following};
use cache_tiered::{Clock, PurgeFeed};
use domain::{
    Offer, OfferId,
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Sample},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, is_visible, near, offer, paris, point, sampled, sorted, with_words},
};

tests! {
    a_sample_of_a_disk_is_what_everybody_sees_there: [Geo],
    a_sample_crosses_the_antimeridian_and_the_poles: [Geo],
    odd_disks_are_answered: [Geo],
    a_sample_of_a_word_has_only_offers_with_it: [Text],
    words_are_found_without_accents_and_case: [Text],
    hostile_words_are_answered: [Text],
    what_the_index_is_wrong_about_is_found_and_mended: [Geo, Text],
    an_index_that_is_too_large_is_not_loaded: [],
}

async fn a_sample_of_a_disk_is_what_everybody_sees_there(fresh: Fresh) {
    let offers = fresh.sampled(400).await;
    for radius_km in [0.25, 2.0] {
        let disk = near(paris(), radius_km);
        let is_in = |offer: &&Offer| {
            is_visible(offer) && disk.centre.distance_km(&offer.location) <= radius_km
        };
        let sample = Sample::Near(disk.clone());
        let found = sampled(&fresh.db, sample.clone()).await;
        assert_eq!(found, sorted(offers.iter().filter(is_in)), "{radius_km} km");
        let some = fresh.db.offers.sample(&sample, 3, NOW_MS).await.unwrap();
        assert_eq!(some.len(), found.len().min(3));
    }
}

async fn a_sample_crosses_the_antimeridian_and_the_poles(fresh: Fresh) {
    let places = [
        (-17.0, 179.9),
        (-17.0, -179.9),
        (-17.0, 180.0),
        (89.95, 0.0),
        (89.95, 180.0),
        (-89.99, 90.0),
    ];
    let offers = places.map(|(lat, lng)| Offer {
        location: point(lat, lng),
        ..offer(&format!("{lat} {lng}"))
    });
    fresh.fill(vec![family(offers.into())]).await;
    for (lat, lng, expected) in [
        (-17.0, 179.95, 3),
        (-17.0, -179.95, 3),
        (89.99, -90.0, 2),
        (-90.0, 0.0, 1),
    ] {
        let disk = near(point(lat, lng), 30.0);
        let found = sampled(&fresh.db, Sample::Near(disk)).await;
        assert_eq!(found.len(), expected, "{lat} {lng}");
    }
}

async fn odd_disks_are_answered(fresh: Fresh) {
    let offers = fresh.sampled(50).await;
    for km in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        let found = sampled(&fresh.db, Sample::Near(near(paris(), km))).await;
        assert_eq!(found, [], "{km}");
    }
    let everywhere = Sample::Near(near(paris(), f64::INFINITY));
    let visible = sorted(offers.iter().filter(|offer| is_visible(offer)));
    assert_eq!(sampled(&fresh.db, everywhere).await, visible);
}

async fn a_sample_of_a_word_has_only_offers_with_it(fresh: Fresh) {
    let named = Offer {
        title: "Zanzibar".to_owned(),
        ..offer("named")
    };
    let hidden = Offer {
        id: OfferId::derive("contract", "hidden"),
        is_active: false,
        ..named.clone()
    };
    fresh
        .fill(vec![family(vec![named.clone(), hidden, offer("other")])])
        .await;
    let sample = Sample::Word("zanzibar".to_owned());
    let found = fresh.db.offers.sample(&sample, 9, NOW_MS).await.unwrap();
    assert_eq!(found, [named.id]);
}

/// As far as FTS5 and `$text` agree: nothing here is a word of French grammar, which `$text` leaves
/// out.
async fn words_are_found_without_accents_and_case(fresh: Fresh) {
    let texts = [
        ("Crêperie Neptune", "Galette maison, cidre offert"),
        ("Brasserie Neptune", "Une bière offerte"),
        ("Cinéma Élysée", "Place à tarif réduit, façon Noël"),
    ];
    let offers = texts.map(|(title, description)| Offer {
        title: title.into(),
        description: description.into(),
        ..offer(title)
    });
    let [creperie, brasserie, cinema] = &offers;
    fresh.fill(vec![family(offers.to_vec())]).await;
    for (words, expected) in [
        ("creperie", vec![creperie]),
        ("CRE\u{302}PERIE", vec![creperie]),
        ("neptune", vec![creperie, brasserie]),
        ("cidre, créperie!", vec![creperie]),
        ("biere NEPTUNE", vec![brasserie]),
        ("noel facon", vec![cinema]),
        ("creperie cinema", vec![]),
    ] {
        let found = with_words(&fresh.db, words).await;
        assert_eq!(found, sorted(expected), "{words}");
    }
}

async fn hostile_words_are_answered(fresh: Fresh) {
    fresh.fill(vec![family(vec![offer("only")])]).await;
    for words in [
        "a\0b",
        "* OR *",
        "-neptune",
        "\"neptune",
        "folded:",
        "NEAR(a b)",
        "'; DROP TABLE offers",
        "{\"$gt\": \"\"}",
        "é\u{301}",
        &"a ".repeat(9_999),
    ] {
        with_words(&fresh.db, words).await;
    }
    for wordless in ["", " ", "\0", " -\0\"*"] {
        assert_eq!(with_words(&fresh.db, wordless).await, [], "{wordless:?}");
    }
}

/// An index that hears of no write: its log is never followed.
fn deaf(fresh: &Fresh, config: ListsConfig) -> Lists {
    let clock = Clock::new(|| NOW_MS.unsigned_abs());
    let feed = Arc::new(PurgeFeed::new(clock));
    let lists = Lists::new(
        fresh.db.offers.clone(),
        fresh.db.purges.clone(),
        feed,
        config,
    );
    tokio::spawn(following::run(lists.clone(), CancellationToken::new()));
    lists
}

async fn an_index_that_is_too_large_is_not_loaded(fresh: Fresh) {
    fresh.fill(vec![family(vec![offer("only")])]).await;
    let lists = deaf(&fresh, ListsConfig { memory_mib: 0 });
    let size = lists.too_large().await;
    assert_eq!(size.offers, 1);
    assert!(!lists.is_loaded());
    let lists = deaf(&fresh, ListsConfig { memory_mib: 1 });
    lists.loaded().await;
}

async fn what_the_index_is_wrong_about_is_found_and_mended(fresh: Fresh) {
    let mut moved = offer("moved");
    moved.location = point(43.2965, 5.3698);
    let offers = vec![offer("ends"), offer("renamed"), offer("stays"), moved];
    fresh.fill(vec![family(offers)]).await;
    let lists = deaf(&fresh, ListsConfig::default());
    lists.loaded().await;
    let check = async || {
        for number in 0..8 {
            lists
                .check(number, Duration::from_millis(10))
                .await
                .unwrap();
        }
        (lists.mismatches(), lists.mended())
    };
    assert_eq!(check().await, (0, 0));
    let edit = async |name: &str, edit: OfferEdit| {
        let author = Author {
            actor: "test".to_owned(),
            action: "updateOffer",
        };
        let edited = fresh.db.offers.update(offer(name).id, edit, author, NOW_MS);
        edited.await.unwrap();
    };
    let ends = OfferEdit {
        is_active: Edit::Set(false),
        ..OfferEdit::default()
    };
    edit("ends", ends).await;
    assert_eq!(check().await, (1, 1));
    let renamed = OfferEdit {
        title: Edit::Set("Zanzibar".to_owned()),
        ..OfferEdit::default()
    };
    edit("renamed", renamed).await;
    assert_eq!(check().await, (2, 2));
    // An offer of which the index never heard.
    let mut new = domain::catalogue::sample::families(2, NOW_MS)
        .nth(1)
        .unwrap();
    let shown = Offer {
        location: point(45.764, 4.8357),
        is_active: true,
        valid_from_ms: 0,
        valid_until_ms: NOW_MS + 1,
        ..new.offers.remove(0)
    };
    new.offers = vec![shown];
    fresh.fill(vec![new]).await;
    assert_eq!(check().await, (3, 3));
    assert_eq!(check().await, (3, 3));
}
