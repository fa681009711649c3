//! From a question to a page: which offers, in which order, and how many there are.

use std::borrow::Cow;

use domain::{
    GeoPoint, OfferId, StoreError,
    offers::store::{Columns, OfferCursor, OfferQuery, Rank, Visibility},
};
use roaring::RoaringBitmap;

use crate::{
    Index,
    asked::Asked,
    best::{Best, Place},
    entry::Slot,
    facets::Facets,
    order::Order,
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
    /// If they were asked for.
    pub facets: Option<Facets>,
}

/// An offer of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: OfferId,
    pub location: GeoPoint,
    /// In a list with a location.
    pub distance_km: Option<f64>,
    pub cursor: OfferCursor,
}

/// How many offers a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub count: u64,
    /// If not, there may be more.
    pub is_exact: bool,
}

impl Total {
    pub(crate) const fn exactly(count: u64) -> Self {
        Self {
            count,
            is_exact: true,
        }
    }

    pub(crate) fn up_to(largest: u64, count: u64) -> Self {
        Self {
            count: count.min(largest),
            is_exact: count <= largest,
        }
    }
}

/// The offers that match a search equally well but for where they have the words.
pub(crate) struct Tier<'a> {
    pub all: Cow<'a, RoaringBitmap>,
    /// None: all of them count as if their titles had all words.
    in_title: Option<RoaringBitmap>,
    /// In the title, and elsewhere.
    ranks: [Rank; 2],
}

const EXACT: [Rank; 2] = [Rank::Title, Rank::Text];
const ALMOST: [Rank; 2] = [Rank::AlmostTitle, Rank::AlmostText];

impl Tier<'_> {
    fn rank(&self, slot: Slot) -> Rank {
        let in_title = self.in_title.as_ref();
        let has = in_title.is_none_or(|in_title| in_title.contains(slot));
        self.ranks[usize::from(!has)]
    }

    /// By rank: those with all words in the title come before all others.
    fn passes<'p>(&self, all: &'p RoaringBitmap) -> Vec<(Rank, Cow<'p, RoaringBitmap>)> {
        let [first, second] = self.ranks;
        match &self.in_title {
            None => vec![(first, Cow::Borrowed(all))],
            Some(in_title) => vec![
                (first, Cow::Owned(all & in_title)),
                (second, Cow::Owned(all - in_title)),
            ],
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
        let Some(asked) = Asked::of(query, self) else {
            return Ok(Found {
                total: (query.columns == Columns::EdgesAndTotal).then_some(Total::exactly(0)),
                facets: query.facets.then(Facets::default),
                ..Found::default()
            });
        };
        let is_of_another = |cursor: &OfferCursor| !asked.order.has(&cursor.at);
        if query.after.as_ref().is_some_and(is_of_another) {
            return Err(StoreError::ForeignCursor);
        }
        let mut best = Best::new(query.first.saturating_add(1), asked.after);
        let (total, facets) = self.search(&asked, &mut best);
        let mut places = best.into_sorted();
        let has_next_page = places.len() > query.first;
        places.truncate(query.first);
        let centre = query.near.as_ref().map(|near| near.centre);
        let hits = places.iter().map(|place| self.hit(&asked, centre, place));
        Ok(Found {
            items: hits.collect(),
            has_next_page,
            total: match query.columns {
                Columns::Edges => None,
                Columns::EdgesAndTotal => Some(total),
            },
            facets,
        })
    }

    fn hit(&self, asked: &Asked<'_>, centre: Option<GeoPoint>, place: &Place) -> Hit {
        let entry = &self.entries[place.slot as usize];
        let id = Place::id(entry);
        let at = asked.order.position(entry).expect("it was in the list");
        Hit {
            location: entry.location,
            distance_km: centre.map(|centre| centre.distance_km(&entry.location)),
            cursor: OfferCursor {
                rank: place.rank,
                at,
                id: id.clone(),
            },
            id,
        }
    }

    /// Finds the page's places, and counts what is asked for.
    fn search(&self, asked: &Asked<'_>, best: &mut Best) -> (Total, Option<Facets>) {
        let query = asked.query;
        let candidates = self.candidates(asked);
        let facets = |all: &RoaringBitmap, total: Total| {
            let counted = || self.facets(asked, all, total.is_exact);
            query.facets.then(counted)
        };
        let Some(search) = &query.search else {
            let tier = Tier {
                all: candidates,
                in_title: None,
                ranks: EXACT,
            };
            let total = self.take(asked, &tier, best);
            return (total, facets(&tier.all, total));
        };
        let Some(exact) = self.words.find(search, &candidates) else {
            let nothing = Total::exactly(0);
            return (nothing, facets(&RoaringBitmap::new(), nothing));
        };
        let exact = Tier {
            all: Cow::Owned(exact.anywhere),
            in_title: Some(exact.in_title),
            ranks: EXACT,
        };
        let total = self.take(asked, &exact, best);
        let counts = query.facets || query.columns == Columns::EdgesAndTotal;
        let is_enough = !counts || !total.is_exact || total.count > self.limits.largest_exact_total;
        if best.last().is_some() && is_enough {
            let total = Total {
                is_exact: false,
                ..total
            };
            return (total, facets(&exact.all, total));
        }
        let Some(almost) = self.words.find_almost(search, &candidates) else {
            return (total, facets(&exact.all, total));
        };
        let almost = Tier {
            all: Cow::Owned(almost.anywhere - &*exact.all),
            in_title: Some(almost.in_title),
            ranks: ALMOST,
        };
        let more = self.take(asked, &almost, best);
        let total = if total.is_exact && more.is_exact {
            Total::exactly(total.count + more.count)
        } else {
            Total {
                count: total.count.max(self.limits.largest_exact_total),
                is_exact: false,
            }
        };
        (total, facets(&(&*exact.all | &*almost.all), total))
    }

    /// All that the question may find, but for words and place. What is not for everybody is looked at
    /// one by one.
    fn candidates<'i>(&'i self, asked: &Asked<'_>) -> Cow<'i, RoaringBitmap> {
        match (&asked.query.partner, asked.query.include_inactive) {
            (Some(partner), _) => {
                let slots = self.partners.slots(&partner.to_bytes()).iter();
                let slots = slots.copied();
                let taken = slots.filter(|slot| asked.takes(&self.entries[*slot as usize]));
                Cow::Owned(taken.collect())
            }
            (None, Visibility::Public) => asked.shown(self),
            (None, Visibility::Portal | Visibility::All) => {
                let all = self.by_id.all();
                let taken = all.filter(|slot| asked.takes(&self.entries[*slot as usize]));
                Cow::Owned(taken.collect())
            }
        }
    }

    /// Offers the places of a tier, and counts it.
    fn take(&self, asked: &Asked<'_>, tier: &Tier<'_>, best: &mut Best) -> Total {
        let size = tier.all.len();
        match &asked.order {
            // Cells do not know what is not for everybody.
            Order::Near(disk) if asked.is_plain() || self.are_many(asked, size) => {
                for (rank, slots) in Self::passes_ahead(asked, tier, &tier.all) {
                    self.nearest(disk, (rank, &slots), asked, best);
                    if best.last().is_some() {
                        break;
                    }
                }
                self.count(asked, &tier.all)
            }
            Order::Near(disk) => {
                let passes = tier.passes(&tier.all);
                let measured = passes
                    .iter()
                    .map(|(rank, slots)| self.measure(disk, (*rank, slots), asked, best));
                Total::exactly(measured.sum())
            }
            Order::Newest | Order::Ending | Order::Discount | Order::Rating => {
                if asked.area.is_everywhere() {
                    self.take_in_order(asked, tier, &tier.all, best);
                    return Total::exactly(size);
                }
                if let Some(within) = self.within(asked, &tier.all) {
                    self.take_in_order(asked, tier, &within, best);
                    return Total::exactly(within.len());
                }
                self.walk(asked, tier, &tier.all, best);
                self.count(asked, &tier.all)
            }
        }
    }

    /// Offers slots that are all in the area: each if they are few, else in the order of the list.
    fn take_in_order(
        &self,
        asked: &Asked<'_>,
        tier: &Tier<'_>,
        slots: &RoaringBitmap,
        best: &mut Best,
    ) {
        if slots.len() > self.limits.looked_at && asked.is_of_sets() {
            self.walk(asked, tier, slots, best);
            return;
        }
        for slot in slots {
            let entry = &self.entries[slot as usize];
            if let Some(place) = asked.order.place(tier.rank(slot), entry, slot) {
                best.offer(place);
            }
        }
    }

    /// The passes of a tier from the one of the cursor on.
    pub(crate) fn passes_ahead<'p>(
        asked: &Asked<'_>,
        tier: &Tier<'_>,
        slots: &'p RoaringBitmap,
    ) -> Vec<(Rank, Cow<'p, RoaringBitmap>)> {
        let mut passes = tier.passes(slots);
        passes.retain(|(rank, _)| asked.after.is_none_or(|after| after.rank <= *rank));
        passes
    }
}
