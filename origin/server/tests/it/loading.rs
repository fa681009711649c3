//! Offers that change while the catalogue index reads all of them, and a reading that is lost.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use cache_core::Revision;
use domain::{
    Offer, OfferId, PartnerId, StoreError,
    offers::{
        edit::{Edit, OfferEdit},
        listing::Listings,
        store::{AllListings, Author, Created, OfferStore, Sample, Updated, Visibility},
    },
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use yousoon::{database::Database, state::AppState};

use crate::{
    app::{Answer, TestApp},
    fixtures::{NOW_MS, offer, store},
};

/// More than one batch.
const OFFERS: i32 = 2_100;
/// What a batch takes in a reading that is slow.
const SLOW_READING: Duration = Duration::from_secs(2);
const COUNT: &str = "query A($i: OffersInput!) { offers(input: $i) { totalCount } }";

type Step = BoxFuture<'static, Result<(), StoreError>>;
/// What happens before a batch, by the numbers of the reading and of the batch.
type Before = dyn Fn((usize, usize)) -> Step + Send + Sync;

/// The offers of another store, whose readings are disturbed.
struct Disturbed {
    inner: Arc<dyn OfferStore>,
    before: Arc<Before>,
    /// Readings leave it out.
    missed: Arc<Mutex<Option<OfferId>>>,
    readings: AtomicUsize,
}

struct Reading {
    inner: Box<dyn AllListings>,
    before: Arc<Before>,
    missed: Arc<Mutex<Option<OfferId>>>,
    at: (usize, usize),
}

impl Disturbed {
    fn new(
        inner: Arc<dyn OfferStore>,
        before: impl Fn((usize, usize)) -> Step + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            inner,
            before: Arc::new(before),
            missed: Arc::default(),
            readings: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl AllListings for Reading {
    async fn next(&mut self, most: usize) -> Result<Listings, StoreError> {
        (self.before)(self.at).await?;
        self.at.1 += 1;
        let mut batch = self.inner.next(most).await?;
        let missed = self.missed.lock().unwrap();
        batch.found.retain(|one| missed.as_ref() != Some(&one.id));
        Ok(batch)
    }
}

#[async_trait]
impl OfferStore for Disturbed {
    fn all_listings(&self) -> Box<dyn AllListings> {
        Box::new(Reading {
            inner: self.inner.all_listings(),
            before: Arc::clone(&self.before),
            missed: Arc::clone(&self.missed),
            at: (self.readings.fetch_add(1, Relaxed), 0),
        })
    }

    async fn by_ids(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, Offer>, StoreError> {
        self.inner.by_ids(ids).await
    }

    async fn of_partners(
        &self,
        partners: &[PartnerId],
        visibility: Visibility,
        limit_each: usize,
        now_ms: i64,
    ) -> Result<HashMap<PartnerId, Vec<Offer>>, StoreError> {
        let of_them = self
            .inner
            .of_partners(partners, visibility, limit_each, now_ms);
        of_them.await
    }

    async fn listing_after(&self, id: Option<&OfferId>) -> Result<Listings, StoreError> {
        self.inner.listing_after(id).await
    }

    async fn listings_of(&self, ids: &[OfferId]) -> Result<Listings, StoreError> {
        self.inner.listings_of(ids).await
    }

    async fn sample(
        &self,
        sample: &Sample,
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<OfferId>, StoreError> {
        self.inner.sample(sample, limit, now_ms).await
    }

    async fn remaining(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, i32>, StoreError> {
        self.inner.remaining(ids).await
    }

    async fn tell_of_turns(&self, until_ms: i64) -> Result<usize, StoreError> {
        self.inner.tell_of_turns(until_ms).await
    }

    async fn create(&self, draft: Offer, by: Author, now_ms: i64) -> Result<Created, StoreError> {
        self.inner.create(draft, by, now_ms).await
    }

    async fn update(
        &self,
        id: OfferId,
        edit: OfferEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<Updated, StoreError> {
        self.inner.update(id, edit, author, now_ms).await
    }
}

impl fmt::Debug for Disturbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disturbed").finish_non_exhaustive()
    }
}

/// An origin with offers of more than one batch.
async fn filled() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", (0..OFFERS).map(|n| offer("a", n)).collect()).await;
    app
}

/// Starts a second origin over the first one's database; the readings of its index are disturbed.
async fn start(first: &TestApp, offers: &Arc<Disturbed>) -> (String, AppState) {
    let mut database = Database::embedded(&first.db);
    database.offers = Arc::clone(offers) as Arc<dyn OfferStore>;
    TestApp::builder().serve(database).await
}

/// How many offers a list has, at a revision or later.
async fn count(url: &str, input: Value, revision: Revision) -> Value {
    let body = json!({"query": COUNT, "variables": {"i": input}});
    let request = reqwest::Client::new().post(format!("{url}/graphql"));
    let request = request.header("yousoon-min-revision", revision.to_string());
    Answer::of(request.json(&body)).await.data()["offers"]["totalCount"].clone()
}

#[tokio::test]
async fn a_reading_that_is_lost_begins_anew() {
    let app = filled().await;
    let offers = Database::embedded(&app.db).offers;
    let disturbed = Disturbed::new(offers, |at| {
        let lost = at == (0, 1);
        let outcome = if lost {
            Err(StoreError::Interrupted)
        } else {
            Ok(())
        };
        Box::pin(async { outcome })
    });
    let (url, _state) = start(&app, &disturbed).await;
    assert_eq!(disturbed.readings.load(Relaxed), 2);
    assert_eq!(count(&url, json!({}), Revision::ZERO).await, OFFERS);
}

#[tokio::test]
async fn an_offer_that_changes_after_it_was_read_is_listed_as_it_is_now() {
    let app = filled().await;
    let (offers, log) = (
        Database::embedded(&app.db).offers,
        app.state.services.purge_log.clone(),
    );
    let changed_at = Arc::new(Mutex::new(None));
    let (store, noted) = (Arc::clone(&offers), Arc::clone(&changed_at));
    let disturbed = Disturbed::new(offers, move |at| {
        let (store, log, noted) = (Arc::clone(&store), log.clone(), Arc::clone(&noted));
        Box::pin(async move {
            if at == (0, 1) {
                rename(&*store, "Zanzibar").await?;
                *noted.lock().unwrap() = log.drain_outbox(NOW_MS).await?;
            }
            Ok(())
        })
    });
    let (url, _state) = start(&app, &disturbed).await;
    let changed_at = changed_at.lock().unwrap().unwrap();
    assert_eq!(
        count(&url, json!({"search": "zanzibar"}), changed_at).await,
        1
    );
}

/// Renames the offer that was stored first, which is of the first batch.
async fn rename(store: &dyn OfferStore, title: &str) -> Result<(), StoreError> {
    let edit = OfferEdit {
        title: Edit::Set(title.to_owned()),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".to_owned(),
        action: "updateOffer",
    };
    store.update(offer("a", 0).id, edit, author, NOW_MS).await?;
    Ok(())
}

#[tokio::test]
async fn an_offer_that_a_reading_misses_stays_in_the_lists() {
    let app = filled().await;
    let offers = Database::embedded(&app.db).offers;
    let disturbed = Disturbed::new(offers, |_| Box::pin(async { Ok(()) }));
    let (url, state) = start(&app, &disturbed).await;
    *disturbed.missed.lock().unwrap() = Some(offer("a", 7).id);
    state.services.lists.reload().await;
    assert_eq!(disturbed.readings.load(Relaxed), 2);
    assert_eq!(count(&url, json!({}), Revision::ZERO).await, OFFERS);
}

/// A list that needs a change reads it by itself, also while all offers are read again.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_answered_while_all_offers_are_read_again() {
    let app = filled().await;
    let offers = Database::embedded(&app.db).offers;
    let disturbed = Disturbed::new(Arc::clone(&offers), |at| {
        Box::pin(async move {
            if at.0 == 1 {
                tokio::time::sleep(SLOW_READING).await;
            }
            Ok(())
        })
    });
    let (url, state) = start(&app, &disturbed).await;
    // What the index has is trusted for two seconds.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let lists = state.services.lists.clone();
    let again = tokio::spawn(async move { lists.reload().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    rename(&*offers, "Zanzibar").await.unwrap();
    let log = &app.state.services.purge_log;
    log.drain_outbox(NOW_MS).await.unwrap();
    let input = json!({"search": "zanzibar"});
    let changed = Instant::now();
    loop {
        let began = Instant::now();
        let found = count(&url, input.clone(), Revision::ZERO).await;
        assert!(began.elapsed() < SLOW_READING / 2, "{:?}", began.elapsed());
        if found == 1 {
            break;
        }
        // As old as a list may be, and not longer.
        assert!(changed.elapsed() < Duration::from_secs(3), "{found}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!again.is_finished(), "all offers are still being read");
    again.await.unwrap();
    // What was read of all offers was older, and has not replaced it.
    assert_eq!(count(&url, input, Revision::ZERO).await, 1);
}
