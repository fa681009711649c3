//! From a question to a page: which offers, in which order, and how many there are.

use std::borrow::Cow;

use domain::{
    GeoPoint, OfferId, StoreError,
    offers::store::{Columns, Near, OfferCursor, OfferQuery, Rank, Visibility},
};
use roaring::RoaringBitmap;

use crate::{
    Index,
    best::{After, Best, Place},
    entry::{Entry, Slot},
    grid::{Border, Wanted},
    sphere::{LONGEST, Point, SLACK, chord, square},
    words::Matches,
};

/// Totals up to this are exact.
pub const LARGEST_EXACT_TOTAL: u64 = 10_000;

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    pub items: Vec<Hit>,
    pub has_next_page: bool,
    /// If it was asked for.
    pub total: Option<Total>,
}

/// An offer of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: OfferId,
    /// In a list by distance.
    pub distance_km: Option<f64>,
    pub rank: Rank,
}

/// How many offers a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub count: u64,
    /// If not, there are more.
    pub is_exact: bool,
}

impl Total {
    const fn exactly(count: u64) -> Self {
        Self {
            count,
            is_exact: true,
        }
    }
}

/// A search disk.
struct Disk {
    centre: GeoPoint,
    point: Point,
    reach_km: f64,
}

impl Disk {
    /// None if nothing can be in it.
    fn of(near: &Near) -> Option<Self> {
        // A comparison with what is not a number is false.
        (near.max_distance_km >= 0.0).then(|| Self {
            centre: near.centre,
            point: Point::of(near.centre),
            reach_km: near.max_distance_km,
        })
    }

    fn reach(&self) -> f32 {
        chord(self.reach_km)
    }

    /// The distance of an offer in the disk.
    fn distance_km(&self, entry: &Entry) -> Option<f64> {
        let distance_km = self.centre.distance_km(&entry.location);
        (distance_km <= self.reach_km).then_some(distance_km)
    }
}

/// The order of a list.
enum Order {
    Near(Disk),
    Newest,
}

impl Order {
    /// An offer's place; `None` if it is not in the disk.
    fn place(&self, rank: Rank, entry: &Entry, slot: Slot) -> Option<Place> {
        match self {
            Self::Near(disk) => {
                let distance_km = disk.distance_km(entry)?;
                Some(Place::near(rank, distance_km, entry, slot))
            }
            Self::Newest => Some(Place::newest(rank, entry, slot)),
        }
    }
}

impl Index {
    /// Answers a question about the offers as they are at `query.now_ms`; [`Index::advance`] must
    /// have come there.
    ///
    /// # Errors
    /// [`StoreError::ForeignCursor`] for a cursor of a list in another order.
    pub fn answer(&self, query: &OfferQuery) -> Result<Found, StoreError> {
        let after = match (&query.near, &query.after) {
            (Some(_), Some(OfferCursor::Newest { .. }))
            | (None, Some(OfferCursor::Near { .. })) => {
                return Err(StoreError::ForeignCursor);
            }
            (Some(_) | None, after) => after.as_ref().map(After::of),
        };
        let order = match &query.near {
            None => Some(Order::Newest),
            Some(near) => Disk::of(near).map(Order::Near),
        };
        let mut best = Best::new(query.first.saturating_add(1), after);
        let total = match order {
            None => Total::exactly(0),
            Some(order) => self.search(query, &order, after.as_ref(), &mut best),
        };
        let mut places = best.into_sorted();
        let has_next_page = places.len() > query.first;
        places.truncate(query.first);
        let hit = |place: &Place| Hit {
            id: Place::id(&self.entries[place.slot as usize]),
            distance_km: query.near.as_ref().map(|_| place.distance_km()),
            rank: place.rank,
        };
        Ok(Found {
            items: places.iter().map(hit).collect(),
            has_next_page,
            total: match query.columns {
                Columns::Edges => None,
                Columns::EdgesAndTotal => Some(total),
            },
        })
    }

    /// Finds the page's places, and counts if that is asked for.
    fn search(
        &self,
        query: &OfferQuery,
        order: &Order,
        after: Option<&After>,
        best: &mut Best,
    ) -> Total {
        let of_partner = query.partner.as_ref();
        let listed = match (of_partner, query.include_inactive) {
            (Some(partner), _) => {
                let slots = self.partners.slots(&partner.to_bytes());
                Some(slots.iter().copied().collect::<RoaringBitmap>())
            }
            (None, Visibility::Public) => None,
            (None, Visibility::Portal | Visibility::All) => Some(self.by_id.all().collect()),
        };
        let within = listed.as_ref().unwrap_or_else(|| self.filters.shown());
        let matches = match &query.search {
            None => None,
            Some(search) => match self.words.find(search, within) {
                Some(matches) => Some(matches),
                None => return Total::exactly(0),
            },
        };
        let candidates = match &listed {
            Some(listed) => Cow::Borrowed(listed),
            None => self.shown(query),
        };
        let candidates = match &matches {
            Some(matches) => Cow::Owned(&*candidates & &matches.anywhere),
            None => candidates,
        };
        let is_newest = matches!(order, Order::Newest);
        if listed.is_some() || is_newest && candidates.len() <= self.limits.looked_at {
            return self.look_at(&candidates, query, matches.as_ref(), order, best);
        }
        let passes = passes(&candidates, matches.as_ref());
        if let Order::Near(disk) = order
            && matches.is_some()
            && candidates.len() <= self.limits.measured
        {
            let count = |(rank, slots): &(Rank, Cow<'_, RoaringBitmap>)| {
                self.measure(disk, (*rank, slots), best)
            };
            return Total::exactly(passes.iter().map(count).sum());
        }
        for (rank, slots) in &passes {
            if after.is_some_and(|after| after.rank > *rank) {
                continue;
            }
            let after = after.filter(|after| after.rank == *rank);
            match order {
                Order::Near(disk) => self.nearest(disk, (*rank, slots), query, after, best),
                Order::Newest => self.newest((*rank, slots), query, after, best),
            }
            if best.last().is_some() {
                break;
            }
        }
        match (query.columns, order) {
            (Columns::Edges, _) => Total::exactly(0),
            (Columns::EdgesAndTotal, Order::Newest) => Total::exactly(candidates.len()),
            (Columns::EdgesAndTotal, Order::Near(disk)) => {
                self.count(disk, query, matches.is_some().then_some(&*candidates))
            }
        }
    }

    /// What is shown, of the wanted categories and discounts.
    fn shown(&self, query: &OfferQuery) -> Cow<'_, RoaringBitmap> {
        let of_category = self.filters.categories(&query.categories);
        match at_least(query) {
            0 => of_category,
            percentage => {
                let of_discount = self.filters.discount(percentage);
                Cow::Owned(&*of_category & &*of_discount)
            }
        }
    }

    /// Looks at each candidate.
    fn look_at(
        &self,
        candidates: &RoaringBitmap,
        query: &OfferQuery,
        matches: Option<&Matches>,
        order: &Order,
        best: &mut Best,
    ) -> Total {
        let is_wanted = |entry: &Entry| {
            entry.is_visible(query.include_inactive, query.now_ms)
                && entry.percentage >= at_least(query)
                && (query.categories.is_empty() || query.categories.contains(&entry.category))
        };
        let mut count = 0;
        for slot in candidates {
            let entry = &self.entries[slot as usize];
            if !is_wanted(entry) {
                continue;
            }
            let in_title = matches.is_none_or(|matches| matches.in_title.contains(slot));
            let rank = if in_title { Rank::Title } else { Rank::Text };
            if let Some(place) = order.place(rank, entry, slot) {
                count += 1;
                best.offer(place);
            }
        }
        Total::exactly(count)
    }

    /// Measures how far each of some slots is; counts those in the disk. The places of better ranks
    /// were offered before.
    fn measure(&self, disk: &Disk, (rank, slots): (Rank, &RoaringBitmap), best: &mut Best) -> u64 {
        let inside_squared = square((disk.reach() - SLACK).max(0.0));
        let outside_squared = square(disk.reach() + SLACK);
        // Beyond this nothing is among the first.
        let limit = |best: &Best| match best.last() {
            None => f32::INFINITY,
            Some(last) if last.rank < rank => f32::NEG_INFINITY,
            Some(last) => square(chord(last.distance_km()) + SLACK),
        };
        let mut limit_squared = limit(best);
        let mut count = 0;
        for slot in slots {
            let chord_squared = self.points[slot as usize].chord_squared(&disk.point);
            if chord_squared > outside_squared {
                continue;
            }
            if chord_squared > limit_squared && chord_squared < inside_squared {
                count += 1;
                continue;
            }
            let entry = &self.entries[slot as usize];
            if let Some(distance_km) = disk.distance_km(entry) {
                count += 1;
                if best.offer(Place::near(rank, distance_km, entry, slot)) {
                    limit_squared = limit(best);
                }
            }
        }
        count
    }

    /// Finds the nearest of some slots.
    fn nearest(
        &self,
        disk: &Disk,
        (rank, slots): (Rank, &RoaringBitmap),
        query: &OfferQuery,
        after: Option<&After>,
        best: &mut Best,
    ) {
        let wanted = Wanted::new(&query.categories, at_least(query));
        let has_words = query.search.is_some();
        let beyond = after.map_or(0.0, |after| chord(after.distance_km));
        let mut limit = LONGEST;
        self.grid
            .nearest(disk.point, beyond, disk.reach(), &wanted, |item| {
                // Without words, `wanted` says it all.
                if has_words && !slots.contains(item.slot) {
                    return limit;
                }
                let entry = &self.entries[item.slot as usize];
                if entry.is_shown(query.now_ms)
                    && let Some(distance_km) = disk.distance_km(entry)
                    && best.offer(Place::near(rank, distance_km, entry, item.slot))
                    && let Some(last) = best.last()
                {
                    limit = chord(last.distance_km());
                }
                limit
            });
    }

    /// Finds the newest of some slots.
    fn newest(
        &self,
        (rank, slots): (Rank, &RoaringBitmap),
        query: &OfferQuery,
        after: Option<&After>,
        best: &mut Best,
    ) {
        let newest = self
            .newest
            .newest_first(&self.entries, after.map(|after| after.key));
        for slot in newest.filter(|slot| slots.contains(*slot)) {
            let entry = &self.entries[slot as usize];
            if entry.is_shown(query.now_ms) {
                best.offer(Place::newest(rank, entry, slot));
                if best.last().is_some() {
                    break;
                }
            }
        }
    }

    fn count(&self, disk: &Disk, query: &OfferQuery, slots: Option<&RoaringBitmap>) -> Total {
        let wanted = Wanted::new(&query.categories, at_least(query));
        let is_one = |item: &crate::grid::Item, border| {
            slots.is_none_or(|slots| slots.contains(item.slot))
                && match border {
                    Border::Inside => true,
                    Border::Near => disk
                        .distance_km(&self.entries[item.slot as usize])
                        .is_some(),
                }
        };
        let largest = self.limits.largest_exact_total;
        let decide = (slots.is_none(), is_one);
        let count = self
            .grid
            .count(disk.point, disk.reach(), &wanted, largest + 1, decide);
        Total {
            count: count.min(largest),
            is_exact: count <= largest,
        }
    }
}

/// The candidates by rank: those with all words in the title come before all others.
fn passes<'a>(
    candidates: &'a RoaringBitmap,
    matches: Option<&Matches>,
) -> Vec<(Rank, Cow<'a, RoaringBitmap>)> {
    match matches {
        None => vec![(Rank::Title, Cow::Borrowed(candidates))],
        Some(matches) => vec![
            (Rank::Title, Cow::Owned(candidates & &matches.in_title)),
            (Rank::Text, Cow::Owned(candidates - &matches.in_title)),
        ],
    }
}

/// The least discount of a query, in percent.
fn at_least(query: &OfferQuery) -> u8 {
    let percentage = query.min_discount.unwrap_or(0).max(0);
    // Nothing has more than 100.
    u8::try_from(percentage).unwrap_or(u8::MAX)
}
