//! Who works for a partner, in MongoDB.

use domain::{
    PartnerId, UserId,
    users::{
        account::Post,
        change::AccountChange,
        store::{PostChanged, post_change},
    },
};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
};

use crate::{
    database::MongoDb,
    documents::object_id,
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{collections::USERS, users as rows, users::change::change},
};

pub(super) async fn change_post(
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
            let to = AccountChange::Post(partner.clone(), post);
            change(db, session, user, &to, now_ms).await?;
        }
    }
    Ok(changed)
}
