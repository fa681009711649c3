//! Doing a change: as it is written, else in its plain form, else not at all, and saying so.

use std::time::Duration;

use mongodb::bson::{Document, doc};

use super::change::{Change, Index, shown};
use crate::{database::MongoDb, error::MongoError, limits::bounded};

/// An index over millions of documents takes its time; nobody waits for it but the migration.
const CHANGE_WITHIN: Duration = Duration::from_hours(1);
const NAMESPACE_NOT_FOUND: i32 = 26;
const INDEX_NOT_FOUND: i32 = 27;
const NAMESPACE_EXISTS: i32 = 48;

/// Does it; gives what could not be had.
pub(super) async fn change(db: &MongoDb, change: &Change) -> Result<Option<String>, MongoError> {
    match change {
        Change::Collection { name, schema } => collection(db, name, schema).await,
        Change::Validator { collection, schema } => {
            validator(db, collection, doc! {"$jsonSchema": schema}).await
        }
        Change::Index(wanted) => index(db, wanted).await,
        Change::NoIndex { collection, name } => {
            drop_index(db, collection, name).await.map(|()| None)
        }
        Change::Default {
            collection,
            field,
            value,
        } => {
            let missing = doc! {"q": {*field: {"$exists": false}}, "u": {"$set": {*field: value}},
            "multi": true};
            let update = command(db, doc! {"update": *collection, "updates": [missing]});
            update.await.map(|()| None)
        }
        Change::Document {
            collection,
            document,
        } => insert(db, collection, document).await.map(|()| None),
    }
}

async fn collection(
    db: &MongoDb,
    name: &str,
    schema: &Document,
) -> Result<Option<String>, MongoError> {
    let validator = doc! {"$jsonSchema": schema};
    match command(db, doc! {"create": name, "validator": validator.clone()}).await {
        Ok(()) => return Ok(None),
        Err(error) if error.has_code(&[NAMESPACE_EXISTS]) => {}
        Err(error) if error.is_refused_option() => {
            let created = command(db, doc! {"create": name}).await;
            unless_there(created)?;
            return Ok(Some(without_validator(name, &error)));
        }
        Err(error) => return Err(error),
    }
    self::validator(db, name, validator).await
}

async fn validator(
    db: &MongoDb,
    name: &str,
    validator: Document,
) -> Result<Option<String>, MongoError> {
    match command(db, doc! {"collMod": name, "validator": validator}).await {
        Ok(()) => Ok(None),
        Err(error) if error.is_refused_option() => Ok(Some(without_validator(name, &error))),
        Err(error) => Err(error),
    }
}

fn without_validator(name: &str, error: &MongoError) -> String {
    format!("collection {name} has no validator: the server refused it ({error})")
}

fn unless_there(created: Result<(), MongoError>) -> Result<(), MongoError> {
    match created {
        Err(error) if error.has_code(&[NAMESPACE_EXISTS]) => Ok(()),
        other => other,
    }
}

async fn insert(db: &MongoDb, collection: &str, document: &Document) -> Result<(), MongoError> {
    let (all, document) = (db.collection(collection), document.clone());
    let inserted = db.run(async move {
        all.insert_one(document).await?;
        Ok(())
    });
    match inserted.await {
        Err(error) if error.is_duplicate_key() => Ok(()),
        other => other,
    }
}

async fn index(db: &MongoDb, wanted: &Index) -> Result<Option<String>, MongoError> {
    let refused = match create(db, wanted, &wanted.keys).await {
        Ok(()) => return Ok(None),
        Err(error) if error.is_refused_option() => error,
        Err(error) => return Err(error),
    };
    let Some(plain) = &wanted.plain else {
        return Ok(Some(left_out(wanted, &refused)));
    };
    match create(db, wanted, plain).await {
        Ok(()) => Ok(Some(format!(
            "{wanted} is {} only: the server refused it ({refused})",
            shown(plain)
        ))),
        Err(error) if error.is_refused_option() => Ok(Some(left_out(wanted, &error))),
        Err(error) => Err(error),
    }
}

async fn drop_index(db: &MongoDb, collection: &str, name: &str) -> Result<(), MongoError> {
    match command(db, doc! {"dropIndexes": collection, "index": name}).await {
        Err(error) if error.has_code(&[NAMESPACE_NOT_FOUND, INDEX_NOT_FOUND]) => Ok(()),
        other => other,
    }
}

fn left_out(wanted: &Index, error: &MongoError) -> String {
    format!("{wanted} is left out: the server refused it ({error})")
}

async fn create(db: &MongoDb, wanted: &Index, keys: &Document) -> Result<(), MongoError> {
    let mut index = doc! {"key": keys.clone(), "name": wanted.name};
    index.extend(wanted.options.clone());
    let indexes = doc! {"createIndexes": wanted.collection, "indexes": [index]};
    command(db, indexes).await
}

async fn command(db: &MongoDb, command: Document) -> Result<(), MongoError> {
    let database = db.database().clone();
    let run = async move {
        database.run_command(command).await?;
        Ok(())
    };
    bounded(CHANGE_WITHIN, run).await
}
