//! A venue's evening: the list of its bookings, and what they add up to.

use std::collections::BTreeMap;

use super::{
    booking::{Booking, BookingStatus},
    short_code::ShortCode,
    store::NightCursor,
};
use crate::{OfferId, PartnerId, night::Night, search_text};

/// Selects one page of a partner's bookings of a night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightQuery {
    pub partner: PartnerId,
    pub night: Night,
    /// Those of these offers; none for all.
    pub offers: Option<Vec<OfferId>>,
    pub status: Option<BookingStatus>,
    pub first: usize,
    pub after: Option<NightCursor>,
}

/// A page of bookings, by their openings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NightPage {
    pub items: Vec<Booking>,
    pub has_next_page: bool,
}

/// The bookings of an offer that have the same end and the same status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightCount {
    pub offer: OfferId,
    pub status: BookingStatus,
    /// The first moment at which one of them may be used; `until_ms` is the first at which none may any
    /// more.
    pub from_ms: i64,
    pub until_ms: i64,
    pub bookings: i64,
    pub people: i64,
}

/// Those who walked in to an offer in a night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkInCount {
    pub offer: OfferId,
    pub people: i64,
    /// When the first and the last of them came.
    pub first_ms: i64,
    pub last_ms: i64,
}

/// What bookings add up to. Those that were cancelled or have expired count nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub bookings: i64,
    /// The people of these bookings, also of those who did not come.
    pub people: i64,
    /// The people whose booking is open or was checked in.
    pub expected: i64,
    /// The people whose booking was checked in.
    pub arrived: i64,
    /// The people who came without a booking.
    pub walk_ins: i64,
}

/// The bookings of one offer in a night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningTotals {
    pub offer: OfferId,
    pub from_ms: i64,
    pub until_ms: i64,
    pub totals: Totals,
}

impl Totals {
    fn of(count: &NightCount) -> Self {
        let (bookings, expected, arrived) = match count.status {
            BookingStatus::Pending | BookingStatus::Confirmed => (count.bookings, count.people, 0),
            BookingStatus::CheckedIn => (count.bookings, count.people, count.people),
            BookingStatus::NoShow => (count.bookings, 0, 0),
            BookingStatus::Cancelled | BookingStatus::Expired => (0, 0, 0),
        };
        Self {
            bookings,
            people: if bookings == 0 { 0 } else { count.people },
            expected,
            arrived,
            walk_ins: 0,
        }
    }

    const fn add(&mut self, other: Self) {
        self.bookings += other.bookings;
        self.people += other.people;
        self.expected += other.expected;
        self.arrived += other.arrived;
        self.walk_ins += other.walk_ins;
    }
}

/// The sum of a night, and of each offer in it, by their openings.
///
/// An offer has one opening a night. Bookings of it may differ in when they begin, because one that is made
/// while it is open begins then, and without a schedule also in when they end.
pub fn totals(counts: &[NightCount], walk_ins: &[WalkInCount]) -> (Totals, Vec<OpeningTotals>) {
    let mut sum = Totals::default();
    let mut openings: BTreeMap<&OfferId, OpeningTotals> = BTreeMap::new();
    let mut add = |offer, from_ms: i64, until_ms: i64, totals: Totals| {
        let opening = openings.entry(offer).or_insert(OpeningTotals {
            offer: offer.clone(),
            from_ms,
            until_ms,
            totals: Totals::default(),
        });
        opening.from_ms = opening.from_ms.min(from_ms);
        opening.until_ms = opening.until_ms.max(until_ms);
        opening.totals.add(totals);
        sum.add(totals);
    };
    for count in counts.iter().filter(|count| count.status.holds_a_place()) {
        add(
            &count.offer,
            count.from_ms,
            count.until_ms,
            Totals::of(count),
        );
    }
    for came in walk_ins {
        let totals = Totals {
            walk_ins: came.people,
            ..Totals::default()
        };
        add(&came.offer, came.first_ms, came.last_ms, totals);
    }
    let mut openings: Vec<OpeningTotals> = openings.into_values().collect();
    openings.sort_by(|a, b| (a.from_ms, &a.offer).cmp(&(b.from_ms, &b.offer)));
    (sum, openings)
}

/// What staff look for in the list: each word begins a name of the guest, or all of it is a short code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestSearch {
    words: Vec<String>,
    code: Option<ShortCode>,
}

impl GuestSearch {
    /// None if nothing is written: everybody is found.
    pub fn parse(text: &str) -> Option<Self> {
        let words = search_text::search_words(text);
        let code = ShortCode::parse(text);
        (!text.trim().is_empty()).then_some(Self { words, code })
    }

    /// Whether it finds a booking of a guest with these names. Signs alone find nobody.
    pub fn finds(&self, booking: &Booking, first_name: &str, last_name: &str) -> bool {
        if self.code.is_some() && self.code == booking.short_code {
            return true;
        }
        let names = format!("{first_name} {last_name}");
        let names = search_text::search_words(&names);
        let begins = |word: &String| names.iter().any(|name| name.starts_with(word.as_str()));
        !self.words.is_empty() && self.words.iter().all(begins)
    }
}

/// What staff see of a guest: the first name, and the first letter of the last name.
pub fn shown_name(first_name: &str, last_name: &str) -> String {
    match last_name.trim().chars().next() {
        Some(initial) => format!("{} {}.", first_name.trim(), initial.to_uppercase()),
        None => first_name.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples::{NOW_MS, booking, offer};

    fn count(status: BookingStatus, bookings: i64, people: i64) -> NightCount {
        NightCount {
            offer: offer().id,
            status,
            from_ms: NOW_MS,
            until_ms: NOW_MS + 10,
            bookings,
            people,
        }
    }

    #[test]
    fn a_night_adds_up_by_offer() {
        use BookingStatus as S;
        let other = NightCount {
            offer: OfferId::derive("offer", "other"),
            from_ms: NOW_MS - 5,
            ..count(S::Confirmed, 1, 9)
        };
        let late = NightCount {
            from_ms: NOW_MS + 3,
            until_ms: NOW_MS + 30,
            ..count(S::CheckedIn, 2, 5)
        };
        let counts = [
            count(S::Pending, 1, 2),
            count(S::Confirmed, 2, 3),
            late,
            count(S::NoShow, 4, 8),
            count(S::Cancelled, 100, 100),
            count(S::Expired, 100, 100),
            other,
        ];
        let walked_in = |offer, people, at_ms| WalkInCount {
            offer,
            people,
            first_ms: NOW_MS + at_ms,
            last_ms: NOW_MS + at_ms + 1,
        };
        let alone = OfferId::derive("offer", "alone");
        let walk_ins = [walked_in(offer().id, 4, 5), walked_in(alone, 6, 7)];
        let (sum, openings) = totals(&counts, &walk_ins);
        let expected = Totals {
            bookings: 10,
            people: 27,
            expected: 19,
            arrived: 5,
            walk_ins: 10,
        };
        assert_eq!(sum, expected);
        let by_opening: Vec<_> = openings
            .iter()
            .map(|one| {
                (
                    one.from_ms - NOW_MS,
                    one.until_ms - NOW_MS,
                    one.totals.expected,
                    one.totals.walk_ins,
                )
            })
            .collect();
        assert_eq!(by_opening, [(-5, 10, 9, 0), (0, 30, 10, 4), (7, 8, 0, 6)]);
        assert_eq!(totals(&[], &[]), (Totals::default(), vec![]));
    }

    #[test]
    fn a_guest_is_found_by_the_beginnings_of_names_or_by_the_code() {
        let code = ShortCode::of(&booking().id, 0);
        let booking = Booking {
            short_code: Some(code.clone()),
            ..booking()
        };
        let finds = |text: &str| {
            let search = GuestSearch::parse(text).unwrap();
            search.finds(&booking, "Zoé-Anne", "Œuvrard")
        };
        for found in [
            "zoe",
            "ZOÉ",
            "anne",
            "oeuv zo",
            &code.as_str().to_lowercase(),
        ] {
            assert!(finds(found), "{found}");
        }
        for lost in ["oe u", "nne", "zoe durand", "aaaaaa", " . ", "%", "😀"] {
            assert!(!finds(lost), "{lost}");
        }
        assert_eq!(GuestSearch::parse("  "), None);
    }

    #[test]
    fn a_last_name_is_shown_by_its_first_letter() {
        assert_eq!(shown_name("Zoé", "durand"), "Zoé D.");
        assert_eq!(shown_name("Zoé", ""), "Zoé");
    }
}
