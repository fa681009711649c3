//! All cache tags of Yousoon, built only here: a misspelt tag would leave a stale cache.
//!
//! A tag names something that a cached answer depends on. Ids and hashes are hexadecimal, so none
//! of these constructors can fail.

use std::fmt::Display;

use cache_core::Tag;
use pq_core::DocumentHash;

use crate::{
    BookingId, NotificationId, OfferId, PartnerId, ReviewId, UserId, VerificationId,
    messages::kind::Kind,
};

/// The prefix of [`offer`] tags.
const OFFER: &str = "offer:";
/// The prefix of [`partner`] tags.
const PARTNER: &str = "partner:";
/// The prefix of [`published`] tags.
const PUBLISHED: &str = "published:";
/// The prefix of [`booking`] tags.
const BOOKING: &str = "booking:";
/// The prefix of [`bookings_of`] tags.
const BOOKINGS_OF: &str = "bookings-of:";
/// The prefix of [`template`] tags.
const TEMPLATE: &str = "template:";
/// The prefix of [`inbox`] tags.
const INBOX: &str = "inbox:";
/// The prefix of [`inbox_entry`] tags.
const INBOX_ENTRY: &str = "inbox-entry:";
/// The prefix of [`verification`] tags.
const VERIFICATION: &str = "verification:";
/// The prefix of [`review`] tags.
const REVIEW: &str = "review:";
/// The prefix of [`user`] tags.
const USER: &str = "user:";
/// The prefix of [`document`] tags.
const DOCUMENT: &str = "document:";

fn named(prefix: &str, id: &impl Display) -> Tag {
    format!("{prefix}{id}")
        .parse()
        .expect("an id is hexadecimal, so a prefix and an id are a tag")
}

/// On every answer that shows this offer.
pub fn offer(id: &OfferId) -> Tag {
    named(OFFER, id)
}

/// The offer that an [`offer`] or [`published`] tag names.
pub fn tagged_offer(tag: &Tag) -> Option<OfferId> {
    let id = tag.as_str().strip_prefix(OFFER).and_then(OfferId::parse);
    id.or_else(|| published_offer(tag))
}

/// On every answer that shows this offer's remaining quota.
pub fn quota(id: &OfferId) -> Tag {
    named("quota:", id)
}

/// On no answer: in the purge log it reports that an offer became visible, and subscribers are
/// notified of the offer.
pub fn published(id: &OfferId) -> Tag {
    named(PUBLISHED, id)
}

/// The offer that a [`published`] tag names.
pub fn published_offer(tag: &Tag) -> Option<OfferId> {
    OfferId::parse(tag.as_str().strip_prefix(PUBLISHED)?)
}

/// Whether an answer that is shared may carry this tag. Those of a booking and a user are private, and no
/// answer carries a [`published`], [`bookings_of`], [`template`], [`inbox`], [`inbox_entry`], [`verification`] or
/// [`review`] tag.
pub fn is_on_shared_answers(tag: &Tag) -> bool {
    ![
        PUBLISHED,
        BOOKING,
        BOOKINGS_OF,
        TEMPLATE,
        INBOX,
        INBOX_ENTRY,
        VERIFICATION,
        REVIEW,
        USER,
    ]
    .iter()
    .any(|prefix| tag.as_str().starts_with(prefix))
}

/// On every answer that shows this partner, one of its establishments or one of its offers.
pub fn partner(id: &PartnerId) -> Tag {
    named(PARTNER, id)
}

/// The partner that a [`partner`] tag names.
pub fn tagged_partner(tag: &Tag) -> Option<PartnerId> {
    PartnerId::parse(tag.as_str().strip_prefix(PARTNER)?)
}

/// On every answer that shows this booking.
pub fn booking(id: &BookingId) -> Tag {
    named(BOOKING, id)
}

/// The booking that a [`booking`] tag names.
pub fn tagged_booking(tag: &Tag) -> Option<BookingId> {
    BookingId::parse(tag.as_str().strip_prefix(BOOKING)?)
}

/// On no answer: in the purge log it reports that a booking of this partner changed, and its staff's
/// subscriptions are told which.
pub fn bookings_of(partner: &PartnerId) -> Tag {
    named(BOOKINGS_OF, partner)
}

/// Whether it is a [`bookings_of`] tag.
pub fn is_bookings_of(tag: &Tag) -> bool {
    tag.as_str().starts_with(BOOKINGS_OF)
}

/// On no answer: in the purge log and its audit it tells that an administrator changed a text of messages
/// of this kind.
pub fn template(kind: Kind) -> Tag {
    fixed_with(TEMPLATE, kind.as_str())
}

/// On no answer: in the purge log it reports that the user's inbox has a new entry. The log outlives
/// accounts, so the tag has no user's id.
pub fn inbox(user: &UserId) -> Tag {
    named(INBOX, &NotificationId::derive("inbox", user.as_str()))
}

/// Whether it is an [`inbox`] tag.
pub fn is_inbox(tag: &Tag) -> bool {
    tag.as_str().starts_with(INBOX)
}

/// On no answer: in the purge log it reports which entry came into the inbox of the [`inbox`] tag beside it.
pub fn inbox_entry(id: &NotificationId) -> Tag {
    named(INBOX_ENTRY, id)
}

/// The entry that an [`inbox_entry`] tag names.
pub fn tagged_inbox_entry(tag: &Tag) -> Option<NotificationId> {
    NotificationId::parse(tag.as_str().strip_prefix(INBOX_ENTRY)?)
}

/// On no answer: in the audit it tells that an administrator decided on a check of an identity. The check
/// is removed with its account, so the id leads to nobody then.
pub fn verification(id: &VerificationId) -> Tag {
    named(VERIFICATION, id)
}

/// On every answer that shows this partner's reviews, or how many there are. A review does not change the
/// rest of what is shown of the partner, so it does not purge that.
pub fn reviews(id: &PartnerId) -> Tag {
    named("reviews:", id)
}

/// On no answer: in the audit it tells that somebody answered, removed or kept this review.
pub fn review(id: &ReviewId) -> Tag {
    named(REVIEW, id)
}

/// On every answer that shows this user's profile. The log outlives accounts, so the tag has no user's id.
pub fn user(id: &UserId) -> Tag {
    named(USER, &NotificationId::derive("user", id.as_str()))
}

/// On every answer to this document.
pub fn document(hash: &DocumentHash) -> Tag {
    named(DOCUMENT, hash)
}

/// The document that a [`document`] tag names.
pub fn tagged_document(tag: &Tag) -> Option<DocumentHash> {
    DocumentHash::parse(tag.as_str().strip_prefix(DOCUMENT)?).ok()
}

/// On every list of offers without a location.
pub fn all_offers() -> Tag {
    fixed("offers:all")
}

/// On every list of partners.
pub fn all_partners() -> Tag {
    fixed("partners:all")
}

/// On the list of categories.
pub fn categories() -> Tag {
    fixed("category")
}

fn fixed_with(prefix: &str, word: &'static str) -> Tag {
    format!("{prefix}{word}")
        .parse()
        .expect("a word of ours is printable ASCII")
}

fn fixed(text: &'static str) -> Tag {
    text.parse().expect("a tag of ours is printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_spelt_as_stored_answers_have_them() {
        let offer_id = OfferId::derive("offer", "1");
        let hash = DocumentHash::of("{ a }");
        let table = [
            (offer(&offer_id), format!("offer:{offer_id}")),
            (quota(&offer_id), format!("quota:{offer_id}")),
            (published(&offer_id), format!("published:{offer_id}")),
            (document(&hash), format!("document:{hash}")),
            (all_offers(), "offers:all".to_owned()),
            (all_partners(), "partners:all".to_owned()),
            (categories(), "category".to_owned()),
        ];
        for (tag, text) in table {
            assert_eq!(tag.as_str(), text);
        }
        assert_eq!(
            published_offer(&published(&offer_id)),
            Some(offer_id.clone())
        );
        assert_eq!(published_offer(&offer(&offer_id)), None);
        for tag in [offer(&offer_id), published(&offer_id)] {
            assert_eq!(tagged_offer(&tag), Some(offer_id.clone()));
        }
        assert_eq!(tagged_offer(&quota(&offer_id)), None);
        let partner_id = PartnerId::derive("partner", "1");
        assert_eq!(tagged_partner(&partner(&partner_id)), Some(partner_id));
        assert_eq!(tagged_partner(&all_partners()), None);
        assert_eq!(tagged_document(&document(&hash)), Some(hash));
        let user = UserId::derive("user", "ana");
        let inbox = inbox(&user);
        assert!(inbox.as_str().starts_with("inbox:"), "{inbox}");
        assert!(!inbox.as_str().contains(user.as_str()), "{inbox}");
        assert!(!is_on_shared_answers(&inbox));
        let entry_id = NotificationId::derive("notification", "1");
        let entry = inbox_entry(&entry_id);
        assert!(is_inbox(&inbox) && !is_inbox(&entry) && !is_on_shared_answers(&entry));
        assert_eq!(tagged_inbox_entry(&entry), Some(entry_id));
        assert_eq!(tagged_inbox_entry(&inbox), None);
        let booking_id = BookingId::derive("booking", "1");
        assert_eq!(tagged_booking(&booking(&booking_id)), Some(booking_id));
        let of_partner = bookings_of(&PartnerId::derive("partner", "1"));
        assert!(is_bookings_of(&of_partner) && !is_on_shared_answers(&of_partner));
        assert_eq!(tagged_booking(&of_partner), None);
        let reviewed = PartnerId::derive("partner", "1");
        assert!(is_on_shared_answers(&reviews(&reviewed)));
        assert!(!is_on_shared_answers(&review(&ReviewId::derive(
            "review", "1"
        ))));
        let profile = super::user(&user);
        assert!(!profile.as_str().contains(user.as_str()), "{profile}");
        assert!(!is_on_shared_answers(&profile));
    }
}
