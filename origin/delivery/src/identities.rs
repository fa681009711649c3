//! Identity checks: what their provider is asked, and what people are told of them.

use domain::{
    StoreError, UserId, VerificationId,
    error_chain::chain,
    identity::{notices::holds, provider::Trouble},
    messages::{
        kind::Channel,
        letter::{IdentityOutcome, IdentityResult, Letter},
    },
    queue::{NewTask, Task, Work, retry, store::End},
};
use identity::Looked;

use crate::{
    Delivery, UNKNOWN_AFTER_MS,
    composing::{Composed, NO_ACCOUNT, Sources},
    number,
};

/// What is told, of which check, to whom.
pub(crate) type About<'a> = (&'a VerificationId, &'a UserId, IdentityOutcome);

impl Delivery {
    /// Does a task that asks the provider for something; none if it is another one.
    pub(crate) async fn ask_about_identity(&self, task: &Task, work: &Work) -> Option<End> {
        let verification = match work {
            Work::Look { verification } => Some(verification),
            Work::ForgetSession { .. } => None,
            Work::Code { .. }
            | Work::Invitation { .. }
            | Work::Booking { .. }
            | Work::Message { .. }
            | Work::NewDevice { .. }
            | Work::Announcement { .. }
            | Work::Announced { .. }
            | Work::Event(_)
            | Work::Forget { .. }
            | Work::Payment(_)
            | Work::Receipt { .. }
            | Work::Identity { .. }
            | Work::Review { .. }
            | Work::EndPartner { .. } => return None,
        };
        let now_ms = (self.0.parts.now)();
        let Some(identity) = &self.0.parts.identity else {
            return Some(End::Later {
                due_at_ms: now_ms + UNKNOWN_AFTER_MS,
                error: "no provider of identity checks is configured".to_owned(),
                counts: false,
            });
        };
        if let Some(verification) = verification {
            return Some(match identity.look(verification).await {
                Ok(Looked::Needless) => End::Needless {
                    why: "the check is gone",
                },
                Ok(Looked::Unchanged(session) | Looked::Changed(session)) => End::Sent {
                    provider_id: String::from(session),
                },
                Ok(Looked::Trouble(Trouble::Later { why, after_ms })) => {
                    self.later(task, why, after_ms)
                }
                Ok(Looked::Trouble(trouble @ Trouble::Refused { .. })) => {
                    self.later(task, trouble.to_string(), None)
                }
                Err(error) => self.later(task, chain(&error), None),
            });
        }
        let Work::ForgetSession { session } = work else {
            return None;
        };
        Some(match identity.forget(session).await {
            Ok(()) => End::Sent {
                provider_id: session.as_str().to_owned(),
            },
            // The person asked to be forgotten: it is tried until it is done.
            Err(trouble) => {
                let wait_ms = retry::wait_ms(task.attempts, number());
                let after_ms = match &trouble {
                    Trouble::Later { after_ms, .. } => after_ms.unwrap_or(0),
                    Trouble::Refused { .. } => UNKNOWN_AFTER_MS,
                };
                End::Later {
                    due_at_ms: now_ms + wait_ms.max(after_ms),
                    error: trouble.to_string(),
                    counts: false,
                }
            }
        })
    }
}

impl Sources {
    /// Finds the channels by which the result of a check is told, or says it by one.
    pub(crate) async fn identity(
        &self,
        task: &Task,
        about: About<'_>,
        channel: Option<Channel>,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let (verification, user, outcome) = about;
        let Some(account) = self.active(user).await? else {
            return Ok(Composed::Needless(NO_ACCOUNT));
        };
        let known = self.identities.by_id(verification).await?;
        if !known.is_some_and(|known| holds(outcome, &known)) {
            return Ok(Composed::Needless("another decision has taken its place"));
        }
        let letter = Letter::IdentityResult(IdentityResult {
            first_name: account.first_name.clone(),
            outcome,
        });
        let part = |channel| NewTask::of_identity(task, about, channel, now_ms);
        self.tell(task, (&account, letter), channel, now_ms, part)
            .await
    }
}
