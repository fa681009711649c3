//! A user account as both backends store it.

use std::fmt;

pub use super::membership::{Membership, Memberships, Post};
use serde::{Deserialize, Serialize};

use crate::{
    Category, PartnerId, UserId,
    messages::{
        kind::{Channel, Kind},
        settings::Switches,
    },
    sentence::Language,
    texts::composed,
    words::words,
};

words! {
    /// The role of an account. Services have tokens, not accounts.
    Role { User = "user", Partner = "partner", Admin = "admin" }
}

words! {
    /// Whether the account may be used.
    Status { Active = "active", Disabled = "disabled" }
}

words! {
    /// The status of the identity document check. The identity block changes it.
    IdentityStatus {
        NotSubmitted = "not_submitted",
        Pending = "pending",
        Verified = "verified",
        Rejected = "rejected",
    }
}

/// What the check of an identity document left with the account: no document, no number, no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub status: IdentityStatus,
    /// Of a verified one: until when it counts.
    pub until_ms: Option<i64>,
    /// Of a verified one, if the document says it.
    pub birth_year: Option<i32>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            status: IdentityStatus::NotSubmitted,
            until_ms: None,
            birth_year: None,
        }
    }
}

impl Identity {
    /// The status at a moment: a job writes down that it has ended, later than it ends.
    pub fn status_at(&self, now_ms: i64) -> IdentityStatus {
        let is_over = self.until_ms.is_some_and(|until_ms| until_ms <= now_ms);
        if is_over && self.status == IdentityStatus::Verified {
            IdentityStatus::NotSubmitted
        } else {
            self.status
        }
    }
}

words! {
    /// What a consent is given for.
    Purpose {
        Terms = "terms",
        Marketing = "marketing",
        Location = "location",
        Analytics = "analytics",
    }
}

/// The preferences that a user chose in the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    pub language: Language,
    pub categories: Vec<Category>,
    /// Whether the user wants unsolicited news, one flag per channel.
    pub news_by_email: bool,
    pub news_by_push: bool,
    pub news_by_sms: bool,
    /// Which messages the user switched on or off.
    #[serde(default, skip_serializing_if = "Switches::is_empty")]
    pub switches: Switches,
}

impl Default for Preferences {
    /// Users receive no news before they opt in.
    fn default() -> Self {
        Self {
            language: Language::French,
            categories: Vec::new(),
            news_by_email: false,
            news_by_push: false,
            news_by_sms: false,
            switches: Switches::default(),
        }
    }
}

impl Preferences {
    /// Whether the user gets messages of this kind by this channel.
    pub fn wants(&self, kind: Kind, channel: Channel) -> bool {
        self.switches
            .wants(kind, channel, self.agreed_to_news(channel))
    }

    /// Whether the user agreed to news on this channel. An inbox needs no consent.
    pub const fn agreed_to_news(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.news_by_email,
            Channel::Push => self.news_by_push,
            Channel::Sms => self.news_by_sms,
            Channel::Inbox => true,
        }
    }
}

/// A bcrypt hash of a password. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn new(hash: impl Into<String>) -> Self {
        Self(hash.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// An e-mail address in the form in which it is unique: lower case, accents composed, and the domain
/// in its own letters, as UTS 46 maps them: `xn--` and full-width letters are spellings of the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailKey(String);

impl EmailKey {
    pub fn of(email: &str) -> Self {
        let email = composed(email);
        Self(match email.rsplit_once('@') {
            Some((name, domain)) => {
                let (domain, _) = idna::domain_to_unicode(domain);
                format!("{}@{domain}", name.to_lowercase())
            }
            None => email.to_lowercase(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    /// The address as the user typed it.
    pub email: String,
    pub email_verified_at_ms: Option<i64>,
    /// In E.164 form.
    pub phone: Option<String>,
    pub phone_verified_at_ms: Option<i64>,
    pub first_name: String,
    pub last_name: String,
    pub avatar: Option<String>,
    pub preferences: Preferences,
    pub identity: Identity,
    pub role: Role,
    pub memberships: Memberships,
    pub status: Status,
    pub password: PasswordHash,
    /// Counts the account's credentials: a new password, and disabling the account, begin the next
    /// epoch. Sessions and access tokens carry the epoch in which the user proved who they are, and
    /// are rejected in any other.
    pub epoch: i64,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}

impl Account {
    /// A placeholder for an erased account, for those who still see its traces.
    pub fn nobody(id: UserId) -> Self {
        Self {
            id,
            email: String::new(),
            email_verified_at_ms: None,
            phone: None,
            phone_verified_at_ms: None,
            first_name: String::new(),
            last_name: String::new(),
            avatar: None,
            preferences: Preferences::default(),
            identity: Identity::default(),
            role: Role::User,
            memberships: Memberships::NONE,
            status: Status::Disabled,
            password: PasswordHash::new(""),
            epoch: 0,
            created_at_ms: 0,
            updated_at_ms: 0,
        }
    }

    pub fn works_for(&self, partner: &PartnerId) -> bool {
        self.memberships.of(partner).is_some()
    }

    pub fn email_key(&self) -> EmailKey {
        EmailKey::of(&self.email)
    }

    /// The phone number that is verified in this state of the account, and was not in `before`.
    pub fn verifies(&self, before: &Self) -> Option<&str> {
        let phone = self.verified_phone()?;
        (before.verified_phone() != Some(phone)).then_some(phone)
    }

    fn verified_phone(&self) -> Option<&str> {
        self.phone_verified_at_ms.and(self.phone.as_deref())
    }

    pub fn standing(&self) -> Standing {
        Standing {
            role: self.role,
            memberships: self.memberships.clone(),
            status: self.status,
            epoch: self.epoch,
        }
    }
}

/// The part of an account that decides whether its tokens are accepted and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub role: Role,
    pub memberships: Memberships,
    pub status: Status,
    pub epoch: i64,
}

/// A consent that was given or withdrawn. Records are added, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub purpose: Purpose,
    /// The version of the text that the user saw.
    pub version: String,
    pub granted: bool,
    pub at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_are_one() {
        assert_eq!(
            EmailKey::of(" Zoé.ÉTÉ@Example.FR "),
            EmailKey::of("zoé.été@example.fr")
        );
        assert_ne!(
            EmailKey::of("zoe@example.fr"),
            EmailKey::of("zoé@example.fr")
        );
    }

    /// A sibling of C4: one address, one spelling.
    #[test]
    fn addresses_that_differ_in_encoding_are_one() {
        let plain = EmailKey::of("zoe@example.fr");
        for spelling in ["zoe@ｅxample.fr", "zoe@example。fr", "zoe@exam\u{ad}ple.fr"] {
            assert_eq!(EmailKey::of(spelling), plain, "{spelling}");
        }
        // Not as Greek is written, where the last sigma of a word has another form.
        assert_eq!(EmailKey::of("zoe@ΟΔΟΣ-Α.gr"), EmailKey::of("zoe@οδοσ-α.gr"));
        let composed = EmailKey::of("zoé@exämple.fr");
        for spelling in [
            "zoe\u{301}@exa\u{308}mple.fr",
            "Zoé@XN--EXMPLE-CUA.fr",
            "zoé@exämple.fr\n",
        ] {
            assert_eq!(EmailKey::of(spelling), composed, "{spelling}");
        }
        assert_eq!(EmailKey::of("zoé@exämple.fr").as_str(), "zoé@exämple.fr");
    }

    #[test]
    fn a_password_hash_is_not_printed() {
        assert_eq!(
            format!("{:?}", PasswordHash::new("$2b$04$secret")),
            "PasswordHash(…)"
        );
    }

    #[test]
    fn a_post_may_what_those_below_it_may() {
        assert!(Post::Staff < Post::Manager && Post::Manager < Post::Owner);
    }
}
