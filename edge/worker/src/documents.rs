//! Published documents: memory, then KV, then the origin.

use std::rc::Rc;

use pq_core::error::{ErrorCode, Refusal};
use pq_core::request::DocumentRef;
use pq_core::{DocumentHash, Operation};
use wasm_bindgen::JsValue;
use worker::Context;

use crate::error::EdgeError;
use crate::isolate::{Isolate, now_ms};
use crate::origin;

/// How long the origin's "no" is remembered, milliseconds.
const UNKNOWN_MS: u64 = 5_000;
/// More "no" than this are forgotten all at once: somebody is guessing.
const MAX_UNKNOWN: usize = 10_000;

/// The document's record; `None` when it is not published.
pub(crate) async fn find(
    isolate: &'static Isolate,
    context: &Context,
    hash: DocumentHash,
) -> Result<Option<Rc<Operation>>, EdgeError> {
    if let Some(known) = isolate.documents.borrow_mut().get(&hash) {
        return Ok(Some(Rc::clone(known)));
    }
    if isolate
        .unknown_documents
        .borrow()
        .get(&hash)
        .is_some_and(|until_ms| now_ms() < *until_ms)
    {
        return Ok(None);
    }
    let name = format!("doc:{hash}");
    let stored = isolate.kv.text(&name).await?;
    // KV remembers an absence for a minute and more: only the origin can say that there is none.
    let (text, from_origin) = match stored {
        Some(text) => (Some(text), false),
        None => (origin::document(isolate, hash).await?, true),
    };
    let Some(text) = text else {
        let mut unknown = isolate.unknown_documents.borrow_mut();
        if unknown.len() >= MAX_UNKNOWN {
            unknown.clear();
        }
        unknown.insert(hash, now_ms() + UNKNOWN_MS);
        return Ok(None);
    };
    let operation: Operation = serde_json::from_str(&text)?;
    // Nobody but the origin writes there; a record under another name would be executed as it.
    if operation.id != hash || DocumentHash::of(&operation.body) != hash {
        return Err(EdgeError::Platform(format!(
            "the record under {name} is of another document"
        )));
    }
    if from_origin {
        context.wait_until(async move {
            if let Err(error) = isolate.kv.put(&name, &JsValue::from_str(&text), None).await {
                web_sys::console::warn_1(&JsValue::from_str(&error.to_string()));
            }
        });
    }
    let operation = Rc::new(operation);
    isolate
        .documents
        .borrow_mut()
        .put(hash, Rc::clone(&operation));
    Ok(Some(operation))
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
