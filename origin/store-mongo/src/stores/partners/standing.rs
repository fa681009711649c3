//! How partners come before the public: submissions, decisions, and the list of those that wait.

use domain::{
    Partner, PartnerId,
    offers::store::Author,
    partners::{
        ending,
        refusals::StandingRefusal,
        review::{self, Decision},
        siret::Siret,
        standing::{PartnerStatus, Standing},
        store::{Stood, ToReviewCursor, ToReviewPage},
    },
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{first as first_of, object_id},
    error::MongoError,
    outbox,
    tables::{
        collections::{ESTABLISHMENTS, PARTNERS},
        offers::of_partner::open_offers,
        partners as rows,
        partners::held::open_partner,
        queue,
    },
    tx::Tx,
};

pub(super) async fn to_review(
    db: &MongoDb,
    first: usize,
    after: Option<ToReviewCursor>,
) -> Result<ToReviewPage, MongoError> {
    let waiting = PartnerStatus::InReview.as_str();
    let mut filter = doc! {"status": waiting, "archivedAt": Bson::Null};
    if let Some(after) = after {
        let at = DateTime::from_millis(after.submitted_at_ms);
        filter.insert("submittedAt", doc! {"$gte": at});
        filter.insert(
            "$or",
            [
                doc! {"submittedAt": {"$gt": at}},
                doc! {"submittedAt": at, "_id": {"$gt": object_id(&after.id)?}},
            ]
            .to_vec(),
        );
    }
    let order = (doc! {"submittedAt": 1, "_id": 1}, Some(doc! {"folded": 0}));
    let all = db.collection::<Document>(PARTNERS);
    // One more than asked tells whether there is a next page.
    let most = first.saturating_add(1);
    let found = db
        .run(async move { first_of(&all, filter, order, most).await })
        .await?;
    let items = found.iter().map(rows::partner);
    let mut items = items.collect::<Result<Vec<_>, _>>()?;
    let has_next_page = items.len() > first;
    items.truncate(first);
    Ok(ToReviewPage {
        items,
        has_next_page,
    })
}

pub(super) async fn submit(
    tx: &mut Tx,
    id: &PartnerId,
    siret: Siret,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, MongoError> {
    let Some(before) = open_partner(tx, id).await? else {
        return Ok(StandingRefusal::NotFound.into());
    };
    let place = doc! {"partnerId": object_id(id)?, "archivedAt": Bson::Null};
    let has_place = tx.exists(ESTABLISHMENTS, place).await?;
    match review::submitted(&before.standing, siret, has_place, now_ms) {
        Ok(after) if after == before.standing => Ok(Stood::Before(Box::new(before))),
        Ok(after) => stand(tx, before, after, author, now_ms).await,
        Err(refusal) => Ok(refusal.into()),
    }
}

/// What an operator decides; the caller records it.
pub(in crate::stores) async fn decide(
    tx: &mut Tx,
    id: &PartnerId,
    decision: &Decision,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, MongoError> {
    let Some(before) = open_partner(tx, id).await? else {
        return Ok(StandingRefusal::NotFound.into());
    };
    let after = match review::decided(&before.standing, decision) {
        Ok(after) => after,
        Err(refusal) => return Ok(refusal.into()),
    };
    if let Some(siret) = after.held_siret() {
        let others = doc! {"heldSiret": siret.as_str(), "_id": {"$ne": object_id(id)?}};
        if tx.exists(PARTNERS, others).await? {
            return Ok(StandingRefusal::SiretTaken.into());
        }
    }
    queue::push(tx, &[review::notice(id, decision, now_ms)]).await?;
    stand(tx, before, after, author, now_ms).await
}

/// Ends a partner; the caller records it, if it is an operator.
pub(in crate::stores) async fn end(
    tx: &mut Tx,
    id: &PartnerId,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let found = tx.find_one(PARTNERS, this).await?;
    let Some(before) = found.as_ref().map(rows::partner).transpose()? else {
        return Ok(StandingRefusal::NotFound.into());
    };
    let Some(after) = ending::ended(&before.standing, now_ms) else {
        return Ok(Stood::Before(Box::new(before)));
    };
    queue::push(tx, &[ending::task(id, now_ms)]).await?;
    stand(tx, before, after, author, now_ms).await
}

/// Stores another standing with its purges.
async fn stand(
    tx: &mut Tx,
    mut partner: Partner,
    after: Standing,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, MongoError> {
    let offers = open_offers(tx, &partner.id).await?;
    for purge in review::purges(&partner, &after, offers, author) {
        outbox::push(tx, &purge, now_ms).await?;
    }
    put_standing(tx, &partner.id, &after).await?;
    partner.standing = after;
    Ok(Stood::Done(Box::new(partner)))
}

pub(super) async fn put_standing(
    tx: &mut Tx,
    id: &PartnerId,
    after: &Standing,
) -> Result<(), MongoError> {
    let fields = rows::standing_fields(after);
    let mut change = doc! {"$set": fields.clone()};
    if !fields.contains_key("heldSiret") {
        change.insert("$unset", doc! {"heldSiret": ""});
    }
    tx.update_one(PARTNERS, doc! {"_id": object_id(id)?}, change)
        .await?;
    Ok(())
}
