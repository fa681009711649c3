//! The small site (`tests/site`) in Chromium, and without scripts: a guest finds, books and shows a code; a venue
//! scans it.

use std::collections::BTreeMap;

use e2e::{Options, Way, pages, site::Site};
use serde_json::json;

use crate::{
    messages::World,
    story::PASSWORD,
    telling::{published, verified},
    venue,
};

/// Where pictures of the pages are kept, for people to look at; nowhere unless it is set.
pub(crate) const PICTURES: &str = "YOUSOON_PICTURES";

/// A system with a bar that has an offer, and four restaurants; and its owner's address.
async fn world() -> (World, String) {
    let world = World::with(Options {
        venues: vec![
            venue((48.8570, 2.3530), "thai"),
            venue((48.8600, 2.3400), "italian"),
            venue((48.8720, 2.3300), "french"),
            venue((48.8400, 2.3800), "thai"),
        ],
        way: Way::Direct,
        ..Options::default()
    })
    .await;
    let owner = verified(&world, "owner").await;
    published(&world, &owner).await;
    (world, owner.email)
}

/// A guest's evening and a venue's, with what each page took and what axe finds in it.
#[tokio::test]
async fn a_guest_books_and_a_venue_scans_the_code() {
    let Some(chromium) = std::env::var_os("CHROMIUM_BIN") else {
        return println!("skipped: there is no Chromium, which root on Debian gets from apt-get");
    };
    let (world, owner) = world().await;
    let stack = &world.stack;
    let site = Site::start(&stack.edge_url).await.unwrap();
    let options = json!({
        "site": site.url,
        "guest": {"email": "ana@example.fr", "password": "a horse of her own"},
        "staff": {"email": owner, "password": PASSWORD},
        "suggest": "chez z",
        "suggested": "Chez Zoé",
        "search": "vere offert",
        "title": "Un verre offert",
        "pictures": std::env::var(PICTURES).ok(),
    });
    let mut script = pages::visit("site.mjs", chromium.as_ref(), &options).unwrap();
    let mut figures = BTreeMap::new();
    let mut told = BTreeMap::new();
    while !told.contains_key("done") {
        let line = script.tells_something().await;
        let line = line.unwrap_or_else(|why| panic!("{why:#}\n{}", site.last_words()));
        let Some(page) = line["page"].as_str() else {
            let (name, value) = line.as_object().unwrap().iter().next().unwrap();
            told.insert(name.clone(), value.clone());
            continue;
        };
        println!("{page}: {}", line["figures"]);
        assert_eq!(line["violations"], json!([]), "{page}");
        figures.insert(page.to_owned(), line["figures"].clone());
    }
    let seen = &told["guest"];
    assert_eq!(seen["status"], "CONFIRMED");
    assert_eq!(seen["jsonLd"], "Offer");
    assert!(seen["circles"].as_u64().unwrap() > 0, "{seen}");
    let seen = &told["venue"];
    assert_eq!(
        (&seen["before"], &seen["after"]),
        (&json!("CONFIRMED"), &json!("CHECKED_IN"))
    );
    assert!(seen["said"].as_str().unwrap().contains("Ana"), "{seen}");
    let mut asked = [site.url.clone(), stack.edge_url.clone()];
    asked.sort();
    assert_eq!(told["done"], json!({"addresses": asked, "problems": []}));
    // What the home page shows came from the edge's caches.
    let home = &figures["home"];
    let edge = home["edge"].as_array().unwrap();
    assert!(!edge.is_empty(), "{home}");
    for one in edge {
        assert!(one.as_str().unwrap().contains("; hit"), "{home}");
    }
}
