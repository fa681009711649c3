//! A partner's account at the provider of payments, which gets what guests paid.

use crate::{PartnerId, words::words};

words! {
    /// What a partner's account can do.
    AccountStatus {
        /// The partner has not finished what the provider asks for.
        Incomplete = "incomplete",
        /// The provider checks what the partner gave.
        Checking = "checking",
        /// It takes payments.
        Active = "active",
        /// The provider has closed it, or asks for more before it takes payments again.
        Restricted = "restricted",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerAccount {
    pub partner: PartnerId,
    /// The provider's name of it.
    pub account: String,
    pub takes_payments: bool,
    pub is_paid_out: bool,
    pub has_given_details: bool,
    pub created_at_ms: i64,
    /// When the provider was asked the last time.
    pub seen_at_ms: i64,
}

impl PartnerAccount {
    pub const fn status(&self) -> AccountStatus {
        match (
            self.has_given_details,
            self.takes_payments,
            self.is_paid_out,
        ) {
            (false, _, _) => AccountStatus::Incomplete,
            (true, true, true) => AccountStatus::Active,
            (true, false, false) => AccountStatus::Checking,
            (true, true, false) | (true, false, true) => AccountStatus::Restricted,
        }
    }
}
