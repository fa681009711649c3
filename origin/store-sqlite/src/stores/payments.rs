//! Payments in SQLite.

mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    BookingId, PartnerId, PaymentId, RefundId, StoreError,
    payments::{
        ledger::{Account, Transaction},
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
    database::{EmbeddedDb, json_list},
    tables::{leases, payments as rows},
};

/// The payments of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedPayments {
    db: EmbeddedDb,
}

impl EmbeddedPayments {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PaymentStore for EmbeddedPayments {
    async fn start(&self, new: NewPayment, now_ms: i64) -> Result<Started, StoreError> {
        let start = self.db.write(move |tx| write::start(tx, &new, now_ms));
        start.await
    }

    async fn apply_intent(&self, intent: &Intent, now_ms: i64) -> Result<Applied, StoreError> {
        let intent = intent.clone();
        let apply = self.db.write(move |tx| write::intent(tx, &intent, now_ms));
        apply.await
    }

    async fn apply_refund(
        &self,
        refund: &ProviderRefund,
        now_ms: i64,
    ) -> Result<Applied, StoreError> {
        let refund = refund.clone();
        let apply = self.db.write(move |tx| write::refund(tx, &refund, now_ms));
        apply.await
    }

    async fn apply_dispute(&self, dispute: &Dispute, now_ms: i64) -> Result<Applied, StoreError> {
        let dispute = dispute.clone();
        let apply = self
            .db
            .write(move |tx| write::dispute(tx, &dispute, now_ms));
        apply.await
    }

    async fn apply_account(
        &self,
        account: &ProviderAccount,
        now_ms: i64,
    ) -> Result<Applied, StoreError> {
        let account = account.clone();
        let apply = self
            .db
            .write(move |tx| write::account(tx, &account, now_ms));
        apply.await
    }

    async fn apply_payout(&self, payout: &Payout, now_ms: i64) -> Result<Applied, StoreError> {
        let payout = payout.clone();
        let apply = self.db.write(move |tx| write::payout(tx, &payout, now_ms));
        apply.await
    }

    async fn cancelled(&self, payment: &PaymentId) -> Result<Applied, StoreError> {
        let id = payment.clone();
        self.db.write(move |tx| write::cancelled(tx, &id)).await
    }

    async fn refund_failed(&self, refund: &RefundId, now_ms: i64) -> Result<Applied, StoreError> {
        let id = refund.clone();
        let failed = self.db.write(move |tx| write::failed(tx, &id, now_ms));
        failed.await
    }

    async fn ask_refund(&self, new: NewRefund, now_ms: i64) -> Result<RefundAsked, StoreError> {
        let ask = self.db.write(move |tx| write::ask(tx, &new, now_ms));
        ask.await
    }

    async fn by_ids(&self, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>, StoreError> {
        let wanted = json_list(ids.iter().map(PaymentId::as_str));
        let found = self.db.read(move |c| rows::among(c, "id", wanted)).await?;
        let found = found.into_iter();
        Ok(found.map(|payment| (payment.id.clone(), payment)).collect())
    }

    async fn of_bookings(
        &self,
        ids: &[BookingId],
    ) -> Result<HashMap<BookingId, Payment>, StoreError> {
        let wanted = json_list(ids.iter().map(BookingId::as_str));
        let found = self.db.read(move |c| rows::among(c, "booking_id", wanted));
        let found = found.await?.into_iter();
        Ok(found
            .map(|payment| (payment.booking.clone(), payment))
            .collect())
    }

    async fn list(&self, query: &PaymentQuery) -> Result<PaymentPage, StoreError> {
        let query = query.clone();
        self.db.read(move |c| rows::page(c, &query)).await
    }

    async fn refund(&self, id: &RefundId) -> Result<Option<Refund>, StoreError> {
        let id = id.clone();
        self.db.read(move |c| rows::any_of_id(c, &id)).await
    }

    async fn refunds_of(
        &self,
        payments: &[PaymentId],
    ) -> Result<HashMap<PaymentId, Vec<Refund>>, StoreError> {
        let wanted = json_list(payments.iter().map(PaymentId::as_str));
        let found = self.db.read(move |c| rows::of_payments(c, wanted)).await?;
        let mut by_payment: HashMap<PaymentId, Vec<Refund>> = HashMap::new();
        for refund in found {
            let of_payment = by_payment.entry(refund.payment.clone()).or_default();
            of_payment.push(refund);
        }
        Ok(by_payment)
    }

    async fn keep_account(
        &self,
        partner: &PartnerId,
        account: &ProviderAccount,
        now_ms: i64,
    ) -> Result<PartnerAccount, StoreError> {
        let new = PartnerAccount::new(partner, account, now_ms);
        self.db.write(move |tx| write::keep_account(tx, new)).await
    }

    async fn accounts(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, PartnerAccount>, StoreError> {
        let wanted = json_list(partners.iter().map(PartnerId::as_str));
        let found = self.db.read(move |c| rows::accounts::among(c, wanted));
        let found = found.await?.into_iter();
        Ok(found
            .map(|account| (account.partner.clone(), account))
            .collect())
    }

    async fn balance(&self, partner: &PartnerId) -> Result<Vec<Money>, StoreError> {
        let account = Account::Partner(partner.clone());
        self.db
            .read(move |c| rows::ledger::balance(c, &account))
            .await
    }

    async fn ledger(&self, query: &LedgerQuery) -> Result<LedgerPage, StoreError> {
        let query = query.clone();
        self.db.read(move |c| rows::ledger::page(c, &query)).await
    }

    async fn figures(&self) -> Result<PaymentFigures, StoreError> {
        self.db.read(rows::figures).await
    }

    async fn poll_due(&self, now_ms: i64, most: usize) -> Result<usize, StoreError> {
        // Most often there is none: a look needs no lock.
        let due = self.db.read(move |c| rows::due(c, now_ms, 1)).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let poll = self.db.write(move |tx| write::poll_due(tx, now_ms, most));
        poll.await
    }

    async fn moved(
        &self,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<HashMap<String, Vec<Transaction>>, StoreError> {
        let moments = from_ms..until_ms;
        self.db
            .read(move |c| rows::ledger::moved(c, &moments))
            .await
    }

    async fn keep_differences(
        &self,
        from_ms: i64,
        until_ms: i64,
        found: &[Difference],
    ) -> Result<(), StoreError> {
        let (moments, found) = (from_ms..until_ms, found.to_vec());
        self.db
            .write(move |tx| rows::differences::keep(tx, &moments, &found))
            .await
    }

    async fn differences(&self, most: usize) -> Result<Vec<Difference>, StoreError> {
        self.db.read(move |c| rows::differences::all(c, most)).await
    }

    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let holder = holder.to_owned();
        self.db
            .write(move |tx| leases::take(tx, leases::PAYMENTS, &holder, until_ms, now_ms))
            .await
    }

    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError> {
        let holder = holder.to_owned();
        self.db
            .write(move |tx| leases::give_back(tx, leases::PAYMENTS, &holder))
            .await
    }
}
