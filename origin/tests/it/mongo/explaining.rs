//! Every query that the stores ask is listed, and none scans a collection.

use std::collections::BTreeSet;

use cache_core::{LogId, PurgeKind, Revision};
use e2e::MongoServer;
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};
use pq_core::DocumentHash;
use yousoon::{
    catalogue::{Announce, Reach, sample},
    database::Database,
    documents::store::Record,
    domain::{GeoPoint, Offer, OfferCategory, PartnerCategory},
    embedded::outbox::{self, PendingPurge},
    mongo::{MongoDb, queries::QUERIES},
    offers::{
        edit::{Edit, OfferEdit},
        store::{
            Author, Columns, ListFields, Near, NextChange, OfferCursor, OfferQuery, Visibility,
        },
    },
    partners::store::{PartnerCursor, PartnerQuery},
    purge::{
        audit::{AuditFilter, AuditRow},
        store::Moved,
    },
};

use super::watched;
use crate::fixtures::NOW_MS;

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
        ask_everything(&Database::mongo(&db)).await;
        let asked = commands.take();
        assert_listed(&asked);
        if let Some(why) = cannot_explain(&db).await {
            println!("skipped: the plans of {}: {why}", server.name());
            continue;
        }
        for command in asked.iter().filter(|command| is_query(command)) {
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

async fn ask_everything(db: &Database) {
    let announce = Announce {
        reach: Reach::Everything {
            instead_of: Some(99),
        },
        reason: "filled".into(),
        actor: "test".into(),
    };
    let families: Vec<_> = sample::families(200, NOW_MS).collect();
    let offers: Vec<Offer> = families.iter().flat_map(|f| f.offers.clone()).collect();
    assert!(db.catalogue.is_empty().await.unwrap());
    db.catalogue.add(families, announce, NOW_MS).await.unwrap();
    ask_offers(db, &offers).await;
    ask_partners(db, &offers[0]).await;
    ask_documents(db).await;
    ask_purges(db).await;
}

async fn ask_offers(db: &Database, offers: &[Offer]) {
    let one = &offers[0];
    let ids = [one.id.clone()];
    db.offers.by_ids(&ids).await.unwrap();
    db.offers.remaining(&ids).await.unwrap();
    let partners = [one.partner_id.clone()];
    for visibility in [Visibility::Public, Visibility::All] {
        let of_them = db.offers.of_partners(&partners, visibility, 3, NOW_MS);
        of_them.await.unwrap();
    }
    for query in lists(one) {
        db.offers.list(&query).await.unwrap();
    }
    let edit = OfferEdit {
        title: Edit::Set("Autre".into()),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "edit",
    };
    let updated = db.offers.update(one.id.clone(), edit, author, NOW_MS);
    updated.await.unwrap();
}

/// With and without each filter that may choose another index.
fn lists(one: &Offer) -> Vec<OfferQuery> {
    let newest = OfferQuery {
        near: None,
        categories: vec![],
        min_discount: None,
        search: None,
        partner: None,
        include_inactive: Visibility::Public,
        first: 20,
        after: None,
        now_ms: NOW_MS,
        columns: Columns::EdgesAndTotal,
        fields: ListFields::ALL,
        next_change: NextChange::Asked,
    };
    let near = Some(Near {
        centre: GeoPoint::new(48.8566, 2.3522).unwrap(),
        max_distance_km: 5.0,
    });
    let mut lists = Vec::new();
    for (near, distance_km) in [(None, None), (near, Some(0.5))] {
        for search in [None, Some("profitez".to_owned())] {
            let base = OfferQuery {
                near: near.clone(),
                search,
                ..newest.clone()
            };
            lists.push(OfferQuery {
                after: Some(OfferCursor::of(one, distance_km)),
                ..base.clone()
            });
            lists.push(OfferQuery {
                categories: vec![OfferCategory::Bar, OfferCategory::Club],
                min_discount: Some(20),
                ..base.clone()
            });
            lists.push(OfferQuery {
                partner: Some(one.partner_id.clone()),
                include_inactive: Visibility::All,
                ..base.clone()
            });
            lists.push(OfferQuery {
                include_inactive: Visibility::All,
                ..base.clone()
            });
            lists.push(base);
        }
    }
    lists
}

async fn ask_partners(db: &Database, one: &Offer) {
    let (partner, place) = (one.partner_id.clone(), one.establishment_id.clone());
    let store = &db.partners;
    let found = store.partners_by_ids(std::slice::from_ref(&partner)).await;
    let found = found.unwrap().remove(&partner).unwrap();
    store.establishments_by_ids(&[place]).await.unwrap();
    store.establishments_of(&[partner]).await.unwrap();
    for (category, search) in [
        (None, None),
        (Some(PartnerCategory::Bar), None),
        (None, Some("bar".to_owned())),
    ] {
        for after in [None, Some(PartnerCursor::of(&found))] {
            let query = PartnerQuery {
                category,
                search: search.clone(),
                first: 20,
                after,
            };
            store.list(&query).await.unwrap();
        }
    }
}

async fn ask_documents(db: &Database) {
    let hash = DocumentHash::of("query A { a }");
    for json in ["{}", "{\"changed\": true}"] {
        let record = Record {
            hash,
            name: "A".into(),
            json: json.into(),
        };
        db.documents.publish(vec![record], NOW_MS).await.unwrap();
    }
    db.documents.record(hash).await.unwrap();
    db.documents.names().await.unwrap();
}

async fn ask_purges(db: &Database) {
    let purges = &db.purges;
    let purge = PendingPurge {
        tags: vec!["*".into()],
        kind: outbox::PurgeKind::Hard,
        reason: "test".into(),
        actor: "test".into(),
    };
    purges.push(purge, NOW_MS).await.unwrap();
    let log = LogId::from_bytes([1; 16]);
    let head = purges.next_begins_after().await.unwrap();
    assert!(purges.put_in_force(log, head, NOW_MS).await.unwrap());
    assert_eq!(purges.in_force().await.unwrap(), Some(log));
    let rows = purges.pending(9).await.unwrap();
    purges.last_pending().await.unwrap();
    let told = AuditRow {
        id: None,
        at_ms: NOW_MS,
        actor: "test".into(),
        reason: "test".into(),
        kind: PurgeKind::Hard,
        tags: vec!["*".parse().unwrap()],
        log: Some(log),
        revision: Some(Revision(1)),
    };
    let moved = rows.iter().map(|row| Moved {
        id: row.id,
        told: told.clone(),
    });
    assert!(purges.take_out(log, moved.collect()).await.unwrap());
    let of_tag = AuditFilter {
        tag: Some("offer:1".parse().unwrap()),
        actor: None,
    };
    for filter in [AuditFilter::default(), of_tag] {
        purges.audit(Some(9), 9, filter).await.unwrap();
    }
    purges.trim_audit(NOW_MS).await.unwrap();
}
