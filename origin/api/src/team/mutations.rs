//! Team mutations. An owner who invites an address does not learn whether it has an account.

use access::{codes::Codes, random};
use async_graphql::{Context, Error, ID, InputObject, MaybeUndefined, Object, Result};
use domain::{
    InvitationId, Partner, PartnerId, UserId,
    sentence::Sentence,
    team::{
        Invitation, InvitationToken, LIFE_MS, MOST_INVITATIONS, MOST_MEMBERS,
        codes::{INVITATION_INVALID, MEMBER_NOT_FOUND, PARTNER_NOT_CHOSEN},
        store::{Accepted, Invited},
    },
    texts::{email, pasted_token},
    users::{
        account::EmailKey,
        membership::{NewPost, Places, Post},
        store::PostChanged,
    },
};
use pq_core::ErrorCode;

use crate::{
    nodes::partner::{already_member, no_partner, too_many_memberships},
    request::{
        attempts::{Attempt, count_attempt},
        authorise::{self, About},
        context::RequestContext,
        errors::{broken, failed, last_owner, refused},
        reader::Reader,
    },
    team::{
        places::{no_place, places},
        queries::{InvitationNode, MemberRole, MembershipNode},
    },
};

/// Who is invited to a partner's team, and as what.
#[derive(Clone, Debug, InputObject)]
pub struct InviteMemberInput {
    /// The address to invite; only an account with this address can accept.
    email: String,
    role: MemberRole,
    /// The establishments at which a member of staff will work; without them, at all of the partner.
    establishment_ids: Option<Vec<ID>>,
}

#[derive(Debug, Default)]
pub struct TeamMutations;

#[Object]
impl TeamMutations {
    /// Invites a person by e-mail; for owners whose own address is verified. The invitation is valid for seven days and replaces
    /// an earlier one to the same address. No e-mail is sent within a minute of the previous one, also
    /// if that was withdrawn.
    /// Refusals: `EMAIL_NOT_VERIFIED`, `PARTNER_NOT_FOUND`, `ESTABLISHMENT_NOT_FOUND`, `LIMIT_REACHED`,
    /// `RATE_LIMITED`, `BAD_USER_INPUT`.
    async fn invite_member(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        input: InviteMemberInput,
    ) -> Result<InvitationNode> {
        let request = RequestContext::of(ctx);
        let partner = own_partner(request, "inviteMember", &partner_id)?;
        let email = email("email", &input.email);
        let email = email.map_err(|rule| broken(vec![rule.into()]))?;
        let places = places(input.role.into(), input.establishment_ids)?;
        request.with_verified_email().await?;
        let found = request.loader.load_one(partner).await.map_err(failed)?;
        let partner = found.ok_or_else(no_partner)?;
        let to = (input.role.into(), places);
        invite(request, &partner, email, to).await.map(Into::into)
    }

    /// Withdraws an invitation; for owners. False if there is no invitation with this id.
    async fn withdraw_invitation(&self, ctx: &Context<'_>, partner_id: ID, id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let partner = own_partner(request, "withdrawInvitation", &partner_id)?;
        let Some(id) = InvitationId::parse(&id) else {
            return Ok(false);
        };
        let teams = &request.services.teams;
        let withdrawn = teams.withdraw(&partner, &id, request.now_ms);
        withdrawn.await.map_err(failed)
    }

    /// Accepts an invitation: the signed-in user joins the team, besides the teams of other partners, of at
    /// most 20. The next access token carries the membership. Accepted again, it answers the same as long
    /// as the user works there.
    /// Refusals: `INVITATION_INVALID`, `ALREADY_MEMBER`, `LIMIT_REACHED`.
    async fn accept_invitation(&self, ctx: &Context<'_>, token: String) -> Result<MembershipNode> {
        let request = RequestContext::of(ctx);
        let account = request.account().await?;
        let token = InvitationToken::parse(&pasted_token(&token)).ok_or_else(not_taken)?;
        let (hash, email) = (token.hash(), account.email_key());
        let teams = &request.services.teams;
        let accepted = teams.accept(token.id, hash, account.id.clone(), email, request.now_ms);
        match accepted.await.map_err(failed)? {
            Accepted::Invalid => Err(not_taken()),
            Accepted::Member => Err(already_member()),
            Accepted::TooMany => Err(too_many_memberships()),
            Accepted::Full => Err(full(Sentence::with(
                format!("un partenaire a au plus {MOST_MEMBERS} membres"),
                format!("a partner has at most {MOST_MEMBERS} members"),
            ))),
            Accepted::Done(membership) => {
                request.services.auth.standings.forget(&account.id);
                request.joined.get_or_init(|| membership.clone());
                Ok(MembershipNode(membership))
            }
        }
    }

    /// Changes a member's role; for owners. `establishmentIds` are those at which a member of staff works:
    /// null is all of the partner, and without the argument they stay as they are.
    /// Refusals: `MEMBER_NOT_FOUND`, `ESTABLISHMENT_NOT_FOUND`, `LAST_OWNER`, `BAD_USER_INPUT`.
    async fn change_member_role(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        user_id: ID,
        role: MemberRole,
        establishment_ids: MaybeUndefined<Vec<ID>>,
    ) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let partner = own_partner(request, "changeMemberRole", &partner_id)?;
        let user = UserId::parse(&user_id).ok_or_else(no_member)?;
        let post = Post::from(role);
        let places = match establishment_ids {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(places(post, None)?),
            MaybeUndefined::Value(ids) => Some(places(post, Some(ids))?),
        };
        change(request, &partner, &user, Some(NewPost { post, places })).await
    }

    /// Removes a member from the team; for owners. Refusals: `MEMBER_NOT_FOUND`, `LAST_OWNER`.
    async fn remove_member(&self, ctx: &Context<'_>, partner_id: ID, user_id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let partner = own_partner(request, "removeMember", &partner_id)?;
        let user = UserId::parse(&user_id).ok_or_else(no_member)?;
        change(request, &partner, &user, None).await
    }

    /// The signed-in user leaves the team of `partnerId`, or else of the partner that the header
    /// `Yousoon-Partner` chooses, or else their only one.
    /// Refusals: `PARTNER_NOT_CHOSEN`, `MEMBER_NOT_FOUND`, `LAST_OWNER`.
    async fn leave_team(&self, ctx: &Context<'_>, partner_id: Option<ID>) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let account = request.account().await?;
        let partner = match (partner_id, &request.signed_in()?.chosen) {
            (Some(id), _) => PartnerId::parse(&id).ok_or_else(no_member)?,
            (None, Some(chosen)) => chosen.clone(),
            (None, None) => match account.memberships.all() {
                [] => return Err(no_member()),
                [only] => only.partner.clone(),
                [_, ..] => return Err(not_chosen()),
            },
        };
        change(request, &partner, &account.id, None).await
    }
}

async fn invite(
    request: &RequestContext,
    partner: &Partner,
    email: String,
    (post, places): (Post, Places),
) -> Result<Invitation> {
    let (id, to) = (&partner.id, &EmailKey::of(&email));
    count_attempt(request, Attempt::Invite { partner: id, to }).await?;
    let (nonce, codes) = (Codes::nonce(), &request.services.auth.codes);
    let token = InvitationToken::new(
        InvitationId::from_bytes(random::bytes()),
        codes.invitation(&nonce),
    );
    let invitation = Invitation {
        id: token.id.clone(),
        partner: partner.id.clone(),
        email,
        post,
        places,
        token_hash: token.hash(),
        created_at_ms: request.now_ms,
        expires_at_ms: request.now_ms + LIFE_MS,
        accepted: false,
    };
    let language = Reader::of(&request.asker).language(&request.services).await;
    let task = invitation.task(language, nonce);
    let invited = request
        .services
        .teams
        .invite(invitation.clone(), task)
        .await;
    match invited.map_err(failed)? {
        Invited::NoPartner => Err(no_partner()),
        Invited::NoPlace => Err(no_place()),
        Invited::Full => Err(full(Sentence::with(
            format!(
                "un partenaire a au plus {MOST_INVITATIONS} invitations en cours : retirez-en une d’abord"
            ),
            format!(
                "a partner has at most {MOST_INVITATIONS} open invitations: withdraw one first"
            ),
        ))),
        Invited::Sent(known) => Ok(*known),
        Invited::Withdrawn { wait_ms } => {
            let wait_s = wait_ms.unsigned_abs().div_ceil(1_000);
            request.facts.retry_after(wait_s);
            Err(refused(
                ErrorCode::RATE_LIMITED,
                Sentence::with(
                    format!(
                        "une invitation à cette adresse vient d’être retirée : réessayez dans {wait_s} s"
                    ),
                    format!(
                        "an invitation to this address was withdrawn a moment ago: try again in {wait_s} s"
                    ),
                ),
            ))
        }
        Invited::Done => {
            request.services.queue_wake.send_replace(());
            Ok(invitation)
        }
    }
}

async fn change(
    request: &RequestContext,
    partner: &PartnerId,
    user: &UserId,
    to: Option<NewPost>,
) -> Result<bool> {
    let post = to.as_ref().map(|to| to.post.as_str());
    let users = &request.services.users;
    let changed = users.change_post(partner, user, to, request.now_ms);
    match changed.await.map_err(failed)? {
        PostChanged::NotMember => Err(no_member()),
        PostChanged::LastOwner => Err(last_owner()),
        PostChanged::NoPlace => Err(no_place()),
        PostChanged::Done => {
            request.services.auth.standings.forget(user);
            tracing::info!(actor = request.asker.caller.actor(), user = %user, partner = %partner,
                post, "post changed");
            Ok(true)
        }
    }
}

fn own_partner(request: &RequestContext, action: &'static str, id: &ID) -> Result<PartnerId> {
    let partner = PartnerId::parse(id).ok_or_else(no_partner)?;
    let about = About::Partner(&partner);
    authorise::field(&request.asker.caller, "Mutation", action, about)?;
    Ok(partner)
}

/// One refusal for every unusable invitation (unknown, expired, used, withdrawn, for another
/// address), so that the caller does not learn which it was.
fn not_taken() -> Error {
    refused(
        INVITATION_INVALID,
        Sentence::new(
            "cette invitation n’est pas valable, ou ne l’est plus : demandez-en une nouvelle",
            "the invitation is not valid, or no longer: ask for a new one",
        ),
    )
}

fn no_member() -> Error {
    refused(
        MEMBER_NOT_FOUND,
        Sentence::new(
            "cette personne ne travaille pas pour le partenaire",
            "no user with this id works for the partner",
        ),
    )
}

fn not_chosen() -> Error {
    refused(
        PARTNER_NOT_CHOSEN,
        Sentence::new(
            "vous travaillez pour plusieurs partenaires : dites lequel",
            "you work for several partners: say which one",
        ),
    )
}

fn full(why: Sentence) -> Error {
    refused(ErrorCode::LIMIT_REACHED, why)
}
