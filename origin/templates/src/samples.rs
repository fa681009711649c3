//! Letters of each kind with which templates are tried and shown.

use domain::{
    BookingId, OfferId, PaymentId,
    messages::{
        kind::Kind,
        letter::{
            BookingCancelledByVenue, BookingConfirmed, BookingDetails, BookingExpired,
            BookingReminder, BookingToConfirm, ChangeEmail, DisputeOutcome, EmailChanged,
            FavouriteEndsSoon, FavouritePartnerOffer, IdentityOutcome, IdentityResult, Invitation,
            Letter, NewDevice, News, OfferDetails, PartnerOutcome, PartnerReviewed,
            PaymentDisputed, PaymentOutcome, PaymentResult, PhoneCode, Proof, ResetPassword,
            ReviewContestAnswered, ReviewRemoved, ReviewReplied, ReviewRequest, VerifyEmail,
        },
    },
    payments::money::{Currency, Money},
    sentence::Language,
};

/// 2026-06-12 20:30 in Paris.
const EVENING_MS: i64 = 1_781_289_000_000;
const HOUR_MS: i64 = 3_600_000;

/// Letters of this kind: together they lead through every branch of a template.
pub fn samples(kind: Kind, language: Language) -> Vec<Letter> {
    let mut letters = full(kind, language);
    if let Some(bare) = letters.first().map(|letter| bare(letter.clone())) {
        letters.push(bare);
    }
    letters
}

fn full(kind: Kind, language: Language) -> Vec<Letter> {
    let first_name = "Zoé".to_owned();
    let letter = match kind {
        Kind::VerifyEmail => Letter::VerifyEmail(VerifyEmail {
            first_name,
            token: token(),
        }),
        Kind::ResetPassword => Letter::ResetPassword(ResetPassword {
            first_name,
            token: token(),
        }),
        Kind::ChangeEmail => Letter::ChangeEmail(ChangeEmail { token: token() }),
        Kind::EmailChanged => Letter::EmailChanged(EmailChanged {
            first_name,
            token: token(),
        }),
        Kind::PhoneCode => Letter::PhoneCode(PhoneCode {
            code: Proof::new("042317"),
        }),
        Kind::Invitation => Letter::Invitation(Invitation {
            partner: "Le Comptoir d'Oberkampf".into(),
            token: token(),
        }),
        Kind::NewDevice => Letter::NewDevice(NewDevice {
            first_name,
            device: Some("iPhone 15".into()),
            signed_in_at_ms: EVENING_MS,
        }),
        Kind::BookingConfirmed => Letter::BookingConfirmed(BookingConfirmed {
            first_name,
            booking: booking(language),
        }),
        Kind::BookingToConfirm => Letter::BookingToConfirm(BookingToConfirm {
            guest: first_name,
            booking: booking(language),
        }),
        Kind::BookingReminder => Letter::BookingReminder(BookingReminder {
            first_name,
            booking: booking(language),
        }),
        Kind::BookingCancelledByVenue => Letter::BookingCancelledByVenue(BookingCancelledByVenue {
            first_name,
            booking: booking(language),
            reason: Some(reason(language)),
        }),
        Kind::BookingExpired => Letter::BookingExpired(BookingExpired {
            first_name,
            booking: booking(language),
        }),
        Kind::FavouritePartnerOffer => Letter::FavouritePartnerOffer(FavouritePartnerOffer {
            first_name,
            offer: offer(language),
        }),
        Kind::FavouriteEndsSoon => Letter::FavouriteEndsSoon(FavouriteEndsSoon {
            first_name,
            offer: offer(language),
        }),
        Kind::IdentityResult => return identities(&first_name),
        Kind::PaymentResult => return payments(&first_name, language),
        Kind::PaymentDisputed => return disputes(&first_name, language),
        Kind::News => Letter::News(news(first_name, language)),
        Kind::ReviewRequest => Letter::ReviewRequest(ReviewRequest {
            first_name,
            booking: booking(language),
        }),
        Kind::ReviewReplied => Letter::ReviewReplied(ReviewReplied {
            first_name,
            partner: "Le Comptoir d'Oberkampf".into(),
            booking: BookingId::derive("booking", "sample"),
        }),
        Kind::PartnerReviewed => return decisions(&first_name, language),
        Kind::ReviewContestAnswered => return contests(&first_name, language),
        Kind::ReviewRemoved => Letter::ReviewRemoved(ReviewRemoved {
            first_name,
            partner: "Le Comptoir d'Oberkampf".into(),
            booking: BookingId::derive("booking", "sample"),
            reason: match language {
                Language::French => "Des propos injurieux envers une personne".into(),
                Language::English => "Insults against a person".into(),
            },
        }),
    };
    vec![letter]
}

fn decisions(first_name: &str, language: Language) -> Vec<Letter> {
    let reason = match language {
        Language::French => "L’adresse de l’établissement n’est pas la bonne",
        Language::English => "The establishment's address is wrong",
    };
    let decision = |outcome, reason: Option<&str>| {
        Letter::PartnerReviewed(PartnerReviewed {
            first_name: first_name.to_owned(),
            outcome,
            partner: "Le Comptoir d'Oberkampf".into(),
            reason: reason.map(ToOwned::to_owned),
        })
    };
    vec![
        decision(PartnerOutcome::Approved, None),
        decision(PartnerOutcome::Returned, Some(reason)),
        decision(PartnerOutcome::Suspended, Some(reason)),
        decision(PartnerOutcome::Restored, None),
    ]
}

fn contests(first_name: &str, language: Language) -> Vec<Letter> {
    let kept = match language {
        Language::French => "Ces propos visent une personne nommée",
        Language::English => "These words are about a person who is named",
    };
    [None, Some(kept)]
        .into_iter()
        .map(|answer| {
            Letter::ReviewContestAnswered(ReviewContestAnswered {
                first_name: first_name.to_owned(),
                partner: "Le Comptoir d'Oberkampf".into(),
                booking: BookingId::derive("booking", "sample"),
                answer: answer.map(str::to_owned),
            })
        })
        .collect()
}

fn identities(first_name: &str) -> Vec<Letter> {
    [
        IdentityOutcome::Verified,
        IdentityOutcome::Rejected,
        IdentityOutcome::Expiring,
    ]
    .map(|outcome| identity(first_name, outcome))
    .into()
}

fn payments(first_name: &str, language: Language) -> Vec<Letter> {
    [
        PaymentOutcome::Paid,
        PaymentOutcome::Failed,
        PaymentOutcome::Refunded,
    ]
    .map(|outcome| payment(first_name, outcome, language))
    .into()
}

fn disputes(first_name: &str, language: Language) -> Vec<Letter> {
    [
        DisputeOutcome::Opened,
        DisputeOutcome::Won,
        DisputeOutcome::Lost,
    ]
    .map(|outcome| disputed(first_name, outcome, language))
    .into()
}

/// The letter without all that a letter may lack.
#[expect(clippy::too_many_lines, reason = "an arm for each letter")]
fn bare(letter: Letter) -> Letter {
    let no_name = String::new;
    let without_address = |booking: BookingDetails| BookingDetails {
        address: None,
        people: None,
        decide_before_ms: None,
        until_ms: booking.from_ms + 24 * HOUR_MS,
        ..booking
    };
    let without_discount = |offer: OfferDetails| OfferDetails {
        percentage: None,
        ..offer
    };
    match letter {
        Letter::VerifyEmail(letter) => Letter::VerifyEmail(VerifyEmail {
            first_name: no_name(),
            ..letter
        }),
        Letter::ResetPassword(letter) => Letter::ResetPassword(ResetPassword {
            first_name: no_name(),
            ..letter
        }),
        Letter::EmailChanged(letter) => Letter::EmailChanged(EmailChanged {
            first_name: no_name(),
            ..letter
        }),
        Letter::PhoneCode(_) | Letter::Invitation(_) | Letter::ChangeEmail(_) => letter,
        Letter::NewDevice(letter) => Letter::NewDevice(NewDevice {
            first_name: no_name(),
            device: None,
            ..letter
        }),
        Letter::BookingConfirmed(letter) => Letter::BookingConfirmed(BookingConfirmed {
            first_name: no_name(),
            booking: without_address(letter.booking),
        }),
        Letter::BookingToConfirm(letter) => Letter::BookingToConfirm(BookingToConfirm {
            guest: no_name(),
            booking: without_address(letter.booking),
        }),
        Letter::BookingReminder(letter) => Letter::BookingReminder(BookingReminder {
            first_name: no_name(),
            booking: without_address(letter.booking),
        }),
        Letter::BookingCancelledByVenue(letter) => {
            Letter::BookingCancelledByVenue(BookingCancelledByVenue {
                first_name: no_name(),
                booking: without_address(letter.booking),
                reason: None,
            })
        }
        Letter::BookingExpired(letter) => Letter::BookingExpired(BookingExpired {
            first_name: no_name(),
            booking: without_address(letter.booking),
        }),
        Letter::FavouritePartnerOffer(letter) => {
            Letter::FavouritePartnerOffer(FavouritePartnerOffer {
                first_name: no_name(),
                offer: without_discount(letter.offer),
            })
        }
        Letter::FavouriteEndsSoon(letter) => Letter::FavouriteEndsSoon(FavouriteEndsSoon {
            first_name: no_name(),
            offer: without_discount(letter.offer),
        }),
        Letter::IdentityResult(letter) => Letter::IdentityResult(IdentityResult {
            first_name: no_name(),
            ..letter
        }),
        Letter::PaymentResult(letter) => Letter::PaymentResult(PaymentResult {
            first_name: no_name(),
            vat_rate_bp: 0,
            ..letter
        }),
        Letter::PaymentDisputed(letter) => Letter::PaymentDisputed(PaymentDisputed {
            first_name: no_name(),
            ..letter
        }),
        Letter::ReviewRequest(letter) => Letter::ReviewRequest(ReviewRequest {
            first_name: no_name(),
            booking: without_address(letter.booking),
        }),
        Letter::ReviewReplied(letter) => Letter::ReviewReplied(ReviewReplied {
            first_name: no_name(),
            ..letter
        }),
        Letter::ReviewRemoved(letter) => Letter::ReviewRemoved(ReviewRemoved {
            first_name: no_name(),
            ..letter
        }),
        Letter::PartnerReviewed(letter) => Letter::PartnerReviewed(PartnerReviewed {
            first_name: no_name(),
            reason: None,
            ..letter
        }),
        Letter::ReviewContestAnswered(letter) => {
            Letter::ReviewContestAnswered(ReviewContestAnswered {
                first_name: no_name(),
                ..letter
            })
        }
        Letter::News(letter) => Letter::News(News {
            first_name: no_name(),
            paragraphs: Vec::new(),
            path: None,
            ..letter
        }),
    }
}

/// As long as a real one: an id and 32 bytes.
fn token() -> Proof {
    let id = BookingId::derive("token", "sample");
    Proof::new(format!("{id}.{}", "5a".repeat(32)))
}

fn title(language: Language) -> String {
    match language {
        Language::French => "Deux pintes pour le prix d'une".into(),
        Language::English => "Two pints for the price of one".into(),
    }
}

fn reason(language: Language) -> String {
    match language {
        Language::French => "Nous sommes complets ce soir.".to_owned(),
        Language::English => "We are fully booked tonight.".to_owned(),
    }
}

fn booking(language: Language) -> BookingDetails {
    BookingDetails {
        id: BookingId::derive("booking", "sample"),
        offer: title(language),
        partner: "Le Comptoir d'Oberkampf".into(),
        address: Some("112 rue Oberkampf, 75011 Paris".into()),
        from_ms: EVENING_MS,
        until_ms: EVENING_MS + 3 * HOUR_MS,
        people: Some(4),
        decide_before_ms: Some(EVENING_MS - 25 * HOUR_MS),
    }
}

fn offer(language: Language) -> OfferDetails {
    OfferDetails {
        id: OfferId::derive("offer", "sample"),
        title: title(language),
        partner: "Le Comptoir d'Oberkampf".into(),
        percentage: Some(50),
        valid_until_ms: EVENING_MS + 18 * 24 * HOUR_MS,
    }
}

fn identity(first_name: &str, outcome: IdentityOutcome) -> Letter {
    Letter::IdentityResult(IdentityResult {
        first_name: first_name.to_owned(),
        outcome,
    })
}

fn payment(first_name: &str, outcome: PaymentOutcome, language: Language) -> Letter {
    Letter::PaymentResult(PaymentResult {
        first_name: first_name.to_owned(),
        outcome,
        amount: Money {
            minor: 1_250,
            currency: Currency::Eur,
        },
        vat_rate_bp: 1_000,
        reference: PaymentId::derive("payment", "sample").to_string(),
        booking: BookingId::derive("booking", "sample"),
        offer: title(language),
        partner: "Le Comptoir d'Oberkampf".into(),
    })
}

fn disputed(first_name: &str, outcome: DisputeOutcome, language: Language) -> Letter {
    Letter::PaymentDisputed(PaymentDisputed {
        first_name: first_name.to_owned(),
        outcome,
        amount: Money {
            minor: 1_250,
            currency: Currency::Eur,
        },
        booking: BookingId::derive("booking", "sample"),
        reference: PaymentId::derive("payment", "sample").to_string(),
        offer: title(language),
    })
}

fn news(first_name: String, language: Language) -> News {
    let (title, paragraphs) = match language {
        Language::French => (
            "L'été arrive sur Yousoon",
            [
                "Terrasses, cinémas en plein air, concerts : plus de cent nouvelles offres vous attendent près de chez vous.",
                "Réservez dès aujourd'hui, les places sont comptées.",
            ],
        ),
        Language::English => (
            "Summer is coming to Yousoon",
            [
                "Terraces, open-air cinemas, concerts: more than a hundred new offers are waiting near you.",
                "Book today, places are limited.",
            ],
        ),
    };
    News {
        first_name,
        title: title.into(),
        paragraphs: paragraphs.map(str::to_owned).into(),
        path: Some("/offers".into()),
    }
}
