//! Between documents and bookings.
//!
//! `open` is user and offer while it is open, and `key` user and idempotency key; both are absent
//! otherwise, and unique: the index leaves out what is absent. So is `codeOfNight`.

use domain::{
    BookingId, OfferId, PartnerId, UserId,
    bookings::{
        booking::{Booking, BookingStatus},
        party::PartySize,
        reason::Reason,
        rules,
        scan::ScanId,
        short_code::ShortCode,
    },
    night::Night,
    payments::{money::Currency, price::BookedPrice},
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{
        self, bad, flag, id, minor, moment_ms, object_id, optional, optional_text, part, whole,
        word,
    },
    error::MongoError,
};

/// Between the two parts of `open` and `key`. Ids have no colon.
const BETWEEN: char = ':';

pub fn open_of(user: &UserId, offer: &OfferId) -> String {
    format!("{user}{BETWEEN}{offer}")
}

pub fn key_of(user: &UserId, key: &str) -> String {
    format!("{user}{BETWEEN}{key}")
}

/// Under what a short code is unique.
pub fn code_of_night(partner: &PartnerId, night: Night, code: &ShortCode) -> String {
    format!("{partner}{BETWEEN}{night}{BETWEEN}{}", code.as_str())
}

/// The document of a booking that is made.
pub fn document(booking: &Booking) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&booking.id)?,
        "offerId": object_id(&booking.offer)?,
        "partnerId": object_id(&booking.partner)?,
        "status": booking.status.as_str(),
        "counted": booking.counted,
        "from": DateTime::from_millis(booking.from_ms),
        "until": DateTime::from_millis(booking.until_ms),
        "createdAt": DateTime::from_millis(booking.created_at_ms),
        "changedAt": DateTime::from_millis(booking.changed_at_ms),
        "day": booking.night.to_string(),
        "madeOn": booking.made_on(),
        "partySize": booking.party.people(),
        "changes": booking.changes,
    };
    if let Some(user) = &booking.user {
        document.insert("userId", object_id(user)?);
        if booking.status.is_open() {
            document.insert("open", open_of(user, &booking.offer));
        }
        if let Some(key) = &booking.idempotency_key {
            document.insert("key", key_of(user, key));
        }
    }
    if let Some(due_ms) = rules::due_ms(booking) {
        document.insert("due", DateTime::from_millis(due_ms));
    }
    if let (Some(at_ms), Some(day)) = (booking.checked_in_at_ms, booking.checked_in_on()) {
        document.insert("checkedInAt", DateTime::from_millis(at_ms));
        document.insert("checkedInOn", day);
    }
    if let Some(user) = &booking.checked_in_by {
        document.insert("checkedInBy", object_id(user)?);
    }
    if let Some(before_ms) = booking.decide_before_ms {
        document.insert("decideBefore", DateTime::from_millis(before_ms));
    }
    if let Some(price) = &booking.price {
        document.insert("price", price_document(price));
    }
    if let Some(reason) = &booking.cancel_reason {
        document.insert("cancelReason", reason.as_str());
    }
    if let Some(code) = &booking.short_code {
        document.insert("shortCode", code.as_str());
        document.insert(
            "codeOfNight",
            code_of_night(&booking.partner, booking.night, code),
        );
    }
    if let Some(scan) = &booking.scan {
        document.insert("scanId", scan.as_str());
    }
    Ok(document)
}

/// What a step makes of a document: fields that are set, and those that go.
pub fn edit(after: &Booking) -> Result<Document, MongoError> {
    let fields = [
        "status",
        "changedAt",
        "due",
        "open",
        "checkedInAt",
        "checkedInOn",
        "checkedInBy",
        "changes",
        "cancelReason",
        "scanId",
    ];
    Ok(documents::edit_of(&document(after)?, &fields))
}

pub fn booking(stored: &Document) -> Result<Booking, MongoError> {
    let key = optional_text(stored, "key")?;
    let created_at_ms = moment_ms(stored, "createdAt")?;
    let changed_at_ms = moment_ms(stored, "changedAt")?;
    let user = |field| optional(stored, field, |_| id(stored, field, UserId::parse));
    Ok(Booking {
        id: id(stored, "_id", BookingId::parse)?,
        user: user("userId")?,
        offer: id(stored, "offerId", OfferId::parse)?,
        partner: id(stored, "partnerId", PartnerId::parse)?,
        status: word(stored, "status", BookingStatus::parse)?,
        counted: stored.get_bool("counted").map_err(bad("counted"))?,
        from_ms: moment_ms(stored, "from")?,
        until_ms: moment_ms(stored, "until")?,
        night: word(stored, "day", Night::parse)?,
        idempotency_key: key.and_then(|key| key.split_once(BETWEEN).map(|(_, key)| key.to_owned())),
        created_at_ms,
        changed_at_ms,
        checked_in_at_ms: optional(stored, "checkedInAt", |_| moment_ms(stored, "checkedInAt"))?,
        checked_in_by: user("checkedInBy")?,
        price: optional(stored, "price", |_| price(part(stored, "price")?))?,
        party: optional(stored, "partySize", |_| party(stored))?.unwrap_or(PartySize::ONE),
        changes: optional(stored, "changes", |_| whole(stored, "changes"))?
            // Those of earlier programs are not counted.
            .unwrap_or_else(|| i32::from(changed_at_ms > created_at_ms)),
        decide_before_ms: optional(stored, "decideBefore", |_| {
            moment_ms(stored, "decideBefore")
        })?,
        cancel_reason: optional_text(stored, "cancelReason")?.map(Reason::stored),
        short_code: optional(stored, "shortCode", |_| {
            word(stored, "shortCode", ShortCode::parse)
        })?,
        scan: optional(stored, "scanId", |_| word(stored, "scanId", ScanId::parse))?,
    })
}

fn party(stored: &Document) -> Result<PartySize, MongoError> {
    let people = whole(stored, "partySize")?;
    PartySize::new(people).ok_or_else(|| MongoError::corrupt("partySize", &people))
}

/// How many places a group of bookings holds, in an aggregation. Those of older programs have no
/// number: they are for one.
pub fn sum_of_places() -> Document {
    doc! {"$sum": {"$ifNull": ["$partySize", 1]}}
}

fn price_document(price: &BookedPrice) -> Document {
    let mut document = doc! {
        "amount": price.amount,
        "currency": price.currency.as_str(),
        "isDeposit": price.is_deposit,
        "vatRate": price.vat_rate_bp,
        "fee": price.fee,
        "payBefore": DateTime::from_millis(price.pay_before_ms),
    };
    if let Some(until_ms) = price.refundable_until_ms {
        document.insert("refundableUntil", DateTime::from_millis(until_ms));
    }
    document
}

fn price(stored: &Document) -> Result<BookedPrice, MongoError> {
    Ok(BookedPrice {
        amount: minor(stored, "amount")?,
        currency: word(stored, "currency", Currency::parse)?,
        is_deposit: flag(stored, "isDeposit")?,
        vat_rate_bp: whole(stored, "vatRate")?,
        fee: minor(stored, "fee")?,
        refundable_until_ms: optional(stored, "refundableUntil", |_| {
            moment_ms(stored, "refundableUntil")
        })?,
        pay_before_ms: moment_ms(stored, "payBefore")?,
    })
}

/// Those that hold a place.
pub fn holding() -> Bson {
    let without = BookingStatus::ALL
        .iter()
        .filter(|status| !status.holds_a_place());
    let words: Vec<&str> = without.map(|status| status.as_str()).collect();
    doc! {"$nin": words}.into()
}
