//! Partners' accounts and payouts.

use super::{
    books::{Account, Metadata, Payout, Problem, Stripe, now},
    objects,
};

/// What becomes of an account.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Abilities {
    pub(crate) charges_enabled: bool,
    pub(crate) payouts_enabled: bool,
    pub(crate) details_submitted: bool,
}

impl Stripe {
    pub(crate) fn create_account(&mut self, metadata: Metadata) -> Account {
        let account = Account {
            id: self.name("acct"),
            metadata,
            charges_enabled: false,
            payouts_enabled: false,
            details_submitted: false,
            created: now(),
        };
        self.accounts.insert(account.id.clone(), account.clone());
        account
    }

    pub(crate) fn set_account(
        &mut self,
        id: &str,
        abilities: Abilities,
    ) -> Result<Account, Problem> {
        let account = self.accounts.get_mut(id);
        let account = account.ok_or_else(|| Problem::missing("account"))?;
        account.charges_enabled = abilities.charges_enabled;
        account.payouts_enabled = abilities.payouts_enabled;
        account.details_submitted = abilities.details_submitted;
        let account = account.clone();
        let object = objects::account(&account);
        self.happened("account.updated", object, Some(id));
        Ok(account)
    }

    pub(crate) fn pay_out(
        &mut self,
        account: &str,
        amount: i64,
        currency: String,
    ) -> Result<Payout, Problem> {
        let has = self.books().accounts.get(account).copied();
        let has = has.ok_or_else(|| Problem::missing("account"))?;
        if amount <= 0 || amount > has {
            return Err(Problem::invalid("balance_insufficient", "amount"));
        }
        let payout = Payout {
            id: self.name("po"),
            account: account.to_owned(),
            amount,
            currency,
            status: "paid".to_owned(),
            created: now(),
        };
        self.payouts.insert(payout.id.clone(), payout.clone());
        let object = objects::payout(&payout);
        self.happened("payout.paid", object, Some(account));
        Ok(payout)
    }

    pub(crate) fn fail_payout(&mut self, id: &str) -> Result<Payout, Problem> {
        let payout = self.payouts.get_mut(id);
        let payout = payout.ok_or_else(|| Problem::missing("payout"))?;
        "failed".clone_into(&mut payout.status);
        let payout = payout.clone();
        let object = objects::payout(&payout);
        self.happened("payout.failed", object, Some(&payout.account));
        Ok(payout)
    }
}
