use std::time::{Duration, Instant};

use store_mongo::{
    database::{MongoDb, MongoUrl, OpenError, Patience},
    server::Topology,
};
use tokio::net::{TcpListener, TcpStream};

use super::on_each;

/// Nobody listens there.
const NOBODY: &str = "mongodb://u:geh31m@127.0.0.1:1/yousoon";

#[tokio::test]
async fn a_server_says_what_it_is_and_whether_it_has_transactions() {
    for opened in on_each().await {
        let facts = opened.db.facts();
        println!("{}: {facts:?}", opened.server.name());
        assert!(facts.major > 0);
        let shown = format!("{:?}", opened.db);
        assert!(shown.contains(opened.database.name()), "{shown}");
        match opened.db.require_transactions().await {
            Ok(()) => assert_ne!(facts.topology, Topology::Standalone),
            Err(refused) => {
                let text = refused.to_string();
                assert!(text.contains("needs a replica set"), "{text}");
                assert!(text.contains("or Azure DocumentDB"), "{text}");
                if facts.topology == Topology::Standalone {
                    assert!(text.contains("(it is a standalone server)"), "{text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_said_in_time_and_without_the_password() {
    let url = MongoUrl::parse(NOBODY).unwrap();
    let began = Instant::now();
    let error = MongoDb::open(&url).await.unwrap_err();
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert!(error.is_unreachable(), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(text.contains("127.0.0.1:1/yousoon"), "{text}");
    assert!(!text.contains("geh31m"), "{text}");
}

#[tokio::test]
async fn patience_has_its_limit() {
    let url = MongoUrl::parse(NOBODY).unwrap();
    let patience = Patience {
        limit: Some(Duration::from_secs(1)),
        ..Patience::default()
    };
    let refused = MongoDb::open_with_patience(&url, &patience).await;
    assert!(matches!(refused, Err(OpenError::Unreachable { .. })));
}

/// A server that hangs does not answer the greeting.
#[tokio::test]
async fn a_server_that_hangs_is_unreachable_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let url = MongoUrl::parse(&format!("mongodb://127.0.0.1:{port}/x")).unwrap();
    let began = Instant::now();
    let error = MongoDb::open(&url).await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn opening_waits_for_a_server_that_comes_up_later() {
    for opened in on_each().await {
        if opened.db.facts().topology != Topology::Standalone {
            // Its members tell their own addresses: a way in through another port is not theirs.
            println!(
                "skipped: {}: is not reached through another port",
                opened.server.name()
            );
            continue;
        }
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let way_in = free.local_addr().unwrap();
        drop(free);
        let real = opened.url().to_string();
        let (host, database) = real.split_once('/').unwrap();
        let url = MongoUrl::parse(&format!("mongodb://{way_in}/{database}")).unwrap();
        let waiting = tokio::spawn(async move {
            let patience = Patience {
                limit: Some(Duration::from_mins(1)),
                ..Patience::default()
            };
            MongoDb::open_with_patience(&url, &patience).await
        });
        // Long enough for a first try to fail.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert!(!waiting.is_finished());
        let host = host.to_owned();
        tokio::spawn(forward(TcpListener::bind(way_in).await.unwrap(), host));
        let db = waiting.await.unwrap().unwrap();
        assert_eq!(db.facts(), opened.db.facts());
    }
}

async fn forward(listener: TcpListener, to: String) {
    while let Ok((mut from, _)) = listener.accept().await {
        let to = to.clone();
        tokio::spawn(async move {
            let mut real = TcpStream::connect(to).await?;
            tokio::io::copy_bidirectional(&mut from, &mut real).await
        });
    }
}
