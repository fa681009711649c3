//! Intents, refunds and disputes: how they change, and what money that moves.

use super::{
    books::{Dispute, Intent, Metadata, Problem, Refund, Stripe, now},
    objects,
};

/// Stripe takes no less, in euros.
const LEAST: i64 = 50;
const MOST: i64 = 99_999_999;
const CURRENCIES: [&str; 3] = ["eur", "chf", "gbp"];

/// What a wallet, a card or a bank says to an attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    Succeeds,
    Declined,
    /// The bank has not answered yet.
    Processes,
}

impl Attempt {
    /// Of Stripe's test payment methods.
    pub(crate) fn of_method(method: &str) -> Option<Self> {
        match method {
            "pm_card_visa" | "pm_card_mastercard" => Some(Self::Succeeds),
            "pm_card_visa_chargeDeclined" | "pm_card_chargeDeclined" => Some(Self::Declined),
            "pm_bank_processing" => Some(Self::Processes),
            _ => None,
        }
    }
}

/// A new intent, as it was asked for.
pub(crate) struct NewIntent {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) fee: i64,
    pub(crate) destination: Option<String>,
    pub(crate) metadata: Metadata,
}

/// A new refund, as it was asked for.
pub(crate) struct NewRefund {
    pub(crate) intent: String,
    pub(crate) amount: Option<i64>,
    pub(crate) fee_goes_back: bool,
    pub(crate) transfer_goes_back: bool,
    pub(crate) metadata: Metadata,
}

impl Stripe {
    pub(crate) fn create_intent(&mut self, new: NewIntent) -> Result<Intent, Problem> {
        if new.amount < LEAST {
            return Err(Problem::invalid("amount_too_small", "amount"));
        }
        if new.amount > MOST {
            return Err(Problem::invalid("amount_too_large", "amount"));
        }
        if !CURRENCIES.contains(&new.currency.as_str()) {
            return Err(Problem::invalid("parameter_invalid_string", "currency"));
        }
        if new.fee < 0 || new.fee > new.amount {
            let param = "application_fee_amount";
            return Err(Problem::invalid("parameter_invalid_integer", param));
        }
        if let Some(destination) = &new.destination {
            let param = "transfer_data[destination]";
            let account = self.accounts.get(destination);
            let account = account.ok_or_else(|| Problem::invalid("resource_missing", param))?;
            if !account.charges_enabled {
                let code = "insufficient_capabilities_for_transfer";
                return Err(Problem::invalid(code, param));
            }
        } else if new.fee > 0 {
            let param = "application_fee_amount";
            return Err(Problem::invalid("parameter_unknown", param));
        }
        let id = self.name("pi");
        let secret = self.dice.next();
        let intent = Intent {
            client_secret: format!("{id}_secret_{secret:016x}"),
            id: id.clone(),
            amount: new.amount,
            currency: new.currency,
            fee: new.fee,
            destination: new.destination,
            metadata: new.metadata,
            status: "requires_payment_method",
            received: 0,
            charge: None,
            error: None,
            paid_on_cancel: false,
            created: now(),
        };
        self.intents.insert(id, intent.clone());
        self.happened("payment_intent.created", objects::intent(&intent), None);
        Ok(intent)
    }

    /// The guest tries to pay.
    pub(crate) fn attempt(&mut self, id: &str, attempt: Attempt) -> Result<Intent, Problem> {
        let intent = self.intents.get_mut(id);
        let intent = intent.ok_or_else(|| Problem::missing("intent"))?;
        if !matches!(intent.status, "requires_payment_method" | "processing") {
            return Err(Problem::invalid(
                "payment_intent_unexpected_state",
                "intent",
            ));
        }
        match attempt {
            Attempt::Succeeds => Ok(self.succeed(id)),
            Attempt::Processes => {
                intent.status = "processing";
                let intent = intent.clone();
                let object = objects::intent(&intent);
                self.happened("payment_intent.processing", object, None);
                Ok(intent)
            }
            Attempt::Declined => {
                intent.status = "requires_payment_method";
                intent.error = Some("card_declined");
                let object = objects::intent(intent);
                self.happened("payment_intent.payment_failed", object, None);
                Err(Problem {
                    status: 402,
                    kind: "card_error",
                    code: Some("card_declined"),
                    param: None,
                })
            }
        }
    }

    fn succeed(&mut self, id: &str) -> Intent {
        let charge = self.name("ch");
        let Some(intent) = self.intents.get_mut(id) else {
            unreachable!("it was found before");
        };
        intent.status = "succeeded";
        intent.received = intent.amount;
        intent.error = None;
        intent.charge = Some(charge.clone());
        let intent = intent.clone();
        self.line("charge", intent.amount, &intent.currency, &charge);
        if let Some(line) = self.lines.last_mut() {
            line.intent = Some(intent.id.clone());
        }
        if intent.destination.is_some() {
            let (transfer, fee) = (self.name("tr"), self.name("fee"));
            self.line("transfer", -intent.amount, &intent.currency, &transfer);
            if intent.fee > 0 {
                self.line("application_fee", intent.fee, &intent.currency, &fee);
            }
        }
        let object = objects::intent(&intent);
        self.happened("payment_intent.succeeded", object, None);
        intent
    }

    pub(crate) fn cancel(&mut self, id: &str) -> Result<Intent, Problem> {
        let intent = self.intents.get_mut(id);
        let intent = intent.ok_or_else(|| Problem::missing("intent"))?;
        if std::mem::take(&mut intent.paid_on_cancel) && intent.status == "requires_payment_method"
        {
            self.succeed(id);
            return Err(Problem::invalid(
                "payment_intent_unexpected_state",
                "intent",
            ));
        }
        if intent.status != "requires_payment_method" {
            return Err(Problem::invalid(
                "payment_intent_unexpected_state",
                "intent",
            ));
        }
        intent.status = "canceled";
        let intent = intent.clone();
        let object = objects::intent(&intent);
        self.happened("payment_intent.canceled", object, None);
        Ok(intent)
    }

    pub(crate) fn create_refund(&mut self, new: NewRefund) -> Result<Refund, Problem> {
        let intent = self.intents.get(&new.intent);
        let intent =
            intent.ok_or_else(|| Problem::invalid("resource_missing", "payment_intent"))?;
        let intent = intent.clone();
        if intent.received == 0 {
            let code = "payment_intent_unexpected_state";
            return Err(Problem::invalid(code, "payment_intent"));
        }
        let left = intent.received - self.refunded(&intent.id);
        if left == 0 {
            let code = "charge_already_refunded";
            return Err(Problem::invalid(code, "payment_intent"));
        }
        let amount = new.amount.unwrap_or(left);
        if amount <= 0 || amount > left {
            return Err(Problem::invalid("amount_too_large", "amount"));
        }
        if intent.destination.is_some() && !new.transfer_goes_back {
            // Ours would pay what the partner has got; Stripe allows it, we never mean it.
            return Err(Problem::invalid("parameter_missing", "reverse_transfer"));
        }
        // In proportion; what is left of it with the last part.
        let fee = if new.fee_goes_back {
            let before = self.refunded(&intent.id);
            let upto = intent.fee * (before + amount) / intent.received;
            upto - self.fee_refunded(&intent.id)
        } else {
            0
        };
        let refund = Refund {
            id: self.name("re"),
            intent: intent.id.clone(),
            charge: intent.charge.clone(),
            amount,
            fee,
            currency: intent.currency.clone(),
            status: "succeeded",
            metadata: new.metadata,
            created: now(),
        };
        self.refunds.insert(refund.id.clone(), refund.clone());
        self.line("refund", -amount, &intent.currency, &refund.id);
        if intent.destination.is_some() {
            let reversal = self.name("trr");
            self.line("transfer_refund", amount, &intent.currency, &reversal);
            let back = self.name("fr");
            if fee > 0 {
                self.line("application_fee_refund", -fee, &intent.currency, &back);
            }
        }
        let object = objects::refund(&refund);
        self.happened("refund.created", object.clone(), None);
        self.happened("charge.refunded", objects::charge(&intent), None);
        Ok(refund)
    }

    /// The guest's bank does not take it.
    pub(crate) fn fail_refund(&mut self, id: &str) -> Result<Refund, Problem> {
        let refund = self.refunds.get_mut(id);
        let refund = refund.ok_or_else(|| Problem::missing("refund"))?;
        if refund.status == "failed" {
            return Err(Problem::invalid("refund_failed", "refund"));
        }
        refund.status = "failed";
        let refund = refund.clone();
        self.line("refund_failure", refund.amount, &refund.currency, id);
        let object = objects::refund(&refund);
        self.happened("refund.failed", object, None);
        Ok(refund)
    }

    /// The guest's bank takes a payment back, or only asks (`warning_needs_response`).
    pub(crate) fn dispute(
        &mut self,
        intent: &str,
        reason: String,
        status: String,
    ) -> Result<Dispute, Problem> {
        let paid = self.intents.get(intent);
        let paid = paid.filter(|intent| intent.received > 0).cloned();
        let paid = paid.ok_or_else(|| Problem::missing("intent"))?;
        let dispute = Dispute {
            id: self.name("du"),
            intent: paid.id,
            charge: paid.charge,
            amount: paid.received,
            currency: paid.currency,
            reason,
            status,
            created: now(),
        };
        self.disputes.insert(dispute.id.clone(), dispute.clone());
        let object = objects::dispute(&dispute);
        self.happened("charge.dispute.created", object, None);
        Ok(dispute)
    }

    pub(crate) fn decide_dispute(&mut self, id: &str, status: String) -> Result<Dispute, Problem> {
        let dispute = self.disputes.get_mut(id);
        let dispute = dispute.ok_or_else(|| Problem::missing("dispute"))?;
        dispute.status = status;
        let dispute = dispute.clone();
        let object = objects::dispute(&dispute);
        self.happened("charge.dispute.closed", object, None);
        Ok(dispute)
    }
}
