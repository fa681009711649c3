//! Decides what a change does to an account, once for all backends: they read, call this, and write
//! the result.

use super::{
    account::{Account, EmailKey, Identity, PasswordHash, Preferences, Role, Status},
    membership::{Membership, Memberships, NewPost},
};
use crate::{EstablishmentId, PartnerId, messages::settings::Switch};

/// One change of an account; its values are valid by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    Profile(Box<ProfileEdit>),
    /// A new password; signs out all sessions, because somebody may have known the old one. Applies
    /// only in the epoch in which the user proved who they are: of two who prove it with the same
    /// old password, one sets the new one.
    Password {
        epoch: i64,
        to: PasswordHash,
    },
    /// The same password, rehashed at the current bcrypt cost.
    Rehash {
        from: PasswordHash,
        to: PasswordHash,
    },
    /// The address was verified; applies only if the account still has this address.
    EmailVerified(String),
    /// Another address, which was just proven; applies only in the epoch in which it was asked for, and
    /// begins the next one: whoever is signed in signs in again.
    Email {
        epoch: i64,
        to: String,
    },
    /// The address that the account had before, because its owner did not change it. Signs out all
    /// sessions, and nobody knows the new password: a link to that address sets another.
    UndoEmail {
        to: String,
        password: PasswordHash,
    },
    /// The number was verified; applies only if the account still has this number.
    PhoneVerified(String),
    /// Enables or disables the account; a disabled user is signed out.
    Status(Status),
    /// Makes the user a member of this team besides others, in place of the membership there; without one
    /// the user leaves all teams.
    Role(Role, Option<Membership>),
    /// Makes the user an administrator; any other role takes that away, and leaves what the team gives.
    Administrator(Role),
    /// Makes the user a member of a partner's team; existing memberships stay. Administrators
    /// keep their role.
    Join(Membership),
    /// Changes or removes the user's post at this partner; applies only if the user still works for
    /// it.
    Post(PartnerId, Option<NewPost>),
    /// The establishment was archived: nobody works there any more.
    PlaceArchived(EstablishmentId),
    Identity(Identity),
    /// Switches messages of a kind on or off for a channel.
    Switch(Switch),
}

/// An edit of the profile; unset fields keep their value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileEdit {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// A new number must be verified again.
    pub phone: Option<Option<String>>,
    pub avatar: Option<Option<String>>,
    pub preferences: Option<Preferences>,
}

impl AccountChange {
    /// The account after the change; unchanged when the change does not apply (any more).
    #[must_use]
    pub fn apply(&self, before: &Account, now_ms: i64) -> Account {
        let mut after = before.clone();
        match self {
            Self::Profile(edit) => edit.apply(&mut after),
            Self::Password { epoch, to } if after.epoch == *epoch => {
                after.password = to.clone();
                after.epoch += 1;
            }
            Self::Rehash { from, to } if after.password == *from => after.password = to.clone(),
            Self::EmailVerified(email) if after.email == *email => {
                after.email_verified_at_ms.get_or_insert(now_ms);
            }
            Self::Email { epoch, to } if after.epoch == *epoch => move_to(&mut after, to, now_ms),
            Self::UndoEmail { to, password } if after.email_key() != EmailKey::of(to) => {
                move_to(&mut after, to, now_ms);
                after.password = password.clone();
            }
            Self::PhoneVerified(phone) if after.phone.as_ref() == Some(phone) => {
                after.phone_verified_at_ms.get_or_insert(now_ms);
            }
            Self::Password { .. }
            | Self::Rehash { .. }
            | Self::EmailVerified(_)
            | Self::Email { .. }
            | Self::UndoEmail { .. }
            | Self::PhoneVerified(_) => {}
            Self::Status(status) => {
                if before.status == Status::Active && *status == Status::Disabled {
                    after.epoch += 1;
                }
                after.status = *status;
            }
            Self::Role(role, membership) => {
                after.role = *role;
                match membership {
                    Some(membership) => after.memberships.put(membership.clone()),
                    None => after.memberships = Memberships::NONE,
                }
            }
            Self::Administrator(role) => {
                after.role = match (role, after.memberships.is_empty()) {
                    (Role::Admin, _) => Role::Admin,
                    (Role::User | Role::Partner, false) => Role::Partner,
                    (Role::User | Role::Partner, true) => Role::User,
                };
            }
            Self::Join(membership) => {
                after.memberships.join(membership.clone());
                after.role = after.role.max(Role::Partner);
            }
            Self::Post(partner, Some(new)) => after.memberships.set_post(partner, new),
            Self::Post(partner, None) => leave(&mut after, partner),
            Self::PlaceArchived(place) => after.memberships.leave_place(place),
            Self::Identity(identity) => after.identity = *identity,
            Self::Switch(switch) => after.preferences.switches.set(*switch),
        }
        if after != *before {
            after.updated_at_ms = now_ms;
        }
        after
    }
}

/// Gives an account another address, whose owner has just proven to be there.
fn move_to(account: &mut Account, email: &str, now_ms: i64) {
    email.clone_into(&mut account.email);
    account.email_verified_at_ms = Some(now_ms);
    account.epoch += 1;
}

fn leave(account: &mut Account, partner: &PartnerId) {
    account.memberships.leave(partner);
    if account.memberships.is_empty() && account.role == Role::Partner {
        account.role = Role::User;
    }
}

impl ProfileEdit {
    fn apply(&self, account: &mut Account) {
        let Self {
            first_name,
            last_name,
            phone,
            avatar,
            preferences,
        } = self;
        if let Some(name) = first_name {
            account.first_name.clone_from(name);
        }
        if let Some(name) = last_name {
            account.last_name.clone_from(name);
        }
        if let Some(phone) = phone
            && account.phone != *phone
        {
            account.phone.clone_from(phone);
            account.phone_verified_at_ms = None;
        }
        if let Some(avatar) = avatar {
            account.avatar.clone_from(avatar);
        }
        if let Some(preferences) = preferences {
            // The profile's form does not show which messages were switched off.
            let switches = std::mem::take(&mut account.preferences.switches);
            account.preferences = Preferences {
                switches,
                ..preferences.clone()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        UserId,
        messages::kind::{Channel, Kind},
    };

    fn account() -> Account {
        Account {
            id: UserId::derive("user", "a"),
            email: "a@example.fr".into(),
            email_verified_at_ms: None,
            phone: Some("+33600000001".into()),
            phone_verified_at_ms: Some(1),
            first_name: "Ana".into(),
            last_name: "Petit".into(),
            avatar: None,
            preferences: Preferences::default(),
            identity: Identity::default(),
            role: Role::User,
            memberships: Memberships::NONE,
            status: Status::Active,
            password: PasswordHash::new("old"),
            epoch: 0,
            created_at_ms: 1,
            updated_at_ms: 1,
        }
    }

    fn password(epoch: i64, to: &str) -> AccountChange {
        AccountChange::Password {
            epoch,
            to: PasswordHash::new(to),
        }
    }

    #[test]
    fn what_was_switched_off_stays_so_when_the_profile_is_edited() {
        let switch = Switch {
            kind: Kind::BookingConfirmed,
            channel: Channel::Email,
            enabled: false,
        };
        let switched = AccountChange::Switch(switch).apply(&account(), 5);
        let wants = |of: &Account| of.preferences.wants(switch.kind, switch.channel);
        assert!(wants(&account()) && !wants(&switched));
        let edit = ProfileEdit {
            preferences: Some(Preferences {
                news_by_email: true,
                ..Preferences::default()
            }),
            ..ProfileEdit::default()
        };
        let edited = AccountChange::Profile(Box::new(edit)).apply(&switched, 6);
        assert!(edited.preferences.news_by_email && !wants(&edited));
    }

    #[test]
    fn another_number_has_to_be_verified_again_and_the_same_does_not() {
        let edit = |phone: &str| {
            AccountChange::Profile(Box::new(ProfileEdit {
                phone: Some(Some(phone.to_owned())),
                ..ProfileEdit::default()
            }))
        };
        let same = edit("+33600000001").apply(&account(), 5);
        assert_eq!(same, account());
        let other = edit("+33600000002").apply(&account(), 5);
        assert_eq!((other.phone_verified_at_ms, other.updated_at_ms), (None, 5));
    }

    #[test]
    fn what_was_verified_counts_for_what_it_was_verified_of_only() {
        let verified = AccountChange::EmailVerified("a@example.fr".into()).apply(&account(), 5);
        assert_eq!(verified.email_verified_at_ms, Some(5));
        let other = AccountChange::EmailVerified("b@example.fr".into()).apply(&account(), 5);
        assert_eq!(other, account());
        let mut unverified = account();
        unverified.phone_verified_at_ms = None;
        let other = AccountChange::PhoneVerified("+33600000009".into()).apply(&unverified, 5);
        assert_eq!(other, unverified);
    }

    #[test]
    fn a_new_password_and_a_disabled_account_sign_everybody_out() {
        let new = password(0, "new").apply(&account(), 5);
        assert_eq!(new.epoch, 1);
        let disabled = AccountChange::Status(Status::Disabled).apply(&account(), 6);
        assert_eq!(disabled.epoch, 1);
        let twice = AccountChange::Status(Status::Disabled).apply(&disabled, 7);
        assert_eq!(twice, disabled);
        let again = AccountChange::Status(Status::Active).apply(&disabled, 7);
        assert_eq!(again.epoch, 1);
    }

    #[test]
    fn a_password_is_set_only_in_the_epoch_in_which_it_was_allowed() {
        let new = password(0, "new").apply(&account(), 5);
        assert_eq!(password(0, "another").apply(&new, 6), new);
        assert_eq!(password(1, "another").apply(&new, 6).epoch, 2);
    }

    #[test]
    fn a_rehash_does_not_undo_a_new_password() {
        let rehash = AccountChange::Rehash {
            from: PasswordHash::new("old"),
            to: PasswordHash::new("old, dearer"),
        };
        let rehashed = rehash.apply(&account(), 5);
        assert_eq!(rehashed.password, PasswordHash::new("old, dearer"));
        assert_eq!(rehashed.epoch, 0);
        let changed = password(0, "new").apply(&account(), 5);
        assert_eq!(rehash.apply(&changed, 6), changed);
    }
}
