//! What the job does with a check whose time has come.

use super::{
    notices::NewNotice,
    rules::{Case, Change, KEPT_MS, OPEN_MS, poll_wait_ms},
    verification::{State, Verification},
};
use crate::{messages::letter::IdentityOutcome, queue::NewTask, users::account::Status};

/// What becomes of a check that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is not due any more.
    Nothing,
    Change(Box<Change>),
    /// Its row goes, and this is left to do.
    Remove(Option<NewTask>),
}

/// A check that is due: the provider is asked whether it has decided, the person hears that the identity
/// ends soon, or it ends.
pub fn turn(case: Case<'_>, now_ms: i64) -> Turn {
    let this = case.this;
    if this.due_ms > now_ms {
        return Turn::Nothing;
    }
    let change = match this.state {
        State::Created => case.ended(State::Abandoned, now_ms),
        State::Open | State::Resubmission if this.changed_at_ms + OPEN_MS <= now_ms => {
            case.ended(State::Abandoned, now_ms)
        }
        State::Open | State::Resubmission => case.polled(now_ms),
        State::Approved if this.expires_at_ms.is_none_or(|until_ms| until_ms <= now_ms) => {
            case.ended(State::Lapsed, now_ms)
        }
        State::Approved => case.ends_soon(now_ms),
        State::Declined | State::Expired | State::Abandoned | State::Lapsed => {
            let session = this.session.as_ref();
            return Turn::Remove(
                session.map(|session| NewTask::of_forgotten_session(&session.id, now_ms)),
            );
        }
    };
    Turn::Change(Box::new(change))
}

impl Case<'_> {
    fn ended(self, state: State, now_ms: i64) -> Change {
        let mut after = Verification {
            state,
            reason: None,
            birth_year: None,
            due_ms: now_ms + KEPT_MS,
            changed_at_ms: now_ms,
            ..self.this.clone()
        };
        if let Some(session) = &mut after.session {
            session.url = None;
        }
        self.change(after, now_ms)
    }

    /// A report of the provider may have been lost: it is asked.
    fn polled(self, now_ms: i64) -> Change {
        let this = self.this;
        let look = NewTask::of_look(
            format!(
                "identity-poll:{}:{}:{}",
                this.id, this.changed_at_ms, this.polls
            ),
            this,
            now_ms,
        );
        let after = Verification {
            polls: this.polls.saturating_add(1),
            due_ms: now_ms + poll_wait_ms(this.polls.saturating_add(1)),
            ..this.clone()
        };
        let mut change = self.change(after, now_ms);
        change.tasks.push(look);
        change
    }

    fn ends_soon(self, now_ms: i64) -> Change {
        let this = self.this;
        let until_ms = this.expires_at_ms.unwrap_or(now_ms);
        let counts = self.is_newest() || self.carries();
        let hears = counts && self.account.status == Status::Active;
        let notice = hears.then(|| {
            let notice = NewNotice {
                verification: this.id.clone(),
                user: this.user.clone(),
                outcome: IdentityOutcome::Expiring,
                at_ms: until_ms,
            };
            notice.task(now_ms)
        });
        let after = Verification {
            due_ms: until_ms,
            ..this.clone()
        };
        let mut change = self.change(after, now_ms);
        change.tasks.extend(notice);
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        VerificationId,
        identity::{
            rules::{FIRST_POLL_MS, RENEWED_BEFORE_MS, STARTED_WITHIN_MS},
            samples::{NOW_MS, account, verification},
        },
        users::account::{Identity, IdentityStatus},
    };

    fn of(this: &Verification, now_ms: i64) -> Turn {
        let mut account = account();
        account.identity.status = this.state.status();
        let all = [this.clone()];
        let case = Case {
            account: &account,
            all: &all,
            this,
        };
        turn(case, now_ms)
    }

    fn change(turn: Turn) -> Change {
        match turn {
            Turn::Change(change) => *change,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_provider_that_is_silent_is_asked_less_and_less_often() {
        let mut this = verification(State::Open);
        this.due_ms = NOW_MS + FIRST_POLL_MS;
        assert_eq!(of(&this, this.due_ms - 1), Turn::Nothing);
        let (mut keys, mut asked) = (std::collections::HashSet::new(), 0);
        loop {
            let now_ms = this.due_ms;
            let after = change(of(&this, now_ms));
            if after.verification.state == State::Abandoned {
                assert!(now_ms - NOW_MS >= OPEN_MS);
                assert_eq!(after.verification.session.unwrap().url, None);
                break;
            }
            assert_eq!(after.tasks.len(), 1);
            assert!(keys.insert(after.tasks[0].key.clone()));
            assert!(after.verification.due_ms - now_ms >= FIRST_POLL_MS);
            this = after.verification;
            asked += 1;
        }
        assert!((20..50).contains(&asked), "{asked}");
    }

    #[test]
    fn a_check_without_a_session_is_given_up() {
        let mut this = verification(State::Created);
        this.due_ms = NOW_MS + STARTED_WITHIN_MS;
        let after = change(of(&this, this.due_ms));
        assert_eq!(after.verification.state, State::Abandoned);
        let identity = after.identity.map(|identity| identity.status);
        assert_eq!(identity, Some(IdentityStatus::NotSubmitted));
    }

    #[test]
    fn an_identity_is_announced_to_end_and_ends() {
        let mut this = verification(State::Approved);
        let until_ms = NOW_MS + 2 * RENEWED_BEFORE_MS;
        (this.expires_at_ms, this.birth_year) = (Some(until_ms), Some(1990));
        this.due_ms = until_ms - RENEWED_BEFORE_MS;
        let soon = change(of(&this, this.due_ms));
        assert_eq!(soon.verification.state, State::Approved);
        assert_eq!(soon.verification.due_ms, until_ms);
        assert!(soon.tasks[0].key.starts_with("identity_result:"));
        let over = change(of(&soon.verification, until_ms)).verification;
        assert_eq!((over.state, over.birth_year), (State::Lapsed, None));
        let gone = of(&over, until_ms + KEPT_MS);
        let Turn::Remove(Some(task)) = gone else {
            panic!("{gone:?}");
        };
        assert!(task.key.starts_with("identity-forget:"), "{}", task.key);
    }

    #[test]
    fn an_identity_ends_also_when_a_newer_check_was_never_finished() {
        let until_ms = NOW_MS + RENEWED_BEFORE_MS;
        let first = Verification {
            birth_year: Some(1990),
            expires_at_ms: Some(until_ms),
            ..verification(State::Approved)
        };
        let verified = Identity {
            status: IdentityStatus::Verified,
            until_ms: Some(until_ms),
            birth_year: Some(1990),
        };
        for (newer, status) in [
            (State::Open, IdentityStatus::Pending),
            (State::Abandoned, IdentityStatus::NotSubmitted),
        ] {
            let second = Verification {
                id: VerificationId::derive("verification", "2"),
                attempt: 2,
                ..verification(newer)
            };
            let mut account = account();
            account.identity = verified;
            let all = [first.clone(), second];
            let case = Case {
                account: &account,
                all: &all,
                this: &all[0],
            };
            let soon = change(turn(case, NOW_MS));
            assert_eq!((soon.identity, soon.tasks.len()), (None, 1), "{newer:?}");
            let over = change(turn(case, until_ms));
            let ended = Identity {
                status,
                until_ms: None,
                birth_year: None,
            };
            assert_eq!(over.identity, Some(ended), "{newer:?}");
        }
    }
}
