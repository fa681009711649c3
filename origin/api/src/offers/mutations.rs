//! Offer mutations: authorise the caller, check the input, make one store call, then relay the
//! purge.

mod input;
mod new;
mod price;
mod wording;

use std::slice;

use async_graphql::{Context, ID, Object, Result};
use pq_core::ErrorCode;

pub use input::{
    BookingLimitsInput, OfferScheduleInput, UpdateDiscountInput, UpdateOfferInput, UpdateQuotaInput,
};
pub use new::{CreateOfferInput, DiscountInput, NewQuotaInput};
pub use price::PriceInput;
pub use wording::OfferTextsInput;

use domain::{
    Offer, OfferId, PartnerId, StoreError,
    identity::refusals::IdentityRefusal,
    offers::{
        codes::{APPROVAL_WITH_PRICE, OFFER_ARCHIVED, QUOTA_BELOW_BOOKED},
        edit::{Edit, OfferEdit},
        store::{Author, Created, MOST_OFFERS, Purging, Updated},
    },
    partners::codes::ESTABLISHMENT_NOT_FOUND,
    pictures::picture::Purpose,
    sentence::Sentence,
};

use crate::{
    identity::refuse,
    nodes::offer::{OfferNode, no_offer},
    pictures::addresses::{self, Place},
    request::{
        attempts::count_write,
        authorise::{self, About},
        context::RequestContext,
        errors::{broken, failed, refused},
        idempotency,
        loaders::forget_offers,
        relaying::relay,
    },
};

#[derive(Debug, Default)]
pub struct OfferMutations;

#[Object]
impl OfferMutations {
    /// Creates an offer at one of a partner's establishments; for the partner's managers. A repeated
    /// call with the same `idempotencyKey` returns the same offer.
    /// Refusals: `ESTABLISHMENT_NOT_FOUND`, `LIMIT_REACHED`, `PICTURE_ADDRESS_FOREIGN`,
    /// `IDENTITY_UNAVAILABLE`, `APPROVAL_WITH_PRICE`, `BAD_USER_INPUT`.
    async fn create_offer(
        &self,
        ctx: &Context<'_>,
        input: CreateOfferInput,
        idempotency_key: Option<String>,
    ) -> Result<OfferNode> {
        const ACTION: &str = "createOffer";
        let request = RequestContext::of(ctx);
        let no_place = || {
            refused(
                ESTABLISHMENT_NOT_FOUND,
                Sentence::new(
                    "le partenaire n’a pas cet établissement",
                    "the partner has no establishment with this id",
                ),
            )
        };
        let partner = PartnerId::parse(&input.partner_id).ok_or_else(no_place)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Mutation", ACTION, about)?;
        let key = idempotency::key(idempotency_key)?;
        let id = key.map(|key| OfferId::derive(ACTION, &idempotency::seed(&partner, &key)));
        if let Some(before) = made_before(request, id.as_ref()).await? {
            return Ok(OfferNode::from(before));
        }
        let place = input.establishment().ok_or_else(no_place)?;
        if input.asks_approval_with_price() {
            return Err(approval_with_price());
        }
        let draft = input.draft(partner.clone(), place, request.now_ms);
        let mut draft = draft.map_err(broken)?;
        can_check(request, draft.admission.asks_identity())?;
        if let Some(id) = &id {
            draft.id = id.clone();
        }
        count_write(request, Some(&partner)).await?;
        addresses::check(request, &pictures_of(&partner), &[], &draft.images).await?;
        let author = author(request, ACTION);
        let created = request
            .services
            .offers
            .create(draft, author, request.now_ms)
            .await;
        // Of two that come at once the second.
        if matches!(created, Err(StoreError::Duplicate(_)))
            && let Some(before) = made_before(request, id.as_ref()).await?
        {
            return Ok(OfferNode::from(before));
        }
        match created.map_err(failed)? {
            Created::NoEstablishment => Err(no_place()),
            Created::Full => Err(refused(
                ErrorCode::LIMIT_REACHED,
                Sentence::with(
                    format!(
                        "un partenaire a au plus {MOST_OFFERS} offres non archivées : archivez-en d’abord"
                    ),
                    format!(
                        "a partner has at most {MOST_OFFERS} offers that are not archived: archive some first"
                    ),
                ),
            )),
            Created::Done(offer) => {
                forget_offers(&request.loader);
                relay(request, Purging::Pending).await;
                Ok(OfferNode::from(*offer))
            }
        }
    }

    /// Changes an offer; for its partner's managers. Fields that are not given stay unchanged; null
    /// clears `schedule`, `quota`, the limits, `minimumAge` and `discount.description`.
    /// Refusals: `OFFER_NOT_FOUND`, `OFFER_ARCHIVED`, `VERSION_CONFLICT`,
    /// `QUOTA_BELOW_BOOKED`, `PICTURE_ADDRESS_FOREIGN`, `IDENTITY_UNAVAILABLE`, `APPROVAL_WITH_PRICE`,
    /// `BAD_USER_INPUT`.
    async fn update_offer(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateOfferInput,
    ) -> Result<OfferNode> {
        let edit = input.edit().map_err(broken)?;
        can_check(RequestContext::of(ctx), edit.asks_identity())?;
        let edited = edited(RequestContext::of(ctx), "updateOffer", &id, edit).await?;
        Ok(edited.offer().into())
    }

    /// Pauses an offer: it is in no list until it is resumed. Existing bookings stay valid.
    /// Refusals: `OFFER_NOT_FOUND`, `OFFER_ARCHIVED`.
    async fn pause_offer(&self, ctx: &Context<'_>, id: ID) -> Result<OfferNode> {
        let edit = OfferEdit {
            is_active: Edit::Set(false),
            ..OfferEdit::default()
        };
        let edited = edited(RequestContext::of(ctx), "pauseOffer", &id, edit).await?;
        Ok(edited.offer().into())
    }

    /// Resumes a paused offer. Refusals: `OFFER_NOT_FOUND`, `OFFER_ARCHIVED`.
    async fn resume_offer(&self, ctx: &Context<'_>, id: ID) -> Result<OfferNode> {
        let edit = OfferEdit {
            is_active: Edit::Set(true),
            ..OfferEdit::default()
        };
        let edited = edited(RequestContext::of(ctx), "resumeOffer", &id, edit).await?;
        Ok(edited.offer().into())
    }

    /// Archives an offer permanently: it leaves all lists, and existing bookings still show it.
    /// False if it was already archived. Refusals: `OFFER_NOT_FOUND`.
    async fn delete_offer(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let edit = OfferEdit {
            archived_at_ms: Edit::Set(request.now_ms),
            ..OfferEdit::default()
        };
        Ok(match edited(request, "deleteOffer", &id, edit).await? {
            Edited::Changed(_) => true,
            Edited::Unchanged(_) => false,
        })
    }
}

/// The result of an edit.
enum Edited {
    Changed(Offer),
    Unchanged(Offer),
}

impl Edited {
    fn offer(self) -> Offer {
        match self {
            Self::Changed(offer) | Self::Unchanged(offer) => offer,
        }
    }
}

/// Authorises the caller and applies an edit to an offer; `action` names it in the audit log.
async fn edited(
    request: &RequestContext,
    action: &'static str,
    id: &ID,
    edit: OfferEdit,
) -> Result<Edited> {
    let id = OfferId::parse(id).ok_or_else(no_offer)?;
    let before = authorise_for(request, action, &id).await?;
    if let Edit::Set(images) = &edit.images {
        let place = pictures_of(&before.partner_id);
        addresses::check(request, &place, &before.images, images).await?;
    }
    let author = author(request, action);
    let write = request
        .services
        .offers
        .update(id, edit, author, request.now_ms);
    match write.await.map_err(failed)? {
        Updated::NotFound => Err(no_offer()),
        Updated::Archived => Err(refused(
            OFFER_ARCHIVED,
            Sentence::new(
                "l’offre est archivée et ne peut plus être modifiée",
                "the offer is archived and cannot be changed",
            ),
        )),
        Updated::Conflict { version } => Err(refused(
            ErrorCode::VERSION_CONFLICT,
            Sentence::with(
                format!(
                    "l’offre a été modifiée depuis sa lecture : sa version est maintenant {version}"
                ),
                format!("the offer was edited after it was read: its version is now {version}"),
            ),
        )),
        Updated::Refused(rule) => Err(broken(vec![rule.into()])),
        Updated::BelowBooked(booked) => Err(refused(
            QUOTA_BELOW_BOOKED,
            Sentence::with(
                format!("`quota.total` vaut au moins {booked} : autant de places sont réservées"),
                format!("`quota.total` is at least {booked}: so many places are booked"),
            ),
        )),
        Updated::ApprovalWithPrice => Err(approval_with_price()),
        Updated::Unchanged(offer) => Ok(Edited::Unchanged(*offer)),
        Updated::Done(offer, purging) => {
            forget_offers(&request.loader);
            relay(request, purging).await;
            Ok(Edited::Changed(*offer))
        }
    }
}

fn approval_with_price() -> async_graphql::Error {
    refused(
        APPROVAL_WITH_PRICE,
        Sentence::new(
            "`requiresApproval` n’est pas possible avec un prix : le paiement confirme la réservation",
            "`requiresApproval` is not possible with a price: the payment confirms the booking",
        ),
    )
}

/// Refuses an offer that asks for a verified identity where nobody can have theirs checked.
fn can_check(request: &RequestContext, asks_identity: bool) -> Result<()> {
    if asks_identity && request.services.identity.is_none() {
        return Err(refuse(IdentityRefusal::Unavailable));
    }
    Ok(())
}

/// The offer that an earlier request with the same idempotency key made.
async fn made_before(request: &RequestContext, id: Option<&OfferId>) -> Result<Option<Offer>> {
    let Some(id) = id else {
        return Ok(None);
    };
    let offers = &request.services.offers;
    let mut found = offers.by_ids(slice::from_ref(id)).await.map_err(failed)?;
    Ok(found.remove(id))
}

fn author(request: &RequestContext, action: &'static str) -> Author {
    Author {
        actor: request.asker.caller.actor(),
        action,
    }
}

fn pictures_of(partner: &PartnerId) -> Place {
    Place::of_partner(partner, Purpose::Offer)
}

/// Looks the offer up, authorises the caller for its partner and counts the write. An offer never changes
/// its partner, so it is safe to look it up before the write.
async fn authorise_for(
    request: &RequestContext,
    action: &'static str,
    id: &OfferId,
) -> Result<Offer> {
    let found = request.loader.load_one(id.clone()).await.map_err(failed)?;
    let offer = found.ok_or_else(no_offer)?;
    let about = About::Partner(&offer.partner_id);
    authorise::field(&request.asker.caller, "Mutation", action, about)?;
    count_write(request, Some(&offer.partner_id)).await?;
    Ok(offer)
}
