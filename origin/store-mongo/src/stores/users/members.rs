//! Who works for a partner, in MongoDB.

use domain::{
    PartnerId, UserId,
    users::{
        account::Post,
        change::AccountChange,
        store::{PostChanged, post_change},
    },
};
use mongodb::bson::doc;

use crate::{
    documents::object_id,
    error::MongoError,
    tables::{collections::USERS, users as rows, users::change::change},
    tx::Tx,
};

pub(super) async fn change_post(
    tx: &mut Tx,
    partner: &PartnerId,
    user: &UserId,
    post: Option<Post>,
    now_ms: i64,
) -> Result<PostChanged, MongoError> {
    let owners =
        doc! {"membership.partnerId": object_id(partner)?, "membership.post": Post::Owner.as_str()};
    // Written, not read: two owners who send each other away would both see one that remains.
    let held = tx.update_many(USERS, owners, doc! {"$inc": {"membership.held": 1_i64}});
    let owners = usize::try_from(held.await?).unwrap_or(usize::MAX);
    let member = doc! {"_id": object_id(user)?, "membership.partnerId": object_id(partner)?};
    let stored = tx.find_one(USERS, member).await?;
    let before = stored.as_ref().map(rows::account).transpose()?;
    let changed = post_change(before.as_ref(), owners, post);
    match changed {
        PostChanged::NotMember | PostChanged::LastOwner => {}
        PostChanged::Done => {
            let to = AccountChange::Post(partner.clone(), post);
            change(tx, user, &to, now_ms).await?;
        }
    }
    Ok(changed)
}
