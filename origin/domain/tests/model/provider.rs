//! The provider: one intent, its refunds, and its books.

use domain::{
    PaymentId,
    payments::{
        money::Currency,
        provider::{Intent, IntentStatus, ProviderRefund, RefundStatus},
        refund::Refund,
    },
};

use crate::{
    scenario::Scenario,
    state::{AMOUNT, Provider, State},
    steps::PART,
};

pub(crate) const INTENT: &str = "pi_1";

impl Provider {
    /// The intent as it is now.
    pub(crate) fn shown(&self) -> Option<Intent> {
        let (status, received) = self.intent?;
        Some(Intent {
            id: INTENT.into(),
            payment: Some(PaymentId::derive("payment", "1")),
            status,
            amount: AMOUNT,
            received,
            currency: Some(Currency::Eur),
            client_secret: String::new(),
        })
    }

    /// Makes the intent, or answers the one that the same key made.
    pub(crate) fn create(&mut self) {
        self.intent.get_or_insert((IntentStatus::Waiting, 0));
    }

    pub(crate) fn cancel(&mut self) {
        if let Some((status @ IntentStatus::Waiting, _)) = &mut self.intent {
            *status = IntentStatus::Cancelled;
        }
    }

    /// Makes a refund, or answers the one that the same key made; none if so much is not left.
    pub(crate) fn refund(&mut self, refund: &Refund) -> Option<ProviderRefund> {
        let is_made = |made: &&ProviderRefund| made.refund.as_ref() == Some(&refund.id);
        if let Some(made) = self.refunds.iter().find(is_made) {
            return Some(made.clone());
        }
        let made = ProviderRefund {
            id: format!("re_{}", refund.id),
            refund: Some(refund.id.clone()),
            intent: INTENT.into(),
            amount: refund.amount,
            status: RefundStatus::Accepted,
            created_at_ms: 0,
        };
        self.has_left(refund.amount).then(|| {
            self.refunds.push(made.clone());
            made
        })
    }

    fn has_left(&self, amount: i64) -> bool {
        self.given_back() + amount <= self.received()
    }

    pub(crate) fn received(&self) -> i64 {
        self.intent.map_or(0, |(_, received)| received)
    }

    pub(crate) fn given_back(&self) -> i64 {
        let accepted = self
            .refunds
            .iter()
            .filter(|refund| refund.status == RefundStatus::Accepted);
        accepted.map(|refund| refund.amount).sum()
    }
}

impl Scenario {
    pub(crate) fn pay(&self, state: &mut State) -> bool {
        match &mut state.provider.intent {
            Some((status @ IntentStatus::Waiting, received)) => {
                *status = IntentStatus::Succeeded;
                *received = self.pays;
                true
            }
            Some(_) | None => false,
        }
    }

    pub(crate) fn refund_elsewhere(&self, state: &mut State) -> bool {
        if state.bounds.others >= self.others || !state.provider.has_left(PART) {
            return false;
        }
        state.bounds.others += 1;
        state.provider.refunds.push(ProviderRefund {
            id: "re_elsewhere".into(),
            refund: None,
            intent: INTENT.into(),
            amount: PART,
            status: RefundStatus::Accepted,
            created_at_ms: 0,
        });
        true
    }

    pub(crate) fn refund_fails(&self, state: &mut State, place: usize) -> bool {
        let refund = &mut state.provider.refunds[place];
        if state.bounds.failures >= self.failures || refund.status == RefundStatus::Failed {
            return false;
        }
        state.bounds.failures += 1;
        refund.status = RefundStatus::Failed;
        true
    }
}
