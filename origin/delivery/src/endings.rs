//! Ends what a partner had that has ended: its offers, the bookings of them, open invitations and memberships.
//! Each is a write of its own that is done once however often it is asked for, so a worker that is killed leaves the
//! rest to another one.

use domain::{
    PartnerId, StoreError,
    bookings::{
        booking::Step,
        store::{By, Stepped},
    },
    error_chain::chain,
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Updated, Visibility},
    },
    queue::{Task, store::End},
    users::change::AccountChange,
};

use crate::{Delivery, composing::Sources};

/// How many offers or bookings one step ends: it is over long before another worker gets the task.
const AT_ONCE: usize = 100;

/// What a step of the task did.
enum Ended {
    Some,
    /// Nothing was left.
    All,
}

impl Delivery {
    /// Takes a step of the task; it is due again at once until nothing is left.
    pub(crate) async fn end_partner(&self, task: &Task, partner: &PartnerId) -> End {
        let parts = &self.0.parts;
        let now_ms = (parts.now)();
        let ended = parts.sources.end_partner(partner, now_ms).await;
        // The steps have left purges, and tasks that tell the guests.
        parts.entries_stored.send_replace(());
        parts.wake.send_replace(());
        match ended {
            Ok(Ended::All) => End::Needless {
                why: "all that the partner had is ended",
            },
            Ok(Ended::Some) => End::Later {
                due_at_ms: now_ms,
                error: "a part of it is done".to_owned(),
                counts: false,
            },
            Err(error) => self.later(task, chain(&error), None),
        }
    }
}

impl Sources {
    /// Offers first: a booking of one that is made at the same time is seen afterwards, or fails.
    async fn end_partner(&self, partner: &PartnerId, now_ms: i64) -> Result<Ended, StoreError> {
        for ended in [
            self.end_offers(partner, now_ms).await?,
            self.end_bookings(partner, now_ms).await?,
        ] {
            if matches!(ended, Ended::Some) {
                return Ok(ended);
            }
        }
        for invitation in self.teams.invitations(partner, now_ms).await? {
            self.teams.withdraw(partner, &invitation.id, now_ms).await?;
        }
        for member in self.users.members(partner).await? {
            let leave = AccountChange::Post(partner.clone(), None);
            self.users.change(&member.id, leave, now_ms).await?;
        }
        Ok(Ended::All)
    }

    async fn end_offers(&self, partner: &PartnerId, now_ms: i64) -> Result<Ended, StoreError> {
        let of = std::slice::from_ref(partner);
        let open = self
            .offers
            .of_partners(of, Visibility::Portal, AT_ONCE, now_ms);
        let open = open.await?.remove(partner).unwrap_or_default();
        let (is_last, mut is_any_ended) = (open.len() < AT_ONCE, open.is_empty());
        for offer in open {
            let archive = OfferEdit {
                archived_at_ms: Edit::Set(now_ms),
                ..OfferEdit::default()
            };
            let author = Author {
                actor: "end of a partner".to_owned(),
                action: "deletePartner",
            };
            let archived = self
                .offers
                .update(offer.id, archive, author, now_ms)
                .await?;
            if matches!(archived, Updated::Done(..) | Updated::Archived) {
                is_any_ended = true;
            } else {
                tracing::warn!(?archived, "an offer of a partner that ended stays");
            }
        }
        if !is_any_ended {
            return Err(StoreError::Conflict("the offers of a partner that ended"));
        }
        Ok(if is_last { Ended::All } else { Ended::Some })
    }

    /// As if the venue had cancelled them: guests are told, and get back what they paid.
    async fn end_bookings(&self, partner: &PartnerId, now_ms: i64) -> Result<Ended, StoreError> {
        let open = self
            .bookings
            .open_of_partner(partner, now_ms, AT_ONCE)
            .await?;
        let (is_last, mut is_any_ended) = (open.len() < AT_ONCE, open.is_empty());
        for booking in open {
            let by = By::Staff(None);
            let stepped = self
                .bookings
                .step(&booking, Step::CancelByVenue, by, now_ms);
            match stepped.await? {
                Stepped::Done(_) | Stepped::Before(_) => is_any_ended = true,
                other @ (Stepped::NoAccount | Stepped::Refused(_)) => {
                    tracing::warn!(?other, "a booking of a partner that ended stays");
                }
            }
        }
        if !is_any_ended {
            return Err(StoreError::Conflict("the bookings of a partner that ended"));
        }
        Ok(if is_last { Ended::All } else { Ended::Some })
    }
}
