//! Whose role and status an operator may change. Backends read, call these rules, and write the result, in
//! one transaction.

use crate::users::account::{Account, Role, Status};

/// Whether somebody who administers now does not after the change, or after the erasure if there is no
/// `after`. A store refuses it for the last one: nobody could make another.
pub fn loses_administrator(before: &Account, after: Option<&Account>) -> bool {
    administers(before) && !after.is_some_and(administers)
}

fn administers(account: &Account) -> bool {
    account.role == Role::Admin && account.status == Status::Active
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserId;

    #[test]
    fn an_administrator_is_one_who_is_active() {
        let with = |role, status| Account {
            role,
            status,
            ..Account::nobody(UserId::derive("user", "ana"))
        };
        let admin = with(Role::Admin, Status::Active);
        for (before, after, expected) in [
            (&admin, None, true),
            (&admin, Some(with(Role::Admin, Status::Disabled)), true),
            (&admin, Some(with(Role::User, Status::Active)), true),
            (&admin, Some(admin.clone()), false),
            (&with(Role::Admin, Status::Disabled), None, false),
            (&with(Role::User, Status::Active), None, false),
        ] {
            assert_eq!(
                loses_administrator(before, after.as_ref()),
                expected,
                "{before:?} to {after:?}"
            );
        }
    }
}
