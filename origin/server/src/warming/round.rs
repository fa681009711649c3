//! One round: the hottest answers in order of heat, each of which is found or made anew.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use access::caller::Caller;
use api::{
    execution::cached::{self, PublicQuery},
    request::authorise,
};
use cache_core::Revision;
use cache_tiered::{Moment, PurgeFeed, Warmed};
use futures_util::{StreamExt as _, stream};
use pq_core::{
    DocumentRef, GraphqlRequest,
    request::{HttpParts, Method},
};
use tokio::time::{Instant, sleep, timeout};

use super::{Occasion, pace::Pace};
use crate::{http::document, state::AppState};

/// How many answers are found or made at the same time.
const AT_ONCE: usize = 4;
/// How long a round waits for the catalogue index.
const INDEX_WITHIN: Duration = Duration::from_secs(60);
/// How long a round waits for the log. Answers that are made before their revision is attested are worth
/// nothing to other servers.
const LOG_WITHIN: Duration = Duration::from_secs(10);
/// How often answers that another server makes are looked for, a second apart: longer than a claim holds, so
/// that what a dead server claimed is made by another one.
const PASSES: usize = 15;
const PASSES_APART: Duration = Duration::from_secs(1);

/// Makes the hottest answers warm; dropping it ends the round.
pub(super) async fn run(state: &AppState, occasion: Occasion) {
    let per_s = u32::try_from(state.config.cache.warm_per_s).unwrap_or(u32::MAX);
    let Some(per_s) = NonZeroU32::new(per_s) else {
        return;
    };
    let began = Instant::now();
    wait_for_the_index(state).await;
    wait_for_the_log(&state.services.caches.feed, occasion.at).await;
    let mut left = state.services.caches.hot.hottest().await;
    let (known, pace, name) = (left.len(), Pace::of(per_s), occasion.name());
    for pass in 0..PASSES {
        if pass > 0 {
            sleep(PASSES_APART).await;
        }
        left = pass_over(state, (&occasion, &name), &pace, left).await;
        if left.is_empty() {
            break;
        }
    }
    for _ in &left {
        state.warming.count(occasion.cause, Warmed::Left);
    }
    if known > 0 {
        tracing::info!(
            cause = occasion.cause.as_str(),
            known,
            left = left.len(),
            took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the hottest answers are warm"
        );
    }
}

/// Goes through the answers once, hottest first; returns those that another server makes now.
async fn pass_over(
    state: &AppState,
    occasion: (&Occasion, &str),
    pace: &Pace,
    recipes: Vec<Arc<str>>,
) -> Vec<Arc<str>> {
    let one = |recipe: Arc<str>| async move {
        let became = warm(state, occasion.1, pace, &recipe).await?;
        if became == Warmed::Left {
            return Some(recipe);
        }
        state.warming.count(occasion.0.cause, became);
        None
    };
    let left = stream::iter(recipes).map(one).buffered(AT_ONCE);
    left.filter_map(std::future::ready).collect().await
}

/// Finds or makes one answer; `None` if nobody could ask for it any more.
async fn warm(state: &AppState, occasion: &str, pace: &Pace, recipe: &str) -> Option<Warmed> {
    let query = Arc::new(query_of(state, recipe).await?);
    let caches = &state.services.caches;
    let (responses, key) = (&caches.responses, &query.key);
    if responses.is_warm(key) {
        return Some(Warmed::Valid);
    }
    if responses.find_warm(key).await {
        return Some(Warmed::Found);
    }
    if !caches.hot.claim(occasion, key).await {
        return Some(Warmed::Left);
    }
    pace.next(|| responses.fills_under_way()).await;
    Some(cached::warm((&state.services, &state.schema), &query).await)
}

/// What a request with this body asks for, if it may be asked by anybody and its answer may be stored.
async fn query_of(state: &AppState, recipe: &str) -> Option<PublicQuery> {
    let request = GraphqlRequest::parse(HttpParts {
        method: Method::Post,
        path_id: None,
        query: None,
        content_type: Some("application/json"),
        content_encoding: None,
        body: recipe.as_bytes(),
    });
    let request = request.ok()?;
    let DocumentRef::Hash(hash) = request.document else {
        return None;
    };
    let document = state.services.documents.get(hash).await.ok()??;
    let variables = document::coerce(&document, &request).ok()?;
    let is_public = document.operation.policy.is_shared()
        && authorise::document(&Caller::Anonymous, &document.parsed).is_ok();
    is_public.then(|| PublicQuery::new(document, variables))
}

async fn wait_for_the_index(state: &AppState) {
    let loaded = async {
        while !state.services.lists.is_loaded() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let _or_not = timeout(INDEX_WITHIN, loaded).await;
}

/// Waits until the copy is complete and attested up to a revision.
async fn wait_for_the_log(feed: &PurgeFeed, at: Revision) {
    let mut moved = feed.subscribe();
    let is_there = moved
        .wait_for(|position| position.complete_at != Moment::default() && position.settled() >= at);
    let _or_not = timeout(LOG_WITHIN, is_there).await;
}

#[cfg(test)]
mod tests {
    use cache_core::LogId;

    use super::*;
    use crate::warming::metrics::Cause;

    #[test]
    fn servers_share_the_work_of_one_occasion_and_not_of_two() {
        let name = |cause, log: u8, at| {
            let log = Some(LogId::from_bytes([log; 16]));
            Occasion {
                cause,
                log,
                at: Revision(at),
            }
            .name()
        };
        assert_eq!(name(Cause::Purge, 1, 5), name(Cause::Purge, 1, 5));
        assert_eq!(name(Cause::Start, 1, 5), name(Cause::Start, 1, 6));
        assert_eq!(name(Cause::NewLog, 1, 5), name(Cause::NewLog, 1, 6));
        assert_ne!(name(Cause::NewLog, 1, 5), name(Cause::NewLog, 2, 5));
        assert_ne!(name(Cause::Purge, 1, 5), name(Cause::Purge, 1, 6));
    }
}
