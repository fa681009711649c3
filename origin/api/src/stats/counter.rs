//! Counts views of offers in memory until they are stored.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{OfferId, night::Night, paris::Day, stats::Seen};

/// Maximum offer-and-day pairs kept between two writes; views of further pairs are not counted.
const MOST: usize = 20_000;

/// View counts: requests add to them, the storing task takes them.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<(OfferId, Day), i64>>);

impl Views {
    fn lock(&self) -> MutexGuard<'_, HashMap<(OfferId, Day), i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one view of an existing offer.
    pub fn saw(&self, offer: &OfferId, now_ms: i64) {
        let Some(night) = Night::of(now_ms) else {
            return;
        };
        self.add(offer.clone(), night.day(), 1);
    }

    /// Puts counts back that could not be stored.
    pub fn put_back(&self, seen: Vec<Seen>) {
        for Seen { offer, day, views } in seen {
            self.add(offer, day, views);
        }
    }

    /// Takes the counts collected since the last call.
    pub fn take(&self) -> Vec<Seen> {
        let taken = std::mem::take(&mut *self.lock());
        let seen = taken.into_iter();
        seen.map(|((offer, day), views)| Seen { offer, day, views })
            .collect()
    }

    fn add(&self, offer: OfferId, day: Day, views: i64) {
        let mut counts = self.lock();
        let key = (offer, day);
        if counts.len() < MOST || counts.contains_key(&key) {
            *counts.entry(key).or_default() += views;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_add_up_by_offer_and_day_and_have_an_end() {
        let views = Views::default();
        let offer = OfferId::derive("offer", "a");
        // Around 06:00 in Paris, when a night ends.
        for now_ms in [1_780_372_800_000 - 1, 1_780_372_800_000, 1_780_372_800_001] {
            views.saw(&offer, now_ms);
        }
        let mut seen = views.take();
        seen.sort_by_key(|one| one.day);
        let counted: Vec<_> = seen
            .iter()
            .map(|one| (one.day.to_string(), one.views))
            .collect();
        assert_eq!(
            counted,
            [("2026-06-01".to_owned(), 1), ("2026-06-02".to_owned(), 2)]
        );
        assert_eq!(views.take(), []);
        views.put_back(seen);
        for number in 0..=MOST {
            views.saw(&OfferId::derive("offer", &number.to_string()), 0);
        }
        views.saw(&offer, 1_780_372_800_000);
        let seen = views.take();
        assert_eq!(seen.len(), MOST);
        let known = seen
            .iter()
            .filter(|one| one.offer == offer)
            .map(|one| one.views);
        assert_eq!(known.sum::<i64>(), 4);
    }
}
