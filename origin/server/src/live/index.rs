//! The subscriptions by topic: an event finds its subscriptions by tag or by cell, without looking
//! at the others.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
};

use api::live::topic::{Reach, Topic};
use cache_core::{Tag, geo};
use domain::GeoPoint;

/// Subscriptions by their topics.
#[derive(Debug)]
pub(super) struct Index<K> {
    topics: HashMap<K, Topic>,
    by_tag: HashMap<Tag, HashSet<K>>,
    by_cell: HashMap<u64, HashSet<K>>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self {
            topics: HashMap::new(),
            by_tag: HashMap::new(),
            by_cell: HashMap::new(),
        }
    }
}

impl<K: Copy + Eq + Hash> Index<K> {
    pub(super) fn len(&self) -> usize {
        self.topics.len()
    }

    /// Takes a subscription up; one of the same key is replaced.
    pub(super) fn insert(&mut self, key: K, topic: Topic) {
        self.remove(key);
        match &topic {
            Topic::Thing(tag) => {
                self.by_tag.entry(tag.clone()).or_default().insert(key);
            }
            Topic::Offers(reach) => {
                for cell in reach.cells() {
                    self.by_cell.entry(cell).or_default().insert(key);
                }
            }
        }
        self.topics.insert(key, topic);
    }

    pub(super) fn remove(&mut self, key: K) {
        match self.topics.remove(&key) {
            Some(Topic::Thing(tag)) => take_out(self.by_tag.entry(tag), &key),
            Some(Topic::Offers(reach)) => {
                for cell in reach.cells() {
                    take_out(self.by_cell.entry(cell), &key);
                }
            }
            None => {}
        }
    }

    /// The subscriptions that wait for changes of the thing that a tag names.
    pub(super) fn of(&self, tag: &Tag) -> impl Iterator<Item = K> {
        self.by_tag.get(tag).into_iter().flatten().copied()
    }

    /// All subscriptions that wait for changes of some thing.
    pub(super) fn of_things(&self) -> impl Iterator<Item = K> {
        self.by_tag.values().flatten().copied()
    }

    /// Whether anybody waits for offers, anywhere.
    pub(super) fn awaits_offers(&self) -> bool {
        !self.by_cell.is_empty()
    }

    /// The subscriptions that wait for offers around a place that has this point within its reach,
    /// and the distance from there, in kilometres. One cell of each resolution is looked up.
    pub(super) fn around(&self, point: GeoPoint) -> Vec<(K, f64)> {
        let cells = geo::cells_of(point.lat, point.lng);
        let waiting = cells.iter().filter_map(|cell| self.by_cell.get(cell));
        // A subscription is listed under cells of one resolution only, so it is found at most once.
        let reached = waiting.flatten().filter_map(|key| {
            let distance_km = self.reach(*key)?.distance_km(point)?;
            Some((*key, distance_km))
        });
        reached.collect()
    }

    fn reach(&self, key: K) -> Option<Reach> {
        match self.topics.get(&key)? {
            Topic::Offers(reach) => Some(*reach),
            Topic::Thing(_) => None,
        }
    }
}

/// Removes a key from a set, and the set once it is empty.
fn take_out<T: Eq + Hash, K: Eq + Hash>(entry: Entry<'_, T, HashSet<K>>, key: &K) {
    if let Entry::Occupied(mut waiting) = entry {
        waiting.get_mut().remove(key);
        if waiting.get().is_empty() {
            waiting.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(text: &str) -> Tag {
        text.parse().unwrap()
    }

    fn near(lat: f64, lng: f64, radius_km: f64) -> Topic {
        Topic::Offers(Reach::new(GeoPoint { lat, lng }, radius_km).unwrap())
    }

    fn sorted(keys: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn a_change_reaches_the_subscriptions_to_that_thing() {
        let mut index = Index::default();
        index.insert(1, Topic::Thing(tag("booking:a")));
        index.insert(2, Topic::Thing(tag("booking:a")));
        index.insert(3, Topic::Thing(tag("booking:b")));
        index.insert(4, near(48.85, 2.35, 5.0));
        assert_eq!(sorted(index.of(&tag("booking:a"))), [1, 2]);
        assert_eq!(sorted(index.of(&tag("booking:c"))), [] as [u32; 0]);
        assert_eq!(sorted(index.of_things()), [1, 2, 3]);
        index.insert(2, Topic::Thing(tag("booking:b")));
        assert_eq!(sorted(index.of(&tag("booking:a"))), [1]);
        assert_eq!(sorted(index.of(&tag("booking:b"))), [2, 3]);
    }

    #[test]
    fn what_is_gone_leaves_nothing_behind() {
        let mut index = Index::default();
        index.insert(1, Topic::Thing(tag("booking:a")));
        index.insert(2, near(48.85, 2.35, 50.0));
        assert!(index.awaits_offers());
        for key in [1, 2, 2, 3] {
            index.remove(key);
        }
        assert!(!index.awaits_offers());
        assert_eq!((index.len(), index.by_tag.len()), (0, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn an_offer_reaches_exactly_those_within_whose_reach_it_is(
            waiting in prop::collection::vec((48.0f64..49.5, 1.5f64..3.5, 0.1f64..50.0), 1..40),
            gone in prop::collection::vec(0u32..40, 0..10),
            lat in 48.0f64..49.5,
            lng in 1.5f64..3.5,
        ) {
            let mut index = Index::default();
            for (key, (lat, lng, radius_km)) in (0u32..).zip(&waiting) {
                index.insert(key, near(*lat, *lng, *radius_km));
            }
            for key in &gone {
                index.remove(*key);
            }
            let offer = GeoPoint { lat, lng };
            let expected = (0u32..).zip(&waiting).filter(|(key, (lat, lng, radius_km))| {
                let centre = GeoPoint { lat: *lat, lng: *lng };
                !gone.contains(key) && centre.distance_km(&offer) <= *radius_km
            });
            let reached = index.around(offer);
            prop_assert_eq!(
                sorted(reached.iter().map(|(key, _)| *key)),
                sorted(expected.map(|(key, _)| key))
            );
        }
    }
}
