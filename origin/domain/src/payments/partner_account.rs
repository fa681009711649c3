//! A partner's account at the provider of payments, which gets what guests paid.

use super::provider::ProviderAccount;
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
    /// A partner's new account.
    pub fn new(partner: &PartnerId, found: &ProviderAccount, now_ms: i64) -> Self {
        Self {
            partner: partner.clone(),
            account: found.id.clone(),
            takes_payments: found.takes_payments,
            is_paid_out: found.is_paid_out,
            has_given_details: found.has_given_details,
            created_at_ms: now_ms,
            seen_at_ms: now_ms,
        }
    }

    /// The account as the provider says it is now.
    #[must_use]
    pub fn seen(&self, found: &ProviderAccount, now_ms: i64) -> Self {
        Self {
            created_at_ms: self.created_at_ms,
            ..Self::new(&self.partner, found, now_ms)
        }
    }

    /// Whether the account can do the same as before.
    pub const fn is_as(&self, before: &Self) -> bool {
        self.takes_payments == before.takes_payments
            && self.is_paid_out == before.is_paid_out
            && self.has_given_details == before.has_given_details
    }

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
