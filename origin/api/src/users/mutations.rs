//! User mutations.

use std::slice;

use access::random;
use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, Result};
use domain::{
    OfferId, UserId,
    broken::{BrokenField, Reading},
    offers::store::Purging,
    pictures::picture::{Owner, Purpose},
    sentence::Sentence,
    texts::{https_url, person_name, phone},
    users::{
        account::{self, Account},
        change::{AccountChange, ProfileEdit},
        consents::Recorded,
        store::{Changed, Erased, Favored, MAX_FAVORITES},
    },
};
use pq_core::ErrorCode;

use crate::{
    auth::{proving::served, sign_in::confirmed},
    nodes::{
        consent::{ConsentInput, ConsentNode},
        offer::no_offer,
        partner::public_offer,
        preferences::PreferencesInput,
        user::UserNode,
    },
    pictures::addresses::{self, Place},
    request::{
        context::{RequestContext, gone},
        errors::{broken, failed, last_owner, refused},
        input::nullable,
        loaders::{forget_favorites, forget_profiles},
        relaying::relay,
    },
    users::erasing,
};

/// Fields that are not given stay unchanged; null clears `phone` and `avatar`.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateProfileInput {
    /// 1 to 50 characters on one line, one of them a letter.
    first_name: Option<String>,
    /// 1 to 50 characters on one line, one of them a letter.
    last_name: Option<String>,
    /// In any usual spelling; without a country's prefix it is French. Stored by E.164. A changed
    /// number must be verified again.
    phone: MaybeUndefined<String>,
    /// The address (`Picture.url`) of a picture that the user uploaded as an avatar.
    avatar: MaybeUndefined<String>,
    preferences: Option<PreferencesInput>,
}

impl UpdateProfileInput {
    fn edit(self) -> Result<ProfileEdit, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let mut name = |field, given: Option<String>| {
            reading.take(given.map(|text| person_name(field, &text)).transpose())
        };
        let (first_name, last_name) = (
            name("firstName", self.first_name),
            name("lastName", self.last_name),
        );
        let phone = nullable(self.phone, |text| phone("phone", &text));
        let avatar = nullable(self.avatar, |url| https_url("avatar", &url));
        let edit = ProfileEdit {
            first_name,
            last_name,
            phone: reading.take(phone).into_option(),
            avatar: reading.take(avatar).into_option(),
            preferences: self.preferences.map(Into::into),
        };
        reading.end(edit)
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "account::Status")]
pub enum UserStatus {
    Active,
    Disabled,
}

#[derive(Debug, Default)]
pub struct UserMutations;

#[Object]
impl UserMutations {
    /// Changes the signed-in user's profile.
    /// Refusals: `PHONE_NOT_SERVED`, `PICTURE_ADDRESS_FOREIGN`, `BAD_USER_INPUT`.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        input: UpdateProfileInput,
    ) -> Result<UserNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let edit = input.edit().map_err(broken)?;
        if let Some(Some(phone)) = &edit.phone
            && request.account().await?.phone.as_ref() != Some(phone)
        {
            served(request, Some(phone))?;
        }
        if let Some(Some(avatar)) = &edit.avatar {
            let before = request.account().await?.avatar;
            let place = Place {
                owner: Owner::User(user.id.clone()),
                purpose: Purpose::Avatar,
            };
            let (stored, given) = (before.as_slice(), slice::from_ref(avatar));
            addresses::check(request, &place, stored, given).await?;
        }
        let change = AccountChange::Profile(Box::new(edit));
        let account = changed(request, &user.id, change).await?;
        // Reviews show the name.
        relay(request, Purging::Pending).await;
        Ok(account.into())
    }

    /// Adds an offer to the favourites. False if it already was one.
    async fn add_favorite(&self, ctx: &Context<'_>, offer_id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let offer = OfferId::parse(&offer_id).ok_or_else(no_offer)?;
        let found = request.loader.load_one(offer.clone()).await;
        let found = public_offer(request, found.map_err(failed)?).await?;
        found.ok_or_else(no_offer)?;
        let users = &request.services.users;
        let added = users.add_favorite(&user.id, &offer, request.now_ms).await;
        forget_favorites(&request.loader);
        match added.map_err(failed)? {
            Favored::Added => Ok(true),
            Favored::AlreadyThere => Ok(false),
            Favored::NoAccount => Err(gone()),
            Favored::Full => Err(refused(
                ErrorCode::BAD_USER_INPUT,
                Sentence::with(
                    format!("on a au plus {MAX_FAVORITES} favoris : retirez-en un d’abord"),
                    format!("a user has at most {MAX_FAVORITES} favourites: remove one first"),
                ),
            )),
        }
    }

    /// Removes an offer from the favourites. False if it was not one.
    async fn remove_favorite(&self, ctx: &Context<'_>, offer_id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let Some(offer) = OfferId::parse(&offer_id) else {
            return Ok(false);
        };
        let removed = request
            .services
            .users
            .remove_favorite(&user.id, &offer)
            .await;
        forget_favorites(&request.loader);
        removed.map_err(failed)
    }

    /// Records that a consent was granted or withdrawn. If the last one for this purpose says the
    /// same, the answer is that one.
    async fn record_consent(&self, ctx: &Context<'_>, input: ConsentInput) -> Result<ConsentNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let consent = input.read().map_err(broken)?.at(request.now_ms);
        let recorded = request.services.users.record_consent(&user.id, consent);
        match recorded.await.map_err(failed)? {
            Recorded::Done(consent) | Recorded::Before(consent) => Ok(consent.into()),
            Recorded::NoAccount => Err(gone()),
            Recorded::Full => Err(refused(
                ErrorCode::LIMIT_REACHED,
                Sentence::new(
                    "il y a autant de consentements que possible : seuls les retraits sont enregistrés",
                    "there are as many consents as there can be: only withdrawals are recorded",
                ),
            )),
        }
    }

    /// Erases the signed-in user's account permanently. Records of consent are kept, without a
    /// name. The only owner of a partner first makes somebody else one.
    /// Refusals: `CREDENTIALS_INVALID`, `LAST_OWNER`.
    async fn delete_my_account(&self, ctx: &Context<'_>, password: String) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let account = confirmed(request, password).await?;
        let pseudonym = hex::encode(random::bytes::<12>());
        let users = &request.services.users;
        let erased = users.erase(&account.id, &pseudonym, request.now_ms).await;
        match erased.map_err(failed)? {
            Erased::NotFound | Erased::Done => {}
            Erased::LastOwner(_) => return Err(last_owner()),
        }
        erasing::after(request, &account).await;
        Ok(true)
    }
}

async fn changed(request: &RequestContext, id: &UserId, change: AccountChange) -> Result<Account> {
    let changed = request
        .services
        .users
        .change(id, change, request.now_ms)
        .await;
    forget_profiles(&request.loader);
    relay(request, Purging::Pending).await;
    match changed.map_err(failed)? {
        Changed::Done(account) => Ok(*account),
        Changed::LastOwner(_) => Err(last_owner()),
        // The profile verifies no number.
        Changed::NotFound | Changed::PhoneTaken | Changed::EmailTaken => Err(gone()),
    }
}
