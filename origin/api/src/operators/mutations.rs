//! What administrators do for others.

use access::random;
use async_graphql::{Context, Enum, ID, Object, Result};
use domain::{
    BookingId, UserId,
    bookings::{
        booking::Step,
        refusals::BookingRefusal,
        store::{By, Stepped},
    },
    operators::{
        deed::{Deed, Target},
        store::{Operated, OperatedErasure},
    },
    sentence::Sentence,
    users::{
        account::{Role, Status},
        change::AccountChange,
        codes::EMAIL_NOT_VERIFIED,
        store::{Changed, Erased},
    },
};

use super::{
    another, last_administrator, no_user,
    recording::{deed, given, reasoned},
};
use crate::{
    bookings::{mutations::changed, refuse},
    nodes::booking::BookingNode,
    operators::recording::record,
    request::{
        authorise::Opened,
        context::RequestContext,
        errors::{failed, failed_with, last_owner, refused},
    },
    users::{erasing, mutations::UserStatus},
};

/// The roles that administrators give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum GivenRole {
    /// No administrator: what the user's team gives, if there is one.
    User,
    Admin,
}

/// What a guest gets back for whom support cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::bookings::store::Refunding")]
pub enum SupportRefund {
    /// Everything.
    Full,
    /// What the guest would get back who cancels now.
    ByRule,
}

#[derive(Debug, Default)]
pub struct OperatorMutations;

#[Object]
impl OperatorMutations {
    /// Suspends or reinstates a user; for administrators, and for services with the scope `users`. False if
    /// there is no such user. One active administrator stays.
    /// Refusals: `LAST_ADMINISTRATOR`, `BAD_USER_INPUT`.
    async fn set_user_status(
        &self,
        ctx: &Context<'_>,
        id: ID,
        status: UserStatus,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: Option<String>,
    ) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let Some(id) = UserId::parse(&id) else {
            return Ok(false);
        };
        let reason = given(reason)?;
        let deed = deed(request, Deed::SetStatus, Some(Target::user(&id)), reason);
        let change = AccountChange::Status(status.into());
        let operators = &request.services.operators;
        let done = operators.change(&id, change, deed, request.now_ms).await;
        request.services.auth.standings.forget(&id);
        match done.map_err(failed)? {
            Operated::LastAdministrator => Err(last_administrator()),
            Operated::Changed(changed) => Ok(matches!(changed, Changed::Done(_))),
        }
    }

    /// Makes somebody an administrator, or takes that away; for administrators, on nobody's own account.
    /// Who gets the role has a verified e-mail address. One active administrator stays.
    /// Refusals: `USER_NOT_FOUND`, `USER_IS_YOURSELF`, `EMAIL_NOT_VERIFIED`, `LAST_ADMINISTRATOR`,
    /// `BAD_USER_INPUT`.
    async fn set_user_role(
        &self,
        ctx: &Context<'_>,
        id: ID,
        role: GivenRole,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: String,
    ) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let (id, services) = (another(request, &id)?, &request.services);
        let deed = reasoned(request, Deed::SetRole, Some(Target::user(&id)), &reason).await?;
        let role = match role {
            GivenRole::User => Role::User,
            GivenRole::Admin => Role::Admin,
        };
        let found = services.users.by_id(&id).await.map_err(failed)?;
        let account = found.filter(|account| account.status == Status::Active);
        let account = account.ok_or_else(no_user)?;
        if role == Role::Admin && account.email_verified_at_ms.is_none() {
            return Err(refused(
                EMAIL_NOT_VERIFIED,
                Sentence::new(
                    "l’adresse e-mail de ce compte n’est pas vérifiée",
                    "this account's e-mail address is not verified",
                ),
            ));
        }
        let change = AccountChange::Administrator(role);
        let changed = services
            .operators
            .change(&id, change, deed, request.now_ms)
            .await;
        services.auth.standings.forget(&id);
        match changed.map_err(failed)? {
            Operated::Changed(Changed::Done(_)) => Ok(true),
            Operated::LastAdministrator => Err(last_administrator()),
            // A role has neither number nor address, and takes nobody out of a team.
            Operated::Changed(
                Changed::NotFound
                | Changed::PhoneTaken
                | Changed::EmailTaken
                | Changed::LastOwner(_),
            ) => Err(no_user()),
        }
    }

    /// Ends all sessions of a user, such as one whose phone was stolen; returns how many. For
    /// administrators, on nobody's own account.
    /// Refusals: `USER_NOT_FOUND`, `USER_IS_YOURSELF`, `BAD_USER_INPUT`.
    async fn end_user_sessions(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: String,
    ) -> Result<i32> {
        let request = RequestContext::of(ctx);
        let (id, services) = (another(request, &id)?, &request.services);
        let deed = reasoned(request, Deed::EndSessions, Some(Target::user(&id)), &reason).await?;
        let found = services.users.by_id(&id).await.map_err(failed)?;
        found.ok_or_else(no_user)?;
        record(request, deed).await?;
        let ended = services.auth.sessions.end_all(&id, None).await;
        services.auth.standings.forget(&id);
        let ended = ended.map_err(failed_with)?;
        Ok(i32::try_from(ended).unwrap_or(i32::MAX))
    }

    /// Erases an account at its owner's request, as `deleteMyAccount` does; for administrators, on
    /// nobody's own account. Permanent. The only owner of a partner first makes somebody else one.
    /// Refusals: `USER_NOT_FOUND`, `USER_IS_YOURSELF`, `LAST_OWNER`, `LAST_ADMINISTRATOR`,
    /// `BAD_USER_INPUT`.
    async fn erase_user(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "3 to 300 characters on one line, such as the number of the request.")]
        reason: String,
    ) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let (id, services) = (another(request, &id)?, &request.services);
        let deed = reasoned(request, Deed::EraseUser, Some(Target::user(&id)), &reason).await?;
        let found = services.users.by_id(&id).await.map_err(failed)?;
        let account = found.ok_or_else(no_user)?;
        let pseudonym = hex::encode(random::bytes::<12>());
        let erased = services
            .operators
            .erase(&id, &pseudonym, deed, request.now_ms)
            .await;
        match erased.map_err(failed)? {
            OperatedErasure::Erased(Erased::Done) => {}
            OperatedErasure::Erased(Erased::NotFound) => return Err(no_user()),
            OperatedErasure::Erased(Erased::LastOwner(_)) => return Err(last_owner()),
            OperatedErasure::LastAdministrator => return Err(last_administrator()),
        }
        erasing::after(request, &account).await;
        Ok(true)
    }

    /// Cancels a booking for its guest, until it ends; for administrators. A booking that is cancelled is
    /// answered as it is.
    /// Refusals: `BOOKING_NOT_FOUND`, and those of `cancelBooking`; `BAD_USER_INPUT`.
    async fn cancel_booking_for(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: String,
        refund: SupportRefund,
    ) -> Result<BookingNode> {
        let request = RequestContext::of(ctx);
        let not_found = || refuse(BookingRefusal::NotFound);
        let id = BookingId::parse(&booking_id).ok_or_else(not_found)?;
        let target = Some(Target::booking(&id));
        let deed = reasoned(request, Deed::CancelBooking, target, &reason).await?;
        let found = request.loader.load_one(id.clone()).await;
        found.map_err(failed)?.ok_or_else(not_found)?;
        record(request, deed).await?;
        let by = By::Support(refund.into());
        let bookings = &request.services.bookings;
        let stepped = bookings.step(&id, Step::Cancel, by, request.now_ms).await;
        match stepped.map_err(failed)? {
            Stepped::Before(booking) | Stepped::Done(booking) => {
                changed(request).await;
                Ok(BookingNode::new(*booking, Opened::ByAdministrator))
            }
            Stepped::NoAccount => Err(not_found()),
            Stepped::Refused(refusal) => Err(refuse(refusal)),
        }
    }
}
