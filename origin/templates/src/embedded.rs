//! The templates of the program: the files in `files`, part of the binary.

use domain::{
    messages::{kind::Kind, part::Part},
    sentence::Language,
};

/// The layout of every e-mail's HTML.
pub(crate) const LAYOUT: &str = include_str!("../files/layout/layout.html");

/// What stands below every e-mail, in plain text and in HTML.
pub(crate) const FOOTERS: [(Language, &str, &str); 2] = [
    (
        Language::French,
        include_str!("../files/layout/fr/footer.txt"),
        include_str!("../files/layout/fr/footer.html"),
    ),
    (
        Language::English,
        include_str!("../files/layout/en/footer.txt"),
        include_str!("../files/layout/en/footer.html"),
    ),
];

/// One template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub(crate) kind: Kind,
    pub(crate) language: Language,
    pub(crate) part: Part,
    pub(crate) source: &'static str,
}

/// The name of a part's file.
pub(crate) const fn file_name(part: Part) -> &'static str {
    match part {
        Part::Subject => "subject.txt",
        Part::Text => "body.txt",
        Part::Html => "body.html",
        Part::Sms => "sms.txt",
        Part::Title => "push_title.txt",
        Part::Body => "push_body.txt",
    }
}

macro_rules! files {
    ($($kind:ident $folder:literal: $($channel:ident)+;)+) => {
        &[$(
            $(parts!($channel, $kind, French, concat!("../files/", $folder, "/fr/")),
              parts!($channel, $kind, English, concat!("../files/", $folder, "/en/")),)+
        )+]
    };
}

macro_rules! parts {
    (email, $kind:ident, $language:ident, $folder:expr) => {
        &[
            file!($kind, $language, Subject, $folder, "subject.txt"),
            file!($kind, $language, Text, $folder, "body.txt"),
            file!($kind, $language, Html, $folder, "body.html"),
        ]
    };
    (sms, $kind:ident, $language:ident, $folder:expr) => {
        &[file!($kind, $language, Sms, $folder, "sms.txt")]
    };
    (push, $kind:ident, $language:ident, $folder:expr) => {
        &[
            file!($kind, $language, Title, $folder, "push_title.txt"),
            file!($kind, $language, Body, $folder, "push_body.txt"),
        ]
    };
}

macro_rules! file {
    ($kind:ident, $language:ident, $part:ident, $folder:expr, $name:literal) => {
        File {
            kind: Kind::$kind,
            language: Language::$language,
            part: Part::$part,
            source: include_str!(concat!($folder, $name)),
        }
    };
}

/// `push` is also the inbox.
pub(crate) static FILES: &[&[File]] = files! {
    VerifyEmail "verify_email": email;
    ResetPassword "reset_password": email;
    PhoneCode "phone_code": sms;
    Invitation "invitation": email;
    NewDevice "new_device": email push;
    BookingConfirmed "booking_confirmed": email sms push;
    BookingToConfirm "booking_to_confirm": email sms push;
    BookingReminder "booking_reminder": email sms push;
    BookingCancelledByVenue "booking_cancelled_by_venue": email sms push;
    BookingExpired "booking_expired": email sms push;
    FavouritePartnerOffer "favourite_partner_offer": email push;
    FavouriteEndsSoon "favourite_ends_soon": email push;
    IdentityResult "identity_result": email push;
    PaymentResult "payment_result": email push;
    PaymentDisputed "payment_disputed": email push;
    News "news": email push;
    ReviewRequest "review_request": push;
    ReviewReplied "review_replied": email push;
    ReviewRemoved "review_removed": email push;
    PartnerReviewed "partner_reviewed": email push;
    ReviewContestAnswered "review_contest_answered": email push;
    ChangeEmail "change_email": email;
    EmailChanged "email_changed": email;
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_part_of_every_kind_has_one_file_in_each_language() {
        let mut seen = HashSet::new();
        for file in FILES.iter().copied().flatten() {
            assert!(file.kind.has(file.part), "{file:?}");
            let key = (file.kind, file.language, file.part);
            assert!(seen.insert(key), "{key:?}");
        }
        for kind in Kind::ALL {
            for language in Language::ALL {
                for part in Part::ALL.iter().filter(|part| kind.has(**part)) {
                    let key = (*kind, *language, *part);
                    assert!(seen.contains(&key), "{key:?}");
                }
            }
        }
    }
}
