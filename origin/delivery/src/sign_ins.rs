//! What the owner of an account is told of a sign-in from a new device.

use domain::{
    StoreError, UserId,
    messages::{
        kind::Channel,
        letter::{Letter, NewDevice},
    },
    queue::{NewTask, Task, Work},
    users::account::Account,
};

use crate::composing::{Composed, NO_ACCOUNT, Sources};

/// Who signed in, from what, and when.
pub(crate) struct SignIn<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) device: Option<&'a str>,
    pub(crate) at_ms: i64,
}

impl SignIn<'_> {
    fn letter(&self, account: &Account) -> Letter {
        Letter::NewDevice(NewDevice {
            first_name: account.first_name.clone(),
            device: self.device.map(str::to_owned),
            signed_in_at_ms: self.at_ms,
        })
    }

    /// The task that tells it by one channel; `first` is the task that found the channel.
    fn task(&self, first: &Task, channel: Channel, now_ms: i64) -> NewTask {
        let key = format!("{}:{}", first.key, channel.as_str());
        let work = Work::NewDevice {
            user: self.user.clone(),
            device: self.device.map(str::to_owned),
            at_ms: self.at_ms,
            channel: Some(channel),
        };
        NewTask::part_of(first, key, Some(self.user), work, now_ms)
    }
}

impl Sources {
    /// Finds the channels by which a sign-in is told, or says it by one.
    pub(crate) async fn sign_in(
        &self,
        task: &Task,
        sign_in: SignIn<'_>,
        channel: Option<Channel>,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let Some(account) = self.active(sign_in.user).await? else {
            return Ok(Composed::Needless(NO_ACCOUNT));
        };
        let letter = sign_in.letter(&account);
        let part = |channel| sign_in.task(task, channel, now_ms);
        self.tell(task, (&account, letter), channel, now_ms, part)
            .await
    }
}
