//! By which channels a person is told something, and where each reaches them.

use domain::{
    StoreError,
    messages::{
        kind::{Channel, Kind},
        letter::Letter,
    },
    notifications::inbox::Entry,
    queue::{NewTask, Task},
    users::account::Account,
};

use crate::composing::{Composed, Recipient, Sources};

impl Sources {
    /// Says a letter by one channel. Without one it finds the channels: each gets the task that `part`
    /// makes, and the inbox its entry.
    pub(crate) async fn tell(
        &self,
        task: &Task,
        (account, letter): (&Account, Letter),
        channel: Option<Channel>,
        now_ms: i64,
        part: impl Fn(Channel) -> NewTask,
    ) -> Result<Composed, StoreError> {
        if let Some(channel) = channel {
            return Ok(match self.reached(account, letter.kind(), channel).await? {
                Ok(to) => Composed::send(to, account.preferences.language, letter),
                Err(why) => Composed::Needless(why),
            });
        }
        let (mut tasks, mut entries) = (Vec::new(), Vec::new());
        for channel in self.channels(account, letter.kind()).await? {
            if channel == Channel::Inbox {
                let user = account.id.clone();
                entries.push(Entry::new(&task.key, user, &letter, now_ms));
            } else {
                tasks.push(part(channel));
            }
        }
        Ok(Composed::Divide(tasks, entries))
    }

    /// The channels by which a person is told: those that they want and that reach them. The inbox
    /// reaches everybody.
    pub(crate) async fn channels(
        &self,
        account: &Account,
        kind: Kind,
    ) -> Result<Vec<Channel>, StoreError> {
        let mut found = Vec::new();
        let wanted = |channel: &Channel| account.preferences.wants(kind, *channel);
        for channel in kind.channels().iter().copied().filter(wanted) {
            if channel == Channel::Inbox || self.recipient(account, channel).await?.is_some() {
                found.push(channel);
            }
        }
        Ok(found)
    }

    /// Where a channel reaches a person who wants it, or why nothing is sent.
    pub(crate) async fn reached(
        &self,
        account: &Account,
        kind: Kind,
        channel: Channel,
    ) -> Result<Result<Recipient, &'static str>, StoreError> {
        if !account.preferences.wants(kind, channel) {
            return Ok(Err("the person switched it off"));
        }
        let to = self.recipient(account, channel).await?;
        Ok(to.ok_or("the channel does not reach the person"))
    }

    /// Where a channel reaches a person. Only a proven address or number counts: anybody can sign up
    /// with one of somebody else, and book.
    async fn recipient(
        &self,
        account: &Account,
        channel: Channel,
    ) -> Result<Option<Recipient>, StoreError> {
        Ok(match channel {
            Channel::Email => account
                .email_verified_at_ms
                .map(|_| Recipient::Email(account.email.clone())),
            Channel::Sms => account
                .phone_verified_at_ms
                .and(account.phone.clone())
                .map(Recipient::Phone),
            Channel::Push => {
                let devices = self.notifications.devices(&account.id).await?;
                let names = devices.iter().map(|device| device.id.as_str().to_owned());
                let names: Vec<String> = names.collect();
                (!names.is_empty()).then_some(Recipient::Devices(names))
            }
            // Stored, and not sent.
            Channel::Inbox => None,
        })
    }
}
