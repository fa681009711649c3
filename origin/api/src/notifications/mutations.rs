//! Mutations of devices, of the inbox and of its settings.

use async_graphql::{Context, Error, ID, InputObject, Object, Result};
use domain::{
    NotificationId,
    messages::{
        kind::{Channel, Kind},
        settings::{Switch, SwitchRefusal},
    },
    notifications::{
        codes::{
            DEVICE_INVALID, NEWS_CONSENT_MISSING, NOTIFICATION_CHANNEL_UNAVAILABLE,
            NOTIFICATION_MANDATORY,
        },
        device::DeviceId,
        inbox::MOST_ENTRIES,
        store::{Marked, Registered},
    },
    sentence::Sentence,
    users::{change::AccountChange, store::Changed},
};
use pq_core::ErrorCode;

use crate::{
    nodes::notification::{
        DeviceNode, DevicePlatform, NotificationChannel, NotificationKind, SettingNode, unread,
    },
    request::{
        attempts::{Attempt, count_attempt},
        context::{RequestContext, gone},
        errors::{failed, refused},
    },
};

/// The device on which the app runs.
#[derive(Clone, Debug, InputObject)]
pub struct DeviceInput {
    /// The subscription id that the push provider's library gives; 16 to 200 letters, digits and
    /// `-_.:`.
    id: ID,
    platform: DevicePlatform,
}

#[derive(Debug, Default)]
pub struct NotificationMutations;

#[Object]
impl NotificationMutations {
    /// Registers a device for push notifications; apps call it at each start. A device that another
    /// account registered moves to this one. Of more than ten, those seen longest ago go.
    async fn register_device(&self, ctx: &Context<'_>, input: DeviceInput) -> Result<DeviceNode> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let id = DeviceId::parse(&input.id).ok_or_else(no_device)?;
        count_attempt(request, Attempt::RegisterDevice(user)).await?;
        let notifications = &request.services.notifications;
        let platform = input.platform.into();
        let registered = notifications.register(user, &id, platform, request.now_ms);
        match registered.await.map_err(failed)? {
            Registered::Done(device) => Ok(device.into()),
            Registered::NoAccount => Err(gone()),
        }
    }

    /// Stops push notifications to a device of the user, such as when they sign out there. False if
    /// it was not registered for this account.
    async fn remove_device(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let Some(id) = DeviceId::parse(&id) else {
            return Ok(false);
        };
        let removed = request.services.notifications.remove_device(user, &id);
        removed.await.map_err(failed)
    }

    /// Switches messages of a kind on or off for a channel.
    async fn set_notification(
        &self,
        ctx: &Context<'_>,
        kind: NotificationKind,
        channel: NotificationChannel,
        enabled: bool,
    ) -> Result<SettingNode> {
        let request = RequestContext::of(ctx);
        let account = request.account().await?;
        let (kind, channel): (Kind, Channel) = (kind.into(), channel.into());
        let switch = Switch {
            kind,
            channel,
            enabled,
        };
        let agreed = account.preferences.agreed_to_news(channel);
        let change = AccountChange::Switch(switch.check(agreed).map_err(no_switch)?);
        let users = &request.services.users;
        let changed = users.change(&account.id, change, request.now_ms).await;
        match changed.map_err(failed)? {
            Changed::Done(account) => Ok(SettingNode::of(&account.preferences, kind, channel)),
            // Neither its number nor its team has changed.
            Changed::NotFound
            | Changed::PhoneTaken
            | Changed::EmailTaken
            | Changed::LastOwner(_) => Err(gone()),
        }
    }

    /// Marks entries of the inbox as read, all if no ids are given. Returns how many are still
    /// unread.
    async fn mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 200.")] ids: Option<Vec<ID>>,
    ) -> Result<i32> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let which = match ids {
            None => Marked::All,
            Some(ids) if ids.len() > MOST_ENTRIES => return Err(too_many()),
            // What is no id is no entry's either.
            Some(ids) => Marked::These(
                ids.iter()
                    .filter_map(|id| NotificationId::parse(id))
                    .collect(),
            ),
        };
        let notifications = &request.services.notifications;
        let marked = notifications.mark_read(user, &which, request.now_ms);
        marked.await.map_err(failed)?;
        unread(request).await
    }
}

fn no_device() -> Error {
    refused(
        DEVICE_INVALID,
        Sentence::new(
            "cet identifiant n’est pas celui d’un appareil",
            "this is not the id of a device",
        ),
    )
}

fn no_switch(refusal: SwitchRefusal) -> Error {
    let (code, sentence) = match refusal {
        SwitchRefusal::Mandatory => (
            NOTIFICATION_MANDATORY,
            Sentence::new(
                "ces messages ne peuvent pas être désactivés",
                "these messages cannot be switched off",
            ),
        ),
        SwitchRefusal::NoSuchChannel => (
            NOTIFICATION_CHANNEL_UNAVAILABLE,
            Sentence::new(
                "ces messages ne sont pas envoyés par ce canal",
                "these messages are not sent by this channel",
            ),
        ),
        SwitchRefusal::NoConsent => (
            NEWS_CONSENT_MISSING,
            Sentence::new(
                "il faut d’abord accepter de recevoir des nouvelles par ce canal",
                "the user has to agree to news on this channel first",
            ),
        ),
    };
    refused(code, sentence)
}

fn too_many() -> Error {
    refused(
        ErrorCode::BAD_USER_INPUT,
        Sentence::with(
            format!("`ids` : au plus {MOST_ENTRIES}"),
            format!("`ids` has at most {MOST_ENTRIES}"),
        ),
    )
}
