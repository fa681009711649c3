//! Why a request about a payment is refused.

use pq_core::ErrorCode;

use super::codes;
use crate::{bookings::codes::BOOKING_NOT_FOUND, sentence::Sentence};

/// One variant for each cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// There is no such booking, or it is somebody else's.
    BookingNotFound,
    /// The booking is free, or has ended, or its time to pay is over.
    NotPayable,
    /// The booking is paid.
    Paid,
    /// Payments are not set up here, or their provider cannot be reached.
    Unavailable,
    /// The partner's account takes no payments.
    PartnerTakesNone,
    /// There is no such payment.
    PaymentNotFound,
    /// Its money has not come.
    NotCaptured,
    /// The amount of a refund is 0 or negative.
    NoAmount,
    /// Not so much is left to refund.
    TooMuch { left: i64 },
    /// The id of a refund was used for another one.
    KeyReused,
}

impl PaymentRefusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::BookingNotFound => BOOKING_NOT_FOUND,
            Self::NotPayable => codes::NOT_PAYABLE,
            Self::Paid => codes::ALREADY_PAID,
            Self::Unavailable => codes::PAYMENTS_UNAVAILABLE,
            Self::PartnerTakesNone => codes::PARTNER_TAKES_NO_PAYMENTS,
            Self::PaymentNotFound => codes::PAYMENT_NOT_FOUND,
            Self::NotCaptured => codes::PAYMENT_NOT_CAPTURED,
            Self::NoAmount => codes::REFUND_AMOUNT_INVALID,
            Self::TooMuch { .. } => codes::REFUND_TOO_LARGE,
            Self::KeyReused => codes::REFUND_KEY_REUSED,
        }
    }

    pub const fn sentence(self) -> Sentence {
        let (french, english) = match self {
            Self::BookingNotFound => ("cette réservation n’existe pas", "there is no such booking"),
            Self::NotPayable => (
                "cette réservation ne peut pas ou plus être payée",
                "this booking cannot be paid, or no longer",
            ),
            Self::Paid => ("cette réservation est payée", "this booking is paid"),
            Self::Unavailable => (
                "le paiement n’est pas disponible en ce moment",
                "payments are not available at the moment",
            ),
            Self::PartnerTakesNone => (
                "ce partenaire n’accepte pas encore les paiements",
                "this partner takes no payments yet",
            ),
            Self::PaymentNotFound => ("ce paiement n’existe pas", "there is no such payment"),
            Self::NotCaptured => (
                "rien n’a été encaissé pour ce paiement",
                "no money has come for this payment",
            ),
            Self::NoAmount => (
                "le montant à rembourser vaut 1 ou plus",
                "the amount of a refund is 1 or more",
            ),
            Self::TooMuch { .. } => (
                "le montant dépasse ce qui reste à rembourser",
                "the amount is larger than what is left to refund",
            ),
            Self::KeyReused => (
                "cette clé d’idempotence a servi pour un autre remboursement",
                "this idempotency key was used for another refund",
            ),
        };
        Sentence::new(french, english)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sentence::Language;

    #[test]
    fn each_cause_has_a_code_and_two_sentences_of_its_own() {
        use PaymentRefusal as R;
        let all = [
            R::BookingNotFound,
            R::NotPayable,
            R::Paid,
            R::Unavailable,
            R::PartnerTakesNone,
            R::PaymentNotFound,
            R::NotCaptured,
            R::NoAmount,
            R::TooMuch { left: 1 },
            R::KeyReused,
        ];
        let words: BTreeSet<_> = all.iter().map(|refusal| refusal.code().as_str()).collect();
        assert_eq!(words.len(), all.len());
        for language in [Language::French, Language::English] {
            let sentences = all.iter().map(|refusal| refusal.sentence());
            let texts: BTreeSet<_> = sentences
                .map(|sentence| sentence.text(language).to_owned())
                .collect();
            assert_eq!(texts.len(), all.len());
        }
    }
}
