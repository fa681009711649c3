//! What stands on MongoDB, on every server that tests are given.

mod accounts;
mod bookings;
mod commands;
mod connecting;
mod everything;
mod explaining;
mod faults;
mod identity;
mod migrating;
mod moving;
mod paging;
mod payments;
mod pictures;
mod portal;
mod reading;
mod reviews;
mod transactions;
mod watched;

use e2e::{MongoServer, TestDatabase};
use store_mongo::database::{MongoDb, MongoUrl};

/// A database of the test's own on one server.
struct Opened {
    server: &'static MongoServer,
    db: MongoDb,
    // Last: dropped when nobody uses it any more.
    database: TestDatabase,
}

async fn on_each() -> Vec<Opened> {
    let mut all = Vec::new();
    for server in MongoServer::all().await.unwrap() {
        let database = server.database();
        let url = MongoUrl::parse(database.url()).unwrap();
        all.push(Opened {
            server,
            db: MongoDb::open(&url).await.unwrap(),
            database,
        });
    }
    all
}

impl Opened {
    fn url(&self) -> MongoUrl {
        MongoUrl::parse(self.database.url()).unwrap()
    }

    /// Whether the server is a full one; else says why what needs one is skipped.
    async fn has_transactions(&self) -> bool {
        match self.db.require_transactions().await {
            Ok(()) => true,
            Err(why) => {
                println!("skipped: {}: {why}", self.server.name());
                false
            }
        }
    }
}
