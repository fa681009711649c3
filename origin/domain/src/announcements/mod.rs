//! What is told to many: news, offers to those who like a partner, bookings to a partner's team.
//!
//! A first task tells a page of the audience and stores the task of the next page with it, so a crash
//! between two pages loses nothing and repeats nothing. Each person and channel then has a task of its
//! own, as notices of bookings have ([`crate::queue::notice`]).
//!
//! Reading order: [`audience`] → [`campaign`] → [`store`].

pub mod audience;
pub mod campaign;
pub mod codes;
pub mod store;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    BookingId, CampaignId, OfferId, PartnerId, PaymentId, UserId,
    messages::{
        kind::{Channel, Kind},
        letter::{DisputeOutcome, PartnerOutcome},
    },
    queue::{NewTask, Task, Work},
};

/// What is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Announcement {
    /// What an administrator wrote.
    News { campaign: CampaignId },
    /// A partner has a new offer. Of a partner's offers of a day the first one is told.
    NewOffer {
        offer: OfferId,
        partner: PartnerId,
        /// Since the epoch, in UTC.
        day: i64,
    },
    /// An offer ends soon. Another end is another announcement.
    EndsSoon { offer: OfferId, until_ms: i64 },
    /// A booking waits for the partner's team. It begins at this time.
    ToConfirm { booking: BookingId, begins_ms: i64 },
    /// A bank has taken a payment back, or decided about that. For the partner's managers.
    Disputed {
        payment: PaymentId,
        /// The provider's name of the dispute.
        dispute: String,
        amount: i64,
        outcome: DisputeOutcome,
    },
    /// An operator has decided about a partner. For its owners.
    PartnerDecided {
        partner: PartnerId,
        outcome: PartnerOutcome,
        decided_at_ms: i64,
    },
}

impl Announcement {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::News { .. } => Kind::News,
            Self::NewOffer { .. } => Kind::FavouritePartnerOffer,
            Self::EndsSoon { .. } => Kind::FavouriteEndsSoon,
            Self::ToConfirm { .. } => Kind::BookingToConfirm,
            Self::Disputed { .. } => Kind::PaymentDisputed,
            Self::PartnerDecided { .. } => Kind::PartnerReviewed,
        }
    }

    /// The beginning of the keys of all its tasks.
    fn key(&self) -> String {
        let kind = self.kind().as_str();
        match self {
            Self::News { campaign } => format!("{kind}:{campaign}"),
            Self::NewOffer { partner, day, .. } => format!("{kind}:{partner}:{day}"),
            Self::EndsSoon { offer, until_ms } => format!("{kind}:{offer}:{until_ms}"),
            Self::ToConfirm { booking, .. } => format!("{kind}:{booking}"),
            Self::Disputed {
                dispute, outcome, ..
            } => format!("{kind}:{dispute}:{}", outcome.as_str()),
            Self::PartnerDecided {
                partner,
                decided_at_ms,
                ..
            } => format!("{kind}:{partner}:{decided_at_ms}"),
        }
    }

    const fn begins_ms(&self) -> Option<i64> {
        match self {
            Self::ToConfirm { begins_ms, .. } => Some(*begins_ms),
            Self::News { .. }
            | Self::NewOffer { .. }
            | Self::EndsSoon { .. }
            | Self::Disputed { .. }
            | Self::PartnerDecided { .. } => None,
        }
    }

    /// The task that tells the first page of the audience.
    pub fn task(self, now_ms: i64, due_at_ms: i64) -> NewTask {
        let kind = self.kind();
        NewTask {
            key: self.key(),
            lane: kind.lane(),
            person: None,
            created_at_ms: now_ms,
            due_at_ms,
            expires_at_ms: kind.worth_until(due_at_ms, self.begins_ms()),
            work: Work::Announcement {
                what: self,
                after: None,
            },
        }
    }

    /// The task that tells the page after this person; `page` is the task of this page.
    pub fn next_page(&self, page: &Task, after: UserId, now_ms: i64) -> NewTask {
        let key = format!("{}:after:{after}", self.key());
        let work = Work::Announcement {
            what: self.clone(),
            after: Some(after),
        };
        NewTask::part_of(page, key, None, work, now_ms)
    }

    /// The key of the entry in a person's inbox. The keys of this person's tasks begin with it.
    pub fn key_of(&self, user: &UserId) -> String {
        format!("{}:{user}", self.key())
    }

    /// The task that tells one person by one channel.
    pub fn to(&self, page: &Task, user: &UserId, channel: Channel, now_ms: i64) -> NewTask {
        let key = format!("{}:{}", self.key_of(user), channel.as_str());
        let work = Work::Announced {
            what: self.clone(),
            user: user.clone(),
            channel,
        };
        NewTask::part_of(page, key, Some(user), work, now_ms)
    }
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Lane;

    #[test]
    fn its_tasks_have_keys_of_their_own_and_end_together() {
        let offer = OfferId::derive("offer", "1");
        let (ana, ben) = (UserId::derive("user", "ana"), UserId::derive("user", "ben"));
        let what = Announcement::EndsSoon {
            offer: offer.clone(),
            until_ms: 9_000,
        };
        let first = what.clone().task(1, 500);
        assert_eq!((first.lane, first.due_at_ms), (Lane::Campaigns, 500));
        assert_eq!(first.expires_at_ms, 500 + 86_400_000);
        let page = first.stored();
        let next = what.next_page(&page, ana.clone(), 600);
        let told = what.to(&page, &ana, Channel::Push, 600);
        let keys = [
            first.key.clone(),
            next.key.clone(),
            what.to(&page, &ana, Channel::Email, 600).key,
            told.key.clone(),
            what.to(&page, &ben, Channel::Push, 600).key,
            Announcement::EndsSoon {
                offer,
                until_ms: 9_001,
            }
            .task(1, 500)
            .key,
        ];
        let mut unique = keys.to_vec();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), keys.len(), "{keys:?}");
        for task in [&next, &told] {
            assert_eq!(task.expires_at_ms, first.expires_at_ms);
        }
        assert_eq!(told.person, Some(ana), "erasing the account removes it");
    }

    #[test]
    fn what_concerns_a_booking_is_no_campaign_and_ends_with_its_day() {
        let what = Announcement::ToConfirm {
            booking: BookingId::derive("booking", "1"),
            begins_ms: 5_000,
        };
        assert_eq!(what.task(1, 1).lane, Lane::Notices);
    }
}
