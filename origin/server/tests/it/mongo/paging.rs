//! How many commands a page costs, through GraphQL.

use domain::catalogue::sample;
use domain::catalogue::{Announce, Reach};
use e2e::{Durability, MongoServer, Redis};
use mongodb::bson::{Document, doc};
use serde_json::json;
use store_mongo::database::MongoDb;
use yousoon::database::Database;

use super::watched::{self, Commands};
use crate::{
    app::{Answer, TestApp},
    fixtures::NOW_MS,
};

/// With all that a page may be asked for besides.
const PAGE: &str = "query A($input: OffersInput!) { offers(input: $input) { totalCount \
    edges { node { id title images partner { id name } establishment { id name } } } \
    pageInfo { hasNextPage endCursor } } }";

#[tokio::test]
async fn a_page_with_partners_and_establishments_is_three_commands_whatever_its_size() {
    for server in MongoServer::all().await.unwrap() {
        let (db, commands, _database) = watched::open(server).await;
        if let Some(why) = lacks_unions(&db).await {
            println!("skipped: {}: {why}", server.name());
            continue;
        }
        fill(&db).await;
        let near = json!({"lat": 48.8566, "lng": 2.3522});
        for (what, input) in [
            ("near", json!({"location": near, "maxDistance": 50.0})),
            ("newest", json!({})),
            (
                "near with words",
                json!({"location": near, "maxDistance": 50.0, "search": "profitez"}),
            ),
            ("words", json!({"search": "profitez"})),
        ] {
            for first in [1, 20, 100] {
                let mut input = input.clone();
                input["first"] = json!(first);
                let asked = ask(&db, &commands, input).await;
                assert_eq!(
                    asked,
                    [
                        ("aggregate", "offers"),
                        ("find", "establishments"),
                        ("find", "partners"),
                    ]
                    .map(|(command, collection)| (command.to_owned(), collection.to_owned())),
                    "{what}, {first} on {}",
                    server.name()
                );
            }
        }
    }
}

/// Unless the server has them, what it says.
async fn lacks_unions(db: &MongoDb) -> Option<String> {
    let rows = db.collection::<Document>("rows");
    let tried = rows.aggregate([doc! {"$unionWith": "rows"}]).await;
    tried.err().map(|error| error.to_string())
}

async fn fill(db: &MongoDb) {
    let announce = Announce {
        reach: Reach::Added,
        reason: "filled".into(),
        actor: "test".into(),
    };
    let families = sample::families(600, NOW_MS).collect();
    let catalogue = Database::mongo(db).catalogue;
    catalogue.add(families, announce, NOW_MS).await.unwrap();
}

/// What a page costs a server that has kept nothing yet; sorted.
async fn ask(db: &MongoDb, commands: &Commands, input: serde_json::Value) -> Vec<(String, String)> {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&format!("redis://{}", redis.address()));
    let (url, _state) = app.serve(Database::mongo(db)).await;
    let first = input["first"].as_u64().unwrap();
    let body = json!({"query": PAGE, "variables": {"input": input}});
    commands.take();
    let request = reqwest::Client::new().post(format!("{url}/graphql"));
    let page = Answer::of(request.json(&body)).await.data();
    let found = page["offers"]["edges"].as_array().unwrap().len();
    assert!(found > 0 && found as u64 <= first, "{found} of {first}");
    let total = page["offers"]["totalCount"].as_u64().unwrap();
    assert!(total >= found as u64, "{total}");
    let mut asked = commands.take_of_catalogue();
    asked.sort();
    asked
}
