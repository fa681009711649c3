//! Identity checks, as their user and as administrators see them.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    UserId,
    identity::{
        rules::{MOST_ATTEMPTS, attempts},
        store::{VerificationCursor, VerificationPage},
        verification::{self, Decider, Reason, Session, SessionUrl, State, Verification},
    },
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        page::PageInfo,
        user::{IdentityStatus, UserNode},
    },
    request::{context::RequestContext, errors::failed},
};

/// Why a document was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Reason")]
pub enum IdentityReason {
    /// The pictures are blurred, dark or incomplete.
    Unreadable,
    /// The document is no longer valid.
    DocumentExpired,
    /// Another kind of document is needed.
    DocumentNotAccepted,
    DocumentDamaged,
    PictureMissing,
    /// The face is not that of the document.
    FaceDoesNotMatch,
    /// The person or the document belongs to another account.
    UsedBefore,
    /// The document could not be trusted.
    NotTrusted,
    TooManyTries,
    /// Somebody at Yousoon looked at it.
    Operator,
    Other,
}

/// Where a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "verification::State")]
pub enum VerificationState {
    /// The provider has not answered yet.
    Created,
    Open,
    Approved,
    Declined,
    /// The provider asks for other pictures.
    Resubmission,
    /// The user never came.
    Expired,
    /// The user did not finish.
    Abandoned,
    /// It was approved, and that is too long ago.
    Lapsed,
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Decider")]
pub enum IdentityDecider {
    Provider,
    Operator,
}

/// A check of the signed-in user's identity document.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(
    name = "IdentityVerification",
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
pub struct IdentityVerificationNode {
    id: ID,
    status: IdentityStatus,
    /// Why it was not accepted: the app says it in the user's language.
    reason: Option<IdentityReason>,
    /// Where the user shows the document; null once the check is over. Everybody who has the address can act for the user.
    session_url: Option<String>,
    created_at: DateTime,
    decided_at: Option<DateTime>,
    /// Until when a verified identity counts.
    expires_at: Option<DateTime>,
    /// How many checks the user may still begin now.
    attempts_left: i32,
    /// Of a verified one, if the document says it.
    birth_year: Option<i32>,
}

impl IdentityVerificationNode {
    /// `all` are the user's checks.
    pub fn of(this: &Verification, all: &[Verification], now_ms: i64) -> Self {
        let is_over = this
            .expires_at_ms
            .is_some_and(|until_ms| until_ms <= now_ms);
        let state = if is_over && this.state == State::Approved {
            State::Lapsed
        } else {
            this.state
        };
        let url = this
            .session
            .as_ref()
            .and_then(|session| session.url.as_ref());
        let left = MOST_ATTEMPTS.saturating_sub(attempts(all, now_ms));
        Self {
            id: ID(this.id.to_string()),
            status: state.status().into(),
            reason: this.reason.map(Into::into),
            session_url: url.map(SessionUrl::expose).map(str::to_owned),
            created_at: timestamp(this.created_at_ms),
            decided_at: decided_at_ms(this).map(timestamp),
            expires_at: this.expires_at_ms.map(timestamp),
            attempts_left: i32::try_from(left).unwrap_or(i32::MAX),
            birth_year: this.birth_year.filter(|_| state == State::Approved),
        }
    }

    pub fn newest(all: &[Verification], now_ms: i64) -> Option<Self> {
        let newest = all.iter().max_by_key(|one| one.attempt)?;
        Some(Self::of(newest, all, now_ms))
    }
}

/// Of a check that goes on after a first decision there is none now.
const fn decided_at_ms(this: &Verification) -> Option<i64> {
    match this.state {
        State::Created | State::Open => None,
        State::Approved
        | State::Declined
        | State::Resubmission
        | State::Expired
        | State::Abandoned
        | State::Lapsed => this.decided_at_ms,
    }
}

/// An identity check, as administrators see it.
#[derive(Clone, Debug)]
pub struct IdentityCaseNode(pub Verification);

/// The check of an identity, as operators see it.
#[Object(
    name = "IdentityCase",
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
impl IdentityCaseNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Null if the account was just erased.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<UserNode>> {
        user(ctx, Some(&self.0.user)).await
    }

    async fn state(&self) -> VerificationState {
        self.0.state.into()
    }

    async fn reason(&self) -> Option<IdentityReason> {
        self.0.reason.map(Into::into)
    }

    /// Which check of the user this is, from 1.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// The version of the text that the user agreed to.
    async fn consent_version(&self) -> &str {
        &self.0.consent_version
    }

    async fn birth_year(&self) -> Option<i32> {
        self.0.birth_year
    }

    /// The provider's own page of the session, which shows the document; null without a session or a
    /// provider.
    async fn provider_url(&self, ctx: &Context<'_>) -> Option<String> {
        let identity = RequestContext::of(ctx).services.identity.as_ref()?;
        let Session { id, .. } = self.0.session.as_ref()?;
        Some(identity.page(id))
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.0.created_at_ms)
    }

    async fn decided_at(&self) -> Option<DateTime> {
        decided_at_ms(&self.0).map(timestamp)
    }

    async fn decided_by(&self) -> Option<IdentityDecider> {
        self.0.decided_by.map(Into::into)
    }

    /// Until when it counts, if it was approved.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at_ms.map(timestamp)
    }

    /// The administrator who decided last; null if none did, or once that account was erased.
    async fn operator(&self, ctx: &Context<'_>) -> Result<Option<UserNode>> {
        let ruling = self.0.ruling.as_ref();
        user(ctx, ruling.and_then(|ruling| ruling.by.as_ref())).await
    }

    /// Why that administrator decided so.
    async fn operator_note(&self) -> Option<&str> {
        self.0.ruling.as_ref().map(|ruling| ruling.note.as_str())
    }

    async fn operator_decided_at(&self) -> Option<DateTime> {
        let ruling = self.0.ruling.as_ref();
        ruling.map(|ruling| timestamp(ruling.at_ms))
    }
}

async fn user(ctx: &Context<'_>, id: Option<&UserId>) -> Result<Option<UserNode>> {
    let Some(id) = id else {
        return Ok(None);
    };
    let found = RequestContext::of(ctx).loader.load_one(id.clone()).await;
    Ok(found.map_err(failed)?.map(UserNode::from))
}

/// A page of checks of identities.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct IdentityCaseConnection {
    edges: Vec<IdentityCaseEdge>,
    page_info: PageInfo,
}

/// A check in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct IdentityCaseEdge {
    cursor: String,
    node: IdentityCaseNode,
}

impl IdentityCaseConnection {
    pub fn new(page: VerificationPage, has_previous_page: bool) -> Self {
        let edge = |item: Verification| IdentityCaseEdge {
            cursor: VerificationCursor::of(&item).encode(),
            node: IdentityCaseNode(item),
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
