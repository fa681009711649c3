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

/// Pages without scripts: addresses that are wrong, escaped, elsewhere, in the other language, or not there.
#[tokio::test]
async fn pages_are_there_without_scripts_and_addresses_are_not_believed() {
    let (world, _) = world().await;
    let stack = &world.stack;
    let site = Site::start(&stack.edge_url).await.unwrap();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let get = async |path: &str| {
        let request = client.get(format!("{}{path}", site.url));
        request.send().await.unwrap()
    };

    let home = get("/").await;
    let policy = home.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let timing = home.headers()["server-timing"].to_str().unwrap();
    assert!(timing.contains("yousoon-edge"), "{timing}");
    let etag = home.headers()["etag"].clone();
    let html = home.text().await.unwrap();
    assert!(html.contains("Un verre offert") && html.contains(r#"lang="fr""#));
    let again = client.get(&site.url).header("if-none-match", etag);
    assert_eq!(again.send().await.unwrap().status(), 304);
    assert!(
        get("/en")
            .await
            .text()
            .await
            .unwrap()
            .contains(r#"lang="en""#)
    );

    let map = get("/sitemap.xml").await.text().await.unwrap();
    let path = |folder: &str| {
        let from = map.find(&format!("{}/{folder}/", site.url)).unwrap();
        let rest = &map[from + site.url.len()..];
        rest[..rest.find('<').unwrap()].to_owned()
    };
    for folder in ["offers", "partners", "places", "cities"] {
        let page = get(&path(folder)).await;
        assert_eq!(page.status(), 200, "{folder}");
        let html = page.text().await.unwrap();
        let here = format!(
            r#"<link rel="canonical" href="{}{}">"#,
            site.url,
            path(folder)
        );
        assert!(html.contains(&here), "{folder}: {html}");
        assert_eq!(html.contains("application/ld+json"), folder != "cities");
    }

    let found = get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert_eq!(found.status(), 200);
    let html = found.text().await.unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)") && !html.contains("<script>alert"));
    for (path, status, to) in [
        ("/cities/paris", 308, "/cities/paris-75"),
        ("/cities/", 308, "/cities"),
        ("/en/cities/paris", 308, "/en/cities/paris-75"),
        ("/offers/not-an-offer", 404, ""),
        ("/offers/%E0%A4%A", 404, ""),
        ("/offers", 404, ""),
        ("/nowhere/at/all", 404, ""),
        ("/categories/BAR", 404, ""),
        ("/__proto__", 404, ""),
        ("/search?after=nonsense", 400, ""),
        ("/search?box=1,2,3", 200, ""),
        ("/search?box=60,9,40,2", 200, ""),
        ("/assets/../server.mjs", 404, ""),
        ("/sitemap-1.xml", 404, ""),
    ] {
        let page = get(path).await;
        let location = page
            .headers()
            .get("location")
            .map(|to| to.to_str().unwrap());
        assert_eq!(
            (page.status().as_u16(), location.unwrap_or_default()),
            (status, to),
            "{path}"
        );
    }
    // A client would not send these as they are.
    for address in [
        "//evil.example/",
        "/a/..//evil.example/",
        "/\\evil.example/",
    ] {
        let answer = raw(&site.url, address).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{address}: {answer}");
    }
    let posted = client.post(&site.url).send().await.unwrap();
    assert_eq!(posted.status(), 405);

    // Without the edge there is a page that says so.
    drop(world);
    let page = get("/cities").await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
}

/// The first line of the answer to a GET of exactly this address.
async fn raw(site: &str, address: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = site.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET {address} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}
