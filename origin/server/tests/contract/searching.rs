//! Searches of offers, as far as SQLite's FTS5 and MongoDB's `$text` agree: whole words, all of them,
//! without regard to accents and case. Nothing here is a word of French grammar, which `$text`
//! leaves out.

use domain::{
    Category, Offer,
    offers::store::{Columns, OfferQuery},
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{family, found, list, near, offer, paris, point, query, sorted},
};

tests! {
    words_are_found_without_accents_and_case: [Text],
    a_search_goes_with_other_filters: [Text],
    a_search_goes_with_a_place: [Text, Geo],
    a_search_without_a_word_finds_nothing: [Text],
    hostile_searches_are_answered: [Text],
}

fn offers() -> [Offer; 3] {
    let texts = [
        ("Crêperie Neptune", "Galette maison, cidre offert"),
        ("Brasserie Neptune", "Une bière offerte"),
        ("Cinéma Élysée", "Place à tarif réduit, façon Noël"),
    ];
    texts.map(|(title, description)| Offer {
        title: title.into(),
        description: description.into(),
        ..offer(title)
    })
}

fn searched(words: &str) -> OfferQuery {
    OfferQuery {
        search: Some(words.into()),
        columns: Columns::EdgesAndTotal,
        ..query(None)
    }
}

async fn words_are_found_without_accents_and_case(fresh: Fresh) {
    let offers = offers();
    let [creperie, brasserie, cinema] = &offers;
    fresh.fill(vec![family(offers.to_vec())]).await;
    for (words, expected) in [
        ("creperie", vec![creperie]),
        ("Crêperie", vec![creperie]),
        ("CREPERIE", vec![creperie]),
        ("CRE\u{302}PERIE", vec![creperie]),
        ("neptune", vec![creperie, brasserie]),
        ("creperie neptune", vec![creperie]),
        ("cidre, créperie!", vec![creperie]),
        ("biere NEPTUNE", vec![brasserie]),
        ("cinema elysee", vec![cinema]),
        ("noel facon", vec![cinema]),
        ("creperie cinema", vec![]),
        ("boulangerie", vec![]),
    ] {
        let expected = sorted(expected);
        let total = list(&fresh.db, &searched(words)).await.total;
        assert_eq!(total, Some(expected.len() as u64), "{words}");
        assert_eq!(found(&fresh.db, searched(words)).await, expected, "{words}");
    }
}

async fn a_search_goes_with_other_filters(fresh: Fresh) {
    let mut offers = offers();
    offers[0].category = Category::Restaurant;
    offers[1].category = Category::Bar;
    fresh.fill(vec![family(offers.to_vec())]).await;
    let bars = OfferQuery {
        categories: vec![Category::Bar],
        ..searched("neptune")
    };
    assert_eq!(found(&fresh.db, bars).await, sorted([&offers[1]]));
}

async fn a_search_goes_with_a_place(fresh: Fresh) {
    let mut offers = offers();
    offers[0].location = point(45.76, 4.83);
    offers[1].location = point(48.86, 2.35);
    fresh.fill(vec![family(offers.to_vec())]).await;
    let here = OfferQuery {
        near: Some(near(paris(), 5.0)),
        ..searched("neptune")
    };
    assert_eq!(found(&fresh.db, here.clone()).await, sorted([&offers[1]]));
    let nearest_first = OfferQuery {
        near: Some(near(paris(), 1_000.0)),
        first: 1,
        ..here
    };
    let page = list(&fresh.db, &nearest_first).await;
    assert_eq!(page.items[0].0.id, offers[1].id);
    assert_eq!((page.has_next_page, page.total), (true, Some(2)));
}

async fn a_search_without_a_word_finds_nothing(fresh: Fresh) {
    fresh.fill(vec![family(offers().to_vec())]).await;
    for words in ["", " ", "\0", " -\0\"*"] {
        let page = list(&fresh.db, &searched(words)).await;
        assert_eq!((page.items.len(), page.total), (0, Some(0)), "{words:?}");
    }
}

async fn hostile_searches_are_answered(fresh: Fresh) {
    fresh.fill(vec![family(offers().to_vec())]).await;
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
        list(&fresh.db, &searched(words)).await;
    }
}
