//! What administrators read of others, each time with a reason.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    BookingId, UserId,
    auth::sessions::Session,
    broken::{BrokenRule, Reading},
    operators::{
        deed::{self, Deed, Number, Target},
        store::{AuditPage, AuditQuery},
    },
    texts::MOMENT,
    users::account::{Account, EmailKey, Role},
};

use super::{
    no_user,
    recording::{reasoned, record},
};
use crate::{
    auth::queries::SessionNode,
    bookings::refuse,
    nodes::{
        booking::BookingNode,
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, Moment, timestamp},
        page::{PageInfo, cursor, page_size},
        user::UserNode,
    },
    request::{
        authorise::Opened,
        context::RequestContext,
        errors::{broken, failed, failed_with, refused},
    },
    team::queries::MembershipNode,
    users::{export, mutations::UserStatus, queries::DataExport},
};

/// The role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Role")]
pub enum AccountRole {
    User,
    /// Works for a partner.
    Partner,
    Admin,
}

/// An account as an administrator sees it who helps its user.
#[derive(Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct UserForOperator {
    user: UserNode,
    role: AccountRole,
    status: UserStatus,
    /// The oldest membership, if the user works for a partner.
    membership: Option<MembershipNode>,
    /// All of them, oldest first.
    memberships: Vec<MembershipNode>,
    /// Those that go on, most recently used first.
    sessions: Vec<SessionNode>,
    favorite_count: i32,
    consent_count: i32,
    updated_at: DateTime,
}

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Deed")]
pub enum OperatorDeed {
    ReadUser,
    ExportUser,
    EraseUser,
    SetStatus,
    SetRole,
    EndSessions,
    ReadBooking,
    CancelBooking,
    SendNews,
    ApprovePartner,
    ReturnPartner,
    SuspendPartner,
    RestorePartner,
    DeletePartner,
    RetryTask,
}

/// An entry of the audit of operators. It is never changed or removed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct OperatorAuditEntry {
    /// From 1, without a gap.
    number: i32,
    at: DateTime,
    /// `user <id>`, or the name of a service. It stays when the account is erased.
    actor: String,
    deed: OperatorDeed,
    /// Such as `user <id>` or `booking <id>`.
    target: Option<String>,
    reason: String,
    /// By which the log has more of it.
    reference: String,
}

/// A page of the operators' audit.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct OperatorAuditConnection {
    edges: Vec<OperatorAuditEdge>,
    page_info: PageInfo,
}

/// An entry of the audit.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct OperatorAuditEdge {
    cursor: String,
    node: OperatorAuditEntry,
}

impl From<deed::Entry> for OperatorAuditEntry {
    fn from(entry: deed::Entry) -> Self {
        Self {
            number: i32::try_from(entry.number.0).unwrap_or(i32::MAX),
            at: timestamp(entry.deed.at_ms),
            actor: entry.deed.actor,
            deed: entry.deed.deed.into(),
            target: entry.deed.target.map(|target| target.as_str().to_owned()),
            reason: entry.deed.reason,
            reference: entry.deed.request,
        }
    }
}

impl OperatorAuditConnection {
    fn new(page: AuditPage, has_previous_page: bool) -> Self {
        let edge = |entry: deed::Entry| OperatorAuditEdge {
            cursor: entry.number.encode(),
            node: entry.into(),
        };
        let edges: Vec<_> = page.items.into_iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}

#[derive(Debug, Default)]
pub struct OperatorQueries;

#[Object]
impl OperatorQueries {
    /// An account by its exact e-mail address or its id, of which one is given; null if there is none. For
    /// administrators. That it was asked for is in the audit, with the reason.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn user_for_operator(
        &self,
        ctx: &Context<'_>,
        email: Option<String>,
        id: Option<ID>,
        #[graphql(desc = "3 to 300 characters on one line, such as a ticket's number.")]
        reason: String,
    ) -> Result<Option<UserForOperator>> {
        let request = RequestContext::of(ctx);
        let users = &request.services.users;
        let found = match (email, id) {
            (Some(email), None) => users.by_email(&EmailKey::of(email.trim())).await,
            (None, Some(id)) => match UserId::parse(&id) {
                Some(id) => users.by_id(&id).await,
                None => Ok(None),
            },
            (None, None) | (Some(_), Some(_)) => return Err(one_of_two()),
        };
        let found = found.map_err(failed)?;
        // An address that nobody has is in no audit: it would be the only place that has it.
        let target = found.as_ref().map(|account| Target::user(&account.id));
        let deed = reasoned(request, Deed::ReadUser, target, &reason).await?;
        record(request, deed).await?;
        match found {
            Some(account) => Ok(Some(UserForOperator::of(request, account).await?)),
            None => Ok(None),
        }
    }

    /// A page of everything that is stored of a user, as `exportMyData` has it, at the user's request. For
    /// administrators. Each page is in the audit.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn export_user_data(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "`next` of the page before; absent for the first page.")] after: Option<
            String,
        >,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: String,
    ) -> Result<DataExport> {
        let request = RequestContext::of(ctx);
        let id = UserId::parse(&id).ok_or_else(no_user)?;
        let found = request.services.users.by_id(&id).await.map_err(failed)?;
        let account = found.ok_or_else(no_user)?;
        let deed = reasoned(request, Deed::ExportUser, Some(Target::user(&id)), &reason).await?;
        record(request, deed).await?;
        let page = export::page(request, &account, after.as_deref()).await?;
        Ok(DataExport::of(page, request.now_ms))
    }

    /// Any booking, to help its guest or its venue; null if there is none. For administrators. That it was
    /// asked for is in the audit.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn booking_for_operator(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: String,
    ) -> Result<Option<BookingNode>> {
        let request = RequestContext::of(ctx);
        let not_found = || refuse(domain::bookings::refusals::BookingRefusal::NotFound);
        let id = BookingId::parse(&id).ok_or_else(not_found)?;
        let target = Some(Target::booking(&id));
        let deed = reasoned(request, Deed::ReadBooking, target, &reason).await?;
        record(request, deed).await?;
        let found = request.loader.load_one(id).await.map_err(failed)?;
        let opened = |booking| BookingNode::new(booking, Opened::ByAdministrator);
        Ok(found.map(opened))
    }

    /// What operators did, newest first; for administrators.
    #[expect(
        clippy::too_many_arguments,
        reason = "one for each argument of the field"
    )]
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn operator_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is about, such as `user <id>`.")] target: Option<String>,
        #[graphql(desc = "Who did it, such as `user <id>`.")] actor: Option<String>,
        #[graphql(desc = "From this moment on.")] from: Option<Moment>,
        #[graphql(desc = "Before this moment.")] to: Option<Moment>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<OperatorAuditConnection> {
        let request = RequestContext::of(ctx);
        let before = cursor(after.as_deref(), Number::decode)?;
        let first = page_size(first)?;
        let mut reading = Reading::default();
        let from_ms = reading.take(from.map(|given| moment("from", given)).transpose());
        let until_ms = reading.take(to.map(|given| moment("to", given)).transpose());
        let (from_ms, until_ms) = reading.end((from_ms, until_ms)).map_err(broken)?;
        let has_previous_page = before.is_some();
        // What cannot be a target is none of any entry.
        let target = match target.map(|text| Target::parse(&text)) {
            Some(None) => return Ok(OperatorAuditConnection::new(AuditPage::default(), false)),
            Some(Some(target)) => Some(target),
            None => None,
        };
        let page = request.services.operators.audit(AuditQuery {
            target,
            actor,
            from_ms,
            until_ms,
            first,
            before,
        });
        let page = page.await.map_err(failed)?;
        Ok(OperatorAuditConnection::new(page, has_previous_page))
    }
}

impl UserForOperator {
    async fn of(request: &RequestContext, account: Account) -> Result<Self> {
        let services = &request.services;
        let sessions = services.auth.sessions.of_user(&account.id, request.now_ms);
        let mut sessions = sessions.await.map_err(failed_with)?;
        sessions.retain(|session| session.epoch == account.epoch);
        let favorites = services.users.favorites(&account.id).await;
        let favorites = favorites.map_err(failed)?.len();
        let consents = services.users.consents(&account.id).await;
        let consents = consents.map_err(failed)?.len();
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let node = |session: Session| SessionNode::of(session, None);
        let all = account.memberships.all().iter().cloned();
        Ok(Self {
            role: account.role.into(),
            status: account.status.into(),
            membership: account.memberships.oldest().cloned().map(MembershipNode),
            memberships: all.map(MembershipNode).collect(),
            sessions: sessions.into_iter().map(node).collect(),
            favorite_count: count(favorites),
            consent_count: count(consents),
            updated_at: timestamp(account.updated_at_ms),
            user: UserNode::new(account.into(), Opened::ByAdministrator),
        })
    }
}

fn one_of_two() -> async_graphql::Error {
    refused(
        pq_core::ErrorCode::BAD_USER_INPUT,
        domain::sentence::Sentence::new(
            "donnez soit `email`, soit `id`",
            "give either `email` or `id`",
        ),
    )
}

fn moment(field: &'static str, Moment(at_ms): Moment) -> std::result::Result<i64, BrokenRule> {
    at_ms.ok_or(MOMENT.at(field))
}
