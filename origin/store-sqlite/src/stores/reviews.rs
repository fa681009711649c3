//! Reviews in SQLite.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    BookingId, PartnerId, ReviewId, StoreError, UserId,
    reviews::{
        change::recounted,
        outcome::{Reported, Written},
        rating::{Recount, StarCounts},
        reports::{self, NewReport, Report},
        review::Review,
        rules::{self, NewReview, ReviewEdit},
        store::{ReportedCursor, ReviewCursor, ReviewPage, ReviewQuery, ReviewStore},
    },
    users::account::{Account, Status},
};
use rusqlite::{Connection, Transaction};

use crate::{
    database::{EmbeddedDb, json_list},
    error::SqliteError,
    outbox::outbox_push,
    tables::{bookings, limit::limit, ratings, reviews as rows, users},
};

/// The reviews of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedReviews {
    db: EmbeddedDb,
}

impl EmbeddedReviews {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReviewStore for EmbeddedReviews {
    async fn add(&self, new: NewReview, now_ms: i64) -> Result<Written, StoreError> {
        self.db.write(move |tx| add(tx, &new, now_ms)).await
    }

    async fn change(
        &self,
        id: &ReviewId,
        edit: ReviewEdit,
        now_ms: i64,
    ) -> Result<Written, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| change(tx, &id, &edit, now_ms))
            .await
    }

    async fn report(&self, new: NewReport, now_ms: i64) -> Result<Reported, StoreError> {
        self.db.write(move |tx| report(tx, &new, now_ms)).await
    }

    async fn by_id(&self, id: &ReviewId) -> Result<Option<Review>, StoreError> {
        let id = id.clone();
        self.db.read(move |c| rows::by_id(c, &id)).await
    }

    async fn of_bookings(
        &self,
        wanted: &[BookingId],
    ) -> Result<HashMap<BookingId, Review>, StoreError> {
        let wanted = json_list(wanted.iter().map(BookingId::as_str));
        let found = self.db.read(move |c| {
            let among = "WHERE booking_id IN (SELECT value FROM json_each(?1))";
            rows::select(c, among, [wanted])
        });
        let found = found.await?.into_iter();
        Ok(found
            .map(|review| (review.booking.clone(), review))
            .collect())
    }

    async fn pages(&self, queries: &[ReviewQuery]) -> Result<Vec<ReviewPage>, StoreError> {
        let queries = queries.to_vec();
        let pages = self.db.read(move |c| {
            let page = |query: &ReviewQuery| Ok(ReviewPage::of(rows::page(c, query)?, query.first));
            queries.iter().map(page).collect()
        });
        pages.await
    }

    async fn of_user(
        &self,
        user: &UserId,
        first: usize,
        after: Option<ReviewCursor>,
    ) -> Result<ReviewPage, StoreError> {
        let user = user.clone();
        let found = self.db.read(move |c| {
            let (at_ms, id) = match &after {
                Some(after) => (after.created_at_ms, after.id.as_str()),
                None => (i64::MAX, ""),
            };
            rows::select(
                c,
                "WHERE user_id = ?1 AND (created_at_ms, id) < (?2, ?3)
                 ORDER BY created_at_ms DESC, id DESC LIMIT ?4",
                (user.as_str(), at_ms, id, limit(first.saturating_add(1))),
            )
        });
        Ok(ReviewPage::of(found.await?, first))
    }

    async fn reported(
        &self,
        first: usize,
        after: Option<ReportedCursor>,
    ) -> Result<ReviewPage, StoreError> {
        let found = self.db.read(move |c| {
            let (at_ms, id) = match &after {
                Some(after) => (after.reported_at_ms, after.id.as_str()),
                None => (i64::MIN, ""),
            };
            rows::select(
                c,
                "WHERE reported_at_ms IS NOT NULL AND (reported_at_ms, id) > (?1, ?2)
                 ORDER BY reported_at_ms, id LIMIT ?3",
                (at_ms, id, limit(first.saturating_add(1))),
            )
        });
        Ok(ReviewPage::of(found.await?, first))
    }

    async fn reports_of(
        &self,
        reviews: &[ReviewId],
    ) -> Result<HashMap<ReviewId, Vec<Report>>, StoreError> {
        let wanted = json_list(reviews.iter().map(ReviewId::as_str));
        let found = self.db.read(move |c| {
            let among = "WHERE review_id IN (SELECT value FROM json_each(?1)) ORDER BY at_ms, id";
            rows::reports::select(c, among, [wanted])
        });
        let mut by_review: HashMap<ReviewId, Vec<Report>> = HashMap::new();
        for report in found.await? {
            let of_review = by_review.entry(report.review.clone()).or_default();
            of_review.push(report);
        }
        Ok(by_review)
    }

    async fn reports_by(&self, user: &UserId) -> Result<Vec<Report>, StoreError> {
        let user = user.clone();
        let found = self.db.read(move |c| {
            let by = "WHERE user_id = ?1 ORDER BY at_ms, id";
            rows::reports::select(c, by, [user.as_str()])
        });
        found.await
    }

    async fn counts_of(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, StarCounts>, StoreError> {
        let wanted = json_list(partners.iter().map(PartnerId::as_str));
        self.db.read(move |c| ratings::of(c, wanted)).await
    }

    async fn recounted(
        &self,
        after: Option<&PartnerId>,
        most: usize,
    ) -> Result<Vec<Recount>, StoreError> {
        let after = after.map_or_else(String::new, PartnerId::to_string);
        let recounted = self.db.read(move |c| {
            let ids: Vec<String> = c
                .prepare_cached("SELECT id FROM partners WHERE id > ?1 ORDER BY id LIMIT ?2")?
                .query_map((after, limit(most)), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let wanted = || json_list(ids.iter().map(String::as_str));
            let (mut kept, mut counted) =
                (ratings::of(c, wanted())?, ratings::counted(c, wanted())?);
            let partners = ids.iter().filter_map(|id| PartnerId::parse(id));
            Ok(partners
                .map(|partner| Recount {
                    kept: kept.remove(&partner),
                    counted: counted.remove(&partner).unwrap_or_default(),
                    partner,
                })
                .collect())
        });
        recounted.await
    }

    async fn recount(&self, partner: &PartnerId, now_ms: i64) -> Result<bool, StoreError> {
        let partner = partner.clone();
        self.db.write(move |tx| recount(tx, &partner, now_ms)).await
    }
}

/// The account, if it is active.
fn active(connection: &Connection, user: &UserId) -> Result<Option<Account>, SqliteError> {
    let account = users::account(connection, "id", user.as_str())?;
    Ok(account.filter(|account| account.status == Status::Active))
}

fn add(tx: &Transaction<'_>, new: &NewReview, now_ms: i64) -> Result<Written, SqliteError> {
    let Some(account) = active(tx, &new.user)? else {
        return Ok(Written::NoAccount);
    };
    let booking = bookings::by_id(tx, &new.booking)?;
    let before = rows::of_booking(tx, &new.booking)?;
    match rules::add(new, &account, booking.as_ref(), before, now_ms) {
        Ok(change) => {
            rows::store(tx, &change, now_ms)?;
            Ok(change.done())
        }
        Err(answer) => Ok(answer),
    }
}

fn change(
    tx: &Transaction<'_>,
    id: &ReviewId,
    edit: &ReviewEdit,
    now_ms: i64,
) -> Result<Written, SqliteError> {
    let account = match edit.person() {
        None => None,
        Some(person) => match active(tx, person)? {
            None => return Ok(Written::NoAccount),
            account => account,
        },
    };
    let before = rows::by_id(tx, id)?;
    match rules::change(before, edit, account.as_ref(), now_ms) {
        Ok(change) => {
            rows::store(tx, &change, now_ms)?;
            Ok(change.done())
        }
        Err(answer) => Ok(answer),
    }
}

fn report(tx: &Transaction<'_>, new: &NewReport, now_ms: i64) -> Result<Reported, SqliteError> {
    let Some(account) = active(tx, &new.user)? else {
        return Ok(Reported::NoAccount);
    };
    let review = rows::by_id(tx, &new.review)?;
    let before = match &review {
        Some(review) => {
            let (_, id) = new.identity(&account, &review.partner);
            rows::reports::by_id(tx, &id)?
        }
        None => None,
    };
    match reports::report(new, &account, review.as_ref(), before.as_ref(), now_ms) {
        Ok(reporting) => {
            rows::reports::put(tx, &reporting)?;
            Ok(Reported::Done)
        }
        Err(answer) => Ok(answer),
    }
}

fn recount(tx: &Transaction<'_>, partner: &PartnerId, now_ms: i64) -> Result<bool, SqliteError> {
    let wanted = || json_list([partner.as_str()].into_iter());
    let counted = ratings::counted(tx, wanted())?.remove(partner);
    let Some(kept) = ratings::kept(tx, partner)? else {
        return Ok(false);
    };
    let Some((after, purge)) = recounted(partner, kept, counted.unwrap_or_default()) else {
        return Ok(false);
    };
    ratings::keep(tx, partner, after)?;
    outbox_push(tx, &purge, now_ms)?;
    Ok(true)
}
