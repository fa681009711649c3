//! Partner and establishment mutations: authorise the caller, check the input, make one store call,
//! then relay the purge.

mod input;
mod locating;

use std::slice;

use async_graphql::{Context, Error, ID, Object, Result};
use pq_core::ErrorCode;

pub use input::{
    AddressInput, CreateEstablishmentInput, CreatePartnerInput, OpeningHourInput,
    UpdateEstablishmentInput, UpdatePartnerInput,
};

use domain::{
    Establishment, EstablishmentId, PartnerId, StoreError,
    offers::{edit::Edit, store::Purging},
    partners::{
        codes::{ESTABLISHMENT_IN_USE, ESTABLISHMENT_NOT_FOUND},
        siret,
        store::{
            Author, Founded, PartnerUpdated, PlaceAdded, PlaceArchived, PlaceUpdated,
            change::MOST_ESTABLISHMENTS,
        },
    },
    pictures::picture::Purpose,
    sentence::Sentence,
    users::membership::{Membership, Post},
};

use locating::{follow_address, locate};

use crate::{
    auth::sign_in::confirmed,
    nodes::partner::{
        EstablishmentNode, PartnerNode, already_member, no_partner, stands, stands_ended,
        too_many_memberships,
    },
    pictures::addresses::{self, Place},
    request::{
        attempts::count_write,
        authorise::{self, About},
        context::{RequestContext, gone},
        errors::{broken, failed, refused},
        idempotency,
        loaders::{forget_offers, forget_partners},
        relaying::relay,
    },
};

#[derive(Debug, Default)]
pub struct PartnerMutations;

#[Object]
impl PartnerMutations {
    /// Creates a partner; the signed-in user, whose e-mail address is verified, becomes its owner. The public
    /// does not see it before it is submitted and approved. The next access token carries the membership. A
    /// repeated call with the same `idempotencyKey` returns the same partner.
    /// Refusals: `EMAIL_NOT_VERIFIED`, `LIMIT_REACHED` (a user works for at most 20 partners), `PICTURE_ADDRESS_FOREIGN`,
    /// `BAD_USER_INPUT`.
    async fn create_partner(
        &self,
        ctx: &Context<'_>,
        input: CreatePartnerInput,
        idempotency_key: Option<String>,
    ) -> Result<PartnerNode> {
        const ACTION: &str = "createPartner";
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let key = idempotency::key(idempotency_key)?;
        let mut partner = input.partner(request.now_ms).map_err(broken)?;
        if let Some(key) = key {
            partner.id = PartnerId::derive(ACTION, &idempotency::seed(&user.id, &key));
        }
        request.with_verified_email().await?;
        count_write(request, None).await?;
        let place = Place::of_partner(&partner.id, Purpose::Logo);
        addresses::check(request, &place, &[], partner.logo.as_slice()).await?;
        let author = author(request, ACTION);
        let store = &request.services.partners;
        let founded = store.found(partner.clone(), user.id.clone(), author, request.now_ms);
        match founded.await.map_err(failed)? {
            Founded::NoUser => Err(gone()),
            Founded::TooMany => Err(too_many_memberships()),
            Founded::Member => founded_before(request, &partner.id).await,
            Founded::Done => {
                request.services.auth.standings.forget(&user.id);
                let founder = Membership::new(partner.id.clone(), Post::Owner);
                request.joined.get_or_init(|| founder);
                written(request, Purging::Pending).await;
                // The store gave it a slug.
                stored(request, &partner.id).await?.ok_or_else(no_partner)
            }
        }
    }

    /// Has operators decide whether the public may see a partner; for its owners. It has an establishment. A
    /// repeated call with the same SIRET returns the partner as it is.
    /// Refusals: `PARTNER_NOT_FOUND`, `ESTABLISHMENT_REQUIRED`, `PARTNER_STATUS_CONFLICT`, `BAD_USER_INPUT`.
    async fn submit_partner(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(
            desc = "The register's number of the establishment: 14 digits; spaces are left out."
        )]
        siret: String,
    ) -> Result<PartnerNode> {
        const ACTION: &str = "submitPartner";
        let request = RequestContext::of(ctx);
        let siret = siret::siret(&siret).map_err(|rule| broken(vec![rule.into()]))?;
        let id = PartnerId::parse(&id).ok_or_else(no_partner)?;
        authorise_for(request, ACTION, &id).await?;
        let (store, author) = (&request.services.partners, author(request, ACTION));
        let submitted = store.submit(id, siret, author, request.now_ms).await;
        stands(request, submitted.map_err(failed)?).await
    }

    /// Ends a partner for good; for its owners, who prove who they are by their password. The public does not
    /// see it from then on. Within minutes its open invitations end, its offers are archived, its members leave,
    /// and bookings that can still be used are cancelled as by the venue: guests are told, and get back what they
    /// paid. False if it had ended before.
    /// Refusals: `CREDENTIALS_INVALID`, `PARTNER_NOT_FOUND`.
    async fn delete_partner(&self, ctx: &Context<'_>, id: ID, password: String) -> Result<bool> {
        const ACTION: &str = "deletePartner";
        let request = RequestContext::of(ctx);
        let id = PartnerId::parse(&id).ok_or_else(no_partner)?;
        authorise_for(request, ACTION, &id).await?;
        confirmed(request, password).await?;
        let (store, author) = (&request.services.partners, author(request, ACTION));
        let ended = store.end(id, author, request.now_ms).await;
        stands_ended(request, ended.map_err(failed)?).await
    }

    /// Changes a partner; for its managers. Refusals: `PARTNER_NOT_FOUND`,
    /// `PICTURE_ADDRESS_FOREIGN`, `BAD_USER_INPUT`.
    async fn update_partner(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdatePartnerInput,
    ) -> Result<PartnerNode> {
        const ACTION: &str = "updatePartner";
        let request = RequestContext::of(ctx);
        let edit = input.edit().map_err(broken)?;
        let id = PartnerId::parse(&id).ok_or_else(no_partner)?;
        authorise_for(request, ACTION, &id).await?;
        if let Edit::Set(Some(logo)) = &edit.logo {
            let before = request.loader.load_one(id.clone()).await.map_err(failed)?;
            let before = before.ok_or_else(no_partner)?;
            let place = Place::of_partner(&id, Purpose::Logo);
            let (stored, given) = (before.logo.as_slice(), slice::from_ref(logo));
            addresses::check(request, &place, stored, given).await?;
        }
        let (store, author) = (&request.services.partners, author(request, ACTION));
        let updated = store.update_partner(id, edit, author, request.now_ms);
        match updated.await.map_err(failed)? {
            PartnerUpdated::NotFound => Err(no_partner()),
            PartnerUpdated::Done(partner, purging) => {
                written(request, purging).await;
                Ok(PartnerNode(*partner))
            }
        }
    }

    /// Adds an establishment to a partner; for its managers. Without `location` the address is looked
    /// up. A repeated call with the same `idempotencyKey` returns the same establishment.
    /// Refusals: `PARTNER_NOT_FOUND`, `LIMIT_REACHED`, `LOCATION_OUT_OF_RANGE`, `PICTURE_ADDRESS_FOREIGN`,
    /// `BAD_USER_INPUT`, `ADDRESS_NOT_FOUND`, `ADDRESS_AMBIGUOUS`, `POSITION_REQUIRED`.
    async fn create_establishment(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        input: CreateEstablishmentInput,
        idempotency_key: Option<String>,
    ) -> Result<EstablishmentNode> {
        const ACTION: &str = "createEstablishment";
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        authorise_for(request, ACTION, &partner).await?;
        let key = idempotency::key(idempotency_key)?;
        let id = key.map(|key| EstablishmentId::derive(ACTION, &idempotency::seed(&partner, &key)));
        if let Some(before) = added_before(request, id.as_ref()).await? {
            return Ok(EstablishmentNode(before));
        }
        let draft = input.draft(partner, request.now_ms).map_err(broken)?;
        let location = match draft.location() {
            Some(location) => location,
            None => locate(request, draft.address()).await?,
        };
        let mut place = draft.at(location);
        if let Some(id) = &id {
            place.id = id.clone();
        }
        let pictures = Place::of_partner(&place.partner_id, Purpose::Establishment);
        addresses::check(request, &pictures, &[], &place.images).await?;
        let (store, author) = (&request.services.partners, author(request, ACTION));
        let added = store.add_establishment(place.clone(), author, request.now_ms);
        let added = added.await;
        // Of two that come at once the second.
        if matches!(added, Err(StoreError::Duplicate(_)))
            && let Some(before) = added_before(request, id.as_ref()).await?
        {
            return Ok(EstablishmentNode(before));
        }
        match added.map_err(failed)? {
            PlaceAdded::NoPartner => Err(no_partner()),
            PlaceAdded::Full => Err(refused(
                ErrorCode::LIMIT_REACHED,
                Sentence::with(
                    format!(
                        "un partenaire a au plus {MOST_ESTABLISHMENTS} établissements, ceux supprimés compris"
                    ),
                    format!(
                        "a partner has at most {MOST_ESTABLISHMENTS} establishments, deleted ones included"
                    ),
                ),
            )),
            PlaceAdded::Done => {
                written(request, Purging::Pending).await;
                // The store gave it a slug.
                let stored = added_before(request, Some(&place.id)).await?;
                stored.map(EstablishmentNode).ok_or_else(no_place)
            }
        }
    }

    /// Changes an establishment; for its partner's managers. A new address without a location is looked
    /// up. A new location also applies to its offers.
    /// Refusals: `ESTABLISHMENT_NOT_FOUND`, `LOCATION_OUT_OF_RANGE`, `PICTURE_ADDRESS_FOREIGN`,
    /// `BAD_USER_INPUT`, `ADDRESS_NOT_FOUND`, `ADDRESS_AMBIGUOUS`, `POSITION_REQUIRED`.
    async fn update_establishment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateEstablishmentInput,
    ) -> Result<EstablishmentNode> {
        const ACTION: &str = "updateEstablishment";
        let request = RequestContext::of(ctx);
        let edit = input.edit().map_err(broken)?;
        let before = own_place(request, ACTION, &id).await?;
        if let Edit::Set(images) = &edit.images {
            let place = Place::of_partner(&before.partner_id, Purpose::Establishment);
            addresses::check(request, &place, &before.images, images).await?;
        }
        let edit = follow_address(request, &before, edit).await?;
        let (store, author) = (&request.services.partners, author(request, ACTION));
        let updated = store.update_establishment(before.id, edit, author, request.now_ms);
        match updated.await.map_err(failed)? {
            PlaceUpdated::NotFound => Err(no_place()),
            PlaceUpdated::Done(place, purging) => {
                written(request, purging).await;
                Ok(EstablishmentNode(*place))
            }
        }
    }

    /// Removes an establishment; for its partner's managers. Archived offers still show it. False
    /// if it was already removed.
    /// Refusals: `ESTABLISHMENT_NOT_FOUND`, `ESTABLISHMENT_IN_USE`.
    async fn delete_establishment(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        const ACTION: &str = "deleteEstablishment";
        let request = RequestContext::of(ctx);
        let place = own_place(request, ACTION, &id).await?;
        let (store, author) = (&request.services.partners, author(request, ACTION));
        let archived = store.archive_establishment(place.id, author, request.now_ms);
        match archived.await.map_err(failed)? {
            PlaceArchived::NotFound => Err(no_place()),
            PlaceArchived::InUse => Err(refused(
                ESTABLISHMENT_IN_USE,
                Sentence::new(
                    "cet établissement a des offres : archivez-les d’abord",
                    "this establishment has offers: archive them first",
                ),
            )),
            PlaceArchived::Already => Ok(false),
            PlaceArchived::Done => {
                // Staff who were named for it lose it at once.
                request.services.auth.standings.forget_everybody();
                written(request, Purging::Pending).await;
                Ok(true)
            }
        }
    }
}

/// The partner that an earlier request with the same idempotency key made.
async fn founded_before(request: &RequestContext, id: &PartnerId) -> Result<PartnerNode> {
    stored(request, id).await?.ok_or_else(already_member)
}

async fn stored(request: &RequestContext, id: &PartnerId) -> Result<Option<PartnerNode>> {
    let found = request
        .services
        .partners
        .partners_by_ids(slice::from_ref(id));
    let mut found = found.await.map_err(failed)?;
    Ok(found.remove(id).map(PartnerNode))
}

/// The establishment that an earlier request with the same idempotency key added.
async fn added_before(
    request: &RequestContext,
    id: Option<&EstablishmentId>,
) -> Result<Option<Establishment>> {
    let Some(id) = id else {
        return Ok(None);
    };
    let found = request
        .services
        .partners
        .establishments_by_ids(slice::from_ref(id));
    Ok(found.await.map_err(failed)?.remove(id))
}

async fn written(request: &RequestContext, purging: Purging) {
    forget_partners(&request.loader);
    forget_offers(&request.loader);
    relay(request, purging).await;
}

fn author(request: &RequestContext, action: &'static str) -> Author {
    Author {
        actor: request.asker.caller.actor(),
        action,
    }
}

/// Authorises the caller for a partner and counts the write.
async fn authorise_for(
    request: &RequestContext,
    action: &'static str,
    partner: &PartnerId,
) -> Result<()> {
    let about = About::Partner(partner);
    authorise::field(&request.asker.caller, "Mutation", action, about)?;
    count_write(request, Some(partner)).await
}

/// Looks an establishment up and authorises the caller for its partner. An establishment never
/// changes its partner, so it is safe to look it up before the write.
async fn own_place(
    request: &RequestContext,
    action: &'static str,
    id: &ID,
) -> Result<Establishment> {
    let id = EstablishmentId::parse(id).ok_or_else(no_place)?;
    let found = request.loader.load_one(id).await.map_err(failed)?;
    let place = found.ok_or_else(no_place)?;
    authorise_for(request, action, &place.partner_id).await?;
    Ok(place)
}

fn no_place() -> Error {
    refused(
        ESTABLISHMENT_NOT_FOUND,
        Sentence::new(
            "cet établissement n’existe pas",
            "there is no establishment with this id",
        ),
    )
}
