//! Positions in lists of payments and of the ledger.

use super::{ledger::Transaction, payment::Payment};
use crate::{
    PaymentId,
    cursor::{CursorKind, seal, unseal_of},
};

/// The position after a payment, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCursor {
    pub created_at_ms: i64,
    pub id: PaymentId,
}

impl PaymentCursor {
    pub fn of(payment: &Payment) -> Self {
        Self {
            created_at_ms: payment.created_at_ms,
            id: payment.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let moment = self.created_at_ms.to_be_bytes();
        let body = [&moment[..], &self.id.to_bytes()[..]].concat();
        seal(CursorKind::PaymentNewest, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::PaymentNewest, text)?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            created_at_ms: i64::from_be_bytes(*moment),
            id: PaymentId::from_bytes(id.try_into().ok()?),
        })
    }
}

/// The position after a transaction of the ledger, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerCursor {
    pub at_ms: i64,
    pub key: String,
}

impl LedgerCursor {
    pub fn of(transaction: &Transaction) -> Self {
        Self {
            at_ms: transaction.at_ms,
            key: transaction.key.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let moment = self.at_ms.to_be_bytes();
        let body = [&moment[..], self.key.as_bytes()].concat();
        seal(CursorKind::LedgerOldest, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::LedgerOldest, text)?;
        let (moment, key) = body.split_first_chunk::<8>()?;
        Some(Self {
            at_ms: i64::from_be_bytes(*moment),
            key: std::str::from_utf8(key).ok()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_and_those_of_other_lists_do_not() {
        let payment = PaymentCursor {
            created_at_ms: 5,
            id: PaymentId::derive("payment", "1"),
        };
        assert_eq!(
            PaymentCursor::decode(&payment.encode()),
            Some(payment.clone())
        );
        let ledger = LedgerCursor {
            at_ms: 5,
            key: "capture:1".to_owned(),
        };
        assert_eq!(LedgerCursor::decode(&ledger.encode()), Some(ledger.clone()));
        assert_eq!(LedgerCursor::decode(&payment.encode()), None);
        assert_eq!(PaymentCursor::decode(&ledger.encode()), None);
        let short = seal(CursorKind::PaymentNewest, &[0; 19]);
        assert_eq!(PaymentCursor::decode(&short), None);
    }
}
