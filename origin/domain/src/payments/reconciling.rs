//! Compares the provider's books with the ledger.

use crate::words::words;

words! {
    /// How a line of the provider's books and the ledger differ.
    DifferenceKind {
        /// The provider moved money that the ledger does not know.
        NotInLedger = "not_in_ledger",
        /// The ledger has what the provider does not.
        NotAtProvider = "not_at_provider",
        /// Both have it, with another amount or currency.
        Amount = "amount",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The provider's name of what it did, which makes the difference unique.
    pub provider_id: String,
    pub kind: DifferenceKind,
    /// The provider's amount, and the ledger's; 0 if there is none.
    pub provider_minor: i64,
    pub ledger_minor: i64,
    /// By ISO 4217.
    pub currency: String,
    pub at_ms: i64,
    pub found_at_ms: i64,
}
