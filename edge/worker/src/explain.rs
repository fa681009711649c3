//! Answers origins what this isolate and KV have under a key, and whether it would be served.

use cache_core::CacheKey;
use edge_core::explain::{
    CONTEXT, EdgeAnswer, Found, LogState, MAX_QUESTION_BYTES, Question, Stored, TierReport,
};
use edge_core::{bounds, header, signature};
use wasm_bindgen_futures::JsFuture;
use worker::Context;

use crate::clock::now_ms;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::kv::Held;
use crate::memory::Ready;
use crate::request::Incoming;
use crate::waits::Waits;
use crate::{feed, respond, shared};

/// Answers an origin's question. It stores nothing. It refreshes the copy of the purge log as any
/// request does, so that the verdict is the one that the next request would get.
pub(crate) async fn answer(
    isolate: &'static Isolate,
    incoming: &Incoming,
    context: &Context,
) -> Result<web_sys::Response, EdgeError> {
    if incoming
        .announced_bytes()
        .is_none_or(|length| length > MAX_QUESTION_BYTES)
    {
        return respond::json(413, "{}");
    }
    let text = JsFuture::from(incoming.raw.text()?)
        .await?
        .as_string()
        .unwrap_or_default();
    let proof = incoming.header(header::SIGNATURE).unwrap_or_default();
    let secret = &isolate.config.secret;
    if signature::verify(secret, &proof, CONTEXT, now_ms(), text.as_bytes()).is_err() {
        return respond::json(401, "{}");
    }
    let key = serde_json::from_str::<Question>(&text)
        .ok()
        .and_then(|question| question.key.parse::<CacheKey>().ok());
    let Some(key) = key else {
        return respond::json(400, "{}");
    };
    feed::follow(isolate, context, None, &incoming.waits).await;
    let in_memory = isolate.memory.borrow().peek(&key);
    let memory = found(isolate, in_memory, &incoming.waits).await;
    // A budget of its own: this question is about KV.
    let kv = match isolate.kv.answer(&key, &Waits::default()).await {
        Ok(Held::Answer(ready)) => found(isolate, Some(ready), &incoming.waits).await,
        Ok(Held::Absent | Held::NotAsked) => Found::Absent,
        Ok(Held::Wrong(wrong)) => Found::Failed {
            error: wrong.to_string(),
        },
        Err(error) => Found::Failed {
            error: error.to_string(),
        },
    };
    let replica = isolate.replica.borrow();
    let age_ms = replica.copy().map_or(u64::MAX, |log| log.age_ms(now_ms()));
    let answer = EdgeAnswer {
        log: LogState::of(replica.copy(), age_ms, bounds::DISTRUST_MS),
        tiers: [("memory", memory), ("kv", kv)]
            .map(|(tier, found)| TierReport {
                tier: tier.to_owned(),
                found,
            })
            .into(),
    };
    respond::json(200, &serde_json::to_string(&answer)?)
}

async fn found(isolate: &Isolate, ready: Option<Ready>, waits: &Waits) -> Found {
    let Some(ready) = ready else {
        return Found::Absent;
    };
    let verdict = shared::verdict(isolate, &ready, None, waits).await;
    let replica = isolate.replica.borrow();
    let head = &ready.head;
    let age_ms = head.age_ms(now_ms());
    // An isolate does not remember at which later revisions it found an entry valid.
    let stored = Stored::of(head, &head.as_of, age_ms, &verdict, replica.copy());
    Found::Stored(Box::new(stored))
}
