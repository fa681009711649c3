//! The MongoDB servers that there are, and what each of them can do: it is tried, not believed.

use std::sync::Arc;

use anyhow::Context as _;
use e2e::MongoServer;
use mongodb::{
    bson::{Document, doc},
    error::{Error, ErrorKind},
};
use store_mongo::{
    database::{MongoDb, MongoUrl},
    error::MongoError,
    migrations,
};
use yousoon::database::Database;

use crate::backends::{Ability, Backend, Fresh, Lacking, Work};

/// Most of a test's time a server builds the indexes of its database, some of them once a second.
const AT_ONCE: usize = 4;

pub(crate) async fn backends() -> anyhow::Result<Vec<Backend>> {
    let mut backends = Vec::new();
    for server in MongoServer::all().await? {
        let probed = lacks(server).await;
        let lacks = probed.with_context(|| format!("trying {}", server.name()))?;
        let has_transactions = lacks.iter().all(|(lack, _)| *lack != Ability::Transactions);
        backends.push(Backend {
            name: server.name().to_owned(),
            lacks,
            at_once: AT_ONCE,
            open: Arc::new(move || Box::pin(open(server, has_transactions))),
        });
    }
    Ok(backends)
}

async fn open(server: &'static MongoServer, has_transactions: bool) -> Fresh {
    let database = server.database();
    let url = MongoUrl::parse(database.url()).unwrap();
    let db = connect(url.clone(), has_transactions).await;
    migrations::run(&db).await.unwrap();
    let again = move || -> Work<Database> {
        let url = url.clone();
        Box::pin(async move { Database::mongo(&connect(url, has_transactions).await) })
    };
    Fresh::new(Database::mongo(&db), database).opened_by(again)
}

async fn connect(url: MongoUrl, has_transactions: bool) -> MongoDb {
    let db = MongoDb::open(&url).await.unwrap();
    if has_transactions {
        db
    } else {
        db.with_writes_one_by_one()
    }
}

async fn lacks(server: &MongoServer) -> anyhow::Result<Lacking> {
    let database = server.database();
    let db = MongoDb::open(&MongoUrl::parse(database.url())?).await?;
    migrations::run(&db).await?;
    let mut lacks = Lacking::new();
    if let Err(refused) = db.require_transactions().await {
        lacks.push((Ability::Transactions, refused.to_string()));
    }
    let place = doc! {"location": {"type": "Point", "coordinates": [2.0, 48.0]}};
    // One document: a server may take what it cannot do for an empty collection.
    db.collection::<Document>("offers")
        .insert_one(place)
        .await
        .map_err(MongoError::from)?;
    for (ability, pipeline) in questions() {
        let offers = db.collection::<Document>("offers");
        match offers.aggregate(pipeline).await {
            Ok(_) => {}
            Err(error) if is_refusal(&error) => {
                lacks.push((ability, MongoError::from(error).to_string()));
            }
            Err(error) => return Err(MongoError::from(error).into()),
        }
    }
    Ok(lacks)
}

/// The server's own no; anything else is a failure of the test.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(_))
}

/// The smallest that needs each ability.
fn questions() -> Vec<(Ability, Vec<Document>)> {
    let here = doc! {"type": "Point", "coordinates": [2.0, 48.0]};
    let nearest = doc! {"$geoNear": {
        "near": here, "key": "location", "distanceField": "distance", "spherical": true,
        "maxDistance": 1.0, "query": {"isActive": true},
    }};
    let words = doc! {"$match": {"$text": {"$search": "\"word\""}}};
    let joined = doc! {"$lookup": {
        "from": "offers", "localField": "_id", "foreignField": "partnerId",
        "pipeline": [{"$match": {"isActive": true}}, {"$limit": 1}], "as": "offer",
    }};
    vec![
        (Ability::Geo, vec![nearest]),
        (Ability::Text, vec![words]),
        (Ability::Joins, vec![joined]),
    ]
}
