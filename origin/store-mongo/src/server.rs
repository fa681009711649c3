//! What the server is, and whether it can do transactions.

use mongodb::{
    Database,
    bson::{Bson, Document, doc, oid::ObjectId},
};

use crate::{database::MongoDb, error::MongoError, tx::Tx};

/// The major versions that the contract suite ran on.
pub const TESTED_MAJORS: [u32; 2] = [7, 8];
/// Empty: what is written there is rolled back.
const PROBE: &str = "transaction_probe";
const NAMESPACE_EXISTS: i32 = 48;
const COMMAND_NOT_FOUND: i32 = 59;

/// How the servers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// No transactions, and nobody takes over.
    Standalone,
    ReplicaSet,
    /// A router; Azure DocumentDB says that it is one.
    Sharded,
}

/// What the server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    pub version: String,
    pub major: u32,
    pub topology: Topology,
}

/// Why the server is of no use: a write and its purge are one transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this MongoDB cannot do transactions ({why}): Yousoon needs a replica set (one member is enough: \
     mongod --replSet, then rs.initiate()) or Azure DocumentDB"
)]
pub struct NoTransactions {
    why: String,
}

impl NoTransactions {
    pub fn by_choice() -> Self {
        Self {
            why: "it was opened without".to_owned(),
        }
    }
}

impl ServerFacts {
    /// One warning that names both versions.
    pub fn warn_if_untested(&self) {
        if let Some(warning) = self.untested() {
            tracing::warn!("{warning}");
        }
    }

    fn untested(&self) -> Option<String> {
        let tested = TESTED_MAJORS.map(|major| major.to_string()).join(" and ");
        (!TESTED_MAJORS.contains(&self.major))
            .then(|| format!("MongoDB is version {}, tested were {tested}", self.version))
    }
}

pub async fn look(database: &Database) -> Result<ServerFacts, MongoError> {
    let hello = hello(database).await?;
    let build = database.run_command(doc! {"buildInfo": 1}).await?;
    facts(&hello, &build)
}

/// `hello`; a server that only knows its old name is asked by that.
async fn hello(database: &Database) -> Result<Document, MongoError> {
    match database.run_command(doc! {"hello": 1}).await {
        Ok(said) => Ok(said),
        Err(error) => {
            let error = MongoError::from(error);
            if !error.has_code(&[COMMAND_NOT_FOUND]) {
                return Err(error);
            }
            Ok(database.run_command(doc! {"isMaster": 1}).await?)
        }
    }
}

fn facts(hello: &Document, build: &Document) -> Result<ServerFacts, MongoError> {
    let version = build
        .get_str("version")
        .map_err(|error| MongoError::corrupt("buildInfo", &error))?;
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    let topology = if matches!(hello.get_str("msg"), Ok("isdbgrid")) {
        Topology::Sharded
    } else if matches!(hello.get("setName"), Some(Bson::String(_))) {
        Topology::ReplicaSet
    } else {
        Topology::Standalone
    };
    Ok(ServerFacts {
        major: major.ok_or_else(|| MongoError::corrupt("version", &version))?,
        version: version.to_owned(),
        topology,
    })
}

/// Writes in a transaction and takes it back.
pub async fn try_transaction(db: &MongoDb) -> Result<(), NoTransactions> {
    if db.facts().topology == Topology::Standalone {
        return Err(NoTransactions {
            why: "it is a standalone server".to_owned(),
        });
    }
    let asked = db.clone();
    let tried = db.run(async move { write_and_abort(&asked).await }).await;
    tried.map_err(|error| NoTransactions {
        why: error.to_string(),
    })
}

async fn write_and_abort(db: &MongoDb) -> Result<(), MongoError> {
    // Not in the transaction: not every server creates collections there.
    if let Err(error) = db.database().create_collection(PROBE).await {
        let error = MongoError::from(error);
        if !error.has_code(&[NAMESPACE_EXISTS]) {
            return Err(error);
        }
    }
    let id = ObjectId::new();
    let mut tx = Tx::new(db).await?;
    tx.begin().await?;
    tx.insert_one(PROBE, doc! {"_id": id}).await?;
    tx.abort().await?;
    let probe = db.collection::<Document>(PROBE);
    match probe.find_one(doc! {"_id": id}).await? {
        None => Ok(()),
        Some(_) => Err(MongoError::corrupt(
            "transaction",
            &"what was rolled back is still there",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topology_and_the_version_are_read() {
        let build = doc! {"version": "8.0.4", "ok": 1.0};
        for (hello, topology) in [
            (doc! {"isWritablePrimary": true}, Topology::Standalone),
            (doc! {"setName": "rs0"}, Topology::ReplicaSet),
            (doc! {"msg": "isdbgrid"}, Topology::Sharded),
        ] {
            let facts = facts(&hello, &build).unwrap();
            assert_eq!((facts.major, facts.topology), (8, topology));
            assert_eq!(facts.untested(), None);
        }
        assert!(facts(&doc! {}, &doc! {}).is_err());
        assert!(facts(&doc! {}, &doc! {"version": "new"}).is_err());
    }

    #[test]
    fn another_version_than_tested_is_named_with_the_tested_ones() {
        let facts = facts(&doc! {}, &doc! {"version": "5.0.0"}).unwrap();
        assert_eq!(
            facts.untested().unwrap(),
            "MongoDB is version 5.0.0, tested were 7 and 8"
        );
    }
}
