//! What the guest of a booking is told: by which channels, and what it says.

use std::slice;

use domain::{
    BookingId, StoreError, UserId,
    bookings::{booking::Booking, notices::holds},
    messages::{
        kind::Channel,
        letter::{
            BookingCancelledByVenue, BookingConfirmed, BookingDetails, BookingExpired,
            BookingReminder, Letter, ReviewRequest,
        },
    },
    notifications::inbox::Entry,
    queue::{NewTask, Task, notice::BookingNotice},
    users::account::Account,
};

use crate::composing::{Composed, NO_ACCOUNT, Sources};

/// What is told, of which booking, to whom.
type About<'a> = (BookingNotice, &'a BookingId, &'a UserId);

/// The guest and the booking of a notice that still holds, or why it does not.
type Standing = Result<(Account, Booking), &'static str>;

impl Sources {
    /// Finds the channels by which a notice is told.
    pub(crate) async fn divide(
        &self,
        task: &Task,
        about: About<'_>,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let (account, booking) = match self.standing(about).await? {
            Ok(found) => found,
            Err(why) => return Ok(Composed::Needless(why)),
        };
        let (notice, ..) = about;
        let (mut tasks, mut entries) = (Vec::new(), Vec::new());
        for channel in self.channels(&account, notice.kind()).await? {
            if channel == Channel::Inbox {
                let letter = self.letter(notice, &account, &booking).await?;
                entries.extend(
                    letter.map(|letter| Entry::new(&task.key, account.id.clone(), &letter, now_ms)),
                );
            } else {
                tasks.push(NewTask::of_channel(task, about, channel, now_ms));
            }
        }
        Ok(Composed::Divide(tasks, entries).or_needless())
    }

    /// What a notice says by one channel.
    pub(crate) async fn message(
        &self,
        about: About<'_>,
        channel: Channel,
    ) -> Result<Composed, StoreError> {
        let (account, booking) = match self.standing(about).await? {
            Ok(found) => found,
            Err(why) => return Ok(Composed::Needless(why)),
        };
        let (notice, ..) = about;
        let to = match self.reached(&account, notice.kind(), channel).await? {
            Ok(to) => to,
            Err(why) => return Ok(Composed::Needless(why)),
        };
        let Some(letter) = self.letter(notice, &account, &booking).await? else {
            return Ok(Composed::Needless("there is no such offer"));
        };
        Ok(Composed::send(to, account.preferences.language, letter))
    }

    async fn standing(&self, (notice, id, user): About<'_>) -> Result<Standing, StoreError> {
        let Some(account) = self.active(user).await? else {
            return Ok(Err(NO_ACCOUNT));
        };
        let mut found = self.bookings.by_ids(slice::from_ref(id)).await?;
        let booking = found.remove(id);
        let booking =
            booking.filter(|booking| booking.user.as_ref() == Some(user) && holds(notice, booking));
        if notice == BookingNotice::ReviewRequest {
            let reviewed = self.reviews.of_bookings(slice::from_ref(id)).await?;
            if !reviewed.is_empty() {
                return Ok(Err("the visit is reviewed already"));
            }
        }
        Ok(booking
            .map(|booking| (account, booking))
            .ok_or("the booking has changed"))
    }

    /// None if the offer or its partner is gone.
    async fn letter(
        &self,
        notice: BookingNotice,
        account: &Account,
        booking: &Booking,
    ) -> Result<Option<Letter>, StoreError> {
        let Some(details) = self.booking_details(booking).await? else {
            return Ok(None);
        };
        let reason = booking.cancel_reason.as_ref();
        let reason = reason.map(|reason| reason.as_str().to_owned());
        let (first_name, booking) = (account.first_name.clone(), details);
        Ok(Some(match notice {
            BookingNotice::Confirmed => Letter::BookingConfirmed(BookingConfirmed {
                first_name,
                booking,
            }),
            BookingNotice::CancelledByVenue => {
                Letter::BookingCancelledByVenue(BookingCancelledByVenue {
                    first_name,
                    booking,
                    reason,
                })
            }
            BookingNotice::Reminder => Letter::BookingReminder(BookingReminder {
                first_name,
                booking,
            }),
            BookingNotice::Expired => Letter::BookingExpired(BookingExpired {
                first_name,
                booking,
            }),
            BookingNotice::ReviewRequest => Letter::ReviewRequest(ReviewRequest {
                first_name,
                booking,
            }),
        }))
    }

    /// What messages say of a booking; none if the offer or its partner is gone.
    pub(crate) async fn booking_details(
        &self,
        booking: &Booking,
    ) -> Result<Option<BookingDetails>, StoreError> {
        let mut offers = self.offers.by_ids(slice::from_ref(&booking.offer)).await?;
        let partners = self
            .partners
            .partners_by_ids(slice::from_ref(&booking.partner));
        let partner = partners.await?.remove(&booking.partner);
        let Some((offer, partner)) = offers.remove(&booking.offer).zip(partner) else {
            return Ok(None);
        };
        let places = slice::from_ref(&offer.establishment_id);
        let mut places = self.partners.establishments_by_ids(places).await?;
        let address = places.remove(&offer.establishment_id).map(|place| {
            let of = place.address;
            format!("{}, {} {}", of.street, of.postcode, of.city)
        });
        Ok(Some(BookingDetails {
            id: booking.id.clone(),
            offer: offer.title,
            partner: partner.name,
            address,
            from_ms: booking.from_ms,
            until_ms: booking.until_ms,
            people: Some(booking.party.people()),
            decide_before_ms: booking.decide_before_ms,
        }))
    }
}
