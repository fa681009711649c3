use domain::bookings::samples::{HOUR_MS, NOW_MS, booking};

use super::*;

fn code(ticket: &Ticket, keys: &KeySet) -> String {
    ticket.sign(keys).unwrap()
}

fn other() -> Booking {
    Booking {
        id: BookingId::derive("booking", "2"),
        ..booking()
    }
}

#[test]
fn a_code_says_what_was_signed_and_fits_a_small_picture() {
    let keys = KeySet::for_development();
    for ticket in [
        Ticket::rotating(&booking(), NOW_MS),
        Ticket::offline(&booking()),
    ] {
        let code = code(&ticket, &keys);
        assert_eq!(code.len(), 141);
        assert_eq!(Ticket::verify(&code, &keys), Some(ticket));
    }
}

#[test]
fn each_wrong_code_is_refused_for_what_is_wrong() {
    let keys = KeySet::for_development();
    let fresh = code(&Ticket::rotating(&booking(), NOW_MS), &keys);
    let offline = code(&Ticket::offline(&booking()), &keys);
    let used = Booking {
        status: BookingStatus::CheckedIn,
        ..booking()
    };
    let of_another_partner = Booking {
        partner: PartnerId::derive("partner", "2"),
        ..booking()
    };
    let forged = code(
        &Ticket::rotating(&booking(), NOW_MS),
        &KeySet::for_development(),
    );
    for (code, booking, now_ms, expected) in [
        (&fresh, booking(), NOW_MS, Ok(())),
        (&fresh, booking(), NOW_MS + 59_999, Ok(())),
        (
            &fresh,
            booking(),
            NOW_MS + 60_000,
            Err(BookingRefusal::CodeExpired),
        ),
        (&offline, booking(), NOW_MS + 60_000, Ok(())),
        (
            &offline,
            booking(),
            NOW_MS - HOUR_MS,
            Err(BookingRefusal::TooEarly),
        ),
        (
            &offline,
            booking(),
            NOW_MS + 6 * HOUR_MS,
            Err(BookingRefusal::CodeExpired),
        ),
        (&forged, booking(), NOW_MS, Err(BookingRefusal::CodeInvalid)),
        (&fresh, other(), NOW_MS, Err(BookingRefusal::CodeForeign)),
        (
            &fresh,
            of_another_partner,
            NOW_MS,
            Err(BookingRefusal::CodeForeign),
        ),
        // Whether it is a repeat is the step's to decide, however old the code is.
        (&fresh, used, NOW_MS + 60_000, Ok(())),
    ] {
        assert_eq!(admit(code, &booking, &keys, now_ms), expected, "{now_ms}");
    }
}

#[test]
fn no_byte_of_a_code_can_be_changed() {
    let keys = KeySet::for_development();
    let code = code(&Ticket::offline(&booking()), &keys);
    let bytes = URL_SAFE_NO_PAD.decode(&code[PREFIX.len()..]).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
        assert_eq!(Ticket::verify(&changed, &keys), None, "byte {at}");
    }
    for text in ["", "ysn1.", "ysn2.AAAA", &code[..140], &format!("{code}A")] {
        assert_eq!(Ticket::verify(text, &keys), None, "{text}");
    }
}

#[test]
fn a_code_of_an_older_key_is_taken_as_long_as_that_key_is_known() {
    let (old, new) = (KeySet::for_development(), KeySet::for_development());
    let code = code(&Ticket::offline(&booking()), &old);
    assert_eq!(Ticket::verify(&code, &new), None);
    assert!(Ticket::verify(&code, &new.followed_by(&old)).is_some());
}
