//! Checks the catalogue index all the time: the database answers small questions from indexes of its
//! own, and the answers are compared.

use std::{
    collections::BTreeSet,
    sync::{PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use cache_tiered::feed::DISTRUST_MS;
use catalogue_index::Index;
use domain::{
    OfferId, StoreError,
    error_chain::chain,
    offers::{
        listing::Listing,
        store::{GeoBox, Near, OfferOrder, OfferQuery, Sample},
    },
    search_text,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Lists, Stage};

/// The shortest pause between two checks; the longest is twice as long, so that servers that start
/// together do not ask together.
const PAUSE: Duration = Duration::from_secs(8);
/// A difference that lasts longer than this is no write that is still under way.
const LASTING: Duration = Duration::from_millis(2 * DISTRUST_MS);
/// The most offers of a sample.
const LIMIT: usize = 500;
const RADIUS_KM: f64 = 0.25;
/// A disk with too many offers is asked about again with a quarter of the radius, so many times.
const SHRINKINGS: usize = 3;

/// Checks until it is cancelled.
pub async fn run(lists: Lists, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = lists.check_forever() => {}
    }
}

impl Lists {
    async fn check_forever(&self) {
        loop {
            let number = getrandom::u64().unwrap_or_default();
            let jitter = f64::from(u16::try_from(number >> 48).unwrap_or(0)) / f64::from(u16::MAX);
            sleep(PAUSE.mul_f64(1.0 + jitter)).await;
            // Else the index is about to read more, or knows that it may lack writes.
            if self.0.reached.borrow().stage != Stage::Following || self.is_distrusted() {
                continue;
            }
            if let Err(error) = self.check(number, LASTING).await {
                let error = chain(&error);
                tracing::warn!(error, "the catalogue index cannot be checked");
            }
        }
    }

    /// Compares the index with the database in a few samples, which `number` chooses. Offers that
    /// differ, and still do after `lasting`, are read anew.
    pub async fn check(&self, number: u64, lasting: Duration) -> Result<(), StoreError> {
        for sample in self.samples(number).await? {
            let differing = self.differing(&sample).await?;
            if differing.is_empty() {
                continue;
            }
            sleep(lasting).await;
            let mut wrong = self.differing(&sample).await?;
            wrong.retain(|id| differing.contains(id));
            if wrong.is_empty() || self.is_distrusted() {
                continue;
            }
            count(&self.0.mismatches, wrong.len());
            tracing::warn!(?wrong, ?sample, "the catalogue index is wrong about offers");
            self.replace(&wrong).await?;
            let still = self.differing(&sample).await?;
            count(&self.0.mended, wrong.difference(&still).count());
        }
        Ok(())
    }

    /// The surroundings of an offer of the index, and those of the next offer of the database, which
    /// the index may lack, with a word of it.
    async fn samples(&self, number: u64) -> Result<Vec<Sample>, StoreError> {
        let known = {
            let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
            state.index.any(number)
        };
        let id = known.as_ref().map(|(id, _)| id);
        let mut read = self.0.offers.listing_after(id).await?;
        if read.is_empty() {
            // After the last offer comes the first.
            read = self.0.offers.listing_after(None).await?;
        }
        let near = |centre| {
            Sample::Near(Near {
                centre,
                max_distance_km: RADIUS_KM,
            })
        };
        let next = read.found.pop();
        let word = next.as_ref().and_then(longest_word).map(Sample::Word);
        let places = known.map(|(_, place)| place).into_iter();
        let places = places.chain(next.map(|listing| listing.location));
        Ok(places.map(near).chain(word).collect())
    }

    /// The offers of a sample that the index has and the database does not, or the reverse.
    async fn differing(&self, sample: &Sample) -> Result<BTreeSet<OfferId>, StoreError> {
        match sample {
            Sample::Near(near) => self.differing_near(near.clone()).await,
            Sample::Word(word) => self.lacking(word).await,
        }
    }

    async fn differing_near(&self, mut near: Near) -> Result<BTreeSet<OfferId>, StoreError> {
        for _ in 0..=SHRINKINGS {
            let now_ms = self.now_ms();
            let sample = Sample::Near(near.clone());
            let stored = self.0.offers.sample(&sample, LIMIT, now_ms).await?;
            if stored.len() < LIMIT {
                self.advance(now_ms);
                let query = OfferQuery {
                    near: Some(near),
                    ..OfferQuery::newest(LIMIT, now_ms)
                };
                let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
                let stored = stored.into_iter().collect();
                return differing_in(&state.index, &query, &stored);
            }
            near.max_distance_km /= 4.0;
        }
        // Hundreds of offers in one place: another sample says more.
        Ok(BTreeSet::new())
    }

    /// The offers with a word that the index does not find by it. It may find more: it also has the
    /// words of names.
    async fn lacking(&self, word: &str) -> Result<BTreeSet<OfferId>, StoreError> {
        let now_ms = self.now_ms();
        let sample = Sample::Word(word.to_owned());
        let stored = self.0.offers.sample(&sample, LIMIT, now_ms).await?;
        self.advance(now_ms);
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        let listed = state.index.with_words(word, &stored);
        // What is found by a word is also found by it with a typing error.
        let mistyped = state.index.with_words_almost(&mistyped(word), &stored);
        let (stored, listed): (BTreeSet<_>, BTreeSet<_>) =
            (stored.into_iter().collect(), listed.into_iter().collect());
        let mistyped: BTreeSet<_> = mistyped.into_iter().collect();
        Ok(&(&stored - &listed) | &(&stored - &mistyped))
    }

    /// Reads offers anew, and replaces them in the index even if it seems to have them exactly so.
    async fn replace(&self, wrong: &BTreeSet<OfferId>) -> Result<(), StoreError> {
        let _in_order = self.0.reading.lock().await;
        if self.0.reached.borrow().stage != Stage::Following {
            // All offers are being read anew.
            return Ok(());
        }
        let ids: Vec<OfferId> = wrong.iter().cloned().collect();
        let read = self.0.offers.listings_of(&ids).await?;
        let now_ms = self.now_ms();
        self.change(|state| {
            for id in &ids {
                state.index.remove(id);
            }
            for listing in &read.found {
                state.index.put(listing, now_ms);
            }
        });
        Ok(())
    }
}

/// The offers that lists around a place have and the database does not, or the reverse: by distance, in
/// the other orders, in a box and with the numbers beside the filters, which are answered from other
/// parts of the index.
fn differing_in(
    index: &Index,
    query: &OfferQuery,
    stored: &BTreeSet<OfferId>,
) -> Result<BTreeSet<OfferId>, StoreError> {
    let mut wrong = BTreeSet::new();
    let orders = [
        None,
        Some(OfferOrder::Discount),
        Some(OfferOrder::Ending),
        Some(OfferOrder::Rating),
        Some(OfferOrder::Newest),
    ];
    for order in orders {
        let query = OfferQuery {
            order,
            facets: true,
            within: query.near.as_ref().and_then(around),
            ..query.clone()
        };
        let found = index.answer(&query)?;
        let listed: BTreeSet<OfferId> = found.items.into_iter().map(|hit| hit.id).collect();
        wrong.extend(&listed ^ stored);
        let counted = found.facets.map(|facets| {
            let counts = facets.categories.iter().map(|(_, count)| *count);
            (facets.is_exact, counts.sum::<u64>())
        });
        // Which of them is counted wrongly is not known: all are read anew.
        if counted != Some((true, listed.len() as u64)) {
            wrong.extend(stored.iter().cloned());
        }
    }
    Ok(wrong)
}

/// A box that has all of a disk; none where it would cross the 180th meridian or a pole.
fn around(near: &Near) -> Option<GeoBox> {
    const KM_PER_DEGREE: f64 = 111.0;
    let Near {
        centre,
        max_distance_km,
    } = near;
    let lat = max_distance_km / KM_PER_DEGREE * 1.1;
    let lng = lat / centre.lat.to_radians().cos().max(0.01);
    let (north, south) = (centre.lat + lat, centre.lat - lat);
    let (east, west) = (centre.lng + lng, centre.lng - lng);
    let is_plain = north < 90.0 && south > -90.0 && east < 180.0 && west > -180.0;
    is_plain.then_some(GeoBox {
        south,
        west,
        north,
        east,
    })
}

/// A word with its first two letters exchanged; one that is too short for a typing error stays.
fn mistyped(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() >= 4 {
        letters.swap(0, 1);
    }
    letters.into_iter().collect()
}

fn longest_word(listing: &Listing) -> Option<String> {
    let words = search_text::search_words(&listing.title).into_iter();
    words.max_by_key(String::len)
}

fn count(counter: &std::sync::atomic::AtomicU64, offers: usize) {
    counter.fetch_add(u64::try_from(offers).unwrap_or(u64::MAX), Relaxed);
}
