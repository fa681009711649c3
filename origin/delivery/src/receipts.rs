//! What a guest is told of a payment: that the money has come, or that a refund is on its way.

use std::slice;

use domain::{
    PaymentId, RefundId, StoreError, UserId,
    messages::{
        kind::Channel,
        letter::{Letter, PaymentOutcome, PaymentResult},
    },
    payments::{money::Money, refund::RefundState},
    queue::{NewTask, Task, Work},
    users::account::Account,
};

use crate::composing::{Composed, NO_ACCOUNT, Sources};

/// Which payment, or which refund of it, and whose.
#[derive(Clone, Copy)]
pub(crate) struct Receipt<'a> {
    pub(crate) payment: &'a PaymentId,
    pub(crate) refund: Option<&'a RefundId>,
    pub(crate) user: &'a UserId,
}

impl Receipt<'_> {
    /// The task that tells it by one channel; `first` is the task that found the channel.
    fn task(&self, first: &Task, channel: Channel, now_ms: i64) -> NewTask {
        let key = format!("{}:{}", first.key, channel.as_str());
        let work = Work::Receipt {
            payment: self.payment.clone(),
            refund: self.refund.cloned(),
            user: self.user.clone(),
            channel: Some(channel),
        };
        NewTask::part_of(first, key, Some(self.user), work, now_ms)
    }
}

impl Sources {
    /// Finds the channels by which a receipt is told, or says it by one.
    pub(crate) async fn receipt(
        &self,
        task: &Task,
        receipt: Receipt<'_>,
        channel: Option<Channel>,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let Some(account) = self.active(receipt.user).await? else {
            return Ok(Composed::Needless(NO_ACCOUNT));
        };
        let Some(letter) = self.receipt_letter(&account, receipt).await? else {
            return Ok(Composed::Needless("there is no such payment"));
        };
        let part = |channel| receipt.task(task, channel, now_ms);
        let told = self.tell(task, (&account, letter), channel, now_ms, part);
        Ok(told.await?.or_needless())
    }

    /// None if the payment, its offer or its partner is gone, or if the refund is not made.
    async fn receipt_letter(
        &self,
        account: &Account,
        receipt: Receipt<'_>,
    ) -> Result<Option<Letter>, StoreError> {
        let mut found = self
            .payments
            .by_ids(slice::from_ref(receipt.payment))
            .await?;
        let Some(payment) = found.remove(receipt.payment) else {
            return Ok(None);
        };
        let mut booked = self
            .bookings
            .by_ids(slice::from_ref(&payment.booking))
            .await?;
        let Some(booking) = booked.remove(&payment.booking) else {
            return Ok(None);
        };
        let Some(details) = self.booking_details(&booking).await? else {
            return Ok(None);
        };
        let (outcome, amount) = match receipt.refund {
            None => (PaymentOutcome::Paid, payment.amount),
            Some(refund) => match self.payments.refund(refund).await? {
                Some(refund) if refund.state == RefundState::Accepted => {
                    (PaymentOutcome::Refunded, refund.amount)
                }
                Some(_) | None => return Ok(None),
            },
        };
        Ok(Some(Letter::PaymentResult(PaymentResult {
            first_name: account.first_name.clone(),
            outcome,
            amount: Money {
                minor: amount,
                currency: payment.currency,
            },
            vat_rate_bp: booking.price.map_or(0, |price| price.vat_rate_bp),
            reference: payment.id.to_string(),
            booking: booking.id,
            offer: details.offer,
            partner: details.partner,
        })))
    }
}
