//! A device that gets push notifications.

use crate::{UserId, words::words};

/// A person has at most so many; one more takes the place of the one that was seen longest ago.
pub const MOST_DEVICES: usize = 10;

words! {
    Platform { Ios = "ios", Android = "android", Web = "web" }
}

/// The push provider's name of a device. Only its owner is shown it: a stranger who knows it can take
/// the device over, by registering it for an account of theirs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// Of 16 to 200 letters, digits and `-_.:`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_good = (16..=200).contains(&text.len()) && text.bytes().all(is_known);
        is_good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub user: UserId,
    pub platform: Platform,
    /// When this account registered it first.
    pub created_at_ms: i64,
    /// When this account registered it last.
    pub seen_at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_providers_give() {
        for good in ["0c4a9f0e-7d2b-4a55-9f5e-1b2c3d4e5f60", &"x".repeat(200)] {
            assert_eq!(DeviceId::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "short",
            &"x".repeat(201),
            "0c4a9f0e 7d2b 4a55",
            "0c4a9f0e-7d2b-4a55-é",
        ] {
            assert_eq!(DeviceId::parse(bad), None, "{bad}");
        }
    }
}
