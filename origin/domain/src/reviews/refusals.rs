//! Why a review is not written, answered, reported or decided: one refusal per cause.

use pq_core::ErrorCode;

use super::codes;
use crate::{bookings, sentence::Sentence};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewRefusal {
    /// The booking does not exist, or is somebody else's.
    NoBooking,
    /// The review does not exist, is somebody else's, or was removed.
    NotFound,
    NotCheckedIn,
    AlreadyReviewed,
    TooLate,
    Removed,
    OwnPartner,
    OwnReview,
    AlreadyReported,
    /// Nobody removed it, so there is nothing to contest.
    NotRemoved,
    AlreadyContested,
    /// The administrator removed it: another one keeps it so.
    OwnRemoval,
}

impl ReviewRefusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NoBooking => bookings::codes::BOOKING_NOT_FOUND,
            Self::NotFound => codes::REVIEW_NOT_FOUND,
            Self::NotCheckedIn => codes::BOOKING_NOT_CHECKED_IN,
            Self::AlreadyReviewed => codes::ALREADY_REVIEWED,
            Self::TooLate => codes::REVIEW_TOO_LATE,
            Self::Removed => codes::REVIEW_REMOVED,
            Self::OwnPartner => codes::REVIEW_OF_OWN_PARTNER,
            Self::OwnReview => codes::REVIEW_IS_YOURS,
            Self::AlreadyReported => codes::ALREADY_REPORTED,
            Self::NotRemoved => codes::REVIEW_NOT_REMOVED,
            Self::AlreadyContested => codes::ALREADY_CONTESTED,
            Self::OwnRemoval => codes::CONTEST_NEEDS_ANOTHER,
        }
    }

    pub const fn sentence(self) -> Sentence {
        let (french, english) = match self {
            Self::NoBooking => ("cette réservation n’existe pas", "there is no such booking"),
            Self::NotFound => ("cet avis n’existe pas", "there is no such review"),
            Self::NotCheckedIn => (
                "un avis s’écrit après la visite : cette réservation n’a pas été utilisée",
                "a review is written after the visit: this booking was not checked in",
            ),
            Self::AlreadyReviewed => (
                "vous avez déjà donné votre avis sur cette visite",
                "you have already reviewed this visit",
            ),
            Self::TooLate => (
                "un avis s’écrit et se modifie dans les 30 jours qui suivent la visite",
                "a review can be written and changed within 30 days of the visit",
            ),
            Self::Removed => (
                "cet avis a été retiré par Yousoon",
                "this review was removed by Yousoon",
            ),
            Self::OwnPartner => (
                "vous travaillez pour ce partenaire : vous ne pouvez pas donner d’avis sur lui",
                "you work for this partner: you cannot review it",
            ),
            Self::OwnReview => ("cet avis est le vôtre", "this review is yours"),
            Self::AlreadyReported => (
                "vous avez déjà signalé cet avis",
                "you have already reported this review",
            ),
            Self::NotRemoved => (
                "cet avis n’a pas été retiré : il n’y a rien à contester",
                "this review was not removed: there is nothing to contest",
            ),
            Self::AlreadyContested => (
                "vous avez déjà contesté ce retrait",
                "you have already contested this removal",
            ),
            Self::OwnRemoval => (
                "vous avez retiré cet avis : un autre administrateur doit répondre à la contestation",
                "you removed this review: another administrator has to answer the contest",
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
        use ReviewRefusal as R;
        let causes = [
            R::NoBooking,
            R::NotFound,
            R::NotCheckedIn,
            R::AlreadyReviewed,
            R::TooLate,
            R::Removed,
            R::OwnPartner,
            R::OwnReview,
            R::AlreadyReported,
            R::NotRemoved,
            R::AlreadyContested,
            R::OwnRemoval,
        ];
        let (mut codes, mut texts) = (BTreeSet::new(), BTreeSet::new());
        for cause in causes {
            assert!(codes.insert(cause.code().as_str()), "{cause:?}");
            for language in Language::ALL {
                assert!(
                    texts.insert(cause.sentence().text(*language).to_owned()),
                    "{cause:?}"
                );
            }
        }
    }
}
