//! Who works for a partner, in MongoDB.

use domain::{
    PartnerId, UserId,
    users::{change::AccountChange, membership::NewPost, store::PostChanged},
};
use mongodb::bson::doc;

use crate::{
    documents::object_id,
    error::MongoError,
    tables::{
        collections::USERS,
        users::{account, change::change, memberships},
    },
    tx::Tx,
};

pub(super) async fn change_post(
    tx: &mut Tx,
    partner: &PartnerId,
    user: &UserId,
    to: Option<NewPost>,
    now_ms: i64,
) -> Result<PostChanged, MongoError> {
    let stored = tx.find_one(USERS, doc! {"_id": object_id(user)?}).await?;
    let found = stored.as_ref().map(account).transpose()?;
    if !found.is_some_and(|account| account.works_for(partner)) {
        return Ok(PostChanged::NotMember);
    }
    if let Some(NewPost {
        places: Some(places),
        ..
    }) = &to
    {
        let named = places.named().unwrap_or_default().len();
        if memberships::open(tx, partner, places).await?.len() < named {
            return Ok(PostChanged::NoPlace);
        }
    }
    let to = AccountChange::Post(partner.clone(), to);
    Ok(change(tx, user, &to, now_ms).await?.into())
}
