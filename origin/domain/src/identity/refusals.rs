//! Why an identity check is not begun or decided: one refusal per cause.

use pq_core::ErrorCode;

use super::codes;
use crate::{sentence::Sentence, users};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityRefusal {
    EmailNotVerified,
    VerifiedAlready,
    AttemptsReached,
    ConsentOutdated,
    NotFound,
    /// The check cannot be decided in its state, or is not the newest one.
    WrongState,
    OwnCheck,
    /// The offer is for people with a verified identity.
    Required,
    Pending,
    AgeTooLow,
    Unavailable,
}

impl IdentityRefusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::EmailNotVerified => users::codes::EMAIL_NOT_VERIFIED,
            Self::VerifiedAlready => codes::IDENTITY_VERIFIED_ALREADY,
            Self::AttemptsReached => codes::IDENTITY_ATTEMPTS_REACHED,
            Self::ConsentOutdated => codes::IDENTITY_CONSENT_OUTDATED,
            Self::NotFound => codes::VERIFICATION_NOT_FOUND,
            Self::WrongState => codes::VERIFICATION_STATE_CONFLICT,
            Self::OwnCheck => codes::VERIFICATION_IS_YOURS,
            Self::Required => codes::IDENTITY_REQUIRED,
            Self::Pending => codes::IDENTITY_PENDING,
            Self::AgeTooLow => codes::AGE_TOO_LOW,
            Self::Unavailable => codes::IDENTITY_UNAVAILABLE,
        }
    }

    pub const fn sentence(self) -> Sentence {
        let (french, english) = self.sentences();
        Sentence::new(french, english)
    }

    pub(crate) const fn sentences(self) -> (&'static str, &'static str) {
        match self {
            Self::EmailNotVerified => (
                "vérifiez d’abord votre adresse e-mail",
                "verify your e-mail address first",
            ),
            Self::VerifiedAlready => (
                "votre identité est déjà vérifiée",
                "your identity is verified already",
            ),
            Self::AttemptsReached => (
                "vous avez fait trop de tentatives : réessayez dans quelques semaines, ou écrivez-nous",
                "you have tried too often: try again in some weeks, or write to us",
            ),
            Self::ConsentOutdated => (
                "le texte sur la vérification d’identité a changé : lisez-le de nouveau",
                "the text about identity checks has changed: read it again",
            ),
            Self::NotFound => (
                "cette vérification d’identité n’existe pas",
                "there is no such identity check",
            ),
            Self::WrongState => (
                "cette vérification ne peut plus être décidée",
                "this check cannot be decided any more",
            ),
            Self::OwnCheck => (
                "personne ne décide de sa propre vérification",
                "nobody decides on their own check",
            ),
            Self::Required => (
                "cette offre demande une identité vérifiée",
                "this offer asks for a verified identity",
            ),
            Self::Pending => (
                "votre identité n’est pas encore vérifiée : attendez la décision",
                "your identity is not verified yet: wait for the decision",
            ),
            Self::AgeTooLow => (
                "votre année de naissance ne prouve pas l’âge que cette offre demande",
                "your year of birth does not prove the age that this offer asks for",
            ),
            Self::Unavailable => (
                "les pièces d’identité ne peuvent pas être vérifiées maintenant : réessayez dans quelques minutes",
                "identity documents cannot be checked now: try again in a few minutes",
            ),
        }
    }
}
