//! The accounts of a team.

use domain::{PartnerId, team::MOST_MEMBERS, users::account::Account};
use mongodb::bson::{Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::USERS,
        users::{self as rows, memberships::of_team},
    },
    tx::Tx,
};

pub async fn members(db: &MongoDb, partner: &PartnerId) -> Result<Vec<Account>, MongoError> {
    let users = db.collection::<Document>(USERS);
    let of_it = of_team(partner)?;
    let found = db.run(async move {
        let found = users
            .find(of_it)
            .sort(doc! {"createdAt": 1, "_id": 1})
            .batch_size(batch(MOST_MEMBERS))
            .max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    found.await?.iter().map(rows::account).collect()
}

/// How many there are, counted as far as it matters.
pub async fn count(tx: &mut Tx, partner: &PartnerId) -> Result<usize, MongoError> {
    let of_it = of_team(partner)?;
    tx.count_up_to(USERS, of_it, MOST_MEMBERS).await
}
