//! How partners come before the public: submissions, decisions, and the list of those that wait.

use domain::{
    PartnerId,
    offers::store::Author,
    partners::{
        ending,
        refusals::StandingRefusal,
        review::{self, Decision},
        siret::Siret,
        standing::Standing,
        store::{Stood, ToReviewCursor, ToReviewPage},
    },
};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{limit::limit, offers, partners as rows, queue},
};

pub(super) fn to_review(
    connection: &Connection,
    first: usize,
    after: Option<ToReviewCursor>,
) -> Result<ToReviewPage, SqliteError> {
    let mut condition = "p.status = 'IN_REVIEW' AND p.archived_at_ms IS NULL".to_owned();
    let mut params = Vec::new();
    if let Some(after) = after {
        condition.push_str(" AND (p.submitted_at_ms, p.id) > (?, ?)");
        params.push(after.submitted_at_ms.into());
        params.push(after.id.as_str().to_owned().into());
    }
    condition.push_str(" ORDER BY p.submitted_at_ms, p.id LIMIT ?");
    // One more than asked tells whether there is a next page.
    params.push(limit(first.saturating_add(1)).into());
    let mut items = rows::partners(connection, &condition, params)?;
    let has_next_page = items.len() > first;
    items.truncate(first);
    Ok(ToReviewPage {
        items,
        has_next_page,
    })
}

pub(super) fn submit(
    tx: &Transaction<'_>,
    id: &PartnerId,
    siret: Siret,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, SqliteError> {
    let Some(before) = rows::open_partner(tx, id)? else {
        return Ok(StandingRefusal::NotFound.into());
    };
    let has_place = rows::has_establishment(tx, id)?;
    match review::submitted(&before.standing, siret, has_place, now_ms) {
        Ok(after) if after == before.standing => Ok(Stood::Before(Box::new(before))),
        Ok(after) => stand(tx, before, after, author, now_ms),
        Err(refusal) => Ok(refusal.into()),
    }
}

/// What an operator decides; the caller records it.
pub(in crate::stores) fn decide(
    tx: &Transaction<'_>,
    id: &PartnerId,
    decision: &Decision,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, SqliteError> {
    let Some(before) = rows::open_partner(tx, id)? else {
        return Ok(StandingRefusal::NotFound.into());
    };
    let after = match review::decided(&before.standing, decision) {
        Ok(after) => after,
        Err(refusal) => return Ok(refusal.into()),
    };
    if is_held_by_another(tx, id, &after)? {
        return Ok(StandingRefusal::SiretTaken.into());
    }
    queue::push(tx, [&review::notice(id, decision, now_ms)])?;
    stand(tx, before, after, author, now_ms)
}

/// Ends a partner; the caller records it, if it is an operator.
pub(in crate::stores) fn end(
    tx: &Transaction<'_>,
    id: &PartnerId,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, SqliteError> {
    let found = rows::partners(tx, "p.id = ?", vec![id.as_str().to_owned().into()])?;
    let Some(before) = found.into_iter().next() else {
        return Ok(StandingRefusal::NotFound.into());
    };
    let Some(after) = ending::ended(&before.standing, now_ms) else {
        return Ok(Stood::Before(Box::new(before)));
    };
    queue::push(tx, [&ending::task(id, now_ms)])?;
    stand(tx, before, after, author, now_ms)
}

fn is_held_by_another(
    tx: &Transaction<'_>,
    id: &PartnerId,
    after: &Standing,
) -> Result<bool, SqliteError> {
    let Some(siret) = after.held_siret() else {
        return Ok(false);
    };
    let sql = "SELECT 1 FROM partners WHERE siret = ?1 AND id <> ?2
        AND status IN ('APPROVED', 'SUSPENDED') AND archived_at_ms IS NULL";
    let found: Option<i64> = tx
        .prepare_cached(sql)?
        .query_row((siret.as_str(), id.as_str()), |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// Stores another standing with its purges.
fn stand(
    tx: &Transaction<'_>,
    mut partner: domain::Partner,
    after: Standing,
    author: &Author,
    now_ms: i64,
) -> Result<Stood, SqliteError> {
    let offers = offers::of_partner(tx, &partner.id)?;
    for purge in review::purges(&partner, &after, offers, author) {
        outbox_push(tx, &purge, now_ms)?;
    }
    rows::put_standing(tx, &partner.id, &after)?;
    partner.standing = after;
    Ok(Stood::Done(Box::new(partner)))
}
