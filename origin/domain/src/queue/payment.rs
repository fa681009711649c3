//! Tasks of payments: what the provider is asked, and what guests are told of their money.

use super::{Lane, NewTask, Work};
use crate::{
    PaymentId, RefundId, UserId,
    messages::kind::Kind,
    payments::work::{PaymentWork, Subject},
};

const DAY_MS: i64 = 86_400_000;
/// A refund or the cancelling of an intent is tried for so long. Then an operator has to look.
const WORTH_MS: i64 = 30 * DAY_MS;
/// A look that is not done within this time is replaced by the next one.
const LOOK_WORTH_MS: i64 = DAY_MS;

impl NewTask {
    /// Looks at what a provider's report is about. A report that comes again has the same id, and is
    /// the same task.
    pub fn of_provider_report(provider: &str, report: &str, subject: Subject, now_ms: i64) -> Self {
        let key = format!("{provider}:{report}");
        Self::of_payment(key, PaymentWork::Look { subject }, WORTH_MS, now_ms)
    }

    /// Looks at a payment of which no report came.
    pub fn of_poll(payment: &PaymentId, now_ms: i64) -> Self {
        let work = PaymentWork::Poll {
            payment: payment.clone(),
        };
        let key = format!("payment_poll:{payment}:{now_ms}");
        Self::of_payment(key, work, LOOK_WORTH_MS, now_ms)
    }

    /// Cancels the intent of a payment whose booking has ended. `intent` is one that became known
    /// after that: the first task may have found none.
    pub fn of_cancelling(payment: &PaymentId, intent: Option<&str>, now_ms: i64) -> Self {
        let work = PaymentWork::Cancel {
            payment: payment.clone(),
        };
        let key = match intent {
            None => format!("payment_cancel:{payment}"),
            Some(intent) => format!("payment_cancel:{payment}:{intent}"),
        };
        Self::of_payment(key, work, WORTH_MS, now_ms)
    }

    pub fn of_refund(refund: &RefundId, now_ms: i64) -> Self {
        let work = PaymentWork::Refund {
            refund: refund.clone(),
        };
        Self::of_payment(format!("payment_refund:{refund}"), work, WORTH_MS, now_ms)
    }

    fn of_payment(key: String, work: PaymentWork, worth_ms: i64, now_ms: i64) -> Self {
        Self {
            key,
            lane: Lane::Payments,
            work: Work::Payment(work),
            // Erasing the account does not remove it: the money is on its way.
            person: None,
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(worth_ms),
        }
    }

    /// Tells a guest that the money of a payment has come, or that a refund is on its way.
    pub fn of_receipt(
        payment: &PaymentId,
        refund: Option<&RefundId>,
        user: &UserId,
        now_ms: i64,
    ) -> Self {
        let kind = Kind::PaymentResult;
        let key = match refund {
            None => format!("{}:{payment}", kind.as_str()),
            Some(refund) => format!("{}:{payment}:{refund}", kind.as_str()),
        };
        Self {
            key,
            lane: kind.lane(),
            person: Some(user.clone()),
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: kind.worth_until(now_ms, None),
            work: Work::Receipt {
                payment: payment.clone(),
                refund: refund.cloned(),
                user: user.clone(),
                channel: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_money_outlive_accounts_and_have_keys_of_their_own() {
        let payment = PaymentId::derive("payment", "1");
        let refund = RefundId::derive("refund", "1");
        let subject = Subject::Intent { id: "pi_1".into() };
        let report = |id: &str| NewTask::of_provider_report("stripe", id, subject.clone(), 5);
        let all = [
            report("evt_1"),
            report("evt_2"),
            NewTask::of_poll(&payment, 5),
            NewTask::of_poll(&payment, 6),
            NewTask::of_cancelling(&payment, None, 5),
            NewTask::of_cancelling(&payment, Some("pi_1"), 5),
            NewTask::of_refund(&refund, 5),
        ];
        for task in &all {
            assert_eq!((task.person.clone(), task.lane), (None, Lane::Payments));
            assert_eq!(task.stored().work(), Some(task.work.clone()));
            assert_eq!(task.stored().kind, task.work.kind());
            assert!(task.expires_at_ms >= 5 + LOOK_WORTH_MS);
        }
        let mut keys: Vec<&str> = all.iter().map(|task| task.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all.len());
        assert_eq!(report("evt_1").key, "stripe:evt_1");
        let user = UserId::derive("user", "ana");
        let receipt = NewTask::of_receipt(&payment, Some(&refund), &user, 5);
        assert_eq!(receipt.person, Some(user), "erasing the account removes it");
        assert_eq!(receipt.stored().work(), Some(receipt.work.clone()));
    }
}
