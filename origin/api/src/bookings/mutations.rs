//! Booking mutations: authorise the caller, make one store call, then relay the purge.

use access::qr;
use async_graphql::{Context, Error, ErrorExtensions as _, ID, Object, Result};
use domain::{
    BookingId, OfferId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        party::PartySize,
        refusals::BookingRefusal,
        rules::NewBooking,
        scan::{Scan, ScanId},
        store::{By, Created, Stepped, Taken},
    },
    broken::Reading,
    offers::store::Purging,
    paris::{Day, TimeOfDay},
    sentence::Language,
    sentence::Sentence,
    texts::{MOMENT, pasted_token},
};
use payments::Payments;

use crate::{
    bookings::{refuse, scans::SCAN_ID, venue::of_venue},
    nodes::{
        booking::{BookingNode, is_party},
        moment::{Moment, timestamp},
    },
    request::{
        authorise::{self, About},
        context::{RequestContext, gone},
        errors::{broken, failed, refused},
        idempotency,
        loaders::{forget_bookings, forget_offers},
        places::works_there,
        relaying::relay,
    },
};

#[derive(Debug, Default)]
pub struct BookingMutations;

#[Object]
impl BookingMutations {
    /// Books an offer for an opening: the one that begins at `opening`, which is the `start` of one of
    /// `Offer.openings`, or else the current one, or the next one if it is closed now. The booking is
    /// confirmed at once, unless its offer `requiresApproval`: then it is pending until the venue's staff
    /// confirm it, at most until `decideBefore`, and the guest is told either way. A booking of an
    /// offer with a price is pending until it is paid, and ends at `payBefore` if it is not. A repeated
    /// call with the same `idempotencyKey` returns the same booking. Other refusals: `OFFER_NOT_BOOKABLE`,
    /// `OFFER_CLOSED`, `OPENING_NOT_FOUND`, `OPENING_OVER`, `OPENING_TOO_FAR`, `OFFER_SOLD_OUT`,
    /// `OFFER_SOLD_OUT_THAT_DAY`, `OFFER_PLACES_TOO_FEW`, `ALREADY_BOOKED`, `IDEMPOTENCY_KEY_REUSED`. An offer may ask for a verified identity
    /// or an age: `IDENTITY_REQUIRED`, `IDENTITY_PENDING` and `AGE_TOO_LOW` lead to the identity check.
    async fn create_booking(
        &self,
        ctx: &Context<'_>,
        offer_id: ID,
        idempotency_key: Option<String>,
        opening: Option<Moment>,
        #[graphql(
            default = 1,
            desc = "1 to 20 people. Each takes a place, and pays the price if there is one."
        )]
        party_size: i32,
    ) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?.id.clone();
        let Some(offer) = OfferId::parse(&offer_id) else {
            return Err(refuse(BookingRefusal::OfferNotFound));
        };
        let mut reading = Reading::default();
        let party = reading.take(PartySize::read("partySize", party_size).map(Some));
        let opening_ms = opening.map(|Moment(at_ms)| at_ms.ok_or(MOMENT.at("opening")));
        let opening_ms = reading.take(opening_ms.transpose());
        let party = reading.end(party.unwrap_or(PartySize::ONE));
        let new = NewBooking {
            id: BookingId::from_bytes(access::random::bytes()),
            user,
            offer,
            idempotency_key: idempotency::key(idempotency_key)?,
            terms: request.services.payments.as_ref().map(Payments::terms),
            opening_ms,
            party: party.map_err(broken)?,
        };
        let created = request.services.bookings.create(new, request.now_ms).await;
        match created.map_err(failed)? {
            Created::NoAccount => Err(gone()),
            Created::Refused(refusal) => Err(refuse(refusal)),
            // Who made it may have died before its purge was in the log.
            Created::Before(booking) | Created::Done(booking) => {
                changed(request).await;
                Ok(BookingNode::from(*booking))
            }
        }
    }

    /// Confirms a booking that waits for the venue, until `decideBefore`; for the partner's staff. Its guest
    /// is refused with `APPROVAL_REQUIRED`, and the staff later with `APPROVAL_TOO_LATE`. A booking of an
    /// offer without `requiresApproval` that is still pending from earlier versions is confirmed by its
    /// holder as well. A booking that is confirmed is answered as it is.
    async fn confirm_booking(&self, ctx: &Context<'_>, id: ID) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let (booking, by) = of_party(request, &id).await?;
        // Who works for the venue may approve a booking of their own.
        let about = About::Partner(&booking.partner);
        let caller = &request.asker.caller;
        let by = match by {
            By::Holder
                if authorise::authorise(caller, "Mutation", "checkIn", about).is_ok()
                    && works_there(request, &booking).await? =>
            {
                By::Staff(booking.user.clone())
            }
            by => by,
        };
        step(request, &booking, Step::Confirm, by).await
    }

    /// Cancels a booking. Its holder may until two hours before its time, or within a quarter of an
    /// hour after it was made; the partner's staff until it ends, and then the guest is told. A booking
    /// that is cancelled is answered as it is.
    async fn cancel_booking(&self, ctx: &Context<'_>, id: ID) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let (booking, by) = of_party(request, &id).await?;
        step(request, &booking, Step::Cancel, by).await
    }

    /// Checks in the holder of a booking, once; for the partner's staff. `qrCode` is the scanned
    /// code: the rotating or the offline one. Repeated within ten seconds by the same user, it gets
    /// the same answer; anybody else, and later, is refused with `QR_CODE_REPLAYED`, which says when
    /// it was used and by whom. With `scanId`, an id that the scanner makes up for this scan, the same scan
    /// gets the same answer for 48 hours, also from `recordScans`.
    async fn check_in(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
        qr_code: String,
        scan_id: Option<ID>,
    ) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let scan = scan_id.map(|id| ScanId::parse(&id).ok_or(SCAN_ID.at("scanId")));
        let scan = scan.transpose().map_err(|rule| broken(vec![rule.into()]))?;
        let (booking, by) = of_venue(request, "checkIn", &booking_id).await?;
        let keys = &request.services.qr_keys;
        qr::admit(&pasted_token(&qr_code), &booking, keys, request.now_ms).map_err(refuse)?;
        let step = Taken {
            scan: scan.map(|id| Scan {
                id,
                at_ms: request.now_ms,
            }),
            ..Step::CheckIn.into()
        };
        let booking = taken(request, &booking, step, by).await?;
        Ok(BookingNode::from(booking))
    }
}

/// The booking with this id, whoever may see it.
pub(super) async fn found(request: &RequestContext, id: &str) -> Result<Booking> {
    let not_found = || refuse(BookingRefusal::NotFound);
    let id = BookingId::parse(id).ok_or_else(not_found)?;
    let found = request.loader.load_one(id).await.map_err(failed)?;
    found.ok_or_else(not_found)
}

/// A booking of which the signed-in user is the holder, or whose partner's staff they are; and which.
async fn of_party(request: &RequestContext, id: &str) -> Result<(Booking, By)> {
    let user = request.signed_in()?;
    let booking = found(request, id).await?;
    if !is_party(request, &booking).await? {
        return Err(refuse(BookingRefusal::NotFound));
    }
    let by = if booking.user.as_ref() == Some(&user.id) {
        By::Holder
    } else {
        By::Staff(Some(user.id.clone()))
    };
    Ok((booking, by))
}

async fn step(
    request: &RequestContext,
    booking: &Booking,
    step: Step,
    by: By,
) -> Result<BookingNode> {
    let booking = taken(request, booking, step.into(), by).await?;
    Ok(BookingNode::from(booking))
}

/// Takes a step of a booking that the caller may take.
pub(super) async fn taken(
    request: &RequestContext,
    booking: &Booking,
    taken: Taken,
    by: By,
) -> Result<Booking> {
    let bookings = &request.services.bookings;
    let step = taken.step;
    let stepped = bookings.take(&booking.id, taken, by, request.now_ms).await;
    match stepped.map_err(failed)? {
        Stepped::NoAccount => Err(gone()),
        // Who took it before may have died before its purge was in the log.
        Stepped::Before(booking) | Stepped::Done(booking) => {
            changed(request).await;
            Ok(*booking)
        }
        Stepped::Refused(BookingRefusal::WrongStatus(BookingStatus::CheckedIn))
            if step == Step::CheckIn =>
        {
            Err(replayed(request, &booking.id).await?)
        }
        Stepped::Refused(refusal) => Err(refuse(refusal)),
    }
}

/// The refusal of a code that was used before. The scanner may see the booking, so it says when that
/// was, and who did it.
async fn replayed(request: &RequestContext, id: &BookingId) -> Result<Error> {
    // It may have been checked in since it was read.
    forget_bookings(&request.loader);
    let found = request.loader.load_one(id.clone()).await.map_err(failed)?;
    let Some((booking, at_ms)) = found.and_then(|found| {
        let at_ms = found.checked_in_at_ms?;
        Some((found, at_ms))
    }) else {
        return Ok(refuse(BookingRefusal::CodeReplayed));
    };
    let scanner = match booking.checked_in_by {
        Some(user) => request.loader.load_one(user).await.map_err(failed)?,
        None => None,
    };
    let name = scanner.map(|account| account.first_name);
    let said = |language| {
        let sentence = BookingRefusal::CodeReplayed.sentence();
        let used = used(at_ms, name.as_deref(), language);
        format!("{}{used}", sentence.text(language))
    };
    let sentence = Sentence::with(said(Language::French), said(Language::English));
    let refusal = refused(BookingRefusal::CodeReplayed.code(), sentence);
    Ok(refusal.extend_with(|_, extensions| {
        extensions.set("checkedInAt", timestamp(at_ms).to_string());
        if let Some(name) = name {
            extensions.set("checkedInBy", name);
        }
    }))
}

/// When a code was used, and by whom: ` le 2026-06-01 à 14:00 par Zoé`.
fn used(at_ms: i64, by: Option<&str>, language: Language) -> String {
    let Some((day, time)) = Day::of(at_ms).zip(TimeOfDay::of(at_ms)) else {
        return String::new();
    };
    let (moment, who) = match language {
        Language::French => (format!(" le {day} à {time}"), "par"),
        Language::English => (format!(" on {day} at {time}"), "by"),
    };
    by.map_or(moment.clone(), |name| format!("{moment} {who} {name}"))
}

/// After a write: the next field and the client's next request see it.
pub(crate) async fn changed(request: &RequestContext) {
    forget_offers(&request.loader);
    forget_bookings(&request.loader);
    // Its guest may be told.
    request.services.queue_wake.send_replace(());
    relay(request, Purging::Pending).await;
}
