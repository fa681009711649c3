//! Addresses and numbers that nothing is sent to: they bounced, or their owners want no messages.

use std::fmt;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::{
    kind::{Channel, Kind},
    provider::Outcome,
};
use crate::{StoreError, users::account::EmailKey, words::words};

words! {
    /// Why nothing is sent to an address.
    Barrier {
        /// It does not exist, or refuses all messages.
        Bounced = "bounced",
        /// Its owner called a message spam.
        Complained = "complained",
        /// Its owner wants no SMS.
        Stopped = "stopped",
    }
}

impl Barrier {
    /// For operators.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Bounced => "the address bounced",
            Self::Complained => "its owner called a message spam",
            Self::Stopped => "its owner wants no SMS",
        }
    }

    /// Whether a message of this kind is sent all the same: only what makes the address good again.
    pub fn lets_through(self, kind: Kind) -> bool {
        match self {
            Self::Bounced => {
                matches!(
                    kind,
                    Kind::VerifyEmail | Kind::PhoneCode | Kind::ChangeEmail
                )
            }
            Self::Complained => matches!(kind, Kind::VerifyEmail | Kind::ChangeEmail),
            Self::Stopped => false,
        }
    }
}

/// An address as it is stored here: its hash, without the differences that do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressHash(String);

impl AddressHash {
    pub fn of(address: &str) -> Self {
        let key = EmailKey::of(address.trim());
        Self(hex::encode(Sha256::digest(key.as_str().as_bytes())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// That an address can or cannot be reached from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub channel: Channel,
    pub address: AddressHash,
    /// None: it can be reached.
    pub barrier: Option<Barrier>,
    pub at_ms: i64,
}

impl Reach {
    /// What a provider's report says of addresses.
    pub fn of_report(outcome: &Outcome, at_ms: i64) -> Vec<Self> {
        let of = |channel, addresses: &[String], barrier| {
            let addresses = addresses.iter().map(|address| AddressHash::of(address));
            let all = addresses.map(|address| Self {
                channel,
                address,
                barrier,
                at_ms,
            });
            all.collect()
        };
        match outcome {
            Outcome::Bounced(addresses) => {
                of(channel_of(addresses), addresses, Some(Barrier::Bounced))
            }
            Outcome::Complained(addresses) => {
                of(channel_of(addresses), addresses, Some(Barrier::Complained))
            }
            Outcome::Stopped(number) => of(
                Channel::Sms,
                std::slice::from_ref(number),
                Some(Barrier::Stopped),
            ),
            Outcome::Started(number) => of(Channel::Sms, std::slice::from_ref(number), None),
            Outcome::Delivered | Outcome::NotDelivered(_) | Outcome::InvalidDevices(_) => {
                Vec::new()
            }
        }
    }
}

fn channel_of(addresses: &[String]) -> Channel {
    if addresses.iter().any(|address| address.contains('@')) {
        Channel::Email
    } else {
        Channel::Sms
    }
}

/// Which addresses can be reached, in a database.
#[async_trait]
pub trait ReachStore: fmt::Debug + Send + Sync {
    /// Notes it, unless something later is known: reports come in any order, and twice.
    async fn note(&self, reach: Reach) -> Result<(), StoreError>;

    /// Why an address cannot be reached; none if it can.
    async fn barrier(
        &self,
        channel: Channel,
        address: &AddressHash,
    ) -> Result<Option<Barrier>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_address_are_one() {
        let hash = AddressHash::of("Ana@Example.fr");
        assert_eq!(AddressHash::of(" ana@example.FR\n"), hash);
        assert_ne!(AddressHash::of("anb@example.fr"), hash);
        assert!(!hash.as_str().contains("ana"));
    }

    #[test]
    fn only_what_makes_an_address_good_again_passes() {
        let passing = |barrier: Barrier| {
            let kinds = Kind::ALL.iter().copied();
            let kinds = kinds.filter(|kind| barrier.lets_through(*kind));
            kinds.map(Kind::as_str).collect::<Vec<_>>()
        };
        let bounced = passing(Barrier::Bounced);
        assert_eq!(bounced, ["verify_email", "phone_code", "change_email"]);
        let complained = passing(Barrier::Complained);
        assert_eq!(complained, ["verify_email", "change_email"]);
        assert_eq!(passing(Barrier::Stopped), [""; 0]);
    }

    #[test]
    fn a_report_is_about_its_addresses() {
        let mails = ["a@b.fr".to_owned(), "c@d.fr".to_owned()].to_vec();
        let number = "+33600000001".to_owned();
        let said = |outcome: Outcome| {
            let all = Reach::of_report(&outcome, 7).into_iter();
            all.map(|reach| (reach.channel, reach.barrier))
                .collect::<Vec<_>>()
        };
        let bounced = (Channel::Email, Some(Barrier::Bounced));
        assert_eq!(said(Outcome::Bounced(mails.clone())), [bounced, bounced]);
        let complained = (Channel::Email, Some(Barrier::Complained));
        assert_eq!(said(Outcome::Complained(mails[..1].to_vec())), [complained]);
        let numbers = vec![number.clone()];
        let no_number = (Channel::Sms, Some(Barrier::Bounced));
        assert_eq!(said(Outcome::Bounced(numbers)), [no_number]);
        let stopped = (Channel::Sms, Some(Barrier::Stopped));
        assert_eq!(said(Outcome::Stopped(number.clone())), [stopped]);
        assert_eq!(said(Outcome::Started(number)), [(Channel::Sms, None)]);
        for nothing in [Outcome::Delivered, Outcome::NotDelivered(mails)] {
            assert_eq!(said(nothing), []);
        }
    }
}
