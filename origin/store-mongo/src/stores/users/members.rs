//! Who works for a partner, in MongoDB.

use domain::{
    PartnerId, UserId,
    users::{account::Post, change::AccountChange, store::PostChanged},
};
use mongodb::bson::doc;

use crate::{
    documents::object_id,
    error::MongoError,
    tables::{collections::USERS, users::change::change},
    tx::Tx,
};

pub(super) async fn change_post(
    tx: &mut Tx,
    partner: &PartnerId,
    user: &UserId,
    post: Option<Post>,
    now_ms: i64,
) -> Result<PostChanged, MongoError> {
    let member = doc! {"_id": object_id(user)?, "membership.partnerId": object_id(partner)?};
    if !tx.exists(USERS, member).await? {
        return Ok(PostChanged::NotMember);
    }
    let to = AccountChange::Post(partner.clone(), post);
    Ok(change(tx, user, &to, now_ms).await?.into())
}
