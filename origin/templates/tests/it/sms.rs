//! How long SMS are.

use domain::{
    messages::{
        kind::{Channel, Kind},
        letter::{BookingConfirmed, Letter},
    },
    sentence::Language,
};
use templates::samples::samples;

use crate::{all_kinds, sms};

/// The letters of GSM 03.38 that our texts use; each is one of the 160 characters of an SMS.
const ALPHABET: &str = "\n !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                        abcdefghijklmnopqrstuvwxyzÉÇàèéìòùäöñü@£$_";

fn with_partner(partner: &str) -> Letter {
    let Some(Letter::BookingConfirmed(letter)) = samples(Kind::BookingConfirmed, Language::French)
        .into_iter()
        .next()
    else {
        panic!("not a booking");
    };
    let mut booking = letter.booking.clone();
    booking.partner = partner.into();
    Letter::BookingConfirmed(BookingConfirmed { booking, ..letter })
}

#[test]
fn every_sms_has_at_most_160_characters_of_the_alphabet() {
    let with_sms = all_kinds().filter(|(kind, _)| kind.channels().contains(&Channel::Sms));
    let mut count = 0;
    for (kind, language) in with_sms {
        for letter in samples(kind, language) {
            let text = sms(&letter, language).text;
            let stray = text.chars().find(|c| !ALPHABET.contains(*c));
            assert_eq!(stray, None, "{text}");
            assert!(text.chars().count() <= 160, "{text}");
            count += 1;
        }
    }
    assert!(count > 16, "{count}");
}

#[test]
fn long_names_are_shortened_and_the_link_stays() {
    let letter = with_partner("Le Très Grand Comptoir des Amis de la Rue Oberkampf et d’Ailleurs");
    let text = sms(&letter, Language::French).text;
    assert!(text.chars().count() <= 160, "{text}");
    assert!(text.contains("Le Très Grand Comptoir"), "{text}");
    assert!(text.contains("bookings/"), "{text}");
    assert!(text.chars().all(|c| ALPHABET.contains(c)), "{text}");
}

#[test]
fn emoji_do_not_make_an_sms_longer() {
    let text = sms(&with_partner("🍻 Bar à Ça 🍻"), Language::French).text;
    assert!(text.contains("Bar à Ça,"), "{text}");
    assert!(text.chars().all(|c| ALPHABET.contains(c)), "{text}");
}

#[test]
fn names_in_other_scripts_stay_readable() {
    let text = sms(&with_partner("李家小馆"), Language::French).text;
    assert!(
        text.contains("李家小馆") && text.contains("bookings/"),
        "{text}"
    );
}
