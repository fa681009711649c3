//! A booking as a calendar file (RFC 5545).

use chrono::DateTime;
use domain::{
    Establishment, Offer,
    bookings::booking::{Booking, BookingStatus},
};

/// The longest line in bytes, without its line break (RFC 5545, 3.1).
const MAX_OCTETS: usize = 75;

/// The calendar file with one event: when and where the booking can be used, and for which offer.
pub fn file(booking: &Booking, offer: &Offer, place: Option<&Establishment>) -> String {
    let status = match booking.status {
        BookingStatus::Pending => "TENTATIVE",
        BookingStatus::Confirmed | BookingStatus::CheckedIn | BookingStatus::NoShow => "CONFIRMED",
        BookingStatus::Cancelled | BookingStatus::Expired => "CANCELLED",
    };
    let was_changed = booking.changed_at_ms > booking.created_at_ms;
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Yousoon//Bookings 1//FR".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:booking-{}@yousoon", booking.id),
        format!("SEQUENCE:{}", u8::from(was_changed)),
        format!("DTSTAMP:{}", moment(booking.changed_at_ms)),
        format!("CREATED:{}", moment(booking.created_at_ms)),
        format!("LAST-MODIFIED:{}", moment(booking.changed_at_ms)),
        format!("DTSTART:{}", moment(booking.from_ms)),
        format!("DTEND:{}", moment(booking.until_ms)),
        format!("STATUS:{status}"),
        format!("SUMMARY:{}", text(&offer.title)),
    ];
    if !offer.conditions.is_empty() {
        lines.push(format!(
            "DESCRIPTION:{}",
            text(&offer.conditions.join("\n"))
        ));
    }
    if let Some(place) = place {
        let address = &place.address;
        let (postcode, city) = (&address.postcode, &address.city);
        let whole = format!("{}, {}, {postcode} {city}", place.name, address.street);
        lines.push(format!("LOCATION:{}", text(&whole)));
        lines.push(format!("GEO:{};{}", place.location.lat, place.location.lng));
    }
    lines.push("END:VEVENT".to_owned());
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// A date and time in UTC (RFC 5545, 3.3.5, form 2).
fn moment(at_ms: i64) -> String {
    let moment = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    moment.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Escapes a TEXT value (RFC 5545, 3.3.11), so that nothing in it can end the line or begin
/// another property.
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            // A TEXT must not contain control characters.
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// The line with its line break. A longer line is folded: it continues on the next line after a
/// space.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 4);
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > MAX_OCTETS {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(c);
        octets += c.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use domain::bookings::samples::{booking, offer};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_booking_is_an_event() {
        let offer = Offer {
            title: "Deux galettes; une, offerte".into(),
            conditions: vec!["Sur place".into(), "Sans alcool".into()],
            ..offer()
        };
        let id = booking().id;
        let expected = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Yousoon//Bookings 1//FR\r\nBEGIN:VEVENT\r\n\
             UID:booking-{id}@yousoon\r\nSEQUENCE:0\r\nDTSTAMP:20260601T120000Z\r\n\
             CREATED:20260601T120000Z\r\nLAST-MODIFIED:20260601T120000Z\r\n\
             DTSTART:20260601T120000Z\r\nDTEND:20260601T150000Z\r\nSTATUS:CONFIRMED\r\n\
             SUMMARY:Deux galettes\\; une\\, offerte\r\nDESCRIPTION:Sur place\\nSans alcool\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        assert_eq!(file(&booking(), &offer, None), expected);
    }

    proptest! {
        /// For any title, no line is too long, and the title is one property that reads back.
        #[test]
        fn no_title_breaks_the_file(title in any::<String>()) {
            let offer = Offer { title: title.clone(), ..offer() };
            let file = file(&booking(), &offer, None);
            let mut lines = file.split("\r\n");
            prop_assert!(lines.all(|line| line.len() <= MAX_OCTETS && !line.contains(['\n', '\r'])));
            let unfolded = file.replace("\r\n ", "");
            prop_assert_eq!(unfolded.lines().count(), 15);
            let summary = unfolded.lines().find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
            let read = summary.replace("\\n", "\u{0}").replace("\\,", ",").replace("\\;", ";");
            let read = read.replace("\\\\", "\\").replace('\u{0}', "\n");
            if !title.contains('\\') {
                let kept: String = title.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
                prop_assert_eq!(read, kept);
            }
        }
    }
}
