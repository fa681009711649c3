//! Money that a guest's bank takes back.

use super::Change;
use crate::{
    announcements::Announcement,
    messages::letter::DisputeOutcome,
    payments::{
        ledger::Transaction,
        payment::Payment,
        provider::{Dispute, DisputeStatus},
        store::Worry,
    },
    queue::NewTask,
};

/// Applies an answer about a dispute. It changes nothing but the ledger. `known` are those of the
/// dispute's keys that the ledger has ([`Transaction::keys_of_dispute`]).
pub fn dispute(payment: &Payment, known: &[String], dispute: &Dispute, now_ms: i64) -> Change {
    let [_, won, lost] = Transaction::keys_of_dispute(&dispute.id);
    let is_decided = known.contains(&won) || known.contains(&lost);
    let opened = Transaction::dispute(payment, dispute, now_ms);
    let decided = match dispute.status {
        DisputeStatus::Open => None,
        DisputeStatus::Won => Transaction::dispute_won(payment, dispute, now_ms),
        DisputeStatus::Lost => Transaction::dispute_lost(payment, dispute, now_ms),
    };
    let new = [opened, decided.filter(|_| !is_decided)].into_iter();
    let new = new.flatten().filter(|new| !known.contains(&new.key));
    let transactions: Vec<Transaction> = new.collect();
    let tasks = transactions
        .iter()
        .map(|new| told(payment, dispute, &new.key, now_ms));
    let tasks = tasks.collect();
    let is_bad = dispute.status != DisputeStatus::Won && !transactions.is_empty();
    Change {
        tasks,
        transactions,
        worry: is_bad.then_some(Worry::Disputed),
        ..Change::default()
    }
}

/// The task that tells the partner's managers what this transaction is about.
fn told(payment: &Payment, dispute: &Dispute, key: &str, now_ms: i64) -> NewTask {
    let [_, won, lost] = Transaction::keys_of_dispute(&dispute.id);
    let outcome = if key == won {
        DisputeOutcome::Won
    } else if key == lost {
        DisputeOutcome::Lost
    } else {
        DisputeOutcome::Opened
    };
    let what = Announcement::Disputed {
        payment: payment.id.clone(),
        dispute: dispute.id.clone(),
        amount: dispute.amount,
        outcome,
    };
    what.task(now_ms, now_ms)
}
