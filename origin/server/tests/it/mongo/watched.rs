//! A database whose commands are written down.

use std::sync::{Arc, Mutex};

use e2e::MongoServer;
use mongodb::{
    bson::Document,
    event::{EventHandler, command::CommandEvent},
};
use store_mongo::{
    database::{MongoDb, MongoUrl},
    migrations,
};

/// What is kept of the catalogue.
const CATALOGUE: [&str; 3] = ["offers", "partners", "establishments"];

#[derive(Clone, Default)]
pub(super) struct Commands(Arc<Mutex<Vec<Document>>>);

impl Commands {
    /// Those since the last call, as the server got them.
    pub(super) fn take(&self) -> Vec<Document> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Name and collection of those that asked for the catalogue; the purge log asks by itself.
    pub(super) fn take_of_catalogue(&self) -> Vec<(String, String)> {
        let all = self.take().into_iter();
        let named = all.filter_map(|command| named(&command));
        named
            .filter(|(_, collection)| CATALOGUE.contains(&collection.as_str()))
            .collect()
    }
}

/// A command's name and its collection, if it has one.
pub(super) fn named(command: &Document) -> Option<(String, String)> {
    let (name, first) = command.iter().next()?;
    let collection = match name.as_str() {
        "getMore" => command.get_str("collection").ok()?,
        _ => first.as_str()?,
    };
    Some((name.clone(), collection.to_owned()))
}

/// A database with our schema on this server.
pub(super) async fn open(server: &MongoServer) -> (MongoDb, Commands, e2e::TestDatabase) {
    let (database, commands) = (server.database(), Commands::default());
    let written = commands.clone();
    let told = EventHandler::callback(move |event| {
        if let CommandEvent::Started(started) = event {
            written.0.lock().unwrap().push(started.command);
        }
    });
    let url = MongoUrl::parse(database.url()).unwrap();
    let db = MongoDb::open_watched(&url, told).await.unwrap();
    migrations::run(&db).await.unwrap();
    commands.take();
    (db, commands, database)
}
