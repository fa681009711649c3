//! What is shown of an account, as caches keep it: nothing that opens a door or decides about one. So the
//! identity check is not of it: offers admit guests by it.

use serde::{Deserialize, Serialize};

use super::account::{Account, Preferences};
use crate::{
    UserId,
    messages::settings::Switches,
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// A profile. Older and newer programs read each other's entries: a new field needs a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub id: UserId,
    pub email: String,
    pub email_verified_at_ms: Option<i64>,
    pub phone: Option<String>,
    pub phone_verified_at_ms: Option<i64>,
    pub first_name: String,
    pub last_name: String,
    pub avatar: Option<String>,
    pub preferences: Preferences,
    pub created_at_ms: i64,
}

impl Profile {
    /// A placeholder for an erased account, for those who still see its traces.
    pub fn nobody(id: UserId) -> Self {
        Account::nobody(id).into()
    }
}

impl From<Account> for Profile {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            email_verified_at_ms: account.email_verified_at_ms,
            phone: account.phone,
            phone_verified_at_ms: account.phone_verified_at_ms,
            first_name: account.first_name,
            last_name: account.last_name,
            avatar: account.avatar,
            // Which messages were switched off is read elsewhere.
            preferences: Preferences {
                switches: Switches::default(),
                ..account.preferences
            },
            created_at_ms: account.created_at_ms,
        }
    }
}

/// The purge of a change that caches have to hear of; it is stored together with the change.
pub fn purge_of_change(before: &Account, after: &Account) -> Option<PendingPurge> {
    let is_shown = Profile::from(before.clone()) != Profile::from(after.clone());
    is_shown.then(|| purge_of(&before.id))
}

/// The purge of an erasure. Neither its tag nor its actor is the user's id.
pub fn purge_of(user: &UserId) -> PendingPurge {
    PendingPurge {
        tags: vec![tags::user(user)],
        kind: PurgeKind::Hard,
        reason: "profile".to_owned(),
        actor: "account".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::{
        account::{PasswordHash, Role, Status},
        change::{AccountChange, ProfileEdit},
    };

    fn ana() -> Account {
        Account {
            email: "ana@example.fr".into(),
            status: Status::Active,
            password: PasswordHash::new("hash"),
            ..Account::nobody(UserId::derive("user", "ana"))
        }
    }

    #[test]
    fn a_profile_has_no_password_and_no_rights() {
        let text = serde_json::to_string(&Profile::from(ana())).unwrap();
        let text = text.to_lowercase();
        for word in [
            "password",
            "hash",
            "epoch",
            "role",
            "membership",
            "status\":\"active",
        ] {
            assert!(!text.contains(word), "{word} is in {text}");
        }
        let back: Profile =
            serde_json::from_str(&serde_json::to_string(&Profile::from(ana())).unwrap()).unwrap();
        assert_eq!(back, Profile::from(ana()));
    }

    #[test]
    fn what_is_shown_purges_and_the_rest_does_not() {
        let before = ana();
        let edit = AccountChange::Profile(Box::new(ProfileEdit {
            first_name: Some("Anne".into()),
            ..ProfileEdit::default()
        }));
        let purge = purge_of_change(&before, &edit.apply(&before, 9)).unwrap();
        assert_eq!(purge.tags, [tags::user(&before.id)]);
        assert!(!format!("{purge:?}").contains(before.id.as_str()));
        for hidden in [
            AccountChange::Role(Role::Admin, None),
            AccountChange::Password {
                epoch: 0,
                to: PasswordHash::new("other"),
            },
            AccountChange::EmailVerified("other@example.fr".into()),
        ] {
            assert_eq!(purge_of_change(&before, &hidden.apply(&before, 9)), None);
        }
    }
}
