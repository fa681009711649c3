//! Where the money is: an append-only ledger with double entry.
//!
//! A transaction is a list of transfers. A transfer takes an amount from one account and gives it to
//! another, so that every transaction sums to zero whatever it contains.

use std::fmt;

use super::money::Currency;
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

/// An amount that goes from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The account that has more of it afterwards (a debit).
    pub debit: Account,
    /// The account that is owed more afterwards (a credit).
    pub credit: Account,
    /// Greater than 0, in the minor unit of the transaction's currency.
    pub amount: i64,
}

/// What happened, for which money moved. There is one transaction for each `key`.
#[derive(Clone, Debug, PartialEq, Eq)]
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
