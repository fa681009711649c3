//! The establishments of some names, the nearest first.

use std::{cmp::Reverse, collections::BinaryHeap};

use roaring::RoaringBitmap;

use crate::{
    Index,
    area::{Area, Disk, Side},
    grid::{Item, Wanted},
    sphere::{LONGEST, SLACK, chord, square},
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
        let mut nearest = Nearest::new(first);
        let mut offer = |number: u32| {
            let named = self.place_names.get(number);
            if let Some(distance_km) = disk.distance_km(&named.facts.location)
                && is_wanted(number)
            {
                let offers = Reverse(named.offers.into());
                nearest.offer((distance_km.to_bits(), offers, number));
            }
            nearest.limit
        };
        if among.len() <= self.limits.places_measured {
            let mut limit_squared = disk.outside_squared;
            for number in among {
                let point = &self.place_names.get(number).facts.point;
                if point.chord_squared(&disk.point) <= limit_squared {
                    limit_squared = disk.outside_squared.min(square(offer(number) + SLACK));
                }
            }
        } else {
            let mut limit = LONGEST;
            let (reach, area, wanted) = ((0.0, disk.reach), of_disk(disk), Wanted::new(&[], 0));
            self.place_grid
                .nearest(disk.point, reach, &area, &wanted, |item| {
                    if among.contains(item.slot) {
                        limit = offer(item.slot);
                    }
                    limit
                });
        }
        let places = nearest.places.into_sorted_vec().into_iter();
        places.map(|(_, _, number)| number).collect()
    }

    /// How many of some establishments are in a disk.
    pub(crate) fn count_places(&self, among: &RoaringBitmap, disk: &Disk) -> u64 {
        let area = of_disk(disk);
        if among.len() <= self.limits.places_measured {
            let is_in_disk = |number: &u32| {
                let facts = &self.place_names.get(*number).facts;
                area.has(&facts.point, &facts.location)
            };
            return among.iter().filter(is_in_disk).count() as u64;
        }
        let is_one = |item: &Item, side: Side| {
            let location = || &self.place_names.get(item.slot).facts.location;
            among.contains(item.slot) && (side == Side::Inside || area.contains(location()))
        };
        let wanted = Wanted::new(&[], 0);
        self.place_grid
            .count(&area, &wanted, u64::MAX, (false, is_one))
    }
}

/// The first so many of all places that it is offered.
struct Nearest {
    first: usize,
    places: BinaryHeap<Place>,
    /// The chord beyond which nothing is among them.
    limit: f32,
}

impl Nearest {
    const fn new(first: usize) -> Self {
        Self {
            first,
            places: BinaryHeap::new(),
            limit: LONGEST,
        }
    }

    fn offer(&mut self, place: Place) {
        self.places.push(place);
        if self.places.len() > self.first {
            self.places.pop();
        }
        if self.places.len() == self.first
            && let Some((bits, ..)) = self.places.peek()
        {
            self.limit = chord(f64::from_bits(*bits));
        }
    }
}

const fn of_disk(disk: &Disk) -> Area {
    Area {
        disk: Some(*disk),
        rectangle: None,
    }
}
