//! Tokens of the links by which a person switches a kind of e-mail off without signing in (RFC 8058).
//!
//! A token names the account and the kind, and has an HMAC of both under a secret of the servers. It has
//! no end: a link works as long as the mail is kept, and as long as the private key that its secret was
//! derived from is in the set.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{UserId, messages::kind::Kind};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::keys::KeySet;

const PURPOSE: &str = "unsubscribing";

/// Makes and reads tokens.
#[derive(Clone)]
pub struct Unsubscribing {
    /// The first one signs.
    secrets: Vec<[u8; 32]>,
}

impl fmt::Debug for Unsubscribing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsubscribing(…)")
    }
}

impl Unsubscribing {
    pub fn new(keys: &KeySet) -> Self {
        Self {
            secrets: keys.derived_secrets(PURPOSE),
        }
    }

    /// The token by which this account switches this kind off. It needs no encoding in addresses.
    pub fn token(&self, user: &UserId, kind: Kind) -> String {
        let secret = self.secrets.first().copied().unwrap_or_default();
        let mac = URL_SAFE_NO_PAD.encode(mac(&secret, user, kind));
        format!("{user}.{}.{mac}", kind.as_str())
    }

    /// Whose token it is, and for which kind; none if no server made it, or for a kind that cannot be
    /// switched off.
    pub fn read(&self, token: &str) -> Option<(UserId, Kind)> {
        let mut parts = token.split('.');
        let (user, kind, given) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let user = UserId::parse(user)?;
        let kind = Kind::parse(kind).filter(|kind| kind.can_be_switched_off())?;
        let given = URL_SAFE_NO_PAD.decode(given).ok()?;
        let is_ours = |secret: &[u8; 32]| -> bool {
            let mac = mac(secret, &user, kind);
            mac.as_slice().ct_eq(&given).into()
        };
        self.secrets.iter().any(is_ours).then_some((user, kind))
    }
}

/// An HMAC of both, each with its length before it.
fn mac(secret: &[u8; 32], user: &UserId, kind: Kind) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("an HMAC takes keys of any length");
    for part in [PURPOSE, user.as_str(), kind.as_str()] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_account_and_kind_and_needs_no_encoding() {
        let tokens = Unsubscribing::new(&KeySet::for_development());
        let (ana, ben) = (UserId::derive("user", "ana"), UserId::derive("user", "ben"));
        let token = tokens.token(&ana, Kind::News);
        assert_eq!(tokens.read(&token), Some((ana.clone(), Kind::News)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        assert!(token.bytes().all(plain), "{token}");
        let (_, mac) = token.rsplit_once('.').unwrap();
        let others = [
            format!("{ben}.news.{mac}"),
            format!("{ana}.booking_reminder.{mac}"),
            format!("{ana}.news."),
            format!("{ana}.news.{}", &mac[1..]),
            format!("{token}.x"),
            format!("{ana}.news"),
            String::new(),
            ".".repeat(1_000),
            // Nobody can unsubscribe from codes, so not even our own key makes a link for that.
            tokens.token(&ana, Kind::VerifyEmail),
            Unsubscribing::new(&KeySet::for_development()).token(&ana, Kind::News),
        ];
        for other in others {
            assert_eq!(tokens.read(&other), None, "{other}");
        }
    }

    #[test]
    fn a_link_works_as_long_as_its_key_is_kept() {
        let (old, new) = (KeySet::for_development(), KeySet::for_development());
        let ana = UserId::derive("user", "ana");
        let token = Unsubscribing::new(&old).token(&ana, Kind::News);
        let rotated = Unsubscribing {
            secrets: [&new, &old]
                .iter()
                .flat_map(|keys| keys.derived_secrets(PURPOSE))
                .collect(),
        };
        assert!(rotated.read(&token).is_some());
        assert_ne!(rotated.token(&ana, Kind::News), token);
    }
}
