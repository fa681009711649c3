//! Decodes arbitrary text as pagination cursors and as QR codes: what is decoded is encoded to what
//! decodes to the same, and no text is a code that these keys did not sign.
#![no_main]

use std::sync::LazyLock;

use access::keys::KeySet;
use access::qr::Ticket;
use domain::bookings::store::BookingCursor;
use domain::offers::store::OfferCursor;
use domain::partners::store::PartnerCursor;
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<KeySet> = LazyLock::new(KeySet::for_development);

fuzz_target!(|text: &str| {
    if let Some(cursor) = OfferCursor::decode(text) {
        assert_eq!(OfferCursor::decode(&cursor.encode()), Some(cursor));
    }
    if let Some(cursor) = PartnerCursor::decode(text) {
        assert_eq!(PartnerCursor::decode(&cursor.encode()), Some(cursor));
    }
    if let Some(cursor) = BookingCursor::decode(text) {
        assert_eq!(BookingCursor::decode(&cursor.encode()), Some(cursor));
    }
    // The keys are new in each run.
    assert_eq!(Ticket::verify(text, &KEYS), None, "forged");
});
