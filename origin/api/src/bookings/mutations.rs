//! Booking mutations: authorise the caller, make one store call, then relay the purge.

use access::qr;
use async_graphql::{Context, ID, Object, Result};
use domain::{
    BookingId, OfferId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        refusals::BookingRefusal,
        rules::NewBooking,
        store::{By, Created, Stepped},
    },
    offers::store::Purging,
    users::account::Language,
};
use pq_core::ErrorCode;

use crate::{
    bookings::shown,
    nodes::booking::{BookingNode, is_party},
    request::{
        authorise::{self, About},
        context::{RequestContext, gone},
        errors::{failed, refused},
        loaders::{forget_bookings, forget_offers},
        relaying::relay,
    },
};

/// Maximum length of a client's `idempotencyKey`, which is a UUID or similar.
const MAX_KEY_BYTES: usize = 100;

#[derive(Debug, Default)]
pub struct BookingMutations;

#[Object]
impl BookingMutations {
    /// Books an offer for its current opening, or for the next one if it is closed now. A booking
    /// within a day is confirmed at once; later ones are pending until `confirmBooking`. A repeated
    /// call with the same `idempotencyKey` returns the same booking.
    async fn create_booking(
        &self,
        ctx: &Context<'_>,
        offer_id: ID,
        idempotency_key: Option<String>,
    ) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?.id.clone();
        let Some(offer) = OfferId::parse(&offer_id) else {
            return Err(refuse(request, BookingRefusal::OfferNotFound));
        };
        let new = NewBooking {
            id: BookingId::from_bytes(access::random::bytes()),
            user,
            offer,
            idempotency_key: key(idempotency_key, request.asker.language)?,
        };
        let created = request.services.bookings.create(new, request.now_ms).await;
        match created.map_err(failed)? {
            Created::NoAccount => Err(gone()),
            Created::Refused(refusal) => Err(refuse(request, refusal)),
            // Who made it may have died before its purge was in the log.
            Created::Before(booking) | Created::Done(booking) => {
                Ok(changed(request, *booking).await)
            }
        }
    }

    /// Confirms a pending booking before its time; for its holder and the partner's staff.
    async fn confirm_booking(&self, ctx: &Context<'_>, id: ID) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let booking = found(request, &id).await?;
        if !is_party(request, &booking) {
            return Err(refuse(request, BookingRefusal::NotFound));
        }
        let is_holder = booking.user.as_ref() == Some(&user.id);
        let by = if is_holder { By::Holder } else { By::Staff };
        step(request, &booking, Step::Confirm, by).await
    }

    /// Cancels a booking; for its holder. Allowed until two hours before its time, or within a
    /// quarter of an hour after it was made.
    async fn cancel_booking(&self, ctx: &Context<'_>, id: ID) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let booking = found(request, &id).await?;
        if booking.user.as_ref() != Some(&user.id) {
            return Err(refuse(request, BookingRefusal::NotFound));
        }
        step(request, &booking, Step::Cancel, By::Holder).await
    }

    /// Checks in the holder of a booking, once; for the partner's staff. `qrCode` is the scanned
    /// code: the rotating or the offline one.
    async fn check_in(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
        qr_code: String,
    ) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let booking = found(request, &booking_id).await?;
        let about = About::Partner(&booking.partner);
        authorise::field(&request.asker.caller, "Mutation", "checkIn", about)?;
        let keys = &request.services.qr_keys;
        qr::admit(&qr_code, &booking, keys, request.now_ms)
            .map_err(|refusal| refuse(request, refusal))?;
        step(request, &booking, Step::CheckIn, By::Staff).await
    }
}

async fn found(request: &RequestContext, id: &str) -> Result<Booking> {
    let not_found = || refuse(request, BookingRefusal::NotFound);
    let id = BookingId::parse(id).ok_or_else(not_found)?;
    let found = request.loader.load_one(id).await.map_err(failed)?;
    found.ok_or_else(not_found)
}

async fn step(
    request: &RequestContext,
    booking: &Booking,
    step: Step,
    by: By,
) -> Result<BookingNode> {
    let bookings = &request.services.bookings;
    let stepped = bookings.step(&booking.id, step, by, request.now_ms).await;
    match stepped.map_err(failed)? {
        Stepped::Done(booking) => Ok(changed(request, *booking).await),
        // Of two scanners that were there at once the second.
        Stepped::Refused(BookingRefusal::WrongStatus(BookingStatus::CheckedIn))
            if step == Step::CheckIn =>
        {
            Err(refuse(request, BookingRefusal::CodeReplayed))
        }
        Stepped::Refused(refusal) => Err(refuse(request, refusal)),
    }
}

/// Builds the answer to a write, so that the next field and the client's next request see it.
async fn changed(request: &RequestContext, booking: Booking) -> BookingNode {
    forget_offers(&request.loader);
    forget_bookings(&request.loader);
    relay(request, Purging::Pending).await;
    BookingNode::from(booking)
}

fn refuse(request: &RequestContext, refusal: BookingRefusal) -> async_graphql::Error {
    shown(refusal, request.asker.language)
}

fn key(given: Option<String>, language: Language) -> Result<Option<String>> {
    let is_good = |key: &str| {
        (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    match given {
        Some(key) if !is_good(&key) => {
            let sentence = match language {
                Language::French => {
                    "`idempotencyKey` compte de 1 à 100 caractères ASCII, sans espace"
                }
                Language::English => "`idempotencyKey` has 1 to 100 ASCII characters and no space",
            };
            Err(refused(ErrorCode::BAD_USER_INPUT, sentence))
        }
        given => Ok(given),
    }
}
