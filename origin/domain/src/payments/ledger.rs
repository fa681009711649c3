//! Where the money is: an append-only ledger with double entry.
//!
//! A transaction is a list of transfers. A transfer takes an amount from one account and gives it to
//! another, so that every transaction sums to zero whatever it contains.

use std::fmt;

use super::{
    money::Currency,
    payment::Payment,
    provider::{Dispute, MovementKind, Payout},
    refund::Refund,
};
use crate::{PartnerId, PaymentId};

/// An account of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What people paid and the provider holds, for us and for partners.
    Provider,
    /// What a partner is owed, until the provider pays it out.
    Partner(PartnerId),
    /// What we earned.
    Fees,
    /// What a bank has taken back until a dispute is decided.
    Disputed,
    /// What disputes cost that were lost.
    Losses,
}

impl Account {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "provider" => Some(Self::Provider),
            "fees" => Some(Self::Fees),
            "disputed" => Some(Self::Disputed),
            "losses" => Some(Self::Losses),
            _ => PartnerId::parse(text.strip_prefix("partner:")?).map(Self::Partner),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => f.write_str("provider"),
            Self::Partner(partner) => write!(f, "partner:{partner}"),
            Self::Fees => f.write_str("fees"),
            Self::Disputed => f.write_str("disputed"),
            Self::Losses => f.write_str("losses"),
        }
    }
}

/// An amount that goes from one account to another. There is no other way to write a transfer than
/// [`Transfer::new`], so that none is unbalanced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transfer {
    debit: Account,
    credit: Account,
    amount: i64,
}

impl Transfer {
    /// None if the amount is not greater than 0, or an account would give to itself.
    pub fn new(debit: Account, credit: Account, amount: i64) -> Option<Self> {
        (amount > 0 && debit != credit).then_some(Self {
            debit,
            credit,
            amount,
        })
    }

    /// The account that has more of it afterwards.
    pub const fn debit(&self) -> &Account {
        &self.debit
    }

    /// The account that is owed more afterwards.
    pub const fn credit(&self) -> &Account {
        &self.credit
    }

    /// Greater than 0, in the minor unit of the transaction's currency.
    pub const fn amount(&self) -> i64 {
        self.amount
    }

    fn reversed(&self) -> Self {
        Self {
            debit: self.credit.clone(),
            credit: self.debit.clone(),
            amount: self.amount,
        }
    }
}

/// What happened, for which money moved. There is one transaction for each `key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// Such as `capture:<payment>`, `refund:<refund>`.
    pub key: String,
    /// None for a payout of a partner's balance.
    pub payment: Option<PaymentId>,
    /// The provider's name of what it did.
    pub provider_id: String,
    pub currency: Currency,
    pub at_ms: i64,
    pub transfers: Vec<Transfer>,
}

/// The beginnings of keys.
const CAPTURE: &str = "capture:";
const REFUND: &str = "refund:";
const REFUND_FAILED: &str = "refund-failed:";
const DISPUTE: &str = "dispute:";
const DISPUTE_WON: &str = "dispute-won:";
const DISPUTE_LOST: &str = "dispute-lost:";
const PAYOUT: &str = "payout:";
const PAYOUT_FAILED: &str = "payout-failed:";

impl Transaction {
    /// The money of a payment has come: the partner's part and ours.
    pub fn capture(payment: &Payment, intent: &str, at_ms: i64) -> Self {
        let partner = Account::Partner(payment.partner.clone());
        Self {
            key: format!("{CAPTURE}{}", payment.id),
            payment: Some(payment.id.clone()),
            provider_id: intent.to_owned(),
            currency: payment.currency,
            at_ms,
            transfers: some([
                Transfer::new(Account::Provider, partner, payment.amount - payment.fee),
                Transfer::new(Account::Provider, Account::Fees, payment.fee),
            ]),
        }
    }

    /// The provider has accepted a refund: the partner and we give back our parts.
    pub fn refund(payment: &Payment, refund: &Refund, provider_id: &str, at_ms: i64) -> Self {
        let partner = Account::Partner(payment.partner.clone());
        Self {
            key: format!("{REFUND}{}", refund.id),
            payment: Some(payment.id.clone()),
            provider_id: provider_id.to_owned(),
            currency: payment.currency,
            at_ms,
            transfers: some([
                Transfer::new(partner, Account::Provider, refund.amount - refund.fee),
                Transfer::new(Account::Fees, Account::Provider, refund.fee),
            ]),
        }
    }

    /// A refund that was accepted came back.
    pub fn refund_failed(
        payment: &Payment,
        refund: &Refund,
        provider_id: &str,
        at_ms: i64,
    ) -> Self {
        let key = format!("{REFUND_FAILED}{}", refund.id);
        Self::refund(payment, refund, provider_id, at_ms).reversed(key)
    }

    /// A bank has taken money back until the dispute is decided; none if it took nothing.
    pub fn dispute(payment: &Payment, dispute: &Dispute, at_ms: i64) -> Option<Self> {
        let (debit, credit) = (Account::Disputed, Account::Provider);
        Self::of_dispute(payment, dispute, DISPUTE, (debit, credit), at_ms)
    }

    /// The bank gave it back.
    pub fn dispute_won(payment: &Payment, dispute: &Dispute, at_ms: i64) -> Option<Self> {
        let (debit, credit) = (Account::Provider, Account::Disputed);
        Self::of_dispute(payment, dispute, DISPUTE_WON, (debit, credit), at_ms)
    }

    /// The bank keeps it.
    pub fn dispute_lost(payment: &Payment, dispute: &Dispute, at_ms: i64) -> Option<Self> {
        let (debit, credit) = (Account::Losses, Account::Disputed);
        Self::of_dispute(payment, dispute, DISPUTE_LOST, (debit, credit), at_ms)
    }

    fn of_dispute(
        payment: &Payment,
        dispute: &Dispute,
        begin: &str,
        (debit, credit): (Account, Account),
        at_ms: i64,
    ) -> Option<Self> {
        Some(Self {
            key: format!("{begin}{}", dispute.id),
            payment: Some(payment.id.clone()),
            provider_id: dispute.id.clone(),
            currency: payment.currency,
            at_ms,
            transfers: vec![Transfer::new(debit, credit, dispute.amount)?],
        })
    }

    /// The provider sent a partner's money to the partner's bank; none if it was nothing.
    pub fn payout(
        partner: &PartnerId,
        payout: &Payout,
        currency: Currency,
        at_ms: i64,
    ) -> Option<Self> {
        let partner = Account::Partner(partner.clone());
        Some(Self {
            key: format!("{PAYOUT}{}", payout.id),
            payment: None,
            provider_id: payout.id.clone(),
            currency,
            at_ms,
            transfers: vec![Transfer::new(partner, Account::Provider, payout.amount)?],
        })
    }

    /// The partner's bank sent it back.
    pub fn payout_failed(
        partner: &PartnerId,
        payout: &Payout,
        currency: Currency,
        at_ms: i64,
    ) -> Option<Self> {
        let key = format!("{PAYOUT_FAILED}{}", payout.id);
        let paid = Self::payout(partner, payout, currency, at_ms)?;
        Some(paid.reversed(key))
    }

    /// The keys of what a dispute may lead to.
    pub fn keys_of_dispute(id: &str) -> [String; 3] {
        [DISPUTE, DISPUTE_WON, DISPUTE_LOST].map(|begin| format!("{begin}{id}"))
    }

    /// The keys of what a payout may lead to.
    pub fn keys_of_payout(id: &str) -> [String; 2] {
        [PAYOUT, PAYOUT_FAILED].map(|begin| format!("{begin}{id}"))
    }

    fn reversed(self, key: String) -> Self {
        Self {
            key,
            transfers: self.transfers.iter().map(Transfer::reversed).collect(),
            ..self
        }
    }

    /// What its key says before the colon, such as `capture`.
    pub fn cause(&self) -> &str {
        self.key.split(':').next().unwrap_or_default()
    }

    /// What the provider did to the money that it holds for guests; none for what its list of
    /// movements does not have.
    pub fn movement(&self) -> Option<MovementKind> {
        let kinds = [
            (CAPTURE, MovementKind::Capture),
            (REFUND, MovementKind::Refund),
            (REFUND_FAILED, MovementKind::RefundFailure),
        ];
        let begins = |(begin, _): &(&str, _)| self.key.starts_with(begin);
        kinds.into_iter().find(begins).map(|(_, kind)| kind)
    }

    /// The partner whose account it changes.
    pub fn partner(&self) -> Option<&PartnerId> {
        self.transfers
            .iter()
            .flat_map(|transfer| [&transfer.debit, &transfer.credit])
            .find_map(partner_of)
    }

    /// All that it moves.
    pub fn amount(&self) -> i64 {
        self.transfers.iter().map(Transfer::amount).sum()
    }

    /// By how much more, or less, an account is owed afterwards.
    pub fn change_of(&self, account: &Account) -> i64 {
        let change =
            |transfer: &Transfer| match (transfer.credit == *account, transfer.debit == *account) {
                (true, _) => transfer.amount,
                (_, true) => -transfer.amount,
                (false, false) => 0,
            };
        self.transfers.iter().map(change).sum()
    }
}

const fn partner_of(account: &Account) -> Option<&PartnerId> {
    match account {
        Account::Partner(partner) => Some(partner),
        Account::Provider | Account::Fees | Account::Disputed | Account::Losses => None,
    }
}

/// A transfer of nothing is none.
fn some<const N: usize>(transfers: [Option<Transfer>; N]) -> Vec<Transfer> {
    transfers.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_transfer_is_unbalanced_and_accounts_read_back() {
        let partner = Account::Partner(PartnerId::derive("partner", "1"));
        let all = [
            Account::Provider,
            partner.clone(),
            Account::Fees,
            Account::Disputed,
            Account::Losses,
        ];
        for account in &all {
            assert_eq!(Account::parse(&account.to_string()).as_ref(), Some(account));
            let same = Transfer::new(account.clone(), account.clone(), 5);
            assert_eq!(same, None, "{account}");
        }
        for none in ["", "partner:", "partner:1", "Provider"] {
            assert_eq!(Account::parse(none), None, "{none}");
        }
        for amount in [0, -1, i64::MIN] {
            let nothing = Transfer::new(Account::Provider, partner.clone(), amount);
            assert_eq!(nothing, None, "{amount}");
        }
    }
}
