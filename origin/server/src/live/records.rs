//! What a record of the log tells those who wait for a thing or for offers: the same, whether it is heard
//! now or read later for a client that was away.

use api::live::{event::Event, position::Position};
use cache_core::{PurgeRecord, Tag};
use domain::{BookingId, NotificationId, OfferId, tags};

/// What a record tells those who wait for one of its tags. A record may name several partners' bookings or
/// several users' entries: a subscription leaves out what is not its own.
pub(super) fn events(record: &PurgeRecord, tag: &Tag) -> Vec<Event> {
    let positions = |count| Position::of_parts(record.revision, count);
    if tags::is_bookings_of(tag) {
        let bookings = record.tags.iter().filter_map(tags::tagged_booking);
        let bookings: Vec<BookingId> = bookings.collect();
        if !bookings.is_empty() {
            let both = positions(bookings.len()).zip(bookings);
            return both
                .map(|(at, booking)| Event::BookingChanged { booking, at })
                .collect();
        }
    }
    if tags::is_inbox(tag) {
        let entries = record.tags.iter().filter_map(tags::tagged_inbox_entry);
        let entries: Vec<NotificationId> = entries.collect();
        if !entries.is_empty() {
            let both = positions(entries.len()).zip(entries);
            return both
                .map(|(at, entry)| Event::EntryCame { entry, at })
                .collect();
        }
    }
    vec![Event::LookAgain {
        required: record.revision,
    }]
}

/// The offers that a record publishes.
pub(super) fn published(record: &PurgeRecord) -> Vec<(OfferId, Position)> {
    let offers = record.tags.iter().filter_map(tags::published_offer);
    let offers: Vec<OfferId> = offers.collect();
    let positions = Position::of_parts(record.revision, offers.len());
    offers.into_iter().zip(positions).collect()
}

/// Whether a record with this tag may tell a subscription something.
pub(super) fn is_told(tag: &Tag) -> bool {
    *tag == Tag::everything()
        || tags::published_offer(tag).is_some()
        || tags::tagged_booking(tag).is_some()
        || tags::is_bookings_of(tag)
        || tags::is_inbox(tag)
        || tags::tagged_inbox_entry(tag).is_some()
}

#[cfg(test)]
mod tests {
    use cache_core::{PurgeKind, Revision};
    use domain::{PartnerId, UserId};

    use super::*;

    fn record(tags: Vec<Tag>) -> PurgeRecord {
        PurgeRecord {
            revision: Revision(9),
            tags,
            kind: PurgeKind::Soft,
        }
    }

    #[test]
    fn a_record_tells_each_booking_entry_and_offer_at_a_position_of_its_own() {
        let [one, two] = ["1", "2"].map(|key| BookingId::derive("booking", key));
        let partner = tags::bookings_of(&PartnerId::derive("partner", "a"));
        let inbox = tags::inbox(&UserId::derive("user", "ana"));
        let entry = NotificationId::derive("notification", "k");
        let offers = ["1", "2"].map(|key| OfferId::derive("offer", key));
        let all = record(vec![
            partner.clone(),
            tags::booking(&one),
            tags::booking(&two),
            inbox.clone(),
            tags::inbox_entry(&entry),
            tags::published(&offers[0]),
            tags::published(&offers[1]),
        ]);
        let told = events(&all, &partner);
        let whole = Position::whole(Revision(9));
        assert!(
            matches!(&told[..], [Event::BookingChanged { booking: first, at: before },
            Event::BookingChanged { booking: second, at }]
            if *first == one && *second == two && *before < *at && *at == whole)
        );
        let told = events(&all, &inbox);
        assert!(
            matches!(&told[..], [Event::EntryCame { entry: told, at }] if *told == entry && *at == whole)
        );
        let told = events(&all, &tags::booking(&one));
        assert!(matches!(&told[..], [Event::LookAgain { required }] if *required == Revision(9)));
        let [(first, before), (second, at)] = published(&all).try_into().unwrap();
        assert_eq!([first, second], offers);
        assert!(before < at && at == whole);
        assert!(all.tags.iter().all(is_told));
    }

    #[test]
    fn a_record_that_does_not_say_which_has_its_subscribers_look_again() {
        let partner = tags::bookings_of(&PartnerId::derive("partner", "a"));
        let inbox = tags::inbox(&UserId::derive("user", "ana"));
        for tag in [partner, inbox] {
            let told = events(&record(vec![tag.clone()]), &tag);
            assert!(matches!(&told[..], [Event::LookAgain { .. }]), "{told:?}");
        }
    }
}
