//! Payments in MongoDB. The queries are in `crate::queries`.

mod read;
mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    BookingId, PartnerId, PaymentId, RefundId, StoreError,
    payments::{
        ledger::Transaction,
        money::Money,
        partner_account::PartnerAccount,
        payment::Payment,
        provider::{Dispute, Intent, Payout, ProviderAccount, ProviderRefund},
        reconciling::Difference,
        refund::Refund,
        store::{
            Applied, LedgerPage, LedgerQuery, NewPayment, NewRefund, PaymentFigures, PaymentPage,
            PaymentQuery, PaymentStore, RefundAsked, Started,
        },
    },
};

use crate::{
    database::MongoDb,
    tables::{leases, payments::differences},
};

/// The payments of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoPayments {
    db: MongoDb,
}

impl MongoPayments {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PaymentStore for MongoPayments {
    async fn start(&self, new: NewPayment, now_ms: i64) -> Result<Started, StoreError> {
        let started = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { write::start(tx, &new, now_ms).await })
        });
        Ok(started.await?)
    }

    async fn apply_intent(&self, intent: &Intent, now_ms: i64) -> Result<Applied, StoreError> {
        let intent = intent.clone();
        let applied = self.db.transaction_that_adds(move |tx| {
            let intent = intent.clone();
            Box::pin(async move { write::intent(tx, &intent, now_ms).await })
        });
        Ok(applied.await?)
    }

    async fn apply_refund(
        &self,
        refund: &ProviderRefund,
        now_ms: i64,
    ) -> Result<Applied, StoreError> {
        let refund = refund.clone();
        let applied = self.db.transaction_that_adds(move |tx| {
            let refund = refund.clone();
            Box::pin(async move { write::refund(tx, &refund, now_ms).await })
        });
        Ok(applied.await?)
    }

    async fn apply_dispute(&self, dispute: &Dispute, now_ms: i64) -> Result<Applied, StoreError> {
        let dispute = dispute.clone();
        let applied = self.db.transaction_that_adds(move |tx| {
            let dispute = dispute.clone();
            Box::pin(async move { write::dispute(tx, &dispute, now_ms).await })
        });
        Ok(applied.await?)
    }

    async fn apply_account(
        &self,
        account: &ProviderAccount,
        now_ms: i64,
    ) -> Result<Applied, StoreError> {
        let account = account.clone();
        let applied = self.db.transaction(move |tx| {
            let account = account.clone();
            Box::pin(async move { write::account(tx, &account, now_ms).await })
        });
        Ok(applied.await?)
    }

    async fn apply_payout(&self, payout: &Payout, now_ms: i64) -> Result<Applied, StoreError> {
        let payout = payout.clone();
        let applied = self.db.transaction_that_adds(move |tx| {
            let payout = payout.clone();
            Box::pin(async move { write::payout(tx, &payout, now_ms).await })
        });
        Ok(applied.await?)
    }

    async fn cancelled(&self, payment: &PaymentId) -> Result<Applied, StoreError> {
        let id = payment.clone();
        let applied = self.db.transaction(move |tx| {
            let id = id.clone();
            Box::pin(async move { write::cancelled(tx, &id).await })
        });
        Ok(applied.await?)
    }

    async fn refund_failed(&self, refund: &RefundId, now_ms: i64) -> Result<Applied, StoreError> {
        let id = refund.clone();
        let applied = self.db.transaction(move |tx| {
            let id = id.clone();
            Box::pin(async move { write::failed(tx, &id, now_ms).await })
        });
        Ok(applied.await?)
    }

    async fn ask_refund(&self, new: NewRefund, now_ms: i64) -> Result<RefundAsked, StoreError> {
        let asked = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { write::ask(tx, &new, now_ms).await })
        });
        Ok(asked.await?)
    }

    async fn by_ids(&self, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>, StoreError> {
        Ok(read::by_ids(&self.db, ids).await?)
    }

    async fn of_bookings(
        &self,
        ids: &[BookingId],
    ) -> Result<HashMap<BookingId, Payment>, StoreError> {
        Ok(read::of_bookings(&self.db, ids).await?)
    }

    async fn list(&self, query: &PaymentQuery) -> Result<PaymentPage, StoreError> {
        Ok(read::page(&self.db, query).await?)
    }

    async fn refund(&self, id: &RefundId) -> Result<Option<Refund>, StoreError> {
        Ok(read::refund(&self.db, id).await?)
    }

    async fn refunds_of(
        &self,
        payments: &[PaymentId],
    ) -> Result<HashMap<PaymentId, Vec<Refund>>, StoreError> {
        Ok(read::refunds_of(&self.db, payments).await?)
    }

    async fn keep_account(
        &self,
        partner: &PartnerId,
        account: &ProviderAccount,
        now_ms: i64,
    ) -> Result<PartnerAccount, StoreError> {
        let new = PartnerAccount::new(partner, account, now_ms);
        let kept = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { write::keep_account(tx, new).await })
        });
        Ok(kept.await?)
    }

    async fn accounts(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, PartnerAccount>, StoreError> {
        Ok(read::accounts(&self.db, partners).await?)
    }

    async fn balance(&self, partner: &PartnerId) -> Result<Vec<Money>, StoreError> {
        Ok(read::balance(&self.db, partner).await?)
    }

    async fn ledger(&self, query: &LedgerQuery) -> Result<LedgerPage, StoreError> {
        Ok(read::ledger(&self.db, query).await?)
    }

    async fn figures(&self) -> Result<PaymentFigures, StoreError> {
        Ok(read::figures(&self.db).await?)
    }

    async fn poll_due(&self, now_ms: i64, most: usize) -> Result<usize, StoreError> {
        let due = read::due(&self.db, now_ms, most).await?;
        let mut polled = 0;
        for id in due {
            let poll = self.db.transaction(move |tx| {
                let id = id.clone();
                Box::pin(async move { write::poll(tx, &id, now_ms).await })
            });
            polled += usize::from(poll.await?);
        }
        Ok(polled)
    }

    async fn moved(
        &self,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<HashMap<String, Vec<Transaction>>, StoreError> {
        Ok(read::moved(&self.db, &(from_ms..until_ms)).await?)
    }

    async fn keep_differences(
        &self,
        from_ms: i64,
        until_ms: i64,
        found: &[Difference],
    ) -> Result<(), StoreError> {
        let (moments, found) = (from_ms..until_ms, found.to_vec());
        let kept = self.db.transaction_that_adds(move |tx| {
            let (moments, found) = (moments.clone(), found.clone());
            Box::pin(async move { differences::keep(tx, &moments, &found).await })
        });
        Ok(kept.await?)
    }

    async fn differences(&self, most: usize) -> Result<Vec<Difference>, StoreError> {
        Ok(read::differences(&self.db, most).await?)
    }

    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        Ok(leases::take(&self.db, leases::PAYMENTS, holder, until_ms, now_ms).await?)
    }

    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError> {
        Ok(leases::give_back(&self.db, leases::PAYMENTS, holder).await?)
    }
}
