//! Goes through the offers in the order of a list until the page is full: for lists that have too many
//! candidates to look at each.

use domain::offers::store::Rank;
use roaring::RoaringBitmap;

use crate::{Index, answer::Tier, asked::Asked, best::Best, entry::Slot, order::Order};

impl Index {
    /// Goes through the offers in the order of the list until the page is full.
    pub(crate) fn walk(
        &self,
        asked: &Asked<'_>,
        tier: &Tier<'_>,
        slots: &RoaringBitmap,
        best: &mut Best,
    ) {
        for (rank, slots) in Self::passes_ahead(asked, tier, slots) {
            match asked.order {
                Order::Near(_) | Order::Newest => self.newest(asked, rank, &slots, None, best),
                Order::Ending => self.soonest(asked, rank, &slots, best),
                Order::Discount => {
                    let sets = self.filters.by_percentage();
                    self.by_value(asked, (rank, &slots), sets, best);
                }
                Order::Rating => {
                    let sets = self.filters.by_rating();
                    self.by_value(asked, (rank, &slots), sets, best);
                }
            }
            if best.last().is_some() {
                break;
            }
        }
    }

    /// Goes through sets of what is the same, the first one first; within each from the newest on.
    fn by_value<'s>(
        &self,
        asked: &Asked<'_>,
        (rank, slots): (Rank, &RoaringBitmap),
        sets: impl Iterator<Item = (u16, &'s RoaringBitmap)>,
        best: &mut Best,
    ) {
        let after = asked.after.filter(|after| after.rank == rank);
        let began = after.and_then(|after| after.value());
        for (value, set) in sets {
            if began.is_some_and(|began| value > began) || set.is_disjoint(slots) {
                continue;
            }
            let same = set & slots;
            if same.len() > self.limits.looked_at {
                self.newest(asked, rank, &same, Some(value), best);
            } else {
                for slot in &same {
                    self.offer(asked, rank, slot, best);
                }
            }
            if best.last().is_some() {
                break;
            }
        }
    }

    /// Offers a slot if it is in the area.
    fn offer(&self, asked: &Asked<'_>, rank: Rank, slot: Slot, best: &mut Best) {
        let entry = &self.entries[slot as usize];
        let point = &self.points[slot as usize];
        if asked.area.has(point, &entry.location)
            && let Some(place) = asked.order.place(rank, entry, slot)
        {
            best.offer(place);
        }
    }

    /// From the newest of some slots on until the page is full. `value` is what all of them have, in a
    /// list by discount or rating.
    fn newest(
        &self,
        asked: &Asked<'_>,
        rank: Rank,
        slots: &RoaringBitmap,
        value: Option<u16>,
        best: &mut Best,
    ) {
        let after = asked.after.filter(|after| after.rank == rank);
        // In a later set all are after the cursor.
        let after = after.filter(|after| after.value() == value);
        let before = after.map(|after| after.key());
        let newest = self.newest.backwards(&self.entries, before);
        for slot in newest.filter(|slot| slots.contains(*slot)) {
            self.offer(asked, rank, slot, best);
            if best.last().is_some() {
                break;
            }
        }
    }

    /// From what ends soonest on until the page is full.
    fn soonest(&self, asked: &Asked<'_>, rank: Rank, slots: &RoaringBitmap, best: &mut Best) {
        let after = asked.after.filter(|after| after.rank == rank);
        // What ended before is not shown.
        let from = after.map_or((asked.query.now_ms, [0; _]), |after| after.key());
        let soonest = self.ending.forwards(&self.entries, from);
        for slot in soonest.filter(|slot| slots.contains(*slot)) {
            self.offer(asked, rank, slot, best);
            if best.last().is_some() {
                break;
            }
        }
    }
}
