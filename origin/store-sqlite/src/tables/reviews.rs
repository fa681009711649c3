//! Rows of reviews.

pub mod erasing;
pub mod naming;
pub mod reports;

use domain::{
    BookingId, OfferId, PartnerId, ReviewId, UserId,
    reviews::{
        change::Change,
        review::{Contest, ContestAnswer, Removal, Reply, Review, ReviewState, Stars},
        store::{ReviewOrder, ReviewQuery, ReviewsAbout},
    },
};
use rusqlite::{Connection, Params, Row, Transaction, named_params};

use super::{
    limit::limit,
    queue, ratings,
    word::{optional_word, word},
};
use crate::{error::SqliteError, outbox::outbox_push};

const COLUMNS: &str = "id, booking_id, user_id, partner_id, offer_id, stars, body, author,
    visited_at_ms, idempotency_key, reply, replied_at_ms, removed_at_ms, removal_reason, removed_by,
    reported_at_ms, created_at_ms, changed_at_ms, contest, contested_at_ms, contest_answer,
    contest_answered_at_ms";

/// The reviews that `rest` selects.
pub fn select(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<Review>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM reviews {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub fn by_id(connection: &Connection, id: &ReviewId) -> Result<Option<Review>, SqliteError> {
    Ok(select(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

pub fn of_booking(
    connection: &Connection,
    booking: &BookingId,
) -> Result<Option<Review>, SqliteError> {
    Ok(select(connection, "WHERE booking_id = ?1", [booking.as_str()])?.pop())
}

/// Those of a partner or an offer that are shown: one more than the page has, if there is one.
pub fn page(connection: &Connection, query: &ReviewQuery) -> Result<Vec<Review>, SqliteError> {
    // Before every review that there may be.
    let (stars, at_ms, id) = match (&query.after, query.order) {
        (Some(after), _) => (after.stars.number(), after.created_at_ms, after.id.as_str()),
        (None, ReviewOrder::Newest | ReviewOrder::Highest) => (i32::MAX, i64::MAX, ""),
        (None, ReviewOrder::Lowest) => (0, i64::MAX, ""),
    };
    let (column, about) = match &query.about {
        ReviewsAbout::Partner(partner) => ("partner_id", partner.as_str()),
        ReviewsAbout::Offer(offer) => ("offer_id", offer.as_str()),
    };
    let shown = ReviewState::Shown.as_str();
    let most = limit(query.first.saturating_add(1));
    match query.order {
        ReviewOrder::Newest => select(
            connection,
            &format!(
                "WHERE {column} = ?1 AND state = ?2 AND (created_at_ms, id) < (?3, ?4)
                 ORDER BY created_at_ms DESC, id DESC LIMIT ?5"
            ),
            (about, shown, at_ms, id, most),
        ),
        ReviewOrder::Highest => select(
            connection,
            &format!(
                "WHERE {column} = ?1 AND state = ?2 AND (stars, created_at_ms, id) < (?3, ?4, ?5)
                 ORDER BY stars DESC, created_at_ms DESC, id DESC LIMIT ?6"
            ),
            (about, shown, stars, at_ms, id, most),
        ),
        ReviewOrder::Lowest => select(
            connection,
            &format!(
                "WHERE {column} = ?1 AND state = ?2 AND stars >= ?3
                    AND (stars > ?3 OR (created_at_ms, id) < (?4, ?5))
                 ORDER BY stars, created_at_ms DESC, id DESC LIMIT ?6"
            ),
            (about, shown, stars, at_ms, id, most),
        ),
    }
}

/// Writes what became of a review: its row and reports, the partner's rating, the purge, and what people are
/// told.
pub fn store(tx: &Transaction<'_>, change: &Change, now_ms: i64) -> Result<(), SqliteError> {
    match (&change.before, &change.after) {
        (_, Some(after)) => put(tx, after)?,
        (Some(before), None) => {
            tx.prepare_cached("DELETE FROM reviews WHERE id = ?1")?
                .execute([before.id.as_str()])?;
            reports::remove(tx, &before.id)?;
        }
        (None, None) => {}
    }
    let Some(about) = change.review() else {
        return Ok(());
    };
    if change.decides_reports {
        reports::decide(tx, &about.id, now_ms)?;
    }
    let mut rating = None;
    if change.counts()
        && let Some(before) = ratings::kept(tx, &about.partner)?
        && let Some(after) = change.rating(before)
    {
        ratings::keep(tx, &about.partner, after)?;
        rating = Some((before, after));
    }
    if let Some(purge) = change.purge(rating) {
        outbox_push(tx, &purge, now_ms)?;
    }
    queue::push(tx, &change.tasks)
}

fn put(tx: &Transaction<'_>, review: &Review) -> Result<(), SqliteError> {
    let (reply, removal) = (review.reply.as_ref(), review.removal.as_ref());
    let contest = removal.and_then(|removal| removal.contest.as_ref());
    let answer = contest.and_then(|contest| contest.answer.as_ref());
    tx.prepare_cached(&format!(
        "INSERT INTO reviews({COLUMNS}, state) VALUES (:id, :booking, :user, :partner, :offer, :stars,
            :body, :author, :visited, :key, :reply, :replied, :removed, :reason, :removed_by,
            :reported, :created, :changed, :contest, :contested, :answer, :answered, :state)
         ON CONFLICT(id) DO UPDATE SET
            user_id = excluded.user_id, stars = excluded.stars, body = excluded.body,
            author = excluded.author, idempotency_key = excluded.idempotency_key,
            reply = excluded.reply, replied_at_ms = excluded.replied_at_ms,
            removed_at_ms = excluded.removed_at_ms, removal_reason = excluded.removal_reason,
            removed_by = excluded.removed_by, reported_at_ms = excluded.reported_at_ms,
            changed_at_ms = excluded.changed_at_ms, contest = excluded.contest,
            contested_at_ms = excluded.contested_at_ms, contest_answer = excluded.contest_answer,
            contest_answered_at_ms = excluded.contest_answered_at_ms, state = excluded.state"
    ))?
    .execute(named_params! {
        ":id": review.id.as_str(),
        ":booking": review.booking.as_str(),
        ":user": review.user.as_ref().map(UserId::as_str),
        ":partner": review.partner.as_str(),
        ":offer": review.offer.as_str(),
        ":stars": review.stars.number(),
        ":body": review.text,
        ":author": review.author,
        ":visited": review.visited_at_ms,
        ":key": review.idempotency_key,
        ":reply": reply.map(|reply| &reply.text),
        ":replied": reply.map(|reply| reply.at_ms),
        ":removed": removal.map(|removal| removal.at_ms),
        ":reason": removal.map(|removal| &removal.reason),
        ":removed_by": removal.and_then(|removal| removal.by.as_ref()).map(UserId::as_str),
        ":reported": review.reported_at_ms,
        ":created": review.created_at_ms,
        ":changed": review.changed_at_ms,
        ":contest": contest.map(|contest| &contest.text),
        ":contested": contest.map(|contest| contest.at_ms),
        ":answer": answer.map(|answer| &answer.text),
        ":answered": answer.map(|answer| answer.at_ms),
        ":state": review.state().as_str(),
    })?;
    Ok(())
}

/// A row with [`COLUMNS`].
fn read(row: &Row<'_>) -> Result<Review, SqliteError> {
    let text = |column: usize| row.get::<_, String>(column);
    let optional = |column: usize| row.get::<_, Option<String>>(column);
    let moment = |column: usize| row.get::<_, Option<i64>>(column);
    let stars: i32 = row.get(5)?;
    let reply = optional(10)?.zip(moment(11)?);
    let removal = moment(12)?.zip(optional(13)?);
    let by = optional_word("removed_by", optional(14)?, UserId::parse)?;
    let answer = optional(20)?.zip(moment(21)?);
    let contest = optional(18)?.zip(moment(19)?);
    let contest = contest.map(|(text, at_ms)| Contest {
        text,
        at_ms,
        answer: answer.map(|(text, at_ms)| ContestAnswer { text, at_ms }),
    });
    Ok(Review {
        id: word("id", &text(0)?, ReviewId::parse)?,
        booking: word("booking id", &text(1)?, BookingId::parse)?,
        user: optional_word("user id", optional(2)?, UserId::parse)?,
        partner: word("partner id", &text(3)?, PartnerId::parse)?,
        offer: word("offer id", &text(4)?, OfferId::parse)?,
        stars: Stars::new(stars).ok_or_else(|| SqliteError::corrupt("stars", &stars))?,
        text: optional(6)?,
        author: optional(7)?,
        visited_at_ms: row.get(8)?,
        idempotency_key: optional(9)?,
        reply: reply.map(|(text, at_ms)| Reply { text, at_ms }),
        removal: removal.map(|(at_ms, reason)| Removal {
            at_ms,
            reason,
            by,
            contest,
        }),
        reported_at_ms: moment(15)?,
        created_at_ms: row.get(16)?,
        changed_at_ms: row.get(17)?,
    })
}
