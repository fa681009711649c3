//! The pages of unsubscribing: a few lines of HTML without scripts, which load nothing.

use std::sync::LazyLock;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    messages::kind::Kind,
    sentence::{Language, Sentence},
};
use sha2::{Digest as _, Sha256};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;\
padding:0 1.5rem;color:#1a1a1a;background:#fff}h1{font-size:1.4rem}\
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#1a1a1a;color:#fff}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#111}button{background:#eee;color:#111}}";

/// Nothing but this style and this form: no scripts, no pictures, in no frame.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a hash in Base64 has no control characters")
});

/// What a page says.
pub(super) enum Page<'a> {
    /// Asks whether this kind is to be switched off. The token has letters, digits, `.`, `_` and `-`.
    Question {
        kind: Kind,
        token: &'a str,
    },
    Done {
        kind: Kind,
    },
    /// The link is not one of ours.
    Invalid,
    TooMany,
    Failed,
}

pub(super) fn answer(language: Language, page: &Page<'_>) -> Response {
    let headers: [(HeaderName, HeaderValue); 5] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (
            HeaderName::from_static("x-robots-tag"),
            HeaderValue::from_static("noindex"),
        ),
    ];
    (page.status(), headers, html(language, page)).into_response()
}

impl Page<'_> {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Question { .. } | Self::Done { .. } => StatusCode::OK,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            // Mail programs may send it again.
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn heading(&self) -> Sentence {
        match self {
            Self::Question { .. } => {
                Sentence::new("Ne plus recevoir ces e-mails ?", "Stop these e-mails?")
            }
            Self::Done { .. } => Sentence::new("C’est fait", "Done"),
            Self::Invalid => Sentence::new("Ce lien n’est pas valable", "This link is not valid"),
            Self::TooMany => Sentence::new("Trop de demandes", "Too many requests"),
            Self::Failed => Sentence::new("Cela n’a pas marché", "That did not work"),
        }
    }

    fn text(&self) -> Sentence {
        match self {
            Self::Question { kind, .. } => {
                let [french, english] = name(*kind);
                Sentence::with(
                    format!("Yousoon ne vous enverra plus par e-mail : {french}."),
                    format!("Yousoon will no longer e-mail you: {english}."),
                )
            }
            Self::Done { kind } => {
                let [french, english] = name(*kind);
                Sentence::with(
                    format!(
                        "Yousoon ne vous enverra plus par e-mail : {french}. Vous pouvez changer d’avis \
                         dans les réglages de votre compte."
                    ),
                    format!(
                        "Yousoon will no longer e-mail you: {english}. You can change your mind in the \
                         settings of your account."
                    ),
                )
            }
            Self::Invalid => Sentence::new(
                "Ouvrez le lien entier d’un e-mail récent, ou les réglages de votre compte.",
                "Open the whole link of a recent e-mail, or the settings of your account.",
            ),
            Self::TooMany | Self::Failed => Sentence::new(
                "Réessayez dans quelques minutes.",
                "Try again in a few minutes.",
            ),
        }
    }
}

fn html(language: Language, page: &Page<'_>) -> String {
    let (heading, text) = (page.heading(), page.text());
    let (heading, text) = (heading.text(language), text.text(language));
    let form = match page {
        Page::Question { token, .. } => {
            let label = Sentence::new("Ne plus recevoir", "Unsubscribe");
            let label = label.text(language);
            format!(
                "<form method=\"post\" action=\"?token={token}\">\
                 <input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\
                 <button>{label}</button></form>"
            )
        }
        Page::Done { .. } | Page::Invalid | Page::TooMany | Page::Failed => String::new(),
    };
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Yousoon</title>\
         <style>{STYLE}</style></head><body><h1>{heading}</h1><p>{text}</p>{form}</body></html>\n",
        language.as_str()
    )
}

/// What a kind is called: in French, and in English.
const fn name(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::BookingConfirmed => ["les confirmations de réservation", "booking confirmations"],
        Kind::BookingToConfirm => ["les réservations à confirmer", "bookings that wait for you"],
        Kind::BookingReminder => ["les rappels de réservation", "booking reminders"],
        Kind::BookingCancelledByVenue => [
            "les annulations par les établissements",
            "cancellations by venues",
        ],
        Kind::BookingExpired => [
            "les réservations restées sans réponse",
            "bookings that were never answered",
        ],
        Kind::FavouritePartnerOffer => [
            "les offres de vos partenaires favoris",
            "offers of your favourite partners",
        ],
        Kind::FavouriteEndsSoon => [
            "les offres favorites qui se terminent",
            "favourite offers that end soon",
        ],
        Kind::IdentityResult => [
            "les résultats de vérification d’identité",
            "results of identity checks",
        ],
        Kind::PaymentResult => ["les nouvelles de vos paiements", "updates on your payments"],
        Kind::PaymentDisputed => ["les paiements contestés", "disputed payments"],
        Kind::News => ["les actualités", "news"],
        Kind::ReviewRequest => ["les demandes d’avis", "requests for reviews"],
        Kind::ReviewReplied => ["les réponses à vos avis", "answers to your reviews"],
        // They cannot be switched off, so no token names them.
        Kind::VerifyEmail
        | Kind::ResetPassword
        | Kind::PhoneCode
        | Kind::Invitation
        | Kind::NewDevice
        | Kind::ReviewRemoved
        | Kind::PartnerReviewed
        | Kind::ReviewContestAnswered
        | Kind::ChangeEmail
        | Kind::EmailChanged => ["ces messages", "these messages"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_a_form_and_nothing_that_runs() {
        let page = Page::Question {
            kind: Kind::News,
            token: "abc.news.x-_",
        };
        let html = html(Language::English, &page);
        assert!(html.contains("action=\"?token=abc.news.x-_\""), "{html}");
        assert!(html.contains("<html lang=\"en\">") && html.contains("e-mail you: news."));
        for forbidden in ["<script", "src=", "href=", "http"] {
            assert!(!html.contains(forbidden), "{forbidden}: {html}");
        }
        let answer = answer(Language::French, &page);
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
    }
}
