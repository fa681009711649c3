//! Every query that the stores ask is listed, and none scans a collection.

use std::collections::BTreeSet;

use e2e::MongoServer;
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};
use store_mongo::{database::MongoDb, queries::QUERIES};
use yousoon::database::Database;

use super::{everything, watched};

#[tokio::test]
async fn every_query_is_listed_and_none_scans_a_collection() {
    for server in MongoServer::all().await.unwrap() {
        let (db, commands, _database) = watched::open(server).await;
        if db.require_transactions().await.is_err() {
            println!(
                "skipped: {}: not every query can be asked there",
                server.name()
            );
            continue;
        }
        commands.take();
        everything::ask(&Database::mongo(&db)).await;
        let asked = commands.take();
        assert_listed(&asked);
        if let Some(why) = cannot_explain(&db).await {
            println!("skipped: the plans of {}: {why}", server.name());
            continue;
        }
        let queries = asked.iter().filter(|command| is_query(command));
        for command in queries.filter(|command| !reads_all(command)) {
            assert_planned(&db, command).await;
        }
    }
}

/// Both ways: what was asked is listed, and what is listed was asked.
fn assert_listed(asked: &[Document]) {
    let asked: BTreeSet<(String, String)> = asked
        .iter()
        .filter(|command| is_query(command))
        .filter_map(watched::named)
        .collect();
    let listed: BTreeSet<(String, String)> = QUERIES
        .iter()
        .map(|query| (query.command.to_owned(), query.collection.to_owned()))
        .collect();
    assert_eq!(asked, listed);
}

/// Inserts look for nothing, and the rest is talk with the server.
fn is_query(command: &Document) -> bool {
    let name = command.keys().next().map(String::as_str);
    matches!(
        name,
        Some("find" | "aggregate" | "update" | "delete" | "findAndModify")
    )
}

/// The catalogue index reads all offers on purpose, led through the index of ids.
fn reads_all(command: &Document) -> bool {
    let by_ids = doc! {"_id": 1};
    command.get("hint") == Some(&by_ids.into()) && command.get("find") == Some(&"offers".into())
}

/// Unless the server tells plans that mean something, why not.
async fn cannot_explain(db: &MongoDb) -> Option<String> {
    let least = ObjectId::from_bytes([0; 12]);
    let all = doc! {"find": "offers", "filter": {"_id": {"$gte": least}}, "sort": {"_id": 1}};
    match explain(db, all).await {
        Err(why) => Some(why),
        // One that goes by indexes has them whatever the size of the collection.
        Ok(plan) if scans(&plan) => {
            Some("it plans by the size of a collection, and this one is small".to_owned())
        }
        Ok(_) => None,
    }
}

async fn explain(db: &MongoDb, command: Document) -> Result<Bson, String> {
    let explained = doc! {"explain": command, "verbosity": "queryPlanner"};
    let plan = db.database().run_command(explained).await;
    plan.map(Bson::from).map_err(|error| error.to_string())
}

async fn assert_planned(db: &MongoDb, command: &Document) {
    let (name, collection) = watched::named(command).unwrap();
    for search in searches(command, &collection) {
        let plan = explain(db, search.clone()).await.unwrap();
        assert!(!scans(&plan), "{search} scans: {plan}");
        for index in indexes(&plan) {
            let is_listed = QUERIES.iter().any(|query| query.index.contains(&index));
            assert!(is_listed, "{name} of {collection} goes by {index}");
        }
    }
}

/// What is looked for before anything is read or written: not every server explains a write.
fn searches(command: &Document, collection: &str) -> Vec<Document> {
    let find = |filter: &Document| doc! {"find": collection, "filter": filter.clone()};
    let each = |list: &str| {
        let writes = command.get_array(list).unwrap().iter();
        let filters = writes.map(|write| write.as_document().unwrap().get_document("q").unwrap());
        filters.map(find).collect()
    };
    match command.keys().next().unwrap().as_str() {
        "update" => each("updates"),
        "delete" => each("deletes"),
        "findAndModify" => vec![find(command.get_document("query").unwrap())],
        _ => vec![without_session(command)],
    }
}

fn without_session(command: &Document) -> Document {
    const OF_THE_SESSION: [&str; 10] = [
        "lsid",
        "$db",
        "$clusterTime",
        "$readPreference",
        "txnNumber",
        "autocommit",
        "startTransaction",
        "readConcern",
        "writeConcern",
        "maxTimeMS",
    ];
    let mut command = command.clone();
    for field in OF_THE_SESSION {
        command.remove(field);
    }
    command
}

/// Whether a collection is read from one end to the other.
fn scans(plan: &Bson) -> bool {
    match plan {
        Bson::Document(stage) => {
            let is = |name| matches!(stage.get_str("stage"), Ok(stage) if stage == name);
            // Azure DocumentDB may walk through the whole index of ids instead: in no order, and with
            // no condition on it.
            let leads = ["direction", "indexFilterSet", "runtimeFilterSet"];
            let is_led = leads.iter().any(|field| stage.contains_key(field));
            let is_of_ids = matches!(stage.get_str("indexName"), Ok("_id_"));
            is("COLLSCAN")
                || (is("IXSCAN") && is_of_ids && !is_led)
                || stage
                    .iter()
                    .any(|(name, value)| name != "rejectedPlans" && scans(value))
        }
        Bson::Array(list) => list.iter().any(scans),
        _ => false,
    }
}

fn indexes(plan: &Bson) -> Vec<String> {
    values(plan, "indexName")
}

/// The texts of a field, however deep; not of plans that were rejected.
fn values(plan: &Bson, field: &str) -> Vec<String> {
    match plan {
        Bson::Document(document) => document
            .iter()
            .filter(|(name, _)| *name != "rejectedPlans")
            .flat_map(|(name, value)| match value {
                Bson::String(text) if name == field => vec![text.clone()],
                other => values(other, field),
            })
            .collect(),
        Bson::Array(list) => list.iter().flat_map(|one| values(one, field)).collect(),
        _ => Vec::new(),
    }
}
