//! Lists by distance, and what lists have in an area.

use domain::offers::store::{Columns, Rank};
use roaring::RoaringBitmap;

use crate::{
    Index,
    answer::Total,
    area::{Disk, Side},
    asked::Asked,
    best::Best,
    entry::Slot,
    grid::Item,
    sphere::{LONGEST, SLACK, chord, square},
};

/// Adding one after the other at the end takes a fraction of inserting each where it belongs.
pub(crate) fn set_of_sorted(slots: impl Iterator<Item = Slot>) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(slots).expect("they are sorted")
}

pub(crate) fn set_of(mut slots: Vec<Slot>) -> RoaringBitmap {
    slots.sort_unstable();
    set_of_sorted(slots.into_iter())
}

impl Index {
    /// Those of some slots that are in the area; each is looked at.
    pub(crate) fn all_within(&self, asked: &Asked<'_>, slots: &RoaringBitmap) -> RoaringBitmap {
        let is_within = |slot: &Slot| {
            let location = &self.entries[*slot as usize].location;
            asked.area.has(&self.points[*slot as usize], location)
        };
        set_of_sorted(slots.iter().filter(is_within))
    }

    /// Measures how far each of some slots is; counts those in the area. The places of better ranks
    /// were offered before.
    pub(crate) fn measure(
        &self,
        disk: &Disk,
        (rank, slots): (Rank, &RoaringBitmap),
        asked: &Asked<'_>,
        best: &mut Best,
    ) -> u64 {
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
            if chord_squared > disk.outside_squared {
                continue;
            }
            let is_in_box = || {
                let place = &self.entries[slot as usize].location;
                asked.area.is_in_rectangle(place)
            };
            if chord_squared > limit_squared && chord_squared < disk.inside_squared {
                if asked.area.rectangle.is_none() || is_in_box() {
                    count += 1;
                }
                continue;
            }
            let entry = &self.entries[slot as usize];
            if asked.area.is_in_rectangle(&entry.location)
                && let Some(place) = asked.order.place(rank, entry, slot)
            {
                count += 1;
                if best.offer(place) {
                    limit_squared = limit(best);
                }
            }
        }
        count
    }

    /// Finds the nearest of some slots.
    pub(crate) fn nearest(
        &self,
        disk: &Disk,
        (rank, slots): (Rank, &RoaringBitmap),
        asked: &Asked<'_>,
        best: &mut Best,
    ) {
        let after = asked.after.filter(|after| after.rank == rank);
        let beyond = after.map_or(0.0, |after| chord(after.distance_km()));
        let is_plain = asked.is_plain();
        let mut limit = LONGEST;
        let reach = (beyond, disk.reach);
        self.grid
            .nearest(disk.point, reach, &asked.area, &asked.wanted, |item| {
                // What the cells know says it all.
                if !is_plain && !slots.contains(item.slot) {
                    return limit;
                }
                let entry = &self.entries[item.slot as usize];
                if entry.is_shown(asked.query.now_ms)
                    && asked.area.is_in_rectangle(&entry.location)
                    && let Some(place) = asked.order.place(rank, entry, item.slot)
                    && best.offer(place)
                    && let Some(last) = best.last()
                {
                    limit = chord(last.distance_km());
                }
                limit
            });
    }

    /// Counts the slots in the area, if that is asked for.
    pub(crate) fn count(&self, asked: &Asked<'_>, slots: &RoaringBitmap) -> Total {
        if asked.query.columns == Columns::Edges && !asked.query.facets {
            return Total::exactly(0);
        }
        let is_one = |item: &Item, side| self.is_one(asked, slots, item, side);
        let largest = self.limits.largest_exact_total;
        let decide = (asked.is_plain(), is_one);
        let count = self
            .grid
            .count(&asked.area, &asked.wanted, largest + 1, decide);
        Total::up_to(largest, count)
    }

    /// Those of some slots that are in the area; none if that would take too long, in which case these
    /// are many, and the area has many of all offers.
    pub(crate) fn within(&self, asked: &Asked<'_>, slots: &RoaringBitmap) -> Option<RoaringBitmap> {
        if !self.are_many(asked, slots.len()) {
            return Some(self.all_within(asked, slots));
        }
        let most = usize::try_from(self.limits.looked_at).unwrap_or(usize::MAX);
        let is_one = |item: &Item, side| self.is_one(asked, slots, item, side);
        let (found, is_all) = self.grid.collect(&asked.area, &asked.wanted, most, is_one);
        is_all.then(|| set_of(found))
    }

    /// Whether an offer of the grid is among some slots and in the area.
    pub(crate) fn is_one(
        &self,
        asked: &Asked<'_>,
        slots: &RoaringBitmap,
        item: &Item,
        side: Side,
    ) -> bool {
        (asked.is_plain() || slots.contains(item.slot))
            && match side {
                Side::Outside => false,
                Side::Inside => true,
                Side::Border => asked
                    .area
                    .contains(&self.entries[item.slot as usize].location),
            }
    }

    /// Whether so many candidates are too many to measure each.
    pub(crate) fn are_many(&self, asked: &Asked<'_>, size: u64) -> bool {
        let is_dense = size.saturating_mul(self.limits.sparse) > self.entries.len() as u64;
        asked.is_of_sets() && size > self.limits.measured && is_dense
    }
}
