//! Which device somebody signs in from, as far as it says so: the program and the system of the
//! `User-Agent`, without versions, which change every few weeks. A device is known again by a keyed hash
//! of account and these words: a row tells neither, and not that two accounts have the same.
//!
//! Neither an address nor a place is looked at. Two devices that say the same of themselves are one.

use std::fmt;

use domain::UserId;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::keys::KeySet;

const PURPOSE: &str = "known devices";
/// The longest name of a program.
const MOST_CHARS: usize = 30;

/// Browsers by the word that names them. One names those that it descends from as well, so the first
/// word that is found counts.
const BROWSERS: [(&str, &str); 11] = [
    ("EdgiOS/", "Edge"),
    ("EdgA/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("Safari/", "Safari"),
];
/// Systems by the word that names them, the particular ones first.
const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("iOS", "iPhone"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Darwin", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// What a device is, in a few words such as `Chrome, Windows`; none if it does not say.
pub fn family(user_agent: &str) -> Option<String> {
    let is_browser = user_agent.starts_with("Mozilla/");
    let named = |table: &'static [(&str, &str)]| {
        let mut found = table.iter().filter(|(word, _)| user_agent.contains(word));
        found.next().map(|(_, name)| (*name).to_owned())
    };
    let program = if is_browser {
        named(&BROWSERS)
    } else {
        // An app names itself first: `Yousoon/2.3 (iPhone; iOS 17.4)`.
        let product = user_agent.split(['/', ' ', '(']).next().unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        let name: String = product.chars().filter(plain).take(MOST_CHARS).collect();
        (!name.is_empty()).then_some(name)
    };
    let parts: Vec<String> = [program, named(&SYSTEMS)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Makes the hashes.
#[derive(Clone)]
pub struct DeviceHashes {
    /// The first one is that of the key in use.
    secrets: Vec<[u8; 32]>,
}

impl fmt::Debug for DeviceHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceHashes(…)")
    }
}

impl DeviceHashes {
    pub fn new(keys: &KeySet) -> Self {
        Self {
            secrets: keys.derived_secrets(PURPOSE),
        }
    }

    /// The hashes of an account's device: under the key in use, and under those before it.
    pub fn of(&self, user: &UserId, family: Option<&str>) -> Vec<String> {
        let parts = [user.as_str(), family.unwrap_or_default()];
        let secrets = self.secrets.iter();
        secrets.map(|secret| hash(secret, parts)).collect()
    }
}

/// An HMAC of texts, each with its length before it.
fn hash(secret: &[u8; 32], parts: [&str; 2]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("an HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_its_program_and_system_without_versions() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/126.0.0.0 Safari/537.36",
                Some("Chrome, Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                Some("Edge, Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, \
                 like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
                Some("Safari, iPhone"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0",
                Some("Firefox, Mac"),
            ),
            ("Yousoon/2.3.1 (iPhone; iOS 17.4)", Some("Yousoon, iPhone")),
            (
                "Yousoon/3.0 (Android 15; Pixel 9)",
                Some("Yousoon, Android"),
            ),
            ("okhttp/4.12.0", Some("okhttp")),
            ("", None),
            ("(((", None),
        ] {
            assert_eq!(family(agent).as_deref(), expected, "{agent}");
        }
        let long = family(&"é<script>x".repeat(100)).unwrap();
        assert!(long.len() <= MOST_CHARS && !long.contains('<'), "{long}");
    }

    #[test]
    fn a_hash_is_of_one_account_device_and_key() {
        let (ana, ben) = (UserId::derive("user", "ana"), UserId::derive("user", "ben"));
        let hashes = DeviceHashes::new(&KeySet::for_development());
        let own = hashes.of(&ana, Some("Chrome, Windows"));
        assert_eq!((own.len(), own[0].len()), (1, 64));
        assert_eq!(hashes.of(&ana, Some("Chrome, Windows")), own);
        for other in [
            hashes.of(&ben, Some("Chrome, Windows")),
            hashes.of(&ana, Some("Chrome, Mac")),
            hashes.of(&ana, None),
            DeviceHashes::new(&KeySet::for_development()).of(&ana, Some("Chrome, Windows")),
        ] {
            assert_ne!(other, own);
        }
    }
}
