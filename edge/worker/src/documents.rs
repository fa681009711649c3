//! Looks published documents up: in memory, then in KV, then at the origin.
//!
//! A document's text never changes, but its policy may, when the origin's schema changes. So its
//! record is judged like an answer: by its `as_of` and the tag `document:<hash>`.

use std::rc::Rc;

use cache_core::{AsOf, CacheKey, InvalidReason, KeyBuilder, Tag, Validity};
use edge_core::limit::Errand;
use edge_core::report::Kind;
use pq_core::error::{ErrorCode, Refusal};
use pq_core::request::DocumentRef;
use pq_core::{DocumentHash, Operation};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::Context;

use crate::clock::now_ms;
use crate::coalesce::Ticket;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::request::Incoming;
use crate::waits::Waits;
use crate::{console, origin};

pub(crate) mod record;

use record::{Known, OriginReply};

/// For how long the isolate remembers that a document is not published, in milliseconds: it may be
/// published at any moment, and is then to be found within 2 s.
const UNKNOWN_MS: u64 = 1_000;
/// The most unpublished hashes that are remembered. When there are more, a client is guessing, and
/// all of them are forgotten.
const MAX_UNKNOWN: usize = 10_000;
/// How often a record that the copy of the log cannot judge is read again, in milliseconds.
const CHECK_AGAIN_MS: u64 = 60_000;

/// A record in KV.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored<O> {
    as_of: String,
    operation: O,
}

/// The document's record; `None` when it is not published.
pub(crate) async fn find(
    isolate: &'static Isolate,
    context: &Context,
    incoming: &Incoming,
    hash: DocumentHash,
) -> Result<Option<Rc<Operation>>, EdgeError> {
    let remembered = isolate.documents.borrow_mut().get(&hash).cloned();
    let known = match remembered {
        Some(known) => Some(known),
        None if is_unknown(isolate, hash) => return Ok(None),
        None => stored(isolate, hash, &incoming.waits)
            .await
            .unwrap_or_else(|error| {
                // The origin knows every document, and its reply replaces the record.
                console::warn(&format!("cannot use KV's record of a document: {error}"));
                isolate.reports.failed(Kind::KvRead, &error.to_string());
                None
            }),
    };
    let Some(known) = known else {
        // KV caches an absence for a minute or longer, so only the origin can say that a document is
        // not published. A client that guesses hashes must not make the edge ask without end.
        let errand = if isolate.asked_documents.is_under_way(&flight_of(hash)) {
            Errand::Join
        } else {
            Errand::FindDocument
        };
        isolate.limiter.admit(incoming, errand).await?;
        return match ask(isolate, context, hash).landed().await {
            Some(OriginReply::Published(known)) => Ok(Some(known.operation)),
            Some(OriginReply::NotPublished) => Ok(None),
            Some(OriginReply::Failed(why)) => Err(EdgeError::Origin(why.to_string())),
            None => Err(EdgeError::Origin(
                "it did not answer whether a document is published".into(),
            )),
        };
    };
    match validity(isolate, hash, &known) {
        Validity::Valid => {}
        Validity::Stale
        | Validity::Invalid(InvalidReason::BeforeHorizon | InvalidReason::OtherLog) => {
            if now_ms() >= known.checked_at_ms + CHECK_AGAIN_MS {
                let _for_the_next_request = ask(isolate, context, hash);
            }
        }
        Validity::Invalid(InvalidReason::Purged { .. }) => {
            // While the origin cannot be reached, the old record is used. That is safe: the origin's
            // answers say themselves whether they may be stored.
            match ask(isolate, context, hash).landed().await {
                Some(OriginReply::Published(known)) => return Ok(Some(known.operation)),
                Some(OriginReply::NotPublished) => return Ok(None),
                Some(OriginReply::Failed(_)) | None => {}
            }
        }
    }
    Ok(Some(known.operation))
}

fn validity(isolate: &Isolate, hash: DocumentHash, known: &Known) -> Validity {
    let replica = isolate.replica.borrow();
    let (Some(log), Ok(tag)) = (replica.copy(), format!("document:{hash}").parse::<Tag>()) else {
        return Validity::Invalid(InvalidReason::BeforeHorizon);
    };
    log.judge(&known.as_of, &[tag])
}

fn is_unknown(isolate: &Isolate, hash: DocumentHash) -> bool {
    let unknown = isolate.unknown_documents.borrow();
    unknown
        .get(&hash)
        .is_some_and(|until_ms| now_ms() < *until_ms)
}

fn name_of(hash: DocumentHash) -> String {
    format!("doc:{hash}")
}

/// Reads a record from KV; `None` also when it cannot be decoded.
async fn stored(
    isolate: &Isolate,
    hash: DocumentHash,
    waits: &Waits,
) -> Result<Option<Known>, EdgeError> {
    let Some(text) = isolate.kv.text(&name_of(hash), waits).await? else {
        return Ok(None);
    };
    let Ok(stored) = serde_json::from_str::<Stored<Operation>>(&text) else {
        return Ok(None);
    };
    let Ok(as_of) = stored.as_of.parse() else {
        return Ok(None);
    };
    // 0: this isolate has not asked the origin about it yet.
    let known = checked(hash, stored.operation, as_of, 0)?;
    isolate.documents.borrow_mut().put(hash, known.clone());
    Ok(Some(known))
}

/// Refuses a record whose body does not have the hash it was looked up by: it would be executed in
/// place of the document that was asked for.
fn checked(
    hash: DocumentHash,
    operation: Operation,
    as_of: AsOf,
    checked_at_ms: u64,
) -> Result<Known, EdgeError> {
    if operation.id != hash || DocumentHash::of(&operation.body) != hash {
        return Err(EdgeError::Platform(format!(
            "the record stored under {hash} is of another document"
        )));
    }
    Ok(Known {
        operation: Rc::new(operation),
        as_of,
        checked_at_ms,
    })
}

/// Asks the origin, together with other requests for the same document, and remembers its reply.
fn ask(isolate: &'static Isolate, context: &Context, hash: DocumentHash) -> Ticket<OriginReply> {
    let flight = move || async move {
        let reply = match try_ask(isolate, hash).await {
            Ok(Some(known)) => OriginReply::Published(known),
            Ok(None) => OriginReply::NotPublished,
            Err(error) => OriginReply::Failed(error.into_reason().into()),
        };
        match &reply {
            OriginReply::Published(known) => {
                isolate.documents.borrow_mut().put(hash, known.clone());
            }
            OriginReply::NotPublished => {
                isolate.documents.borrow_mut().pop(&hash);
                let mut unknown = isolate.unknown_documents.borrow_mut();
                if unknown.len() >= MAX_UNKNOWN {
                    unknown.clear();
                }
                unknown.insert(hash, now_ms() + UNKNOWN_MS);
            }
            OriginReply::Failed(_) => {}
        }
        reply
    };
    isolate
        .asked_documents
        .board(flight_of(hash), context, flight, move |reply| async move {
            if let OriginReply::Published(known) = reply
                && let Err(error) = store(isolate, hash, &known).await
            {
                console::warn(&error.to_string());
                isolate.reports.failed(Kind::KvWrite, &error.to_string());
            }
        })
}

fn flight_of(hash: DocumentHash) -> CacheKey {
    KeyBuilder::new().part(hash.as_bytes()).finish()
}

async fn try_ask(isolate: &Isolate, hash: DocumentHash) -> Result<Option<Known>, EdgeError> {
    let asked_at_ms = now_ms();
    let Some((text, as_of)) = origin::document(isolate, hash).await? else {
        return Ok(None);
    };
    let operation = serde_json::from_str(&text)?;
    checked(hash, operation, as_of, asked_at_ms).map(Some)
}

async fn store(isolate: &Isolate, hash: DocumentHash, known: &Known) -> Result<(), EdgeError> {
    let stored = Stored {
        as_of: known.as_of.to_string(),
        operation: &*known.operation,
    };
    let text = JsValue::from_str(&serde_json::to_string(&stored)?);
    isolate.kv.put(&name_of(hash), &text, None).await
}

/// Refuses a hash that is not published. A document that was sent in full is left to the origin.
pub(crate) fn unpublished(document: &DocumentRef) -> Result<(), Refusal> {
    match document {
        // Apollo's clients look for exactly this message.
        DocumentRef::Hash(_) => Err(Refusal::new(
            ErrorCode::DOCUMENT_NOT_FOUND,
            "PersistedQueryNotFound",
        )),
        // Whether the origin executes unpublished documents depends on its mode.
        DocumentRef::Body { .. } | DocumentRef::HashAndBody { .. } => Ok(()),
    }
}
