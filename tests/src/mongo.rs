//! The MongoDB servers on which the stores are tested. Each test has a database of its own.
//!
//! The servers are those at `YOUSOON_TEST_MONGODB_URL` (separated by spaces). Without it, a test
//! process starts one server, which ends with the process: a `mongod` on the PATH or in Docker, as a
//! replica set of one; or else mongo-java-server, which lacks transactions, geo and text queries.

mod launch;
mod url;

use std::{net::SocketAddr, sync::OnceLock};

use anyhow::{Result, anyhow};
use mongodb::Client;

use launch::Launched;

const GIVEN: &str = "YOUSOON_TEST_MONGODB_URL";

/// A server to test on.
#[derive(Debug)]
pub struct MongoServer {
    name: String,
    url: String,
    /// It stops when its standard input closes, which happens when this process ends.
    _launched: Option<Launched>,
}

impl MongoServer {
    /// All servers to test on; at least one.
    ///
    /// # Errors
    /// Says how to get a server when there is none.
    pub async fn all() -> Result<&'static [Self]> {
        static ALL: OnceLock<Result<Vec<MongoServer>, String>> = OnceLock::new();
        let found = tokio::task::spawn_blocking(|| {
            ALL.get_or_init(|| find().map_err(|error| format!("{error:#}")))
        });
        match found.await? {
            Ok(servers) => Ok(servers),
            Err(why) => Err(anyhow!("{why}")),
        }
    }

    /// Its name for log lines; the URL may contain a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An empty database with a unique name.
    pub fn database(&self) -> TestDatabase {
        let name = format!("yousoon-test-{}", mongodb::bson::oid::ObjectId::new());
        TestDatabase {
            url: url::with_database(&self.url, &name),
            name,
        }
    }
}

fn find() -> Result<Vec<MongoServer>> {
    let given = std::env::var(GIVEN).unwrap_or_default();
    let given: Vec<MongoServer> = (1..)
        .zip(given.split_whitespace())
        .map(|(number, url)| MongoServer {
            name: format!("server {number} of {GIVEN}"),
            url: url.to_owned(),
            _launched: None,
        })
        .collect();
    if !given.is_empty() {
        return Ok(given);
    }
    let launched = launch::any()?;
    Ok(vec![MongoServer {
        name: launched.name.to_owned(),
        url: launched.url.clone(),
        _launched: Some(launched),
    }])
}

/// A database that is deleted when this value is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    name: String,
}

impl TestDatabase {
    /// The database's URL, as a value for `YOUSOON_MONGODB_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the server (of the first member of a replica set), to open a gate to it.
    ///
    /// # Errors
    /// When its host name cannot be resolved.
    pub async fn address(&self) -> Result<SocketAddr> {
        let host = url::host(&self.url);
        let mut found = tokio::net::lookup_host(host).await?;
        found.next().ok_or_else(|| anyhow!("{host} has no address"))
    }

    /// Like [`Self::url`], but the driver connects through the gate only.
    pub fn url_through(&self, gate: SocketAddr) -> String {
        url::through(&self.url, gate)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        // It needs a runtime of its own, because the test's may be shutting down.
        let dropping = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let client = Client::with_uri_str(&url).await?;
                client.database(&name).drop().await?;
                client.shutdown().immediate(true).await;
                Ok(())
            })
        });
        match dropping.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("{} was not dropped: {error}", self.name),
            Err(_panicked) => eprintln!("{} was not dropped", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_is_there_and_gone_after() {
        for server in MongoServer::all().await.unwrap() {
            println!("{}", server.name());
            let database = server.database();
            let client = Client::with_uri_str(database.url()).await.unwrap();
            let found = client.default_database().unwrap();
            assert_eq!(found.name(), database.name());
            let rows = found.collection::<mongodb::bson::Document>("rows");
            rows.insert_one(mongodb::bson::doc! {"a": 1}).await.unwrap();
            assert_eq!(
                rows.count_documents(mongodb::bson::doc! {}).await.unwrap(),
                1
            );
            let name = database.name().to_owned();
            drop(database);
            let names = client.list_database_names().await.unwrap();
            assert!(!names.contains(&name), "{names:?}");
        }
    }
}
