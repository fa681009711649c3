//! Who works for a partner, in MongoDB.

use domain::{
    PartnerId, UserId,
    team::MOST_MEMBERS,
    users::{
        account::{Account, Post},
        change::AccountChange,
        store::{PostChanged, post_change},
    },
};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
};

use super::{USERS, write};
use crate::{
    database::{MongoDb, SERVER_WITHIN},
    documents::{at_most, batch, collect, object_id},
    error::MongoError,
    tables::users as rows,
};

pub async fn members(db: &MongoDb, partner: &PartnerId) -> Result<Vec<Account>, MongoError> {
    let users = db.collection::<Document>(USERS);
    let of_it = doc! {"membership.partnerId": object_id(partner)?};
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
pub async fn count(
    db: &MongoDb,
    session: &mut ClientSession,
    partner: &PartnerId,
) -> Result<usize, MongoError> {
    let count = db
        .collection::<Document>(USERS)
        .count_documents(doc! {"membership.partnerId": object_id(partner)?})
        .limit(u64::from(at_most(MOST_MEMBERS)))
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub async fn change_post(
    db: &MongoDb,
    session: &mut ClientSession,
    partner: &PartnerId,
    user: &UserId,
    post: Option<Post>,
    now_ms: i64,
) -> Result<PostChanged, MongoError> {
    let users = db.collection::<Document>(USERS);
    let owners =
        doc! {"membership.partnerId": object_id(partner)?, "membership.post": Post::Owner.as_str()};
    // Written, not read: two owners who send each other away would both see one that remains.
    let held = users
        .update_many(owners, doc! {"$inc": {"membership.held": 1_i64}})
        .session(&mut *session)
        .await?;
    let member = doc! {"_id": object_id(user)?, "membership.partnerId": object_id(partner)?};
    let stored = users
        .find_one(member)
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    let before = stored.as_ref().map(rows::account).transpose()?;
    let owners = usize::try_from(held.matched_count).unwrap_or(usize::MAX);
    let changed = post_change(before.as_ref(), owners, post);
    match changed {
        PostChanged::NotMember | PostChanged::LastOwner => {}
        PostChanged::Done => {
            let change = AccountChange::Post(partner.clone(), post);
            write::change(db, session, user, &change, now_ms).await?;
        }
    }
    Ok(changed)
}
