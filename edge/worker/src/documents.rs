//! Published documents: memory, then KV, then the origin.
//!
//! A document never changes, but what the origin decided about it may, with its schema. So its
//! record is judged like an answer: by when it was read, and the tag `document:<hash>`.

use std::rc::Rc;

use cache_core::{AsOf, InvalidReason, Tag, Validity};
use pq_core::error::{ErrorCode, Refusal};
use pq_core::request::DocumentRef;
use pq_core::{DocumentHash, Operation};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::Context;

use crate::coalesce::Ticket;
use crate::error::EdgeError;
use crate::isolate::{Isolate, now_ms};
use crate::origin;

/// How long the origin's "no" is remembered, milliseconds.
const UNKNOWN_MS: u64 = 5_000;
/// More "no" than this are forgotten all at once: somebody is guessing.
const MAX_UNKNOWN: usize = 10_000;
/// A record that the copy of the log cannot judge is asked for again after this, milliseconds.
const CHECK_AGAIN_MS: u64 = 60_000;

/// What is known of a document.
#[derive(Clone)]
pub(crate) struct Known {
    operation: Rc<Operation>,
    as_of: AsOf,
    checked_at_ms: u64,
}

/// A record in KV.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored<O> {
    as_of: String,
    operation: O,
}

/// What the origin says of a document.
#[derive(Clone)]
pub(crate) enum Said {
    Published(Known),
    NotPublished,
    Nothing(Rc<str>),
}

/// The document's record; `None` when it is not published.
pub(crate) async fn find(
    isolate: &'static Isolate,
    context: &Context,
    hash: DocumentHash,
) -> Result<Option<Rc<Operation>>, EdgeError> {
    let remembered = isolate.documents.borrow_mut().get(&hash).cloned();
    let known = match remembered {
        Some(known) => Some(known),
        None if is_unknown(isolate, hash) => return Ok(None),
        None => stored(isolate, hash).await?,
    };
    let Some(known) = known else {
        // KV remembers an absence for a minute and more: only the origin can say there is none.
        return match ask(isolate, context, hash).landed().await {
            Some(Said::Published(known)) => Ok(Some(known.operation)),
            Some(Said::NotPublished) => Ok(None),
            Some(Said::Nothing(why)) => Err(EdgeError::Origin(why.to_string())),
            None => Err(EdgeError::Origin("no answer about a document".into())),
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
            // An origin that cannot be reached does not make a document unknown: its answers
            // decide for themselves whether they may be stored.
            match ask(isolate, context, hash).landed().await {
                Some(Said::Published(known)) => return Ok(Some(known.operation)),
                Some(Said::NotPublished) => return Ok(None),
                Some(Said::Nothing(_)) | None => {}
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

/// What KV has; what cannot be read is as if it were not there.
async fn stored(isolate: &Isolate, hash: DocumentHash) -> Result<Option<Known>, EdgeError> {
    let Some(text) = isolate.kv.text(&name_of(hash)).await? else {
        return Ok(None);
    };
    let Ok(stored) = serde_json::from_str::<Stored<Operation>>(&text) else {
        return Ok(None);
    };
    let Ok(as_of) = stored.as_of.parse() else {
        return Ok(None);
    };
    // 0: nobody has checked it in this isolate.
    let known = checked(hash, stored.operation, as_of, 0)?;
    isolate.documents.borrow_mut().put(hash, known.clone());
    Ok(Some(known))
}

/// A record under another name would be executed as it.
fn checked(
    hash: DocumentHash,
    operation: Operation,
    as_of: AsOf,
    checked_at_ms: u64,
) -> Result<Known, EdgeError> {
    if operation.id != hash || DocumentHash::of(&operation.body) != hash {
        return Err(EdgeError::Platform(format!(
            "the record of {hash} is of another document"
        )));
    }
    Ok(Known {
        operation: Rc::new(operation),
        as_of,
        checked_at_ms,
    })
}

/// Asks the origin, together with whoever asks the same now, and remembers what it says.
fn ask(isolate: &'static Isolate, context: &Context, hash: DocumentHash) -> Ticket<Said> {
    let flight = move || async move {
        let said = match try_ask(isolate, hash).await {
            Ok(Some(known)) => Said::Published(known),
            Ok(None) => Said::NotPublished,
            Err(error) => Said::Nothing(error.to_string().into()),
        };
        match &said {
            Said::Published(known) => {
                isolate.documents.borrow_mut().put(hash, known.clone());
            }
            Said::NotPublished => {
                isolate.documents.borrow_mut().pop(&hash);
                let mut unknown = isolate.unknown_documents.borrow_mut();
                if unknown.len() >= MAX_UNKNOWN {
                    unknown.clear();
                }
                unknown.insert(hash, now_ms() + UNKNOWN_MS);
            }
            Said::Nothing(_) => {}
        }
        said
    };
    let key = cache_core::KeyBuilder::new().part(hash.as_bytes()).finish();
    isolate
        .asked_documents
        .board(key, context, flight, move |said| async move {
            if let Said::Published(known) = said
                && let Err(error) = store(isolate, hash, &known).await
            {
                web_sys::console::warn_1(&JsValue::from_str(&error.to_string()));
            }
        })
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

/// What to do with a document that is not published.
pub(crate) fn unpublished(document: &DocumentRef) -> Result<(), Refusal> {
    match document {
        // Apollo's clients look for these exact words.
        DocumentRef::Hash(_) => Err(Refusal::new(
            ErrorCode::DocumentNotFound,
            "PersistedQueryNotFound",
        )),
        // The origin knows by its mode whether it executes what is not published.
        DocumentRef::Body { .. } => Ok(()),
    }
}
