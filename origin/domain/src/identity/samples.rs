//! Sample account and check for the tests of identity.

use super::verification::{Session, SessionId, SessionUrl, State, Verification};
use crate::{
    UserId, VerificationId,
    users::account::{Account, Status},
};

/// 1 June 2026, 12:00 UTC, in milliseconds.
pub const NOW_MS: i64 = 1_780_315_200_000;

/// An active account with a verified address.
pub fn account() -> Account {
    Account {
        email: "ana@example.fr".into(),
        email_verified_at_ms: Some(1),
        first_name: "Ana".into(),
        last_name: "Petit".into(),
        status: Status::Active,
        ..Account::nobody(UserId::derive("user", "ana"))
    }
}

/// The account's first check.
pub fn verification(state: State) -> Verification {
    let url = SessionUrl::parse("https://magic.example/v/1").filter(|_| state.is_open());
    let session = SessionId::parse("12df6045-3846-3e45-946a-14fa6136d78b")
        .filter(|_| state != State::Created)
        .map(|id| Session { id, url });
    Verification {
        id: VerificationId::derive("verification", "1"),
        user: account().id,
        consent_version: "1".into(),
        attempt: 1,
        session,
        state,
        reason: None,
        birth_year: None,
        decided_at_ms: None,
        decided_by: None,
        ruling: None,
        expires_at_ms: None,
        polls: 0,
        due_ms: NOW_MS,
        created_at_ms: NOW_MS,
        changed_at_ms: NOW_MS,
    }
}
