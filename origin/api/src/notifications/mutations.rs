//! Mutations of devices and of the inbox.

use async_graphql::{Context, Error, ID, InputObject, Object, Result};
use domain::{
    NotificationId,
    notifications::{
        codes::DEVICE_INVALID,
        device::DeviceId,
        inbox::MOST_ENTRIES,
        store::{Marked, Registered},
    },
    sentence::Sentence,
};
use pq_core::ErrorCode;

use crate::{
    nodes::notification::{DeviceNode, DevicePlatform, unread},
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

fn too_many() -> Error {
    refused(
        ErrorCode::BAD_USER_INPUT,
        Sentence::with(
            format!("`ids` : au plus {MOST_ENTRIES}"),
            format!("`ids` has at most {MOST_ENTRIES}"),
        ),
    )
}
