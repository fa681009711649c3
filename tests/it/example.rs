//! The worker is nobody's: it stands unchanged before the library of `edge/examples/library`, an API in
//! Node with a schema of its own.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use e2e::{Answer, Ask, EDGE_SECRET, Library, Way};
use edge_core::announced::announce;
use edge_core::proof::{self, OnBehalfOf};
use edge_core::{feed, header, signature};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// The edge's bound (`edge_core::bounds::DISTRUST_MS`), and a margin for a busy machine.
const BOUND: Duration = Duration::from_secs(10);

async fn get(library: &Library, ask: &Ask) -> Answer {
    ask.get(&library.client, &library.edge_url).await.unwrap()
}

async fn post(library: &Library, ask: &Ask, reader: &str) -> Answer {
    ask.post(&library.client, &library.edge_url, reader)
        .await
        .unwrap()
}

/// In this time the edge has heard of a write.
const HEARD: Duration = Duration::from_secs(2);

/// Repeats a request until the edge answers from its cache.
async fn warm(library: &Library, ask: &Ask) -> Answer {
    ask.until(&library.client, &library.edge_url, BOUND, Answer::is_hit)
        .await
        .unwrap()
        .0
}

fn times_borrowed(answer: &Answer) -> u64 {
    let times = &answer.json()["data"]["book"]["timesBorrowed"];
    times.as_u64().unwrap_or_else(|| panic!("{}", answer.text))
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap().as_millis()).unwrap()
}

/// Sends a request to the API itself, signed as the edge signs a client's.
async fn past_the_edge(library: &Library, ask: &Ask, signed: &str) -> Answer {
    let body = json!({"documentId": ask.id, "variables": ask.variables});
    let request = library
        .client
        .post(format!("{}/graphql", library.api_url))
        .bearer_auth("ada")
        .header(header::CLIENT_IP, "192.0.2.1")
        .header(header::SIGNATURE, signed)
        .json(&body);
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

fn signed_for_a_client(secret: &str, at_ms: u64) -> String {
    let secret: Vec<u8> = (0..secret.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&secret[at..at + 2], 16).unwrap())
        .collect();
    let ip = "192.0.2.1".parse().unwrap();
    proof::sign(&secret, OnBehalfOf::Client(ip), at_ms)
}

#[tokio::test]
async fn a_shared_answer_is_a_hit_until_a_write_purges_what_it_shows() {
    let library = Library::start(Way::Gated).await.unwrap();
    let hugo = library.ask("Books", json!({"author": "Victor Hugo"}));
    let lovelace = library.ask("Books", json!({"author": "Ada Lovelace"}));
    let first = library.ask("Book", json!({"id": "1"}));
    for ask in [&hugo, &lovelace, &first] {
        warm(&library, ask).await;
    }
    let reads = library.to_api.reads();
    assert!(get(&library, &hugo).await.is_hit());
    assert_eq!(library.to_api.reads(), reads, "the API was not asked");

    let borrowed = post(
        &library,
        &library.ask("Borrow", json!({"book": "2"})),
        "ada",
    )
    .await;
    assert_eq!(borrowed.json()["data"]["borrow"]["timesBorrowed"], 1);
    assert_ne!(borrowed.header("yousoon-revision"), "");
    let after = get(&library, &hugo).await;
    assert_eq!(after.json()["data"]["books"][0]["timesBorrowed"], 1);
    assert!(!after.is_hit(), "{}", after.cache_status());
    // Until the edge's copy of the log has the write, the edge asks the API for everything anew.
    tokio::time::sleep(HEARD).await;
    let reads = library.to_api.reads();
    // What the write did not change is still stored.
    for ask in [&lovelace, &first] {
        let kept = warm(&library, ask).await;
        assert_ne!(kept.header("age"), "", "{}", kept.cache_status());
    }
    assert_eq!(library.to_api.reads(), reads, "the API was not asked");

    // A new book is in lists that never showed it.
    let added = library.ask(
        "AddBook",
        json!({"title": "Hernani", "author": "Victor Hugo"}),
    );
    post(&library, &added, "ada").await;
    let list = get(&library, &hugo).await;
    assert_eq!(list.json()["data"]["books"].as_array().unwrap().len(), 3);
    assert!(warm(&library, &first).await.is_hit());
}

/// Readers that begin after a write was answered see it, while others write.
#[tokio::test]
async fn no_answer_contradicts_a_write_that_was_answered_before() {
    const WRITES: u64 = 40;
    let library = Arc::new(Library::start(Way::Gated).await.unwrap());
    let book = library.ask("Book", json!({"id": "3"}));
    warm(&library, &book).await;
    let (written, over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (library, book) = (Arc::clone(&library), book.clone());
            let (written, over) = (Arc::clone(&written), Arc::clone(&over));
            tokio::spawn(async move {
                let (mut hits, mut reads) = (0_u64, 0_u64);
                while !over.load(Ordering::Acquire) {
                    let least = written.load(Ordering::Acquire);
                    let answer = get(&library, &book).await;
                    let seen = times_borrowed(&answer);
                    assert!(seen >= least, "{seen} < {least}: {}", answer.cache_status());
                    reads += 1;
                    hits += u64::from(answer.is_hit());
                }
                (hits, reads)
            })
        })
        .collect();
    let borrow = library.ask("Borrow", json!({"book": "3"}));
    for number in 1..=WRITES {
        let answer = post(&library, &borrow, "ada").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        written.store(number, Ordering::Release);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    over.store(true, Ordering::Release);
    let (mut hits, mut reads) = (0, 0);
    for reader in join_all(readers).await {
        let (hits_of_one, reads_of_one) = reader.unwrap();
        hits += hits_of_one;
        reads += reads_of_one;
    }
    println!("{WRITES} writes, {reads} reads, {hits} of them hits");
    assert!(hits > 0, "none of {reads} reads was a hit");
}

/// The race that other caches lose: they would store the old answer after the purge.
#[tokio::test]
async fn an_answer_that_was_read_before_a_write_and_arrives_after_it_is_not_kept() {
    let library = Library::start(Way::Gated).await.unwrap();
    warm(&library, &library.ask("Book", json!({"id": "3"}))).await;
    let book = library.ask("Book", json!({"id": "1"}));
    library.to_api.hold_answers();
    let write_meanwhile = async {
        library.to_api.until_one_is_held().await.unwrap();
        let borrow = library.ask("Borrow", json!({"book": "1"}));
        let signed = signed_for_a_client(EDGE_SECRET, now_ms());
        let written = past_the_edge(&library, &borrow, &signed).await;
        assert_eq!(written.status, 200, "{}", written.text);
        library.to_api.release();
    };
    let (old, ()) = tokio::join!(get(&library, &book), write_meanwhile);
    assert_eq!(times_borrowed(&old), 0, "it began before the write");
    let is_new = |answer: &Answer| times_borrowed(answer) == 1;
    book.until(&library.client, &library.edge_url, BOUND, is_new)
        .await
        .unwrap();
    for _ in 0..50 {
        let later = get(&library, &book).await;
        assert!(is_new(&later), "{}", later.cache_status());
    }
    assert!(is_new(&warm(&library, &book).await));
}

/// The edge has not seen this write: it learns of it from the purge log.
#[tokio::test]
async fn a_write_that_did_not_pass_the_edge_is_seen_within_the_bound() {
    let library = Library::start(Way::Gated).await.unwrap();
    let book = library.ask("Book", json!({"id": "2"}));
    warm(&library, &book).await;
    let borrow = library.ask("Borrow", json!({"book": "2"}));
    let signed = signed_for_a_client(EDGE_SECRET, now_ms());
    let written = past_the_edge(&library, &borrow, &signed).await;
    assert_eq!(written.status, 200, "{}", written.text);
    let is_new = |answer: &Answer| times_borrowed(answer) == 1;
    let (first, after) = book
        .until(&library.client, &library.edge_url, BOUND, is_new)
        .await
        .unwrap();
    println!("seen after {after:?}: {}", first.cache_status());
    for _ in 0..50 {
        let later = get(&library, &book).await;
        assert_eq!(times_borrowed(&later), 1, "{}", later.cache_status());
    }
    assert!(warm(&library, &book).await.is_hit());
}

/// Whether a file below the folder has the text.
fn is_stored(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_stored(&path, text);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

#[tokio::test]
async fn a_private_answer_is_never_stored() {
    let library = Library::start(Way::Gated).await.unwrap();
    for (reader, book) in [("ada", "2"), ("grace", "3")] {
        let borrow = library.ask("Borrow", json!({"book": book}));
        post(&library, &borrow, reader).await;
    }
    let loans = library.ask("MyLoans", json!({}));
    let reads = library.to_api.reads();
    let both = (0..40).map(|turn| {
        let (reader, book) = [("ada", "2"), ("grace", "3")][turn % 2];
        let (library, loans) = (&library, &loans);
        async move {
            let answer = post(library, loans, reader).await;
            let found = answer.json()["data"]["myLoans"].clone();
            assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
            assert_eq!(found[0]["id"], book, "{reader}");
            assert_eq!(answer.cache_status(), "yousoon-edge; fwd=bypass");
            assert_eq!(answer.header("cache-control"), "private, no-store");
        }
    });
    join_all(both).await;
    let nobody = get(&library, &loans).await;
    assert_eq!(
        (nobody.status, nobody.code().as_str()),
        (200, "UNAUTHENTICATED")
    );
    assert_eq!(library.to_api.reads(), reads + 41, "the API answered each");

    // A shared answer is asked for without the client's token, and is the one thing that is stored.
    let books = library.ask("Books", json!({}));
    post(&library, &books, "ada").await;
    warm(&library, &books).await;
    let passed = library.to_api.passed();
    let asked = passed.iter().rfind(|passed| passed.line == "POST /graphql");
    let headers = &asked.unwrap().headers;
    assert!(!headers.contains_key("authorization"), "{headers:?}");
    assert!(is_stored(&library.edge_data(), r#"{"data":{"books":["#));
    assert!(!is_stored(&library.edge_data(), r#""myLoans":["#));
}

#[tokio::test]
async fn unknown_hashes_and_whoever_is_not_the_edge_are_refused() {
    let library = Library::start(Way::Gated).await.unwrap();
    let unknown = Ask {
        id: "0".repeat(64),
        variables: Value::Null,
    };
    for _ in 0..3 {
        let refused = get(&library, &unknown).await;
        assert_eq!(refused.code(), "PERSISTED_QUERY_NOT_FOUND");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    let looked_up = library.to_api.passed();
    let looked_up = looked_up
        .iter()
        .filter(|passed| passed.line.contains(&unknown.id));
    assert!((1..=2).contains(&looked_up.count()), "the edge remembers");

    let books = library.ask("Books", json!({}));
    let good = signed_for_a_client(EDGE_SECRET, now_ms());
    let answer = past_the_edge(&library, &books, &good).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for (why, signed) in [
        (
            "another secret",
            signed_for_a_client(&"00".repeat(32), now_ms()),
        ),
        (
            "too old",
            signed_for_a_client(EDGE_SECRET, now_ms() - signature::MAX_SKEW_MS - 5_000),
        ),
        ("another time", good.replacen("t=1", "t=2", 1)),
        ("no signature", String::new()),
    ] {
        let refused = past_the_edge(&library, &books, &signed).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (401, "UNAUTHENTICATED"),
            "{why}"
        );
    }
    let path = format!("{}/internal/documents/{}", library.api_url, books.id);
    let unsigned = library.client.get(path).send().await.unwrap();
    assert_eq!(unsigned.status().as_u16(), 401);
}

#[tokio::test]
async fn while_the_api_is_away_shared_answers_stand_in_and_the_rest_is_refused() {
    let mut library = Library::start(Way::Direct).await.unwrap();
    let books = library.ask("Books", json!({}));
    let borrow = library.ask("Borrow", json!({"book": "1"}));
    post(&library, &borrow, "ada").await;
    warm(&library, &books).await;
    let loans = library.ask("MyLoans", json!({}));
    post(&library, &loans, "ada").await;

    library.stop_api().await.unwrap();
    // First its copy of the log is young enough; then the answer stands in.
    let stands_in = |answer: &Answer| answer.cache_status().ends_with("detail=stale-if-error");
    let (answer, _) = books
        .until(&library.client, &library.edge_url, BOUND * 2, stands_in)
        .await
        .unwrap();
    assert_eq!(answer.json()["data"]["books"][0]["timesBorrowed"], 1);
    let never_read = library.ask("Book", json!({"id": "3"}));
    for (ask, why) in [
        (&loans, "private"),
        (&borrow, "a write"),
        (&never_read, "not stored"),
    ] {
        let refused = post(&library, ask, "ada").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (503, "ORIGIN_UNREACHABLE"),
            "{why}"
        );
        assert_eq!(refused.header("retry-after"), "5", "{why}");
    }

    // An API that has forgotten everything begins another log: no answer of the old one counts.
    library.start_api().await.unwrap();
    let is_new = |answer: &Answer| answer.json()["data"]["books"][0]["timesBorrowed"] == 0;
    books
        .until(&library.client, &library.edge_url, BOUND, is_new)
        .await
        .unwrap();
    for _ in 0..20 {
        assert!(is_new(&get(&library, &books).await));
    }
    assert!(warm(&library, &books).await.is_hit());
}

/// The author of an origin in another language computes these signatures first, to check the code.
#[test]
fn the_signatures_in_the_page_for_origins_are_right() {
    const AT_MS: u64 = 1_700_000_000_000;
    let page = include_str!("../../docs/origin.md");
    let secret: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let ip = "192.0.2.1".parse().unwrap();
    let announcement = announce(b"{}");
    for (title, signed) in [
        (
            "asks-for-edge".to_owned(),
            proof::sign(&secret, OnBehalfOf::Everybody, AT_MS),
        ),
        (
            "asks-for-client, 192.0.2.1".to_owned(),
            proof::sign(&secret, OnBehalfOf::Client(ip), AT_MS),
        ),
        (
            format!("purge-log, {announcement} (the body is {{}})"),
            signature::sign(&secret, feed::CONTEXT, AT_MS, announcement.as_bytes()),
        ),
    ] {
        assert!(
            page.contains(&format!("{title}\n  {signed}\n")),
            "{title}: {signed}"
        );
    }
}
