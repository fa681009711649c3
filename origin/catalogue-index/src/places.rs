//! The establishments of some names, the nearest first.

use std::cmp::Reverse;

use roaring::RoaringBitmap;

use crate::{
    Index,
    area::{Area, Disk, Side},
    grid::{Item, Wanted},
    sphere::{LONGEST, chord},
};

/// An establishment's place in a list: the bits of its distance, which compare like it; at the same distance
/// the one with more offers comes first.
type Place = (u64, Reverse<u64>, u32);

impl Index {
    /// The nearest establishments of some in a disk that `is_wanted` takes, at most `first`.
    pub(crate) fn nearest_places(
        &self,
        among: &RoaringBitmap,
        disk: &Disk,
        first: usize,
        is_wanted: impl Fn(u32) -> bool,
    ) -> Vec<u32> {
        if first == 0 {
            return Vec::new();
        }
        let place = |number: u32| -> Option<Place> {
            let named = self.place_names.get(number);
            let distance_km = disk.distance_km(&named.facts.location)?;
            let offers = Reverse(named.offers.into());
            is_wanted(number).then_some((distance_km.to_bits(), offers, number))
        };
        let mut places = if among.len() <= self.limits.places_measured {
            first_of(among.iter().filter_map(place).collect(), first)
        } else {
            self.walk_places(among, disk, first, place)
        };
        places.sort_unstable();
        places.into_iter().map(|(_, _, number)| number).collect()
    }

    fn walk_places(
        &self,
        among: &RoaringBitmap,
        disk: &Disk,
        first: usize,
        place: impl Fn(u32) -> Option<Place>,
    ) -> Vec<Place> {
        let mut places = std::collections::BinaryHeap::new();
        let mut limit = LONGEST;
        let (reach, area) = ((0.0, disk.reach), of_disk(disk));
        self.place_grid
            .nearest(disk.point, reach, &area, &Wanted::new(&[], 0), |item| {
                if among.contains(item.slot)
                    && let Some(place) = place(item.slot)
                {
                    places.push(place);
                    if places.len() > first {
                        places.pop();
                    }
                    if places.len() == first
                        && let Some((bits, _, _)) = places.peek()
                    {
                        limit = chord(f64::from_bits(*bits));
                    }
                }
                limit
            });
        places.into_vec()
    }

    /// How many of some establishments are in a disk.
    pub(crate) fn count_places(&self, among: &RoaringBitmap, disk: &Disk) -> u64 {
        let is_in_disk = |number: u32| {
            let location = &self.place_names.get(number).facts.location;
            disk.distance_km(location).is_some()
        };
        if among.len() <= self.limits.places_measured {
            return among.iter().filter(|number| is_in_disk(*number)).count() as u64;
        }
        let is_one = |item: &Item, side: Side| {
            among.contains(item.slot) && (side == Side::Inside || is_in_disk(item.slot))
        };
        self.place_grid.count(
            &of_disk(disk),
            &Wanted::new(&[], 0),
            u64::MAX,
            (false, is_one),
        )
    }
}

const fn of_disk(disk: &Disk) -> Area {
    Area {
        disk: Some(*disk),
        rectangle: None,
    }
}

/// The first so many, in no order: not all of them are sorted.
fn first_of(mut places: Vec<Place>, first: usize) -> Vec<Place> {
    if places.len() > first {
        places.select_nth_unstable(first);
        places.truncate(first);
    }
    places
}
