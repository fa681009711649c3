//! Devices and entries of the inbox.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use domain::{
    error_chain::chain,
    messages::kind::{self, Channel},
    notifications::{
        device::{self, Device},
        inbox::{Entry, InboxCursor},
        store::InboxPage,
    },
    sentence::Language,
    users::account::Preferences,
};
use templates::{Rendered, ShortText};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        page::PageInfo,
    },
    request::{context::RequestContext, errors::failed},
    services::Services,
};

/// The system of a device that gets pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "device::Platform")]
pub enum DevicePlatform {
    Ios,
    Android,
    Web,
}

/// A device that gets push notifications.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Device")]
pub struct DeviceNode {
    id: ID,
    platform: DevicePlatform,
    created_at: DateTime,
    last_seen_at: DateTime,
}

impl From<Device> for DeviceNode {
    fn from(device: Device) -> Self {
        Self {
            id: device.id.as_str().into(),
            platform: device.platform.into(),
            created_at: timestamp(device.created_at_ms),
            last_seen_at: timestamp(device.seen_at_ms),
        }
    }
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "kind::Kind")]
pub enum NotificationKind {
    VerifyEmail,
    ResetPassword,
    PhoneCode,
    Invitation,
    NewDevice,
    BookingConfirmed,
    BookingToConfirm,
    BookingReminder,
    BookingCancelledByVenue,
    BookingExpired,
    FavouritePartnerOffer,
    FavouriteEndsSoon,
    IdentityResult,
    PaymentResult,
    PaymentDisputed,
    News,
    /// The day after a visit: what was it like?
    ReviewRequest,
    /// A partner has answered a review.
    ReviewReplied,
    /// A review was removed, and why.
    ReviewRemoved,
    /// An operator has decided about a partner: to its owners.
    PartnerReviewed,
    /// An administrator has decided on a contest of a removal.
    ReviewContestAnswered,
    ChangeEmail,
    EmailChanged,
}

/// A way on which messages reach a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Channel")]
pub enum NotificationChannel {
    Email,
    Sms,
    Push,
    Inbox,
}

/// Whether a user gets messages of a kind by a channel.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "NotificationSetting")]
pub struct SettingNode {
    kind: NotificationKind,
    channel: NotificationChannel,
    enabled: bool,
    /// False for messages that are always sent.
    can_change: bool,
    /// Whether it can be switched on only by users who agreed to news on this channel.
    needs_consent: bool,
}

impl SettingNode {
    pub fn of(preferences: &Preferences, kind: kind::Kind, channel: Channel) -> Self {
        Self {
            kind: kind.into(),
            channel: channel.into(),
            enabled: preferences.wants(kind, channel),
            can_change: kind.can_be_switched_off(),
            needs_consent: kind.needs_consent(channel),
        }
    }
}

/// An entry of the inbox, in the language that its reader chose.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Notification")]
pub struct NotificationNode {
    id: ID,
    kind: NotificationKind,
    title: String,
    body: String,
    /// What it opens: a page of the site, which the app opens where it is installed.
    link: Option<String>,
    created_at: DateTime,
    /// Null until it is marked as read.
    read_at: Option<DateTime>,
}

impl NotificationNode {
    /// None if another version of the program stored what this one cannot say.
    pub fn of(entry: &Entry, language: Language, services: &Services) -> Option<Self> {
        let letter = entry.letter()?;
        let links = &services.links;
        let rendered = services
            .templates
            .get()
            .render(&letter, language, Channel::Inbox, links);
        let ShortText { title, body, link } = match rendered {
            Ok(Rendered::Inbox(text)) => text,
            Ok(_) => return None,
            Err(error) => {
                tracing::warn!(error = chain(&error), "an entry of an inbox has no text");
                return None;
            }
        };
        Some(Self {
            id: entry.id.as_str().into(),
            kind: letter.kind().into(),
            title,
            body,
            link,
            created_at: timestamp(entry.at_ms),
            read_at: entry.read_at_ms.map(timestamp),
        })
    }
}

/// A page of an inbox.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(
    complex,
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
pub struct NotificationConnection {
    edges: Vec<NotificationEdge>,
    page_info: PageInfo,
}

#[ComplexObject]
impl NotificationConnection {
    /// How many entries of the whole inbox are not marked as read.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        unread(RequestContext::of(ctx)).await
    }
}

/// An entry of an inbox.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct NotificationEdge {
    cursor: String,
    node: NotificationNode,
}

impl NotificationConnection {
    pub fn new(
        page: &InboxPage,
        language: Language,
        services: &Services,
        has_previous_page: bool,
    ) -> Self {
        let edges = page.items.iter().filter_map(|entry| {
            let node = NotificationNode::of(entry, language, services)?;
            let cursor = InboxCursor::of(entry).encode();
            Some(NotificationEdge { cursor, node })
        });
        let edges: Vec<_> = edges.collect();
        // The page goes on after its last entry, also if that one has no text here.
        let last = page.items.last();
        let end_cursor = last.map(|entry| InboxCursor::of(entry).encode());
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                end_cursor,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}

/// How many entries the signed-in user has not read.
pub async fn unread(request: &RequestContext) -> Result<i32> {
    let notifications = &request.services.notifications;
    let count = notifications.unread(&request.signed_in()?.id).await;
    Ok(i32::try_from(count.map_err(failed)?).unwrap_or(i32::MAX))
}
