//! Public documents: answered from the caches, or executed once for all identical requests.

use std::sync::Arc;

use access::caller::Asker;
use bytes::Bytes;
use cache_core::{
    CacheKey, EntryHead, Revision, entry::ContentHash, geo, variables::CanonicalVariables,
};
use cache_tiered::{Answer, Fill, Question, Tier, Warmed};
use domain::{OfferId, sentence::Language, tags};
use edge_core::{
    nearest::{self, Reading},
    plan::{self, Snap},
};
use pq_core::{CachePolicy, limits};

use super::execute::{self, Demand};
use crate::{
    documents::{Document, shown::OfferPage},
    execution::executed::{Executed, Unstored},
    schema::Schema,
    services::Services,
};

/// A public document with its variables.
#[derive(Debug)]
pub struct PublicQuery {
    pub document: Arc<Document>,
    variables: CanonicalVariables,
    /// The cache key of the answer.
    pub key: CacheKey,
    /// The H3 cell for whose candidates the edge asks.
    candidates_of: Option<u64>,
    /// What it shows, if it is an offer's page.
    offer: Option<Shown>,
}

/// The offer of an offer's page.
#[derive(Debug)]
enum Shown {
    Offer(OfferId),
    /// The one that the answer is tagged with.
    OfAnswer,
}

impl PublicQuery {
    pub fn new(document: Arc<Document>, mut variables: CanonicalVariables) -> Self {
        let policy = &document.operation.policy;
        // As the edge does: both doors give the same answer.
        if nearest::reading(policy, &variables) == Reading::Snapped {
            plan::snap(&mut variables, policy);
        }
        let json = variables.to_json();
        Self {
            key: plan::key(document.operation.id, &json),
            candidates_of: None,
            offer: offer_of(&document, &json),
            document,
            variables,
        }
    }

    /// The query for the candidates of the cell of this H3 resolution that the location is in, if it asks
    /// for a list by distance.
    #[must_use]
    pub fn for_candidates(self, resolution: u8) -> Self {
        let policy = &self.document.operation.policy;
        let Reading::Exact(asked) = nearest::reading(policy, &self.variables) else {
            return self;
        };
        let (lat, lng) = asked.location;
        let json = self.variables.to_json();
        Self {
            key: plan::candidates_key(self.document.operation.id, &json, resolution),
            candidates_of: geo::cell(lat, lng, resolution),
            ..self
        }
    }

    /// A request for the answer, as the edge would send it: what makes it anew. None if the request says
    /// where somebody is: only the centres of cells are kept.
    fn recipe(&self) -> Option<String> {
        // The edge makes candidates anew, which asks for them.
        if self.candidates_of.is_some() {
            return None;
        }
        let operation = &self.document.operation;
        let variables = self.variables.to_json();
        let mut snapped = self.variables.clone();
        let is_of_a_cell = match plan::snap(&mut snapped, &operation.policy) {
            Snap::Unchanged => true,
            Snap::Snapped => snapped.to_json() == variables,
            Snap::OffTheEarth => false,
        };
        is_of_a_cell.then(|| plan::body(operation.id, &variables))
    }

    fn question(&self, required: Option<Revision>) -> Question {
        Question {
            key: self.key,
            label: *self.document.operation.id.as_bytes(),
            required,
        }
    }
}

fn offer_of(document: &Document, variables: &str) -> Option<Shown> {
    match document.offer_page.as_ref()? {
        OfferPage::BySlug => Some(Shown::OfAnswer),
        OfferPage::ById(variable) => {
            let variables: serde_json::Value = serde_json::from_str(variables).ok()?;
            OfferId::parse(variables.get(variable)?.as_str()?).map(Shown::Offer)
        }
    }
}

/// The only offer that an answer shows; none of an answer that shows others as well.
fn only_offer(head: &EntryHead) -> Option<OfferId> {
    let mut offers = head.tags.iter().filter_map(tags::tagged_offer);
    let only = offers.next()?;
    offers.next().is_none().then_some(only)
}

/// The answer to a public document, if this server's memory has it: nothing waits for anything.
pub fn hit(services: &Services, query: &PublicQuery) -> Option<Answer<Arc<Unstored>>> {
    let given = Answer::Hit {
        entry: services.caches.responses.hit(&query.question(None))?,
        tier: Tier::Memory,
        stale: None,
    };
    count(services, query, &given);
    Some(given)
}

/// Why a public document is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody reads the answer.
    Reading,
    /// A cache above this one makes its answer anew before anybody asks for it.
    Warming,
}

/// Answers a public document. The caller does not affect the answer and is not passed to the
/// fields.
pub async fn look_up(
    (services, schema): (&Services, &Schema),
    query: &Arc<PublicQuery>,
    minimum: Option<Revision>,
    purpose: Purpose,
) -> Answer<Arc<Unstored>> {
    let question = query.question(services.caches.feed.require(minimum).await);
    // Cloned only when an answer is made or waited for: not for a hit.
    let make = || making((services, schema), query, question.required);
    let responses = &services.caches.responses;
    match purpose {
        Purpose::Reading => {
            let given = responses.answer(&question, make).await;
            count(services, query, &given);
            given
        }
        Purpose::Warming => responses.answer_uncounted(&question, make).await,
    }
}

/// Makes the answer anew, together with requests that ask for it now. Nothing is counted.
pub async fn warm((services, schema): (&Services, &Schema), query: &Arc<PublicQuery>) -> Warmed {
    let make = || making((services, schema), query, None);
    let responses = &services.caches.responses;
    responses.fill_warm(query.key, make).await
}

fn making(
    (services, schema): (&Services, &Schema),
    query: &Arc<PublicQuery>,
    required: Option<Revision>,
) -> impl Future<Output = Fill<Arc<Unstored>>> + Send + use<> {
    let (services, schema, query) = (services.clone(), schema.clone(), Arc::clone(query));
    // Large, and not needed for a hit: boxed, so that hits do not carry it.
    Box::pin(async move { fill((&services, &schema), &query, required).await })
}

/// Counts a request whose answer came from the cache or was stored in it.
fn count<U>(services: &Services, query: &PublicQuery, given: &Answer<U>) {
    match given {
        Answer::Hit { .. } | Answer::Filled { .. } | Answer::Covered { .. } => {
            services.caches.hot.saw(&query.key, || query.recipe());
            count_view(services, query, given);
        }
        Answer::Unshared { .. } | Answer::Failed(_) => {}
    }
}

/// Counts a view of the offer, if the answer came from the cache or was stored in it. Answers for
/// offers that do not exist are not cached, so they are not counted.
fn count_view<U>(services: &Services, query: &PublicQuery, given: &Answer<U>) {
    let Some(shown) = &query.offer else {
        return;
    };
    let entry = match given {
        Answer::Hit { entry, .. } | Answer::Filled { entry, .. } | Answer::Covered { entry } => {
            entry
        }
        Answer::Unshared { .. } | Answer::Failed(_) => return,
    };
    let saw = |offer: &OfferId| services.views.saw(offer, services.clock.now_ms());
    match shown {
        Shown::Offer(offer) => saw(offer),
        Shown::OfAnswer => only_offer(&entry.head).iter().for_each(saw),
    }
}

async fn fill(
    by: (&Services, &Schema),
    query: &PublicQuery,
    required: Option<Revision>,
) -> Fill<Arc<Unstored>> {
    let (document, variables) = (&*query.document, &query.variables);
    let demand = Demand {
        required,
        candidates_of: query.candidates_of,
    };
    let work = execute::execute(by, document, variables, Asker::anybody(), demand);
    let executed = match tokio::time::timeout(limits::EXECUTION, work).await {
        Ok(Ok(executed)) => executed,
        Ok(Err(error)) => return Fill::Failed(Arc::new(Unstored::Store(error))),
        Err(_elapsed) => return Fill::Failed(Arc::new(Unstored::TimedOut)),
    };
    if executed.failed() {
        return Fill::Failed(Arc::new(Unstored::Executed(Box::new(executed))));
    }
    match shared(&executed, &document.operation.policy) {
        Some((head, body)) => Fill::Shared {
            head,
            body,
            current_at_ms: executed.facts.current_at_ms,
        },
        None => Fill::Unshared(Arc::new(Unstored::Executed(Box::new(executed)))),
    }
}

/// The cache entry for an answer, if the answer may be cached.
fn shared(executed: &Executed, policy: &CachePolicy) -> Option<(EntryHead, Bytes)> {
    if !executed.response.errors.is_empty() {
        return None;
    }
    let (lifetime, as_of) = executed.lifetime(policy).zip(executed.as_of)?;
    // It has no message in any language.
    let body: Bytes = executed.body(Language::French).ok()?.into();
    let head = EntryHead {
        as_of,
        born_ms: executed.now_ms.unsigned_abs(),
        lifetime,
        content: ContentHash::of(&body),
        tags: executed.facts.tags.iter().cloned().collect(),
    };
    Some((head, body))
}
