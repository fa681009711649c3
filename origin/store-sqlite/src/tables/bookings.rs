//! Between rows and bookings.

pub mod night;

use std::{collections::HashMap, ops::RangeInclusive};

use domain::{
    BookingId, OfferId, PartnerId, UserId,
    bookings::{
        booking::{Booking, BookingStatus},
        party::PartySize,
        reason::Reason,
        rules::{self, Standing},
        scan::ScanId,
        short_code::ShortCode,
        store::{BookingPage, BookingQuery, DayCount, TimedQuery, When},
    },
    night::Night,
    payments::{money::Currency, price::BookedPrice},
};
use rusqlite::{
    Connection, Params, Row, ToSql, Transaction, named_params, params_from_iter, types::Value,
};

use super::limit::limit;
use super::payments::accounts::account_of;
use super::word::word;
use crate::error::SqliteError;

const COLUMNS: &str = "id, user_id, offer_id, partner_id, status, counted, from_ms, until_ms,
    idempotency_key, created_at_ms, changed_at_ms, checked_in_at_ms, checked_in_by, price_amount,
    price_currency, price_is_deposit, price_vat_rate_bp, price_fee, refundable_until_ms, pay_before_ms, day,
    cancel_reason, short_code, scan_id,
    party_size, decide_before_ms, changes";
const PRICE_COLUMN: usize = 13;
const NIGHT_COLUMN: usize = 20;

/// Runs a query that selects [`COLUMNS`].
fn query(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<Booking>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut bookings = Vec::new();
    while let Some(row) = rows.next()? {
        bookings.push(booking(row)?);
    }
    Ok(bookings)
}

fn booking(row: &Row<'_>) -> Result<Booking, SqliteError> {
    let user = |column: usize| -> Result<Option<UserId>, SqliteError> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| word("user id", &text, UserId::parse))
            .transpose()
    };
    Ok(Booking {
        id: word("booking id", &row.get::<_, String>(0)?, BookingId::parse)?,
        user: user(1)?,
        offer: word("offer id", &row.get::<_, String>(2)?, OfferId::parse)?,
        partner: word("partner id", &row.get::<_, String>(3)?, PartnerId::parse)?,
        status: word("status", &row.get::<_, String>(4)?, BookingStatus::parse)?,
        counted: row.get(5)?,
        from_ms: row.get(6)?,
        until_ms: row.get(7)?,
        night: word("night", &row.get::<_, String>(NIGHT_COLUMN)?, Night::parse)?,
        idempotency_key: row.get(8)?,
        created_at_ms: row.get(9)?,
        changed_at_ms: row.get(10)?,
        checked_in_at_ms: row.get(11)?,
        checked_in_by: user(12)?,
        price: price(row)?,
        party: party(row)?,
        decide_before_ms: row.get("decide_before_ms")?,
        changes: changes(row)?,
        cancel_reason: row
            .get::<_, Option<String>>("cancel_reason")?
            .map(Reason::stored),
        short_code: row
            .get::<_, Option<String>>("short_code")?
            .map(|text| word("short code", &text, ShortCode::parse))
            .transpose()?,
        scan: row
            .get::<_, Option<String>>("scan_id")?
            .map(|text| word("scan", &text, ScanId::parse))
            .transpose()?,
    })
}

/// Those of earlier programs are not counted.
fn changes(row: &Row<'_>) -> Result<i32, SqliteError> {
    let counted: Option<i32> = row.get("changes")?;
    let (created_at_ms, changed_at_ms): (i64, i64) = (row.get(9)?, row.get(10)?);
    Ok(counted.unwrap_or_else(|| i32::from(changed_at_ms > created_at_ms)))
}

fn party(row: &Row<'_>) -> Result<PartySize, SqliteError> {
    let Some(people) = row.get("party_size")? else {
        return Ok(PartySize::ONE);
    };
    PartySize::new(people).ok_or_else(|| SqliteError::corrupt("party size", &people))
}

fn price(row: &Row<'_>) -> Result<Option<BookedPrice>, SqliteError> {
    let Some(amount) = row.get(PRICE_COLUMN)? else {
        return Ok(None);
    };
    let currency: String = row.get(PRICE_COLUMN + 1)?;
    Ok(Some(BookedPrice {
        amount,
        currency: word("currency", &currency, Currency::parse)?,
        is_deposit: row.get(PRICE_COLUMN + 2)?,
        vat_rate_bp: row.get(PRICE_COLUMN + 3)?,
        fee: row.get(PRICE_COLUMN + 4)?,
        refundable_until_ms: row.get(PRICE_COLUMN + 5)?,
        pay_before_ms: row.get(PRICE_COLUMN + 6)?,
    }))
}

pub fn by_id(connection: &Connection, id: &BookingId) -> Result<Option<Booking>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM bookings WHERE id = ?1");
    Ok(query(connection, &sql, [id.as_str()])?.pop())
}

pub fn among(connection: &Connection, wanted: Value) -> Result<Vec<Booking>, SqliteError> {
    let sql =
        format!("SELECT {COLUMNS} FROM bookings WHERE id IN (SELECT value FROM json_each(?1))");
    query(connection, &sql, [wanted])
}

pub fn by_key(
    connection: &Connection,
    user: &UserId,
    key: &str,
) -> Result<Option<Booking>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM bookings WHERE user_id = ?1 AND idempotency_key = ?2");
    Ok(query(connection, &sql, (user.as_str(), key))?.pop())
}

/// What counts against a booking that would be made.
pub fn standing(
    connection: &Connection,
    user: &UserId,
    booking: &Booking,
) -> Result<Standing, SqliteError> {
    let one = |sql: &str, params: &[&dyn ToSql]| -> Result<i64, SqliteError> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_row(params, |row| row.get(0))?)
    };
    let (user, offer, partner, day) = (
        user.as_str(),
        booking.offer.as_str(),
        booking.partner.as_str(),
        booking.night.to_string(),
    );
    Ok(Standing {
        open_of_offer: one(
            "SELECT COUNT(*) FROM bookings WHERE user_id = ?1 AND offer_id = ?2 AND due_ms IS NOT NULL",
            &[&user, &offer],
        )?,
        open: one(
            "SELECT COUNT(*) FROM bookings WHERE user_id = ?1 AND due_ms IS NOT NULL",
            &[&user],
        )?,
        made: one(
            "SELECT COUNT(*) FROM bookings WHERE user_id = ?1 AND created_at_ms > ?2",
            &[&user, &(booking.created_at_ms - rules::MADE_WITHIN_MS)],
        )?,
        of_user: one(
            "SELECT COUNT(*) FROM bookings
             WHERE user_id = ?1 AND offer_id = ?2 AND status NOT IN ('CANCELLED', 'EXPIRED')",
            &[&user, &offer],
        )?,
        of_day: one(
            "SELECT COALESCE(SUM(COALESCE(party_size, 1)), 0) FROM bookings
             WHERE offer_id = ?1 AND day = ?2 AND status NOT IN ('CANCELLED', 'EXPIRED')",
            &[&offer, &day],
        )?,
        takes_payments: booking.price.is_some()
            && account_of(connection, &booking.partner)?
                .is_some_and(|account| account.takes_payments),
        is_partner_hidden: one(
            "SELECT EXISTS (SELECT 1 FROM partners WHERE id = ?1
                AND (status <> 'APPROVED' OR archived_at_ms IS NOT NULL))",
            &[&partner],
        )? > 0,
    })
}

pub fn page(connection: &Connection, wanted: &BookingQuery) -> Result<BookingPage, SqliteError> {
    let mut sql = format!("SELECT {COLUMNS} FROM bookings WHERE user_id = ?");
    let mut params = vec![Value::from(wanted.user.to_string())];
    if let Some(status) = wanted.status {
        sql.push_str(" AND status = ?");
        params.push(Value::from(status.as_str().to_owned()));
    }
    if let Some(after) = &wanted.after {
        sql.push_str(" AND (created_at_ms, id) < (?, ?)");
        params.push(Value::from(after.created_at_ms));
        params.push(Value::from(after.id.to_string()));
    }
    sql.push_str(" ORDER BY created_at_ms DESC, id DESC LIMIT ?");
    params.push(Value::from(limit(wanted.first.saturating_add(1))));
    let mut items = query(connection, &sql, params_from_iter(params))?;
    let has_next_page = items.len() > wanted.first;
    items.truncate(wanted.first);
    Ok(BookingPage {
        items,
        has_next_page,
    })
}

/// A page by time: those to come by one index, those that are over by another, which passes the few
/// that are open.
pub fn by_time(connection: &Connection, wanted: &TimedQuery) -> Result<BookingPage, SqliteError> {
    let (among, beyond, order) = match wanted.when {
        When::Upcoming => (
            " AND due_ms IS NOT NULL",
            " AND (from_ms, id) > (?, ?)",
            " ORDER BY from_ms, id LIMIT ?",
        ),
        When::Past => (
            " AND due_ms IS NULL",
            " AND (from_ms, id) < (?, ?)",
            " ORDER BY from_ms DESC, id DESC LIMIT ?",
        ),
    };
    let mut sql = format!("SELECT {COLUMNS} FROM bookings WHERE user_id = ?{among}");
    let mut params = vec![Value::from(wanted.user.to_string())];
    if let Some(status) = wanted.status {
        sql.push_str(" AND status = ?");
        params.push(Value::from(status.as_str().to_owned()));
    }
    if let Some(after) = &wanted.after {
        sql.push_str(beyond);
        params.push(Value::from(after.from_ms));
        params.push(Value::from(after.id.to_string()));
    }
    sql.push_str(order);
    params.push(Value::from(limit(wanted.first.saturating_add(1))));
    let mut items = query(connection, &sql, params_from_iter(params))?;
    let has_next_page = items.len() > wanted.first;
    items.truncate(wanted.first);
    Ok(BookingPage {
        items,
        has_next_page,
    })
}

pub fn beginning_since(
    connection: &Connection,
    user: &UserId,
    since_ms: i64,
    most: usize,
) -> Result<Vec<Booking>, SqliteError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bookings WHERE user_id = ?1 AND from_ms >= ?2
         ORDER BY from_ms DESC, id DESC LIMIT ?3"
    );
    query(connection, &sql, (user.as_str(), since_ms, limit(most)))
}

/// Whether the user has an open booking of the offer.
pub fn has_open(
    connection: &Connection,
    user: &UserId,
    offer: &OfferId,
) -> Result<bool, SqliteError> {
    let sql = "SELECT 1 FROM bookings WHERE user_id = ?1 AND offer_id = ?2 AND due_ms IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.exists((user.as_str(), offer.as_str()))?)
}

/// Those that are not over.
pub fn open_of(connection: &Connection, user: &UserId) -> Result<Vec<Booking>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM bookings WHERE user_id = ?1 AND due_ms IS NOT NULL");
    query(connection, &sql, [user.as_str()])
}

pub fn open_of_partner(
    connection: &Connection,
    partner: &PartnerId,
    now_ms: i64,
    most: usize,
) -> Result<Vec<BookingId>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM bookings WHERE partner_id = ?1 AND due_ms IS NOT NULL AND until_ms > ?2
         ORDER BY day, from_ms, id LIMIT ?3",
    )?;
    let ids = statement.query_and_then((partner.as_str(), now_ms, limit(most)), |row| {
        word("booking id", &row.get::<_, String>(0)?, BookingId::parse)
    })?;
    ids.collect()
}

pub fn due(connection: &Connection, now_ms: i64, most: usize) -> Result<Vec<Booking>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM bookings WHERE due_ms <= ?1 ORDER BY due_ms LIMIT ?2");
    query(connection, &sql, (now_ms, limit(most)))
}

pub fn days_of_partner(
    connection: &Connection,
    partner: &PartnerId,
    first: &str,
    last: &str,
) -> Result<Vec<DayCount>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT day, SUM(made), SUM(came), SUM(guests), SUM(walked) FROM (
            SELECT made_on AS day, COUNT(*) AS made, 0 AS came, 0 AS guests, 0 AS walked FROM bookings
            WHERE partner_id = ?1 AND made_on BETWEEN ?2 AND ?3 GROUP BY made_on
            UNION ALL
            SELECT checked_in_on, 0, COUNT(*), SUM(COALESCE(party_size, 1)), 0 FROM bookings
            WHERE partner_id = ?1 AND checked_in_on BETWEEN ?2 AND ?3 GROUP BY checked_in_on
            UNION ALL
            SELECT night, 0, 0, 0, SUM(party_size) FROM walk_ins
            WHERE partner_id = ?1 AND night BETWEEN ?2 AND ?3 GROUP BY night)
         GROUP BY day ORDER BY day",
    )?;
    let mut rows = statement.query((partner.as_str(), first, last))?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        days.push(DayCount {
            day: row.get(0)?,
            bookings: row.get(1)?,
            check_ins: row.get(2)?,
            guests: row.get(3)?,
            walk_ins: row.get(4)?,
        });
    }
    Ok(days)
}

/// The places that bookings hold in each of these nights, by offer.
pub fn taken_by_night(
    connection: &Connection,
    offers: Value,
    nights: &RangeInclusive<Night>,
) -> Result<HashMap<(OfferId, Night), i64>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT offer_id, day, SUM(COALESCE(party_size, 1)) FROM bookings
         WHERE offer_id IN (SELECT value FROM json_each(?1)) AND day BETWEEN ?2 AND ?3
            AND status NOT IN ('CANCELLED', 'EXPIRED')
         GROUP BY offer_id, day",
    )?;
    let (first, last) = (nights.start().to_string(), nights.end().to_string());
    let mut rows = statement.query((offers, first, last))?;
    let mut taken = HashMap::new();
    while let Some(row) = rows.next()? {
        let offer = word("offer id", &row.get::<_, String>(0)?, OfferId::parse)?;
        let night = word("night", &row.get::<_, String>(1)?, Night::parse)?;
        taken.insert((offer, night), row.get(2)?);
    }
    Ok(taken)
}

pub fn insert(tx: &Transaction<'_>, booking: &Booking) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT INTO bookings(id, user_id, offer_id, partner_id, status, counted, from_ms, until_ms,
            idempotency_key, created_at_ms, changed_at_ms, checked_in_at_ms, checked_in_by, due_ms,
            day, made_on, checked_in_on, price_amount, price_currency, price_is_deposit,
            price_vat_rate_bp, price_fee, refundable_until_ms, pay_before_ms, cancel_reason,
            short_code, scan_id, party_size, decide_before_ms, changes)
         VALUES (:id, :user_id, :offer_id, :partner_id, :status, :counted, :from_ms, :until_ms,
            :idempotency_key, :created_at_ms, :changed_at_ms, :checked_in_at_ms, :checked_in_by,
            :due_ms, :day, :made_on, :checked_in_on, :price_amount, :price_currency,
            :price_is_deposit, :price_vat_rate_bp, :price_fee, :refundable_until_ms,
            :pay_before_ms, :cancel_reason, :short_code, :scan_id, :party_size, :decide_before_ms, :changes)",
    )?
    .execute(named_params! {
        ":id": booking.id.as_str(),
        ":user_id": booking.user.as_ref().map(UserId::as_str),
        ":offer_id": booking.offer.as_str(),
        ":partner_id": booking.partner.as_str(),
        ":status": booking.status.as_str(),
        ":counted": booking.counted,
        ":from_ms": booking.from_ms,
        ":until_ms": booking.until_ms,
        ":idempotency_key": booking.idempotency_key,
        ":created_at_ms": booking.created_at_ms,
        ":changed_at_ms": booking.changed_at_ms,
        ":checked_in_at_ms": booking.checked_in_at_ms,
        ":checked_in_by": booking.checked_in_by.as_ref().map(UserId::as_str),
        ":due_ms": rules::due_ms(booking),
        ":day": booking.night.to_string(),
        ":made_on": booking.made_on(),
        ":checked_in_on": booking.checked_in_on(),
        ":price_amount": booking.price.map(|price| price.amount),
        ":price_currency": booking.price.map(|price| price.currency.as_str()),
        ":price_is_deposit": booking.price.map(|price| price.is_deposit),
        ":price_vat_rate_bp": booking.price.map(|price| price.vat_rate_bp),
        ":price_fee": booking.price.map(|price| price.fee),
        ":refundable_until_ms": booking.price.and_then(|price| price.refundable_until_ms),
        ":pay_before_ms": booking.price.map(|price| price.pay_before_ms),
        ":party_size": booking.party.people(),
        ":decide_before_ms": booking.decide_before_ms,
        ":changes": booking.changes,
        ":cancel_reason": booking.cancel_reason.as_ref().map(Reason::as_str),
        ":short_code": booking.short_code.as_ref().map(ShortCode::as_str),
        ":scan_id": booking.scan.as_ref().map(ScanId::as_str),
    })?;
    Ok(())
}

/// What a step may change.
pub fn update(tx: &Transaction<'_>, booking: &Booking) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE bookings SET status = ?2, changed_at_ms = ?3, checked_in_at_ms = ?4, due_ms = ?5,
            checked_in_on = ?6, checked_in_by = ?7, cancel_reason = ?8, scan_id = ?9, changes = ?10 WHERE id = ?1",
    )?
    .execute((
        booking.id.as_str(),
        booking.status.as_str(),
        booking.changed_at_ms,
        booking.checked_in_at_ms,
        rules::due_ms(booking),
        booking.checked_in_on(),
        booking.checked_in_by.as_ref().map(UserId::as_str),
        booking.cancel_reason.as_ref().map(Reason::as_str),
        booking.scan.as_ref().map(ScanId::as_str),
        booking.changes,
    ))?;
    Ok(())
}
