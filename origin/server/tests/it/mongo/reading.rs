//! Reading all offers through a cursor that the server may lose.

use domain::{
    StoreError,
    catalogue::{Announce, Reach, sample},
    offers::store::AllListings,
};
use e2e::MongoServer;
use mongodb::bson::{Document, doc};
use store_mongo::database::MongoDb;
use yousoon::database::Database;

use super::watched::{self, Commands};
use crate::fixtures::NOW_MS;

const OFFERS: usize = 60;
const BATCH: usize = 20;

#[tokio::test]
async fn a_reading_whose_cursor_is_lost_fails_and_another_one_has_all() {
    for server in MongoServer::all().await.unwrap() {
        let (db, commands, _database) = watched::open(server).await;
        let offers = Database::mongo(&db).offers;
        fill(&db).await;
        let mut lost = offers.all_listings();
        for _ in 0..2 {
            assert_eq!(lost.next(BATCH).await.unwrap().found.len(), BATCH);
        }
        lose(&db, &commands).await;
        let name = server.name();
        assert!(lost.next(BATCH).await.is_err(), "{name}");
        // Nor does it seem to be at its end afterwards.
        let error = lost.next(BATCH).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Interrupted),
            "{name}: {error:?}"
        );
        assert_eq!(rest(offers.all_listings()).await, OFFERS, "{name}");
    }
}

async fn fill(db: &MongoDb) {
    let announce = Announce {
        reach: Reach::Added,
        reason: "filled".into(),
        actor: "test".into(),
    };
    let families = sample::families(OFFERS, NOW_MS).collect();
    let catalogue = Database::mongo(&db.clone().with_writes_one_by_one()).catalogue;
    catalogue.add(families, announce, NOW_MS).await.unwrap();
}

/// Ends the cursor that was read on last.
async fn lose(db: &MongoDb, commands: &Commands) {
    let asked = commands.take();
    let is_of_offers = |command: &&Document| {
        command.contains_key("getMore") && matches!(command.get_str("collection"), Ok("offers"))
    };
    let read = asked.iter().rfind(is_of_offers).unwrap();
    let kill = doc! {"killCursors": "offers", "cursors": [read.get_i64("getMore").unwrap()]};
    db.database().run_command(kill).await.unwrap();
}

async fn rest(mut all: Box<dyn AllListings>) -> usize {
    let mut count = 0;
    loop {
        let batch = all.next(BATCH).await.unwrap();
        if batch.is_empty() {
            return count;
        }
        count += batch.found.len();
    }
}
