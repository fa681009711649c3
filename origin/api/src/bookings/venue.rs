//! What a venue does with its guests' bookings: declining, cancelling, checking in by a short code, and taking
//! a check-in back. Of another partner's booking nobody learns that it is there.

use async_graphql::{Context, ID, Object, Result};
use domain::{
    PartnerId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        reason::Reason,
        refusals::BookingRefusal,
        rules,
        short_code::ShortCode,
        store::{By, Taken},
    },
    night::Night,
};

use super::{
    mutations::{found, taken},
    refuse,
};
use crate::{
    nodes::{guest_booking::GuestBookingNode, partner::no_partner},
    request::{
        attempts::{Attempt, count_attempt},
        authorise::{self, About},
        context::RequestContext,
        errors::{broken, failed},
        places::{at, shown, works_there},
    },
};

#[derive(Debug, Default)]
pub struct VenueMutations;

#[Object]
impl VenueMutations {
    /// Declines a pending booking; for the partner's staff. The guest is told the reason, which is one
    /// line without links, and gets back what was paid. The same reason once more is answered as it is.
    async fn decline_booking(
        &self,
        ctx: &Context<'_>,
        id: ID,
        reason: String,
    ) -> Result<GuestBookingNode> {
        ended(ctx, "declineBooking", Step::Decline, &id, &reason).await
    }

    /// Cancels an open booking, at any time before its end; for the partner's staff. The guest is told the
    /// reason, which is one line without links, and gets back all that was paid. The same reason once more
    /// is answered as it is.
    async fn cancel_booking_by_venue(
        &self,
        ctx: &Context<'_>,
        id: ID,
        reason: String,
    ) -> Result<GuestBookingNode> {
        ended(
            ctx,
            "cancelBookingByVenue",
            Step::CancelByVenue,
            &id,
            &reason,
        )
        .await
    }

    /// Checks in the guest who says this short code, at a booking's time; for the partner's staff. With
    /// `establishmentId`, only bookings of that place; else of all at which the caller works. Anything that cannot be checked in now is
    /// `SHORT_CODE_UNKNOWN`; a booking that was checked in already is `QR_CODE_REPLAYED`, but for the same
    /// user within ten seconds.
    async fn check_in_by_code(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        establishment_id: Option<ID>,
        code: String,
    ) -> Result<GuestBookingNode> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Mutation", "checkInByCode", about)?;
        count_attempt(request, Attempt::TryShortCode(&partner)).await?;
        let places = shown(request, &partner, establishment_id).await?;
        let unknown = || refuse(BookingRefusal::ShortCodeUnknown);
        let code = ShortCode::parse(&code).ok_or_else(unknown)?;
        // A booking's night is over before its time is, and begins after its guests may come: one that was
        // made just before six in the morning may be used for 26 hours, so also in the night after the next.
        let tonight = Night::of(request.now_ms).ok_or_else(unknown)?;
        let last = tonight.previous();
        let nights = [last.previous(), last, tonight, tonight.next()];
        let bookings = &request.services.bookings;
        let with_code = bookings.by_short_code(&partner, &nights, &code).await;
        let mut candidates = with_code.map_err(failed)?;
        if let Some(places) = &places {
            let offers = candidates.iter().map(|found| found.offer.clone()).collect();
            let here = at(request, places, offers).await?;
            candidates.retain(|found| here.contains(&found.offer));
        }
        candidates.retain(|found| is_at_the_door(found, request.now_ms));
        candidates.sort_by_key(|found| (found.status == BookingStatus::CheckedIn, found.from_ms));
        let booking = candidates.into_iter().next().ok_or_else(unknown)?;
        let scanner = request.signed_in().ok().map(|user| user.id.clone());
        let by = By::Staff(scanner);
        let booking = taken(request, &booking, Step::CheckIn.into(), by).await?;
        Ok(GuestBookingNode(booking))
    }

    /// Takes a check-in back, within five minutes; for the partner's staff. The booking is confirmed again,
    /// and its codes work again. A booking that is confirmed is answered as it is.
    async fn undo_check_in(&self, ctx: &Context<'_>, id: ID) -> Result<GuestBookingNode> {
        let request = RequestContext::of(ctx);
        let (booking, by) = of_venue(request, "undoCheckIn", &id).await?;
        let booking = taken(request, &booking, Step::UndoCheckIn.into(), by).await?;
        Ok(GuestBookingNode(booking))
    }
}

/// Whether somebody may stand at the door with it: it can be checked in now, or was.
fn is_at_the_door(booking: &Booking, now_ms: i64) -> bool {
    let usable = rules::usable_from_ms(booking)..rules::usable_until_ms(booking);
    let is_good = match booking.status {
        BookingStatus::Confirmed | BookingStatus::CheckedIn => true,
        BookingStatus::Pending
        | BookingStatus::Cancelled
        | BookingStatus::Expired
        | BookingStatus::NoShow => false,
    };
    is_good && usable.contains(&now_ms)
}

async fn ended(
    ctx: &Context<'_>,
    field: &'static str,
    step: Step,
    id: &str,
    reason: &str,
) -> Result<GuestBookingNode> {
    let request = RequestContext::of(ctx);
    let reason = Reason::parse(reason).map_err(|rule| broken(vec![rule.into()]))?;
    let (booking, by) = of_venue(request, field, id).await?;
    let with_reason = Taken {
        reason: Some(reason),
        ..step.into()
    };
    let booking = taken(request, &booking, with_reason, by).await?;
    Ok(GuestBookingNode(booking))
}

/// A booking of a place at which the caller may use this field.
pub(super) async fn of_venue(
    request: &RequestContext,
    field: &'static str,
    id: &str,
) -> Result<(Booking, By)> {
    let booking = found(request, id).await?;
    let about = About::Partner(&booking.partner);
    authorise::authorise(&request.asker.caller, "Mutation", field, about)
        .map_err(|_refused| refuse(BookingRefusal::NotFound))?;
    if !works_there(request, &booking).await? {
        authorise::note(&request.asker.caller, "Mutation", field);
        return Err(refuse(BookingRefusal::NotFound));
    }
    let user = request.signed_in().ok().map(|user| user.id.clone());
    Ok((booking, By::Staff(user)))
}
