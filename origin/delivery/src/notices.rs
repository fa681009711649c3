//! What the guest of a booking is told: by which channels, and what it says.

use std::slice;

use domain::{
    BookingId, StoreError, UserId,
    bookings::{booking::Booking, notices::holds},
    messages::{
        kind::Channel,
        letter::{
            BookingCancelledByVenue, BookingConfirmed, BookingDetails, BookingReminder, Letter,
        },
    },
    notifications::inbox::Entry,
    queue::{NewTask, Task, notice::BookingNotice},
    users::account::Account,
};

use crate::composing::{Addressed, Composed, NO_ACCOUNT, Recipient, Sources};

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
        let kind = notice.kind();
        let wanted = |channel: &&Channel| account.preferences.wants(kind, **channel);
        for channel in kind.channels().iter().filter(wanted) {
            if *channel == Channel::Inbox {
                let letter = self.letter(notice, &account, &booking).await?;
                entries.extend(
                    letter.map(|letter| Entry::new(&task.key, account.id.clone(), &letter, now_ms)),
                );
            } else if self.recipient(&account, *channel).await?.is_some() {
                tasks.push(NewTask::of_channel(task, about, *channel, now_ms));
            }
        }
        if tasks.is_empty() && entries.is_empty() {
            return Ok(Composed::Needless(
                "no channel that the person wants reaches them",
            ));
        }
        Ok(Composed::Divide(tasks, entries))
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
        if !account.preferences.wants(notice.kind(), channel) {
            return Ok(Composed::Needless("the person switched it off"));
        }
        let Some(to) = self.recipient(&account, channel).await? else {
            return Ok(Composed::Needless("the channel does not reach the person"));
        };
        let language = account.preferences.language;
        let Some(letter) = self.letter(notice, &account, &booking).await? else {
            return Ok(Composed::Needless("there is no such offer"));
        };
        Ok(Composed::Send(Box::new(Addressed {
            to,
            language,
            letter,
        })))
    }

    async fn standing(&self, (notice, id, user): About<'_>) -> Result<Standing, StoreError> {
        let Some(account) = self.active(user).await? else {
            return Ok(Err(NO_ACCOUNT));
        };
        let mut found = self.bookings.by_ids(slice::from_ref(id)).await?;
        let booking = found.remove(id);
        let booking =
            booking.filter(|booking| booking.user.as_ref() == Some(user) && holds(notice, booking));
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
                })
            }
            BookingNotice::Reminder => Letter::BookingReminder(BookingReminder {
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
        }))
    }

    /// Where a channel reaches a person. Only a proven address or number counts: anybody can sign up
    /// with one of somebody else, and book.
    pub(crate) async fn recipient(
        &self,
        account: &Account,
        channel: Channel,
    ) -> Result<Option<Recipient>, StoreError> {
        Ok(match channel {
            Channel::Email => account
                .email_verified_at_ms
                .map(|_| Recipient::Email(account.email.clone())),
            Channel::Sms => account
                .phone_verified_at_ms
                .and(account.phone.clone())
                .map(Recipient::Phone),
            Channel::Push => {
                let devices = self.notifications.devices(&account.id).await?;
                let names = devices.iter().map(|device| device.id.as_str().to_owned());
                let names: Vec<String> = names.collect();
                (!names.is_empty()).then_some(Recipient::Devices(names))
            }
            // Stored, and not sent.
            Channel::Inbox => None,
        })
    }
}
