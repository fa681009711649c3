use domain::StoreError;
use e2e::MongoServer;
use mongodb::bson::{Bson, Document, doc};
use store_mongo::{error::MongoError, tx::Tx};

use super::{on_each, watched};

#[tokio::test]
async fn without_transactions_nothing_is_written_and_the_reason_is_said() {
    for opened in on_each().await {
        if opened.db.require_transactions().await.is_ok() {
            continue;
        }
        let rows = opened.db.collection::<Document>("rows");
        let outcome = opened
            .db
            .transaction(|tx| Box::pin(async move { tx.insert_one("rows", doc! {}).await }));
        let error = outcome.await.unwrap_err().to_string();
        assert!(error.contains("code 20 "), "{error}");
        assert_eq!(rows.count_documents(doc! {}).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_failed_transaction_leaves_nothing_and_a_good_one_all() {
    for opened in on_each().await {
        if !opened.has_transactions().await {
            continue;
        }
        let rows = opened.db.collection::<Document>("rows");
        opened
            .db
            .database()
            .create_collection("rows")
            .await
            .unwrap();
        for fails in [true, false] {
            let outcome = opened.db.transaction(move |tx| {
                Box::pin(async move {
                    tx.insert_one("rows", doc! {"_id": 1}).await?;
                    tx.insert_one("rows", doc! {"_id": 2}).await?;
                    if fails {
                        return Err(MongoError::from(StoreError::ForeignCursor));
                    }
                    Ok(())
                })
            });
            assert_eq!(outcome.await.is_err(), fails);
            let count = rows.count_documents(doc! {}).await.unwrap();
            assert_eq!(count, if fails { 0 } else { 2 });
        }
    }
}

#[tokio::test]
async fn transactions_that_want_the_same_document_all_succeed_one_after_the_other() {
    for opened in on_each().await {
        if !opened.has_transactions().await {
            continue;
        }
        let rows = opened.db.collection::<Document>("rows");
        rows.insert_one(doc! {"_id": 1, "n": 0}).await.unwrap();
        let adding: Vec<_> = (0..8)
            .map(|_| {
                let db = opened.db.clone();
                tokio::spawn(async move {
                    let adding = db.transaction(|tx| {
                        Box::pin(async move {
                            let one = doc! {"_id": 1};
                            let found = tx.find_one("rows", one.clone()).await?;
                            let n = found.unwrap().get_i32("n").unwrap() + 1;
                            let set = doc! {"$set": {"n": n}};
                            tx.update_one("rows", one, set).await?;
                            Ok(())
                        })
                    });
                    adding.await
                })
            })
            .collect();
        for one in adding {
            one.await.unwrap().unwrap();
        }
        let found = rows.find_one(doc! {}).await.unwrap().unwrap();
        assert_eq!(found.get_i32("n").unwrap(), 8);
    }
}

#[tokio::test]
async fn every_operation_is_in_the_session_and_every_read_has_a_time_limit() {
    for server in MongoServer::all().await.unwrap() {
        let (db, commands, _database) = watched::open(server).await;
        // Commands are the same where there are no transactions.
        let db = match db.require_transactions().await {
            Ok(()) => db,
            Err(_) => db.with_writes_one_by_one(),
        };
        commands.take();
        let done = db.transaction(|tx| Box::pin(use_every_operation(tx)));
        done.await.unwrap();
        let sent = commands.take();
        let session = |command: &Document| command.get_document("lsid").unwrap().clone();
        let first = session(&sent[0]);
        let mut limited = Vec::new();
        for command in &sent {
            let name = command.keys().next().unwrap().as_str();
            assert_eq!(session(command), first, "{name}");
            if let Some(Bson::Int32(3_000) | Bson::Int64(3_000)) = command.get("maxTimeMS") {
                limited.push(name);
            }
        }
        limited.retain(|name| *name != "commitTransaction");
        let reads = [["find"; 5].as_slice(), &["aggregate"; 2]].concat();
        assert_eq!(limited, reads, "on {}", server.name());
    }
}

async fn use_every_operation(tx: &mut Tx) -> Result<(), MongoError> {
    const USERS: &str = "users";
    let (this, set) = (doc! {"_id": 1}, doc! {"$set": {"n": 1}});
    tx.find(USERS, this.clone(), None, 9).await?;
    tx.find_ids(USERS, vec![1.into()], this.clone()).await?;
    tx.find_one(USERS, this.clone()).await?;
    tx.find_one_projected(USERS, this.clone(), doc! {"_id": 1})
        .await?;
    tx.exists(USERS, this.clone()).await?;
    tx.count(USERS, this.clone()).await?;
    tx.count_up_to(USERS, this.clone(), 9).await?;
    tx.insert_one(USERS, doc! {"_id": 2, "emailKey": "2"})
        .await?;
    tx.insert_many(USERS, vec![doc! {"_id": 3, "emailKey": "3"}])
        .await?;
    tx.update_one(USERS, this.clone(), set.clone()).await?;
    tx.update_many(USERS, this.clone(), set.clone()).await?;
    tx.find_one_and_update(USERS, this.clone(), set).await?;
    tx.find_one_and_delete(USERS, this.clone()).await?;
    tx.delete_one(USERS, this.clone()).await?;
    tx.delete_many(USERS, this).await?;
    Ok(())
}

#[tokio::test]
async fn the_server_says_what_kind_of_error_it_is_and_the_text_quotes_nothing_stored() {
    for opened in on_each().await {
        let rows = opened.db.collection::<Document>("rows");
        let insert = || {
            let rows = rows.clone();
            opened.db.run(async move {
                rows.insert_one(doc! {"_id": "somebody@example.com"})
                    .await?;
                Ok(())
            })
        };
        insert().await.unwrap();
        let error = insert().await.unwrap_err();
        assert!(error.is_duplicate_key() && !error.is_write_conflict());
        assert_eq!(error.to_string(), "MongoDB: codes [11000]");
        let database = opened.db.database().clone();
        let unknown = opened.db.run(async move {
            database.run_command(doc! {"noSuchCommand": 1}).await?;
            Ok(())
        });
        let error = unknown.await.unwrap_err();
        assert!(!error.is_duplicate_key() && !error.is_write_conflict());
        // Azure DocumentDB has one code for all that it does not do.
        let is_unknown = error.to_string().starts_with("MongoDB: code 59 ");
        assert_ne!(is_unknown, error.is_not_supported(), "{error}");
    }
}
