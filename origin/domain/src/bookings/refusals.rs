//! Why a booking is not made or not changed: one refusal per cause.

use pq_core::ErrorCode;

use super::{booking::BookingStatus, codes};
use crate::{identity::refusals::IdentityRefusal, offers, payments, sentence::Sentence};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingRefusal {
    OfferNotFound,
    /// The offer is inactive or outside its validity.
    NotBookable,
    /// The offer's schedule has no further opening before its validity ends.
    NeverOpens,
    SoldOut,
    /// No place is left on the day of the opening.
    SoldOutThatDay,
    /// The user has reached the offer's limit per user.
    UserLimit,
    /// The user has an open booking of this offer.
    AlreadyBooked,
    /// The user has the maximum number of open bookings.
    TooManyOpen,
    /// The user has made the maximum number of bookings of a day.
    TooManyMade,
    /// The idempotency key was used for another offer, opening or number of people.
    KeyReused,
    NotFound,
    /// The step is illegal in this status.
    WrongStatus(BookingStatus),
    TooLateToCancel,
    /// The booking may not be used yet.
    TooEarly,
    /// The booking's time is over.
    TooLate,
    /// The QR code is not ours, or was altered.
    CodeInvalid,
    /// The QR code is ours, but has expired.
    CodeExpired,
    /// The booking was checked in before.
    CodeReplayed,
    /// The QR code belongs to another booking or partner.
    CodeForeign,
    /// The partner is not approved, or has ended.
    PartnerNotListed,
    /// The offer has a price, and no payments are set up here.
    PaymentsUnavailable,
    /// The offer has a price, and the partner's account takes no payments.
    PartnerTakesNoPayments,
    /// The booking has a price, and only its payment confirms it.
    PaymentRequired,
    /// The offer asks for a verified identity or an age.
    Identity(IdentityRefusal),
    /// No opening of the offer begins at that moment.
    NoSuchOpening,
    OpeningOver,
    /// The opening begins later than can be booked today.
    OpeningTooFar,
    /// Places are left, but not for so many people.
    TooFewPlaces,
    /// The offer takes only smaller parties.
    PartyTooLarge,
    /// Only the venue's staff confirm the booking.
    ApprovalRequired,
    /// The venue's staff did not confirm it in time.
    TooLateToApprove,
    /// No booking that can be checked in now has this short code.
    ShortCodeUnknown,
    /// A check-in is too old to be taken back.
    TooLateToUndo,
    /// The guest has booked the offer again since the check-in.
    BookedAgain,
    /// The scan was made more than two days ago.
    ScanTooOld,
    /// The scan says that it was made later than now.
    ScanInFuture,
    /// The offer is not open now.
    NotOpen,
}

impl BookingRefusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::OfferNotFound => offers::codes::OFFER_NOT_FOUND,
            Self::NotBookable => codes::OFFER_NOT_BOOKABLE,
            Self::NeverOpens => codes::OFFER_CLOSED,
            Self::SoldOut => codes::OFFER_SOLD_OUT,
            Self::SoldOutThatDay => codes::OFFER_SOLD_OUT_THAT_DAY,
            Self::UserLimit => codes::BOOKING_LIMIT_REACHED,
            Self::AlreadyBooked => codes::ALREADY_BOOKED,
            Self::TooManyOpen => codes::TOO_MANY_BOOKINGS,
            Self::TooManyMade => codes::BOOKINGS_PER_DAY_REACHED,
            Self::KeyReused => codes::IDEMPOTENCY_KEY_REUSED,
            Self::NotFound => codes::BOOKING_NOT_FOUND,
            Self::WrongStatus(_) => codes::BOOKING_STATUS_CONFLICT,
            Self::TooLateToCancel => codes::CANCELLATION_TOO_LATE,
            Self::TooEarly => codes::BOOKING_TOO_EARLY,
            Self::TooLate => codes::BOOKING_TOO_LATE,
            Self::CodeInvalid => codes::QR_CODE_INVALID,
            Self::CodeExpired => codes::QR_CODE_EXPIRED,
            Self::CodeReplayed => codes::QR_CODE_REPLAYED,
            Self::CodeForeign => codes::QR_CODE_FOREIGN,
            Self::PartnerNotListed => codes::PARTNER_NOT_LISTED,
            Self::PaymentsUnavailable => payments::codes::PAYMENTS_UNAVAILABLE,
            Self::PartnerTakesNoPayments => payments::codes::PARTNER_TAKES_NO_PAYMENTS,
            Self::PaymentRequired => payments::codes::PAYMENT_REQUIRED,
            Self::Identity(refusal) => refusal.code(),
            Self::NoSuchOpening => codes::OPENING_NOT_FOUND,
            Self::OpeningOver => codes::OPENING_OVER,
            Self::OpeningTooFar => codes::OPENING_TOO_FAR,
            Self::TooFewPlaces => codes::OFFER_PLACES_TOO_FEW,
            Self::PartyTooLarge => codes::OFFER_PARTY_TOO_LARGE,
            Self::ApprovalRequired => codes::APPROVAL_REQUIRED,
            Self::TooLateToApprove => codes::APPROVAL_TOO_LATE,
            Self::ShortCodeUnknown => codes::SHORT_CODE_UNKNOWN,
            Self::TooLateToUndo => codes::CHECK_IN_UNDO_TOO_LATE,
            Self::BookedAgain => codes::GUEST_BOOKED_AGAIN,
            Self::ScanTooOld => codes::SCAN_TOO_OLD,
            Self::ScanInFuture => codes::SCAN_IN_FUTURE,
            Self::NotOpen => codes::OFFER_NOT_OPEN,
        }
    }

    pub const fn sentence(self) -> Sentence {
        let (french, english) = self.sentences();
        Sentence::new(french, english)
    }

    #[expect(clippy::too_many_lines, reason = "a table with a row for each cause")]
    const fn sentences(self) -> (&'static str, &'static str) {
        match self {
            Self::OfferNotFound => ("cette offre n’existe pas", "there is no such offer"),
            Self::NotBookable => (
                "cette offre ne peut pas être réservée en ce moment",
                "this offer cannot be booked at the moment",
            ),
            Self::NeverOpens => (
                "cette offre n’a plus d’horaire à venir",
                "this offer has no opening hours left",
            ),
            Self::SoldOut => ("cette offre est épuisée", "this offer is sold out"),
            Self::SoldOutThatDay => (
                "il n’y a plus de place ce jour-là",
                "no place is left on that day",
            ),
            Self::UserLimit => (
                "vous avez réservé cette offre autant de fois que possible",
                "you have booked this offer as often as is allowed",
            ),
            Self::AlreadyBooked => (
                "vous avez déjà une réservation en cours pour cette offre",
                "you already have an open booking of this offer",
            ),
            Self::TooManyOpen => (
                "vous avez trop de réservations en cours",
                "you have too many open bookings",
            ),
            Self::TooManyMade => (
                "vous avez fait trop de réservations aujourd’hui",
                "you have made too many bookings today",
            ),
            Self::KeyReused => (
                "cette clé d’idempotence a servi pour une autre réservation",
                "this idempotency key was used for another booking",
            ),
            Self::NotFound => ("cette réservation n’existe pas", "there is no such booking"),
            Self::WrongStatus(status) => wrong_status(status),
            Self::TooLateToCancel => (
                "il est trop tard pour annuler cette réservation",
                "it is too late to cancel this booking",
            ),
            Self::TooEarly => (
                "il est trop tôt pour utiliser cette réservation",
                "it is too early to use this booking",
            ),
            Self::TooLate => (
                "l’heure de cette réservation est passée",
                "the time of this booking is over",
            ),
            Self::CodeInvalid => (
                "ce code n’est pas un code Yousoon",
                "this is not one of Yousoon's codes",
            ),
            Self::CodeExpired => (
                "ce code a expiré : affichez-le de nouveau",
                "this code has expired: show it again",
            ),
            Self::CodeReplayed => ("ce code a déjà été utilisé", "this code was used before"),
            Self::CodeForeign => (
                "ce code est celui d’une autre réservation",
                "this code is another booking's",
            ),
            Self::PartnerNotListed => (
                "ce partenaire ne prend pas de réservations en ce moment",
                "this partner takes no bookings at the moment",
            ),
            Self::PaymentsUnavailable => (
                "le paiement n’est pas disponible en ce moment",
                "payments are not available at the moment",
            ),
            Self::PartnerTakesNoPayments => (
                "ce partenaire n’accepte pas encore les paiements",
                "this partner takes no payments yet",
            ),
            Self::PaymentRequired => (
                "cette réservation doit d’abord être payée",
                "this booking must be paid first",
            ),
            Self::Identity(refusal) => refusal.sentences(),
            Self::NoSuchOpening => (
                "cette offre n’ouvre pas à ce moment-là",
                "this offer does not open at that moment",
            ),
            Self::OpeningOver => ("cette ouverture est passée", "this opening is over"),
            Self::OpeningTooFar => (
                "cette ouverture est trop lointaine pour être réservée",
                "this opening is too far ahead to be booked",
            ),
            Self::TooFewPlaces => (
                "il n’y a plus assez de places pour vous tous",
                "there are not enough places left for all of you",
            ),
            Self::PartyTooLarge => (
                "cette offre n’est pas pour autant de personnes",
                "this offer is not for so many people",
            ),
            Self::ApprovalRequired => (
                "cette réservation attend la réponse de l’établissement",
                "this booking waits for the venue's answer",
            ),
            Self::TooLateToApprove => (
                "il est trop tard pour confirmer cette réservation",
                "it is too late to confirm this booking",
            ),
            Self::ShortCodeUnknown => (
                "aucune réservation de cette soirée n’a ce code",
                "no booking of this night has this code",
            ),
            Self::TooLateToUndo => (
                "il est trop tard pour annuler ce passage",
                "it is too late to take this back",
            ),
            Self::BookedAgain => (
                "cette personne a de nouveau réservé cette offre entre-temps",
                "the guest has booked this offer again meanwhile",
            ),
            Self::ScanTooOld => (
                "ce scan date de plus de deux jours",
                "this scan is more than two days old",
            ),
            Self::ScanInFuture => (
                "ce scan est daté dans l’avenir : réglez l’horloge de l’appareil",
                "this scan is dated in the future: set the device's clock",
            ),
            Self::NotOpen => (
                "cette offre n’est pas ouverte en ce moment",
                "this offer is not open at the moment",
            ),
        }
    }
}

const fn wrong_status(status: BookingStatus) -> (&'static str, &'static str) {
    match status {
        BookingStatus::Pending => (
            "cette réservation n’est pas encore confirmée",
            "this booking is not confirmed yet",
        ),
        BookingStatus::Confirmed => (
            "cette réservation est déjà confirmée",
            "this booking is confirmed already",
        ),
        BookingStatus::CheckedIn => (
            "cette réservation a été utilisée",
            "this booking was checked in",
        ),
        BookingStatus::Cancelled => (
            "cette réservation a été annulée",
            "this booking was cancelled",
        ),
        BookingStatus::Expired => ("cette réservation a expiré", "this booking has expired"),
        BookingStatus::NoShow => (
            "personne n’est venu pour cette réservation",
            "nobody came for this booking",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sentence::Language;

    #[test]
    fn each_cause_has_a_code_and_two_sentences_of_its_own() {
        use BookingRefusal as R;
        let causes = [
            R::OfferNotFound,
            R::NotBookable,
            R::NeverOpens,
            R::SoldOut,
            R::SoldOutThatDay,
            R::UserLimit,
            R::AlreadyBooked,
            R::TooManyOpen,
            R::TooManyMade,
            R::KeyReused,
            R::NotFound,
            R::TooLateToCancel,
            R::TooEarly,
            R::TooLate,
            R::CodeInvalid,
            R::CodeExpired,
            R::CodeReplayed,
            R::CodeForeign,
            R::PartnerNotListed,
            R::PaymentsUnavailable,
            R::PartnerTakesNoPayments,
            R::PaymentRequired,
            R::Identity(IdentityRefusal::Required),
            R::Identity(IdentityRefusal::Pending),
            R::Identity(IdentityRefusal::AgeTooLow),
            R::NoSuchOpening,
            R::OpeningOver,
            R::OpeningTooFar,
            R::TooFewPlaces,
            R::PartyTooLarge,
            R::ApprovalRequired,
            R::TooLateToApprove,
            R::ShortCodeUnknown,
            R::TooLateToUndo,
            R::BookedAgain,
            R::ScanTooOld,
            R::ScanInFuture,
            R::NotOpen,
        ];
        let statuses = BookingStatus::ALL.iter().copied().map(R::WrongStatus);
        let all: Vec<R> = causes.into_iter().chain(statuses).collect();
        let codes: BTreeSet<String> = all.iter().map(|why| format!("{:?}", why.code())).collect();
        assert_eq!(codes.len(), causes.len() + 1, "one for all wrong statuses");
        let text = |why: &R, language| why.sentence().text(language).to_owned();
        let languages = [Language::French, Language::English];
        let texts: BTreeSet<String> = all
            .iter()
            .flat_map(|why| languages.map(|language| text(why, language)))
            .collect();
        assert_eq!(texts.len(), 2 * all.len(), "{texts:?}");
        for text in texts {
            // They stand inside other sentences, and French has its own apostrophe.
            assert!(text.starts_with(char::is_lowercase), "{text}");
            assert!(!text.ends_with('.'), "{text}");
        }
    }
}
