//! The devices from which somebody signed in to an account: another one is told to its owner.

use std::fmt;

use async_trait::async_trait;

use crate::{
    StoreError, UserId,
    messages::kind::Kind,
    queue::{NewTask, Work},
};

/// The maximum number of devices of an account: of more, those seen longest ago are forgotten.
pub const MOST: usize = 20;
/// How long a device is known after the last sign-in from it, in milliseconds.
pub const KEPT_MS: i64 = 400 * 86_400_000;
/// A sign-in from a device that was seen a shorter time ago stores nothing.
pub const SEEN_AGAIN_MS: i64 = 86_400_000;

/// A device as it is stored: a keyed hash of the account and of what the device calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    pub hash: String,
    pub seen_at_ms: i64,
}

/// A sign-in from a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    pub user: UserId,
    /// The device's hash under the key in use, and those under keys that were in use before.
    pub hashes: Vec<String>,
    /// What the device is, in a few words for its owner.
    pub device: Option<String>,
    pub now_ms: i64,
}

/// What a sign-in means for the known devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// The device is known and was seen lately.
    Known,
    /// To be stored, and those without a place to be removed.
    Seen { removed: Vec<String> },
    /// To be stored together with the task that tells the owner.
    New {
        task: Box<NewTask>,
        removed: Vec<String>,
    },
}

impl SignIn {
    /// The hash that is stored.
    pub fn hash(&self) -> &str {
        self.hashes.first().map_or("", String::as_str)
    }

    /// Decides, for every backend; `known` are the account's devices. The first device of an account is
    /// that of its owner, who has just registered.
    pub fn meet(&self, known: &[KnownDevice]) -> Meeting {
        let known: Vec<&KnownDevice> = known
            .iter()
            .filter(|known| known.seen_at_ms > self.now_ms - KEPT_MS)
            .collect();
        let lately = self.now_ms - SEEN_AGAIN_MS;
        let is_fresh =
            |known: &&&KnownDevice| known.hash == self.hash() && known.seen_at_ms > lately;
        if known.iter().any(|known| is_fresh(&known)) {
            return Meeting::Known;
        }
        let removed = self.removed(&known);
        let is_known = known.iter().any(|known| self.hashes.contains(&known.hash));
        if is_known || known.is_empty() {
            Meeting::Seen { removed }
        } else {
            Meeting::New {
                task: Box::new(self.task()),
                removed,
            }
        }
    }

    /// What has no place beside this device: its hashes under other keys, and what was seen longest ago.
    fn removed(&self, known: &[&KnownDevice]) -> Vec<String> {
        let mut others: Vec<&KnownDevice> = known
            .iter()
            .copied()
            .filter(|known| known.hash != self.hash())
            .collect();
        others.sort_by_key(|known| std::cmp::Reverse(known.seen_at_ms));
        let (same, others): (Vec<&KnownDevice>, Vec<&KnownDevice>) = others
            .into_iter()
            .partition(|known| self.hashes.contains(&known.hash));
        let surplus = others.into_iter().skip(MOST - 1);
        same.into_iter()
            .chain(surplus)
            .map(|known| known.hash.clone())
            .collect()
    }

    fn task(&self) -> NewTask {
        let kind = Kind::NewDevice;
        let start = self.hash().get(..16).unwrap_or(self.hash());
        NewTask {
            key: format!("{}:{}:{start}", kind.as_str(), self.user),
            lane: kind.lane(),
            work: Work::NewDevice {
                user: self.user.clone(),
                device: self.device.clone(),
                at_ms: self.now_ms,
                channel: None,
            },
            person: Some(self.user.clone()),
            created_at_ms: self.now_ms,
            due_at_ms: self.now_ms,
            expires_at_ms: kind.worth_until(self.now_ms, None),
        }
    }
}

/// The outcome of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Nobody is told.
    Known,
    /// The task that tells the owner is stored.
    New,
    /// There is no active account; nothing is stored.
    NoAccount,
}

/// The known devices in a database.
#[async_trait]
pub trait KnownDevices: fmt::Debug + Send + Sync {
    /// Stores what a sign-in means, as [`SignIn::meet`] decides, in one transaction.
    async fn meet(&self, sign_in: SignIn) -> Result<Met, StoreError>;

    /// Those of an account, last seen first.
    async fn of_user(&self, user: &UserId) -> Result<Vec<KnownDevice>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_000 * 86_400_000;

    fn sign_in(hashes: &[&str]) -> SignIn {
        SignIn {
            user: UserId::derive("user", "ana"),
            hashes: hashes.iter().map(|hash| (*hash).to_owned()).collect(),
            device: Some("Firefox, Linux".to_owned()),
            now_ms: NOW_MS,
        }
    }

    fn known(hash: &str, ago_ms: i64) -> KnownDevice {
        KnownDevice {
            hash: hash.to_owned(),
            seen_at_ms: NOW_MS - ago_ms,
        }
    }

    fn seen(removed: &[&str]) -> Meeting {
        let removed = removed.iter().map(|hash| (*hash).to_owned());
        Meeting::Seen {
            removed: removed.collect(),
        }
    }

    #[test]
    fn the_first_device_is_the_owners_and_the_next_one_is_told() {
        assert_eq!(sign_in(&["a"]).meet(&[]), seen(&[]));
        // All that was known was too long ago.
        assert_eq!(sign_in(&["a"]).meet(&[known("b", KEPT_MS)]), seen(&[]));
        let Meeting::New { task, removed } = sign_in(&["a"]).meet(&[known("b", 1)]) else {
            panic!("a new device");
        };
        assert!(removed.is_empty());
        assert_eq!(task.person, Some(UserId::derive("user", "ana")));
        assert!(task.key.starts_with("new_device:"), "{}", task.key);
    }

    #[test]
    fn a_known_device_is_stored_again_once_a_day() {
        assert_eq!(sign_in(&["a"]).meet(&[known("a", 1)]), Meeting::Known);
        assert_eq!(
            sign_in(&["a"]).meet(&[known("a", SEEN_AGAIN_MS)]),
            seen(&[])
        );
    }

    #[test]
    fn a_device_is_known_under_a_key_that_was_replaced_and_moves_to_the_new_one() {
        let meeting = sign_in(&["new", "old"]).meet(&[known("old", 1), known("b", 1)]);
        assert_eq!(meeting, seen(&["old"]));
    }

    #[test]
    fn of_too_many_devices_the_ones_seen_longest_ago_go() {
        let ago = |n: usize| i64::try_from(n).unwrap() + 2;
        let all: Vec<_> = (0..=MOST).map(|n| known(&n.to_string(), ago(n))).collect();
        let Meeting::New { removed, .. } = sign_in(&["a"]).meet(&all) else {
            panic!("a new device");
        };
        assert_eq!(removed, [(MOST - 1).to_string(), MOST.to_string()]);
    }
}
