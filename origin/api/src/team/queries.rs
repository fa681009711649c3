//! Team queries.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    PartnerId,
    team::Invitation,
    users::{
        account::Account,
        membership::{Membership, Places, Post},
    },
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        partner::{EstablishmentNode, PartnerNode, no_partner},
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        errors::failed,
    },
    team::places::shown,
};

/// A member's role. Each role includes the rights of the roles before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Post")]
pub enum MemberRole {
    /// Checks guests in and reads the partner's offers.
    Staff,
    /// Edits the partner, its offers and its establishments.
    Manager,
    /// Invites and removes members and changes their roles.
    Owner,
}

/// One of the partners that the signed-in user works for, and their role there.
#[derive(Clone, Debug)]
pub struct MembershipNode(pub Membership);

/// A user's place in a partner's team.
#[Object(name = "Membership", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl MembershipNode {
    async fn partner(&self, ctx: &Context<'_>) -> Result<PartnerNode> {
        let request = RequestContext::of(ctx);
        let found = request.loader.load_one(self.0.partner.clone()).await;
        let partner = found.map_err(failed)?.ok_or_else(no_partner)?;
        Ok(PartnerNode(partner))
    }

    async fn role(&self) -> MemberRole {
        self.0.post.into()
    }

    /// The establishments at which the user works; null if at all of the partner. It becomes empty when they
    /// are archived: then the user sees no bookings.
    async fn establishments(&self, ctx: &Context<'_>) -> Result<Option<Vec<EstablishmentNode>>> {
        shown(ctx, &self.0.places).await
    }
}

/// A team member, as shown to the team.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex, directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct Member {
    /// Names this user in this team, for the caches of clients; `userId` names the user in all teams.
    id: ID,
    user_id: ID,
    first_name: String,
    last_name: String,
    email: String,
    role: MemberRole,
    #[graphql(skip)]
    places: Places,
}

#[ComplexObject]
impl Member {
    /// The establishments at which the member works; null if at all of the partner.
    async fn establishments(&self, ctx: &Context<'_>) -> Result<Option<Vec<EstablishmentNode>>> {
        shown(ctx, &self.places).await
    }
}

impl Member {
    fn of(partner: &PartnerId, account: Account) -> Option<Self> {
        let membership = account.memberships.of(partner)?;
        Some(Self {
            role: membership.post.into(),
            places: membership.places.clone(),
            id: ID(format!("{partner}.{}", account.id)),
            user_id: ID(account.id.to_string()),
            first_name: account.first_name,
            last_name: account.last_name,
            email: account.email,
        })
    }
}

/// An invitation to join the team.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex, name = "Invitation", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct InvitationNode {
    id: ID,
    email: String,
    role: MemberRole,
    created_at: DateTime,
    expires_at: DateTime,
    #[graphql(skip)]
    places: Places,
}

#[ComplexObject]
impl InvitationNode {
    /// The establishments at which the member will work; null if at all of the partner.
    async fn establishments(&self, ctx: &Context<'_>) -> Result<Option<Vec<EstablishmentNode>>> {
        shown(ctx, &self.places).await
    }
}

impl From<Invitation> for InvitationNode {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: ID(invitation.id.to_string()),
            role: invitation.post.into(),
            created_at: timestamp(invitation.created_at_ms),
            expires_at: timestamp(invitation.expires_at_ms),
            email: invitation.email,
            places: invitation.places,
        }
    }
}

/// A partner's members and open invitations.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct Team {
    /// Sorted by account age, oldest first.
    members: Vec<Member>,
    /// Invitations that can still be accepted, oldest first.
    invitations: Vec<InvitationNode>,
}

#[derive(Debug, Default)]
pub struct TeamQueries;

#[Object]
impl TeamQueries {
    /// The signed-in user's membership of the partner that the header `Yousoon-Partner` chooses, or else the
    /// oldest one; null if they belong to no team.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_membership(&self, ctx: &Context<'_>) -> Result<Option<MembershipNode>> {
        let request = RequestContext::of(ctx);
        let account = request.account().await?;
        let chosen = request.signed_in()?.chosen.as_ref();
        let membership = account.memberships.chosen(chosen);
        Ok(membership.cloned().map(MembershipNode))
    }

    /// All memberships of the signed-in user, oldest first; at most 20.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_memberships(&self, ctx: &Context<'_>) -> Result<Vec<MembershipNode>> {
        let account = RequestContext::of(ctx).account().await?;
        let all = account.memberships.all().iter().cloned();
        Ok(all.map(MembershipNode).collect())
    }

    /// The team of a partner; for its managers.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn team(&self, ctx: &Context<'_>, partner_id: ID) -> Result<Team> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Query", "team", about)?;
        let services = &request.services;
        let (members, invitations) = futures_util::try_join!(
            services.users.members(&partner),
            services.teams.invitations(&partner, request.now_ms),
        )
        .map_err(failed)?;
        Ok(Team {
            members: members
                .into_iter()
                .filter_map(|account| Member::of(&partner, account))
                .collect(),
            invitations: invitations.into_iter().map(Into::into).collect(),
        })
    }
}
