//! Bookings as calendar files (RFC 5545), in the forms of RFC 5546 that calendars take updates by.
//!
//! An event keeps its UID. `SEQUENCE` grows with each change of the booking and `DTSTAMP` is that of
//! the change, so that an older file never replaces a newer one.

use chrono::DateTime;
use domain::{
    Establishment, Offer,
    bookings::booking::{Booking, BookingStatus},
};

/// The longest line in bytes, without its line break (RFC 5545, 3.1).
const MAX_OCTETS: usize = 75;

/// What an event says.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub booking: &'a Booking,
    pub offer: &'a Offer,
    pub place: Option<&'a Establishment>,
}

/// The calendar file of one booking: when and where it can be used, and for which offer. One that has
/// ended unused cancels its event.
pub fn file(entry: Entry<'_>) -> String {
    let method = match entry.booking.status {
        BookingStatus::Cancelled | BookingStatus::Expired => "CANCEL",
        BookingStatus::Pending
        | BookingStatus::Confirmed
        | BookingStatus::CheckedIn
        | BookingStatus::NoShow => "PUBLISH",
    };
    written(&[], method, &[entry])
}

/// The calendar of a user. Calendars read it every hour (RFC 7986).
pub fn feed(entries: &[Entry<'_>]) -> String {
    let about = [
        "NAME:Yousoon",
        "X-WR-CALNAME:Yousoon",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ];
    written(&about, "PUBLISH", entries)
}

fn written(about: &[&str], method: &str, entries: &[Entry<'_>]) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Yousoon//Bookings 1//FR".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("METHOD:{method}"),
    ];
    lines.extend(about.iter().map(|line| (*line).to_owned()));
    for entry in entries {
        lines.extend(event(*entry));
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn event(
    Entry {
        booking,
        offer,
        place,
    }: Entry<'_>,
) -> Vec<String> {
    let status = match booking.status {
        BookingStatus::Pending => "TENTATIVE",
        BookingStatus::Confirmed | BookingStatus::CheckedIn | BookingStatus::NoShow => "CONFIRMED",
        BookingStatus::Cancelled | BookingStatus::Expired => "CANCELLED",
    };
    let mut lines = vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:booking-{}@yousoon", booking.id),
        format!("SEQUENCE:{}", booking.changes),
        format!("DTSTAMP:{}", moment(booking.changed_at_ms)),
        format!("CREATED:{}", moment(booking.created_at_ms)),
        format!("LAST-MODIFIED:{}", moment(booking.changed_at_ms)),
        format!("DTSTART:{}", moment(booking.from_ms)),
        format!("DTEND:{}", moment(booking.until_ms)),
        format!("STATUS:{status}"),
        organizer(place),
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
    lines
}

/// RFC 5546 wants one in what is published or cancelled. Its address is none that takes mail: a venue's
/// would get the answers of calendars.
fn organizer(place: Option<&Establishment>) -> String {
    let name = place.map_or("Yousoon", |place| place.name.as_str());
    // A quoted parameter has neither quotes nor control characters (RFC 5545, 3.2).
    let name: String = name
        .chars()
        .filter(|c| *c != '"' && !c.is_control())
        .collect();
    format!("ORGANIZER;CN=\"{name}\":invalid:nomail")
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
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Yousoon//Bookings 1//FR\r\n\
             CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n\
             UID:booking-{id}@yousoon\r\nSEQUENCE:0\r\nDTSTAMP:20260601T120000Z\r\n\
             CREATED:20260601T120000Z\r\nLAST-MODIFIED:20260601T120000Z\r\n\
             DTSTART:20260601T120000Z\r\nDTEND:20260601T150000Z\r\nSTATUS:CONFIRMED\r\n\
             ORGANIZER;CN=\"Yousoon\":invalid:nomail\r\n\
             SUMMARY:Deux galettes\\; une\\, offerte\r\nDESCRIPTION:Sur place\\nSans alcool\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        assert_eq!(file(entry(&booking(), &offer)), expected);
    }

    fn entry<'a>(booking: &'a Booking, offer: &'a Offer) -> Entry<'a> {
        Entry {
            booking,
            offer,
            place: None,
        }
    }

    #[test]
    fn a_change_is_taken_by_calendars() {
        let said = |booking: &Booking| -> Vec<String> {
            let file = file(entry(booking, &offer()));
            let names = ["METHOD:", "SEQUENCE:", "STATUS:", "DTSTAMP:"];
            let lines = file
                .lines()
                .filter(|line| names.iter().any(|name| line.starts_with(name)));
            lines.map(str::to_owned).collect()
        };
        let waits = Booking {
            status: BookingStatus::Pending,
            ..booking()
        };
        let confirmed = Booking {
            status: BookingStatus::Confirmed,
            changes: 1,
            changed_at_ms: waits.changed_at_ms + 60_000,
            ..waits.clone()
        };
        let cancelled = Booking {
            status: BookingStatus::Cancelled,
            changes: 2,
            changed_at_ms: waits.changed_at_ms + 120_000,
            ..waits.clone()
        };
        for (booking, expected) in [
            (
                &waits,
                [
                    "METHOD:PUBLISH",
                    "SEQUENCE:0",
                    "DTSTAMP:20260601T120000Z",
                    "STATUS:TENTATIVE",
                ],
            ),
            (
                &confirmed,
                [
                    "METHOD:PUBLISH",
                    "SEQUENCE:1",
                    "DTSTAMP:20260601T120100Z",
                    "STATUS:CONFIRMED",
                ],
            ),
            (
                &cancelled,
                [
                    "METHOD:CANCEL",
                    "SEQUENCE:2",
                    "DTSTAMP:20260601T120200Z",
                    "STATUS:CANCELLED",
                ],
            ),
        ] {
            assert_eq!(said(booking), expected);
        }
        // A feed publishes also what was cancelled.
        let offer = offer();
        let feed = feed(&[entry(&confirmed, &offer), entry(&cancelled, &offer)]);
        assert_eq!(feed.matches("METHOD:PUBLISH\r\n").count(), 1);
        assert_eq!(feed.matches("BEGIN:VEVENT\r\n").count(), 2);
        assert!(feed.contains("STATUS:CANCELLED\r\n"), "{feed}");
    }

    proptest! {
        /// For any title, no line is too long, and the title is one property that reads back.
        #[test]
        fn no_title_breaks_the_file(title in any::<String>()) {
            let offer = Offer { title: title.clone(), ..offer() };
            let booking = booking();
            let file = file(entry(&booking, &offer));
            let mut lines = file.split("\r\n");
            prop_assert!(lines.all(|line| line.len() <= MAX_OCTETS && !line.contains(['\n', '\r'])));
            let unfolded = file.replace("\r\n ", "");
            prop_assert_eq!(unfolded.lines().count(), 18);
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
