//! Tells many: finds who of an audience is told by which channels, and what it says to one of them.

use std::slice;

use domain::{
    EstablishmentId, OfferId, Partner, PartnerId, PaymentId, StoreError, UserId,
    announcements::{Announcement, audience::Audience, campaign::Campaign},
    bookings::booking::{Booking, BookingStatus},
    messages::{
        kind::Channel,
        letter::{
            BookingToConfirm, DisputeOutcome, FavouriteEndsSoon, FavouritePartnerOffer, Letter,
            OfferDetails, PartnerOutcome, PartnerReviewed, PaymentDisputed,
        },
    },
    notifications::inbox::Entry,
    offers::notices::holds,
    partners::review::status_after,
    payments::money::Money,
    queue::Task,
    users::{
        account::{Account, Status},
        membership::{Membership, Post},
    },
};

use crate::composing::{Composed, NO_ACCOUNT, Sources};

/// What an announcement says, but for the name of who reads it; none if it no longer holds.
type Said = Option<(Audience, Saying)>;

/// What is said to everybody of an audience.
enum Saying {
    News(Campaign),
    NewOffer(OfferDetails),
    EndsSoon(OfferDetails),
    /// With the establishment that it is at.
    ToConfirm(BookingToConfirm, EstablishmentId),
    Disputed(PaymentDisputed),
    PartnerDecided(PartnerReviewed),
}

/// Why nothing is told.
const OVER: &str = "what it announces no longer holds";

impl Sources {
    /// Finds who of a page of the audience is told, by which channels.
    pub(crate) async fn announce(
        &self,
        task: &Task,
        (what, after): (&Announcement, Option<&UserId>),
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let Some((audience, saying)) = self.said(what, now_ms).await? else {
            return Ok(Composed::Needless(OVER));
        };
        let page = self.announcements.audience(&audience, after).await?;
        let mut accounts = self.users.by_ids(&page.users).await?;
        let (mut tasks, mut entries) = (Vec::new(), Vec::new());
        // In their order, so that a second run makes the same tasks.
        for account in page.users.iter().filter_map(|user| accounts.remove(user)) {
            if account.status != Status::Active || !saying.is_for(&audience, &account) {
                continue;
            }
            for channel in self.channels(&account, what.kind()).await? {
                let user = &account.id;
                if channel == Channel::Inbox {
                    let letter = short(saying.letter(&account));
                    let key = what.key_of(user);
                    entries.push(Entry::new(&key, user.clone(), &letter, now_ms));
                } else {
                    tasks.push(what.to(task, user, channel, now_ms));
                }
            }
        }
        tasks.extend(page.next.map(|last| what.next_page(task, last, now_ms)));
        if tasks.is_empty() && entries.is_empty() {
            return Ok(Composed::Needless("nobody is told"));
        }
        Ok(Composed::Divide(tasks, entries))
    }

    /// What an announcement says to one person by one channel.
    pub(crate) async fn announced(
        &self,
        what: &Announcement,
        user: &UserId,
        channel: Channel,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let Some(account) = self.active(user).await? else {
            return Ok(Composed::Needless(NO_ACCOUNT));
        };
        let to = match self.reached(&account, what.kind(), channel).await? {
            Ok(to) => to,
            Err(why) => return Ok(Composed::Needless(why)),
        };
        let Some((audience, saying)) = self.said(what, now_ms).await? else {
            return Ok(Composed::Needless(OVER));
        };
        if !saying.is_for(&audience, &account) {
            return Ok(Composed::Needless("the person left the team"));
        }
        if let Audience::Favouring(offer) = &audience {
            let kept = self
                .users
                .favorites_among(user, slice::from_ref(offer))
                .await?;
            if kept.is_empty() {
                return Ok(Composed::Needless("it is no favourite any more"));
            }
        }
        let language = account.preferences.language;
        Ok(Composed::send(to, language, saying.letter(&account)))
    }

    async fn said(&self, what: &Announcement, now_ms: i64) -> Result<Said, StoreError> {
        Ok(match what {
            Announcement::News { campaign } => {
                let found = self.announcements.campaign(campaign).await?;
                found.map(|campaign| (Audience::Everybody, Saying::News(campaign)))
            }
            Announcement::NewOffer { offer, .. } => {
                let found = self.offer(offer, None, now_ms).await?;
                found.map(|(partner, details)| {
                    let than = offer.clone();
                    let audience = Audience::FavouringOthers { partner, than };
                    (audience, Saying::NewOffer(details))
                })
            }
            Announcement::EndsSoon { offer, until_ms } => {
                let found = self.offer(offer, Some(*until_ms), now_ms).await?;
                found.map(|(_, details)| {
                    let audience = Audience::Favouring(offer.clone());
                    (audience, Saying::EndsSoon(details))
                })
            }
            Announcement::ToConfirm { booking, .. } => {
                let mut found = self.bookings.by_ids(slice::from_ref(booking)).await?;
                match found.remove(booking) {
                    Some(booking) => self.to_confirm(&booking, now_ms).await?,
                    None => None,
                }
            }
            Announcement::Disputed {
                payment,
                amount,
                outcome,
                ..
            } => self.disputed(payment, *amount, *outcome).await?,
            Announcement::PartnerDecided {
                partner, outcome, ..
            } => self.partner_decided(partner, *outcome).await?,
        })
    }

    /// Of a partner that is still what the decision made it.
    async fn partner_decided(
        &self,
        id: &PartnerId,
        outcome: PartnerOutcome,
    ) -> Result<Said, StoreError> {
        let partner = self.partners.partners_by_ids(slice::from_ref(id)).await?;
        let holds = |partner: &Partner| {
            !partner.is_archived() && partner.standing.status == status_after(outcome)
        };
        let partner = partner.into_values().find(holds);
        Ok(partner.map(|partner| {
            let letter = PartnerReviewed {
                first_name: String::new(),
                outcome,
                partner: partner.name,
                reason: partner.standing.reason,
            };
            (Audience::Team(partner.id), Saying::PartnerDecided(letter))
        }))
    }

    async fn disputed(
        &self,
        payment: &PaymentId,
        minor: i64,
        outcome: DisputeOutcome,
    ) -> Result<Said, StoreError> {
        let mut found = self.payments.by_ids(slice::from_ref(payment)).await?;
        let Some(payment) = found.remove(payment) else {
            return Ok(None);
        };
        let mut offers = self.offers.by_ids(slice::from_ref(&payment.offer)).await?;
        Ok(offers.remove(&payment.offer).map(|offer| {
            let letter = PaymentDisputed {
                first_name: String::new(),
                outcome,
                amount: Money {
                    minor,
                    currency: payment.currency,
                },
                booking: payment.booking,
                reference: payment.id.to_string(),
                offer: offer.title,
            };
            (Audience::Team(payment.partner), Saying::Disputed(letter))
        }))
    }

    /// The offer's partner, and what is said of an offer that can be used and, if it is about that,
    /// ends at this time.
    async fn offer(
        &self,
        id: &OfferId,
        until_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<Option<(PartnerId, OfferDetails)>, StoreError> {
        let offer = self.offers.by_ids(slice::from_ref(id)).await?.remove(id);
        let Some(offer) = offer.filter(|offer| holds(offer, until_ms, now_ms)) else {
            return Ok(None);
        };
        let id = slice::from_ref(&offer.partner_id);
        let partner = self.partners.partners_by_ids(id).await?;
        let partner = partner.into_values().next();
        Ok(partner.filter(Partner::is_public).map(|partner| {
            let details = OfferDetails {
                id: offer.id,
                title: offer.title,
                partner: partner.name,
                // What is no percentage is told by the title.
                percentage: Some(offer.discount.percentage)
                    .filter(|_| offer.discount.terms.is_none()),
                valid_until_ms: offer.valid_until_ms,
            };
            (offer.partner_id, details)
        }))
    }

    async fn to_confirm(&self, booking: &Booking, now_ms: i64) -> Result<Said, StoreError> {
        let until_ms = booking.decide_before_ms.unwrap_or(booking.until_ms);
        if booking.status != BookingStatus::Pending || until_ms <= now_ms {
            return Ok(None);
        }
        let Some(user) = &booking.user else {
            return Ok(None);
        };
        let Some(guest) = self.active(user).await? else {
            return Ok(None);
        };
        let mut offers = self.offers.by_ids(slice::from_ref(&booking.offer)).await?;
        let place = offers
            .remove(&booking.offer)
            .map(|offer| offer.establishment_id);
        let details = self.booking_details(booking).await?;
        Ok(details.zip(place).map(|(details, place)| {
            let letter = BookingToConfirm {
                guest: guest.first_name,
                booking: details,
            };
            let team = Audience::Team(booking.partner.clone());
            (team, Saying::ToConfirm(letter, place))
        }))
    }
}

/// What an inbox keeps of it: of news the title and the first paragraph are shown there.
fn short(letter: Letter) -> Letter {
    match letter {
        Letter::News(mut news) => {
            news.paragraphs.truncate(1);
            Letter::News(news)
        }
        other => other,
    }
}

impl Saying {
    /// Whether it concerns this person of the audience, who may have left the team since.
    fn is_for(&self, audience: &Audience, account: &Account) -> bool {
        match audience {
            Audience::Team(partner) => {
                let membership = account.memberships.of(partner);
                membership.is_some_and(|membership| self.concerns(membership))
            }
            Audience::Everybody | Audience::Favouring(_) | Audience::FavouringOthers { .. } => true,
        }
    }

    /// Whether it concerns this member of the team. Money concerns those who manage the partner, and a booking
    /// those who work where it is. What operators decide is for its owners.
    fn concerns(&self, membership: &Membership) -> bool {
        match self {
            Self::Disputed(_) => membership.post >= Post::Manager,
            Self::ToConfirm(_, place) => membership.works_at(place),
            Self::PartnerDecided(_) => membership.post == Post::Owner,
            Self::News(_) | Self::NewOffer(_) | Self::EndsSoon(_) => true,
        }
    }

    fn letter(&self, to: &Account) -> Letter {
        let first_name = to.first_name.clone();
        match self {
            Self::News(campaign) => {
                Letter::News(campaign.letter(first_name, to.preferences.language))
            }
            Self::NewOffer(offer) => Letter::FavouritePartnerOffer(FavouritePartnerOffer {
                first_name,
                offer: offer.clone(),
            }),
            Self::EndsSoon(offer) => Letter::FavouriteEndsSoon(FavouriteEndsSoon {
                first_name,
                offer: offer.clone(),
            }),
            Self::PartnerDecided(letter) => Letter::PartnerReviewed(PartnerReviewed {
                first_name,
                ..letter.clone()
            }),
            Self::ToConfirm(letter, _) => Letter::BookingToConfirm(letter.clone()),
            Self::Disputed(letter) => Letter::PaymentDisputed(PaymentDisputed {
                first_name,
                ..letter.clone()
            }),
        }
    }
}
