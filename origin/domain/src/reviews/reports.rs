//! Reports that a review breaks the rules, and what administrators decide. A report hides nothing by
//! itself: otherwise a partner could hide what it does not like.

use super::{
    change::{Audit, Change},
    notices,
    outcome::{Reported, Written},
    refusals::ReviewRefusal,
    review::{Contest, ContestAnswer, Removal, Review},
};
use crate::{PartnerId, ReportId, ReviewId, UserId, users::account::Account, words::words};

words! {
    /// Which rule a review is said to break.
    ReportReason {
        /// It is against the law: insults, hatred, threats, defamation.
        Illegal = "illegal",
        Offensive = "offensive",
        /// It tells of a person who did not agree to that.
        Private = "private",
        Advertising = "advertising",
        /// Its author was not there, or has an interest.
        Fake = "fake",
        /// It is about something else than the visit.
        OffTopic = "off_topic",
        Other = "other",
    }
}

words! {
    /// On whose behalf a report is.
    Reporter {
        Person = "person",
        /// Of the partner that is reviewed: all its team together has one report.
        Partner = "partner",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Report {
    pub id: ReportId,
    pub review: ReviewId,
    pub reporter: Reporter,
    /// Who reported it; only administrators are told. None once the account was erased.
    pub user: Option<UserId>,
    pub reason: ReportReason,
    pub text: Option<String>,
    pub at_ms: i64,
    /// When an administrator decided on the review.
    pub decided_at_ms: Option<i64>,
}

/// The request for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReport {
    pub review: ReviewId,
    pub user: UserId,
    pub reason: ReportReason,
    pub text: Option<String>,
}

impl NewReport {
    /// On whose behalf it is, and the id of that report: each has one of a review.
    pub fn identity(&self, account: &Account, partner: &PartnerId) -> (Reporter, ReportId) {
        let (reporter, whose) = if account.works_for(partner) {
            (Reporter::Partner, partner.as_str())
        } else {
            (Reporter::Person, self.user.as_str())
        };
        let seed = format!("{}\n{whose}", self.review);
        (reporter, ReportId::derive("report", &seed))
    }
}

/// What a store writes for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    pub report: Report,
    /// Since when the review waits for a decision.
    pub reported_at_ms: i64,
}

/// The report that a request asks for; an error is the answer of a request that stores nothing.
/// `before` is the report with the same id.
pub fn report(
    new: &NewReport,
    account: &Account,
    review: Option<&Review>,
    before: Option<&Report>,
    now_ms: i64,
) -> Result<Reporting, Reported> {
    let review = review
        .filter(|review| review.removal.is_none())
        .ok_or(ReviewRefusal::NotFound)?;
    if review.is_of(&new.user) {
        return Err(ReviewRefusal::OwnReview.into());
    }
    // Its author may have written something else since.
    if let Some(before) = before.filter(|before| before.at_ms >= review.changed_at_ms) {
        let is_same = before.user.as_ref() == Some(&new.user)
            && (before.reason, &before.text) == (new.reason, &new.text);
        return Err(if is_same {
            Reported::Before
        } else {
            ReviewRefusal::AlreadyReported.into()
        });
    }
    let (reporter, id) = new.identity(account, &review.partner);
    Ok(Reporting {
        report: Report {
            id,
            review: review.id.clone(),
            reporter,
            user: Some(new.user.clone()),
            reason: new.reason,
            text: new.text.clone(),
            at_ms: now_ms,
            decided_at_ms: None,
        },
        reported_at_ms: review.reported_at_ms.unwrap_or(now_ms),
    })
}

/// What an administrator decides on a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is shown, also if it was removed before.
    Keep,
    /// It is removed, or stays so although its author contested that.
    Remove,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "KEEP",
            Self::Remove => "REMOVE",
        }
    }
}

/// A decision of an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    pub by: UserId,
    /// As the audit names the administrator.
    pub actor: String,
    pub verdict: Verdict,
    pub reason: String,
}

/// What becomes of a review that is decided on.
pub(super) fn rule(before: Review, ruling: &Ruling, now_ms: i64) -> Result<Change, Written> {
    if before.is_of(&ruling.by) {
        return Err(ReviewRefusal::OwnReview.into());
    }
    let contest = before.removal.as_ref().and_then(Removal::waiting_contest);
    let removal = match (ruling.verdict, &before.removal) {
        (Verdict::Remove, Some(removal)) => match contest {
            None => return Err(Written::Before(Box::new(before))),
            // Somebody else looks at it again.
            Some(_) if removal.by.as_ref() == Some(&ruling.by) => {
                return Err(ReviewRefusal::OwnRemoval.into());
            }
            Some(contest) => Some(answered(removal, contest, ruling, now_ms)),
        },
        // Nobody asked for a decision.
        (Verdict::Keep, None) if before.reported_at_ms.is_none() => {
            return Err(Written::Before(Box::new(before)));
        }
        (Verdict::Keep, _) => None,
        (Verdict::Remove, None) => Some(Removal {
            at_ms: now_ms,
            reason: ruling.reason.clone(),
            by: Some(ruling.by.clone()),
            contest: None,
        }),
    };
    let told = contest.map(|contest| contest.at_ms);
    let after = Review {
        removal,
        reported_at_ms: None,
        ..before.clone()
    };
    let audit = Audit {
        reason: format!(
            "decideReview {}: {}",
            ruling.verdict.as_str(),
            ruling.reason
        ),
        actor: ruling.actor.clone(),
        always: true,
    };
    let told = match told {
        Some(contested_at_ms) => notices::of_contest(&after, contested_at_ms, now_ms),
        None => notices::of_removal(&after, now_ms),
    };
    let mut change = Change::of(before, Some(after), audit);
    change.decides_reports = true;
    change.tasks.extend(told);
    Ok(change)
}

/// The removal that stays although its author contested it.
fn answered(removal: &Removal, contest: &Contest, ruling: &Ruling, now_ms: i64) -> Removal {
    Removal {
        contest: Some(Contest {
            answer: Some(ContestAnswer {
                text: ruling.reason.clone(),
                at_ms: now_ms,
            }),
            ..contest.clone()
        }),
        ..removal.clone()
    }
}

#[cfg(test)]
mod tests;
