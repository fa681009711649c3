//! What a guest is told of money: that it has come, or that a refund is on its way.

use std::slice;

use domain::{
    PaymentId, RefundId, StoreError, UserId,
    messages::{
        kind::{Channel, Kind},
        letter::{Letter, PaymentOutcome, PaymentResult},
    },
    notifications::inbox::Entry,
    payments::{payment::Payment, refund::RefundState},
    queue::{NewTask, Task, Work},
    users::account::Account,
};

use crate::composing::{Composed, NO_ACCOUNT, Sources};

/// Of which payment or refund, and to whom.
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
        let Some(letter) = self.receipt_letter(&receipt, &account).await? else {
            return Ok(Composed::Needless("the payment is not as it says"));
        };
        if let Some(channel) = channel {
            return Ok(
                match self.reached(&account, letter.kind(), channel).await? {
                    Ok(to) => Composed::send(to, account.preferences.language, letter),
                    Err(why) => Composed::Needless(why),
                },
            );
        }
        let (mut tasks, mut entries) = (Vec::new(), Vec::new());
        for channel in self.channels(&account, Kind::PaymentResult).await? {
            if channel == Channel::Inbox {
                let user = account.id.clone();
                entries.push(Entry::new(&task.key, user, &letter, now_ms));
            } else {
                tasks.push(receipt.task(task, channel, now_ms));
            }
        }
        if tasks.is_empty() && entries.is_empty() {
            return Ok(Composed::Needless(
                "no channel that the person wants reaches them",
            ));
        }
        Ok(Composed::Divide(tasks, entries))
    }

    /// None if it no longer holds, or the offer or its partner is gone.
    async fn receipt_letter(
        &self,
        receipt: &Receipt<'_>,
        account: &Account,
    ) -> Result<Option<Letter>, StoreError> {
        let mut found = self
            .payments
            .by_ids(slice::from_ref(receipt.payment))
            .await?;
        let Some(payment) = found.remove(receipt.payment) else {
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
        let names = self.names(&payment).await?;
        Ok(names.map(|(offer, partner)| {
            Letter::PaymentResult(PaymentResult {
                first_name: account.first_name.clone(),
                outcome,
                amount_cents: amount,
                booking: payment.booking,
                offer,
                partner,
                currency: Some(payment.currency),
            })
        }))
    }

    /// The offer's title and the partner's name.
    async fn names(&self, payment: &Payment) -> Result<Option<(String, String)>, StoreError> {
        let mut offers = self.offers.by_ids(slice::from_ref(&payment.offer)).await?;
        let partner = slice::from_ref(&payment.partner);
        let mut partners = self.partners.partners_by_ids(partner).await?;
        let offer = offers.remove(&payment.offer);
        let partner = partners.remove(&payment.partner);
        Ok(offer
            .zip(partner)
            .map(|(offer, partner)| (offer.title, partner.name)))
    }
}
