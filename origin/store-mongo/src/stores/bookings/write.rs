//! Writes of bookings, each in one transaction.
//!
//! Every booking writes to the offer's document. So two of them conflict,
//! whatever each has counted, and the second is run again on what the first left.

use domain::{
    BookingId, PartnerId, StoreError, UserId,
    bookings::{
        booking::{Booking, Step},
        refusals::BookingRefusal,
        rules::{self, NewBooking, Standing},
        short_code::ShortCode,
        store::{By, Created, Stepped, Taken, purge_of_step},
        tasks::tasks,
        writes::{self, Draft, OfferWrite},
    },
    payments::writes::ended,
    reviews::change::withdrawn,
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::object_id,
    error::MongoError,
    outbox,
    tables::{
        bookings as rows,
        collections::{BOOKINGS, PARTNERS, USERS},
        payments, places, queue, reviews, users,
        users::held,
    },
    tx::Tx,
};

/// How many bookings of a user come with the server's first answer; nearly always all that are asked
/// for.
const MET: usize = 100;

pub(super) async fn create(
    tx: &mut Tx,
    new: &NewBooking,
    code_attempt: u8,
    now_ms: i64,
) -> Result<Created, MongoError> {
    if !held::is_active(tx, &new.user).await? {
        return Ok(Created::NoAccount);
    }
    let of_user = of_user(tx, new, now_ms).await?;
    let before = (of_user.iter())
        .find(|before| {
            new.idempotency_key.is_some() && before.idempotency_key == new.idempotency_key
        })
        .cloned();
    // One command both reads the offer and writes to it.
    let offer = places::meet_others(tx, &new.offer).await?;
    let draft = match writes::draft(new, before, offer, now_ms) {
        Ok(draft) => draft,
        Err(answer) => return Ok(answer),
    };
    if draft.offer.admission.asks_identity() {
        // The account was written to: a decision at the same moment conflicts.
        let this = doc! {"_id": object_id(&new.user)?};
        let found = tx.find_one_projected(USERS, this, users::identity_columns());
        let identity = found.await?.as_ref().map(users::identity).transpose()?;
        if let Err(answer) = draft.meets(&identity.unwrap_or_default(), now_ms) {
            return Ok(answer);
        }
    }
    let standing = standing(tx, &new.user, &draft, &of_user).await?;
    let mut creation = match draft.admit(standing) {
        Ok(creation) => creation,
        Err(answer) => return Ok(answer),
    };
    creation.booking.short_code = Some(ShortCode::of(&new.id, code_attempt));
    match creation.offer_write {
        OfferWrite::TakePlaces => {
            if !places::take_places(tx, &new.offer, new.party).await? {
                return Ok(BookingRefusal::SoldOut.into());
            }
        }
        OfferWrite::MeetOthers => {}
    }
    tx.insert_one(BOOKINGS, rows::document(&creation.booking)?)
        .await?;
    outbox::push(tx, &creation.purge, now_ms).await?;
    // The booking's id is new, and so are the keys.
    let told = tasks(None, &creation.booking, &By::Holder, now_ms);
    queue::push_new(tx, &told).await?;
    Ok(Created::Done(creation.booking))
}

pub(super) async fn take(
    tx: &mut Tx,
    id: &BookingId,
    taken: &Taken,
    by: &By,
    now_ms: i64,
) -> Result<Stepped, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let Some(before) = one(tx, this).await? else {
        return Ok(Stepped::Refused(BookingRefusal::NotFound));
    };
    match writes::step(&before, taken, by, now_ms) {
        Ok(after) => {
            if let Some(scanner) = writes::scanner(taken.step, by)
                && !held::is_active(tx, scanner).await?
            {
                return Ok(Stepped::NoAccount);
            }
            if writes::opens_again(&before, &after)
                && let Some(user) = &after.user
            {
                // A booking that the guest makes at the same moment conflicts: it writes to the account as
                // well.
                held::is_active(tx, user).await?;
                let open = doc! {"open": rows::open_of(user, &after.offer)};
                if tx.find_one(BOOKINGS, open).await?.is_some() {
                    return Ok(BookingRefusal::BookedAgain.into());
                }
            }
            store(tx, &before, &after, (taken.step, by), now_ms).await?;
            Ok(Stepped::Done(Box::new(after)))
        }
        Err(answer) => Ok(answer),
    }
}

/// Writes what a step made of a booking, gives its places back, and leaves the purge and the tasks.
pub(in crate::stores) async fn store(
    tx: &mut Tx,
    before: &Booking,
    after: &Booking,
    (step, by): (Step, &By),
    now_ms: i64,
) -> Result<(), MongoError> {
    // The status once more: where there are no transactions the second of two finds nothing.
    let this = doc! {"_id": object_id(&after.id)?, "status": before.status.as_str()};
    if tx.update_one(BOOKINGS, this, rows::edit(after)?).await? == 0 {
        return Err(StoreError::Conflict("the booking").into());
    }
    let freed = if rules::frees_places(before, after) {
        let offer = places::one(tx, &after.offer).await?;
        if let Some(offer) = offer.as_ref().filter(|_| before.counted) {
            places::give_places_back(tx, offer, before.party).await?;
        }
        offer
    } else {
        None
    };
    let purge = purge_of_step(after, step, by, freed.as_ref());
    outbox::push(tx, &purge, now_ms).await?;
    // A database that was copied while its source was in use may have the keys.
    let told = tasks(Some(before.status), after, by, now_ms);
    queue::push(tx, &told).await?;
    // A visit that was none has no review.
    if writes::opens_again(before, after) {
        let of_booking = doc! {"bookingId": object_id(&after.id)?};
        if let Some(review) = reviews::one(tx, of_booking).await? {
            reviews::store(tx, &withdrawn(review), now_ms).await?;
        }
    }
    if after.price.is_some()
        && let Some(found) = payments::of_booking(tx, &after.id).await?
    {
        let change = ended(found.facts(), after, by, now_ms);
        payments::write(tx, &found.payment, &change).await?;
    }
    Ok(())
}

async fn one(tx: &mut Tx, filter: Document) -> Result<Option<Booking>, MongoError> {
    let found = tx.find_one(BOOKINGS, filter).await?;
    found.as_ref().map(rows::booking).transpose()
}

/// The user's bookings that a new one may meet: those that are open, those of the last day, and the
/// one that the same idempotency key made.
async fn of_user(tx: &mut Tx, new: &NewBooking, now_ms: i64) -> Result<Vec<Booking>, MongoError> {
    let since = DateTime::from_millis(now_ms - rules::MADE_WITHIN_MS);
    let mut any = vec![
        doc! {"createdAt": {"$gt": since}},
        doc! {"due": {"$exists": true}},
    ];
    if let Some(key) = &new.idempotency_key {
        any.push(doc! {"key": rows::key_of(&new.user, key)});
    }
    let met = doc! {"userId": object_id(&new.user)?, "$or": any};
    let found = tx.find(BOOKINGS, met, None, MET).await?;
    found.iter().map(rows::booking).collect()
}

/// What counts against a booking that would be made, as far as the offer has such limits.
async fn standing(
    tx: &mut Tx,
    user: &UserId,
    Draft { booking, offer }: &Draft,
    met: &[Booking],
) -> Result<Standing, MongoError> {
    let (user_id, offer_id) = (object_id(user)?, object_id(&offer.id)?);
    let since_ms = booking.created_at_ms - rules::MADE_WITHIN_MS;
    let limits = offer.limits;
    let of_user = limits
        .per_user
        .map(|_| doc! {"userId": user_id, "offerId": offer_id, "status": rows::holding()});
    let of_day = limits.per_day.map(
        |_| doc! {"offerId": offer_id, "day": booking.night.to_string(), "status": rows::holding()},
    );
    let open = || met.iter().filter(|met| met.status.is_open());
    Ok(Standing {
        open_of_offer: number(open().filter(|open| open.offer == offer.id)),
        open: number(open()),
        made: number(met.iter().filter(|met| met.created_at_ms > since_ms)),
        of_user: count(tx, of_user).await?,
        of_day: match of_day {
            Some(of_day) => places::held_places(tx, of_day).await?,
            None => 0,
        },
        takes_payments: booking.price.is_some()
            && payments::accounts::account_of(tx, &booking.partner)
                .await?
                .is_some_and(|account| account.takes_payments),
        is_partner_hidden: is_partner_hidden(tx, &booking.partner).await?,
    })
}

async fn is_partner_hidden(tx: &mut Tx, partner: &PartnerId) -> Result<bool, MongoError> {
    let hidden = doc! {"_id": object_id(partner)?, "listed": false};
    Ok(tx.find_one(PARTNERS, hidden).await?.is_some())
}

fn number<'a>(bookings: impl Iterator<Item = &'a Booking>) -> i64 {
    i64::try_from(bookings.count()).unwrap_or(i64::MAX)
}

async fn count(tx: &mut Tx, filter: Option<Document>) -> Result<i64, MongoError> {
    let Some(filter) = filter else {
        return Ok(0);
    };
    let counted = tx.count(BOOKINGS, filter).await?;
    Ok(i64::try_from(counted).unwrap_or(i64::MAX))
}
