use domain::StoreError;
use mongodb::bson::{Document, doc};
use store_mongo::error::MongoError;

use super::on_each;

#[tokio::test]
async fn without_transactions_nothing_is_written_and_the_reason_is_said() {
    for opened in on_each().await {
        if opened.db.require_transactions().await.is_ok() {
            continue;
        }
        let rows = opened.db.collection::<Document>("rows");
        let written = rows.clone();
        let outcome = opened.db.transaction(move |session| {
            let rows = written.clone();
            Box::pin(async move {
                rows.insert_one(doc! {}).session(session).await?;
                Ok(())
            })
        });
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
            let written = rows.clone();
            let outcome = opened.db.transaction(move |session| {
                let rows = written.clone();
                Box::pin(async move {
                    rows.insert_one(doc! {"_id": 1})
                        .session(&mut *session)
                        .await?;
                    rows.insert_one(doc! {"_id": 2})
                        .session(&mut *session)
                        .await?;
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
                let (db, rows) = (opened.db.clone(), rows.clone());
                tokio::spawn(async move {
                    let adding = db.transaction(move |session| {
                        let rows = rows.clone();
                        Box::pin(async move {
                            let one = doc! {"_id": 1};
                            let found = rows.find_one(one.clone()).session(&mut *session).await?;
                            let n = found.unwrap().get_i32("n").unwrap() + 1;
                            let set = doc! {"$set": {"n": n}};
                            rows.update_one(one, set).session(&mut *session).await?;
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
