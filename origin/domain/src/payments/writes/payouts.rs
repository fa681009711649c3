//! Money that the provider sends to a partner's bank.

use super::Change;
use crate::{
    PartnerId,
    payments::{
        ledger::Transaction,
        provider::{Payout, PayoutStatus},
        store::Worry,
    },
};

/// Applies an answer about a payout to this partner. `known` are those of the payout's keys that the
/// ledger has ([`Transaction::keys_of_payout`]).
pub fn payout(partner: &PartnerId, known: &[String], payout: &Payout, now_ms: i64) -> Change {
    let Some(currency) = payout.currency else {
        return Change::worrying(Worry::UnknownCurrency);
    };
    let paid = || Transaction::payout(partner, payout, currency, now_ms);
    let failed = || Transaction::payout_failed(partner, payout, currency, now_ms);
    let all = match payout.status {
        PayoutStatus::Paid => [paid(), None],
        // Also what was not heard of before it failed, so that an older answer changes nothing.
        PayoutStatus::Failed => [paid(), failed()],
        PayoutStatus::NotSent => [None, None],
    };
    let new = all.into_iter().flatten();
    Change {
        transactions: new.filter(|new| !known.contains(&new.key)).collect(),
        ..Change::default()
    }
}
