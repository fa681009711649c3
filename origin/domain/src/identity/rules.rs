//! What becomes of identity checks. A backend reads, calls these functions, and stores what they return, in
//! one transaction. Nothing here reads or writes, so every backend decides the same.

#[cfg(test)]
mod tests;

use super::{
    input::is_birth_year,
    notices::NewNotice,
    provider::{Started, Verdict},
    refusals::IdentityRefusal,
    verification::{Decider, Reason, Ruling, Session, State, Verification},
};
use crate::{
    Admission, UserId, VerificationId,
    messages::letter::IdentityOutcome,
    paris::Day,
    pending_purge::{PendingPurge, PurgeKind},
    queue::NewTask,
    tags,
    users::account::{Account, Identity, IdentityStatus, Status},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Checks that a user may begin within [`ATTEMPTS_WITHIN_MS`]: each costs money.
pub const MOST_ATTEMPTS: usize = 5;
pub const ATTEMPTS_WITHIN_MS: i64 = 30 * DAY_MS;
/// So long before the end of a verified identity the user hears of it, and may have it checked again.
pub const RENEWED_BEFORE_MS: i64 = 30 * DAY_MS;
/// A check for which the provider never answered is given up after this time.
pub const STARTED_WITHIN_MS: i64 = HOUR_MS;
/// When the provider is asked the first time without having reported something; each further time waits
/// twice as long.
pub const FIRST_POLL_MS: i64 = 5 * MINUTE_MS;
const LONGEST_POLL_MS: i64 = 12 * HOUR_MS;
/// A session is given up when the provider has decided nothing for so long: it ends them earlier.
pub const OPEN_MS: i64 = 14 * DAY_MS;
/// How long a check is kept after it ended. Then the provider is told to delete what it still has.
pub const KEPT_MS: i64 = 400 * DAY_MS;
/// The request for a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVerification {
    pub id: VerificationId,
    pub user: UserId,
    pub consent_version: String,
}

/// What an operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRuling {
    pub by: UserId,
    /// As audits name them.
    pub actor: String,
    pub verdict: RulingVerdict,
    /// Why: for other operators, and kept with the check.
    pub note: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RulingVerdict {
    Approve {
        birth_year: Option<i32>,
    },
    #[default]
    Decline,
}

/// What a backend stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub verification: Verification,
    /// What the account knows afterwards; none if it stays as it is.
    pub identity: Option<Identity>,
    pub tasks: Vec<NewTask>,
    pub purge: Option<PendingPurge>,
}

/// A check with what its change depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub account: &'a Account,
    /// All checks of the account, in any order.
    pub all: &'a [Verification],
    pub this: &'a Verification,
}

/// The same, as a backend reads it in a transaction.
#[derive(Clone, Debug)]
pub struct Found {
    pub account: Account,
    pub all: Vec<Verification>,
    pub this: Verification,
}

impl Found {
    pub fn case(&self) -> Case<'_> {
        Case {
            account: &self.account,
            all: &self.all,
            this: &self.this,
        }
    }
}

/// What a request for a check comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    Refused(IdentityRefusal),
    /// One is open already; nothing is stored.
    Before(Box<Verification>),
    Done(Box<Change>),
}

/// Begins a check, or leads back to the one that is open.
pub fn begin(
    account: &Account,
    all: &[Verification],
    new: &NewVerification,
    now_ms: i64,
) -> Beginning {
    if account.email_verified_at_ms.is_none() {
        return Beginning::Refused(IdentityRefusal::EmailNotVerified);
    }
    if let Some(open) = all.iter().find(|one| one.state.is_open()) {
        return again(account, all, open, now_ms);
    }
    let identity = &account.identity;
    let is_fresh = identity.status_at(now_ms) == IdentityStatus::Verified
        && identity
            .until_ms
            .is_none_or(|until_ms| until_ms - now_ms > RENEWED_BEFORE_MS);
    if is_fresh {
        return Beginning::Refused(IdentityRefusal::VerifiedAlready);
    }
    if attempts(all, now_ms) >= MOST_ATTEMPTS {
        return Beginning::Refused(IdentityRefusal::AttemptsReached);
    }
    let verification = Verification {
        id: new.id.clone(),
        user: new.user.clone(),
        consent_version: new.consent_version.clone(),
        attempt: all.iter().map(|one| one.attempt).max().unwrap_or(0) + 1,
        session: None,
        state: State::Created,
        reason: None,
        birth_year: None,
        decided_at_ms: None,
        decided_by: None,
        ruling: None,
        expires_at_ms: None,
        polls: 0,
        due_ms: now_ms + STARTED_WITHIN_MS,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
    };
    Beginning::Done(Box::new(Change {
        identity: known(&account.identity, &verification, now_ms),
        verification,
        tasks: Vec::new(),
        purge: None,
    }))
}

/// The person comes back to a check that is open. Where other pictures were asked for, it is pending again.
fn again(account: &Account, all: &[Verification], open: &Verification, now_ms: i64) -> Beginning {
    if open.state != State::Resubmission {
        return Beginning::Before(Box::new(open.clone()));
    }
    let after = Verification {
        state: State::Open,
        reason: None,
        polls: 0,
        due_ms: now_ms + FIRST_POLL_MS,
        changed_at_ms: now_ms,
        ..open.clone()
    };
    let case = Case {
        account,
        all,
        this: open,
    };
    Beginning::Done(Box::new(case.change(after, now_ms)))
}

/// How many checks were begun within [`ATTEMPTS_WITHIN_MS`]. One that ended without a session does not
/// count: it cost nothing, and a provider that was down must not lock anybody out.
pub fn attempts(all: &[Verification], now_ms: i64) -> usize {
    let since_ms = now_ms - ATTEMPTS_WITHIN_MS;
    all.iter()
        .filter(|one| one.created_at_ms > since_ms)
        .filter(|one| one.session.is_some() || one.state == State::Created)
        .count()
}

/// What the answer of the provider comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Stored with the check.
    Done(Box<Verification>),
    /// The check has a session of another request, or is over: the provider deletes this one.
    Before(Box<Verification>, NewTask),
    /// The account was erased meanwhile: the provider deletes this one.
    Gone(NewTask),
}

/// Gives a check the session that the provider began.
pub fn opened(this: Option<&Verification>, started: &Started, now_ms: i64) -> Opening {
    let forgotten = || NewTask::of_forgotten_session(&started.session, now_ms);
    match this {
        None => Opening::Gone(forgotten()),
        Some(this) if this.state == State::Created => Opening::Done(Box::new(Verification {
            session: Some(Session {
                id: started.session.clone(),
                url: Some(started.url.clone()),
            }),
            state: State::Open,
            due_ms: now_ms + FIRST_POLL_MS,
            changed_at_ms: now_ms,
            ..this.clone()
        })),
        Some(this) => Opening::Before(Box::new(this.clone()), forgotten()),
    }
}

/// Applies what the provider decided at `at_ms` by its clock. None if that changes nothing: a decision that
/// is older than the known one, of the provider or of an operator, does not. A decision without a time ends
/// an open check, and nothing else.
pub fn decided(
    case: Case<'_>,
    verdict: Verdict,
    at_ms: Option<i64>,
    valid_ms: i64,
    now_ms: i64,
) -> Option<Change> {
    let this = case.this;
    // A clock that is fast must not make later decisions look old.
    let at_ms = at_ms.map(|at_ms| at_ms.min(now_ms));
    let is_news = match (at_ms, this.decided_at_ms) {
        (Some(at_ms), Some(known_ms)) => at_ms > known_ms,
        (Some(_), None) => true,
        (None, _) => this.state.is_open(),
    };
    if !is_news {
        return None;
    }
    let mut after = this.clone();
    after.decide(verdict, at_ms.unwrap_or(now_ms), valid_ms, now_ms);
    after.decided_at_ms = at_ms.or(this.decided_at_ms);
    after.decided_by = Some(Decider::Provider);
    Some(case.told(after, now_ms))
}

/// Applies what an operator decides: on the user's newest check, or the one on which their identity rests.
pub fn ruled(
    case: Case<'_>,
    ruling: &NewRuling,
    valid_ms: i64,
    now_ms: i64,
) -> Result<Change, IdentityRefusal> {
    let this = case.this;
    if this.user == ruling.by {
        return Err(IdentityRefusal::OwnCheck);
    }
    let may_be_decided = match this.state {
        State::Open | State::Resubmission | State::Declined => case.is_newest(),
        State::Approved => case.is_newest() || case.carries(),
        State::Created | State::Expired | State::Abandoned | State::Lapsed => false,
    };
    if !may_be_decided {
        return Err(IdentityRefusal::WrongState);
    }
    let verdict = match ruling.verdict {
        RulingVerdict::Approve { birth_year } => Verdict::Approved {
            birth_year: birth_year.or(this.birth_year),
        },
        RulingVerdict::Decline => Verdict::Declined(Reason::Operator),
    };
    // Later than what is known, also where the clocks of servers differ.
    let at_ms = this
        .decided_at_ms
        .map_or(now_ms, |known_ms| now_ms.max(known_ms + 1));
    let mut after = this.clone();
    after.decide(verdict, at_ms, valid_ms, now_ms);
    if this.state == State::Approved && after.state == State::Approved {
        // Nobody has looked at the document again: the operator corrects the year of birth.
        (after.expires_at_ms, after.due_ms) = (this.expires_at_ms, this.due_ms);
    }
    after.decided_at_ms = Some(at_ms);
    after.decided_by = Some(Decider::Operator);
    after.ruling = Some(Ruling {
        by: Some(ruling.by.clone()),
        at_ms,
        note: ruling.note.clone(),
    });
    let purge = PendingPurge {
        tags: vec![tags::verification(&this.id)],
        kind: PurgeKind::Soft,
        // Not the note: the audit outlives the account, and a note may name somebody.
        reason: format!("decideIdentity {}", verdict.as_str()),
        actor: ruling.actor.clone(),
    };
    Ok(Change {
        purge: Some(purge),
        ..case.told(after, now_ms)
    })
}

impl Verification {
    /// Puts a verdict on it.
    fn decide(&mut self, verdict: Verdict, at_ms: i64, valid_ms: i64, now_ms: i64) {
        let (state, reason, birth_year) = match verdict {
            Verdict::Approved { birth_year } => {
                let birth_year = birth_year.filter(|year| is_birth_year(*year, now_ms));
                (State::Approved, None, birth_year)
            }
            Verdict::Resubmission(reason) if self.state.is_open() => {
                (State::Resubmission, Some(reason), None)
            }
            // Other pictures for a check that is over decline it: its address is gone, and another check may
            // be open. The person begins a new one.
            Verdict::Declined(reason) | Verdict::Resubmission(reason) => {
                (State::Declined, Some(reason), None)
            }
            Verdict::Expired => (State::Expired, None, None),
            Verdict::Abandoned => (State::Abandoned, None, None),
        };
        (self.state, self.reason, self.birth_year) = (state, reason, birth_year);
        self.expires_at_ms = (state == State::Approved).then(|| at_ms.saturating_add(valid_ms));
        if self
            .expires_at_ms
            .is_some_and(|until_ms| until_ms <= now_ms)
        {
            (self.state, self.birth_year) = (State::Lapsed, None);
        }
        self.polls = 0;
        self.changed_at_ms = now_ms;
        self.due_ms = match (self.state, self.expires_at_ms) {
            (State::Approved, Some(until_ms)) => (until_ms - RENEWED_BEFORE_MS).max(now_ms),
            (State::Resubmission, _) => now_ms + FIRST_POLL_MS,
            _ => now_ms + KEPT_MS,
        };
        if !self.state.is_open()
            && let Some(session) = &mut self.session
        {
            session.url = None;
        }
    }
}

impl Case<'_> {
    pub fn is_newest(&self) -> bool {
        self.all
            .iter()
            .all(|other| other.attempt <= self.this.attempt)
    }

    /// Whether the account's identity rests on this check. It may do so while a newer one goes on.
    pub(super) fn carries(&self) -> bool {
        let identity = &self.account.identity;
        self.this.state == State::Approved
            && identity.status == IdentityStatus::Verified
            && identity.until_ms == self.this.expires_at_ms
    }

    /// The change to a state, of which the person hears nothing.
    pub(super) fn change(self, after: Verification, now_ms: i64) -> Change {
        let identity = if self.carries() && after.state != State::Approved {
            Some(self.without(&after))
        } else if self.is_newest() || self.carries() {
            known(&self.account.identity, &after, now_ms)
        } else {
            None
        };
        Change {
            verification: after,
            identity,
            tasks: Vec::new(),
            purge: None,
        }
    }

    /// What the account knows when the check on which its identity rests has become `after`, which is not
    /// approved: what the newest check says. A refusal stays one, also when a newer check came to nothing.
    fn without(&self, after: &Verification) -> Identity {
        let others = self.all.iter().filter(|one| one.id != after.id);
        let newest = others
            .max_by_key(|one| one.attempt)
            .filter(|other| other.attempt > after.attempt)
            .unwrap_or(after);
        let identity = said_by(newest);
        let is_refused =
            after.state == State::Declined && identity.status == IdentityStatus::NotSubmitted;
        if is_refused { said_by(after) } else { identity }
    }

    /// The change to a state, of which the person hears if it is another one.
    fn told(self, after: Verification, now_ms: i64) -> Change {
        let is_other = (after.state, after.reason) != (self.this.state, self.this.reason);
        let outcome = match after.state {
            State::Approved => Some(IdentityOutcome::Verified),
            State::Declined | State::Resubmission => Some(IdentityOutcome::Rejected),
            State::Created | State::Open | State::Expired | State::Abandoned | State::Lapsed => {
                None
            }
        };
        // A disabled account hears nothing.
        let counts = self.is_newest() || self.carries();
        let hears = is_other && counts && self.account.status == Status::Active;
        let notice = outcome.filter(|_| hears).map(|outcome| {
            let notice = NewNotice {
                verification: after.id.clone(),
                user: after.user.clone(),
                outcome,
                at_ms: after.decided_at_ms.unwrap_or(now_ms),
            };
            notice.task(now_ms)
        });
        let mut change = self.change(after, now_ms);
        change.tasks.extend(notice);
        change
    }
}

/// What a check says of an account.
const fn said_by(check: &Verification) -> Identity {
    match check.state {
        State::Approved => Identity {
            status: IdentityStatus::Verified,
            until_ms: check.expires_at_ms,
            birth_year: check.birth_year,
        },
        State::Created
        | State::Open
        | State::Resubmission
        | State::Expired
        | State::Abandoned
        | State::Declined
        | State::Lapsed => Identity {
            status: check.state.status(),
            until_ms: None,
            birth_year: None,
        },
    }
}

/// What an account knows after a change of its newest check, or of one that stays approved; none if that is
/// what it knew. A verified identity stays while it is checked again: only its end and a refusal take it away.
pub(super) fn known(before: &Identity, after: &Verification, now_ms: i64) -> Option<Identity> {
    let is_verified = before.status_at(now_ms) == IdentityStatus::Verified;
    let identity = match after.state {
        State::Created | State::Open | State::Resubmission | State::Expired | State::Abandoned
            if is_verified =>
        {
            *before
        }
        State::Created
        | State::Open
        | State::Approved
        | State::Resubmission
        | State::Expired
        | State::Abandoned
        | State::Declined
        | State::Lapsed => said_by(after),
    };
    (identity != *before).then_some(identity)
}

/// How long to wait before the provider is asked again.
pub(super) fn poll_wait_ms(polls: i32) -> i64 {
    let doublings = polls.clamp(0, 20);
    (FIRST_POLL_MS << doublings).min(LONGEST_POLL_MS)
}

/// Whether a guest may book an offer that asks for this. Of the age only the year of birth is known, so
/// in the year in which somebody reaches it they are refused: their birthday may be to come.
pub fn admits(asked: Admission, identity: &Identity, now_ms: i64) -> Result<(), IdentityRefusal> {
    if !asked.asks_identity() {
        return Ok(());
    }
    match identity.status_at(now_ms) {
        IdentityStatus::Verified => {}
        IdentityStatus::Pending => return Err(IdentityRefusal::Pending),
        IdentityStatus::NotSubmitted | IdentityStatus::Rejected => {
            return Err(IdentityRefusal::Required);
        }
    }
    let Some(minimum) = asked.minimum_age else {
        return Ok(());
    };
    let year = Day::of(now_ms).map(Day::year);
    let is_old_enough = year
        .zip(identity.birth_year)
        .is_some_and(|(year, birth_year)| year - birth_year > minimum);
    if is_old_enough {
        Ok(())
    } else {
        Err(IdentityRefusal::AgeTooLow)
    }
}
