//! Workers KV. Answers are stored as frames of `cache-core`; their bodies stay in JavaScript's
//! memory and are not copied into wasm.
//!
//! The origin can answer whatever KV holds, so a read that fails or takes too long costs a request
//! [`READ_MS`] at most, and the next requests nothing.

use std::cell::Cell;
use std::rc::Rc;
use std::thread::LocalKey;

use cache_core::entry::{Layout, PREFIX_BYTES};
use cache_core::{CacheKey, EntryHead};
use js_sys::{ArrayBuffer, JsString, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::clock::{now_ms, within};
use crate::error::EdgeError;
use crate::memory::Ready;

/// The binding's name.
const BINDING: &str = "KV";
/// How many bytes of a value are copied at first to decode its head; few heads are longer.
const FIRST_BYTES: u32 = 1_024;
/// The shortest expiry that KV accepts, in seconds.
const MIN_TTL_S: u64 = 60;
/// How long a read may take, in milliseconds.
const READ_MS: u64 = 250;
/// For how long KV is not read after a read failed, in milliseconds.
const REST_MS: u64 = 1_000;

thread_local! {
    static ARRAY_BUFFER: JsString = JsString::from("arrayBuffer");
    static TEXT: JsString = JsString::from("text");
}

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    #[wasm_bindgen(extends = Object, typescript_type = "KVNamespace")]
    type KvNamespace;

    #[wasm_bindgen(method, catch, js_name = "get")]
    fn get_as(this: &KvNamespace, key: &str, kind: &JsString) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = "put")]
    fn put_with(
        this: &KvNamespace,
        key: &str,
        value: &JsValue,
        options: &Object,
    ) -> Result<Promise, JsValue>;
}

/// The KV namespace of the worker.
pub(crate) struct Kv {
    namespace: KvNamespace,
    /// Until when KV is not read because a read failed, in milliseconds since the Unix epoch.
    rests_until_ms: Cell<u64>,
}

impl Kv {
    pub(crate) fn of(env: &Env) -> worker::Result<Self> {
        let binding = Reflect::get(env.as_ref(), &BINDING.into())?;
        if binding.is_undefined() {
            return Err(worker::Error::RustError(format!(
                "the KV binding {BINDING} is missing"
            )));
        }
        Ok(Self {
            namespace: binding.unchecked_into(),
            rests_until_ms: Cell::new(0),
        })
    }

    /// Looks an answer up; `None` also when the value is not a frame of a supported version.
    pub(crate) async fn answer(&self, key: &CacheKey) -> Result<Option<Ready>, EdgeError> {
        let value = self.read(&entry_name(key), &ARRAY_BUFFER).await?;
        if value.is_null() {
            return Ok(None);
        }
        Ok(decode(&value.unchecked_into()))
    }

    /// Stores an answer until its lifetime ends.
    pub(crate) async fn put_answer(&self, key: &CacheKey, ready: &Ready) -> Result<(), EdgeError> {
        let Ok(prefix) = ready.head.encode(ready.body.length() as usize) else {
            return Ok(());
        };
        let prefix_bytes = u32::try_from(prefix.len()).unwrap_or(u32::MAX);
        let frame = Uint8Array::new_with_length(prefix_bytes + ready.body.length());
        frame.subarray(0, prefix_bytes).copy_from(&prefix);
        frame.set(&ready.body, prefix_bytes);
        let ttl_s = ready.head.lifetime.total_s().max(MIN_TTL_S);
        self.put(&entry_name(key), &frame, Some(ttl_s)).await
    }

    /// Looks a text value up.
    pub(crate) async fn text(&self, key: &str) -> Result<Option<String>, EdgeError> {
        Ok(self.read(key, &TEXT).await?.as_string())
    }

    async fn read(
        &self,
        key: &str,
        kind: &'static LocalKey<JsString>,
    ) -> Result<JsValue, EdgeError> {
        if now_ms() < self.rests_until_ms.get() {
            return Err(EdgeError::Platform("KV failed a moment ago".into()));
        }
        let value = async {
            let promise = kind.with(|kind| self.namespace.get_as(key, kind))?;
            Ok(JsFuture::from(promise).await?)
        };
        let value = within(READ_MS, value).await.unwrap_or_else(|| {
            Err(EdgeError::Platform(format!(
                "KV did not answer within {READ_MS} ms"
            )))
        });
        if value.is_err() {
            self.rests_until_ms.set(now_ms() + REST_MS);
        }
        value
    }

    pub(crate) async fn put(
        &self,
        key: &str,
        value: &JsValue,
        ttl_s: Option<u64>,
    ) -> Result<(), EdgeError> {
        let options = Object::new();
        if let Some(ttl_s) = ttl_s {
            #[expect(clippy::cast_precision_loss, reason = "a few days in seconds")]
            Reflect::set(
                &options,
                &"expirationTtl".into(),
                &JsValue::from_f64(ttl_s as f64),
            )?;
        }
        JsFuture::from(self.namespace.put_with(key, value, &options)?).await?;
        Ok(())
    }
}

fn entry_name(key: &CacheKey) -> String {
    format!("entry:{key}")
}

/// Copies the head into wasm and leaves the body in JavaScript's memory.
fn decode(buffer: &ArrayBuffer) -> Option<Ready> {
    let length = buffer.byte_length();
    // One copy is usually enough for the whole head.
    let mut start = first_bytes(buffer, length.min(FIRST_BYTES));
    let layout = Layout::read(start.get(..PREFIX_BYTES)?).ok()?;
    let body_start = u32::try_from(layout.body_start).ok()?;
    if u32::try_from(layout.end) != Ok(length) {
        return None;
    }
    if layout.body_start > start.len() {
        start = first_bytes(buffer, body_start);
    }
    let head = EntryHead::decode(start.get(layout.head_start..layout.body_start)?).ok()?;
    Some(Ready {
        // KV does not store it. Without it the entry is served only by a trusted copy of the log.
        current_at_ms: 0,
        head: Rc::new(head),
        body: Uint8Array::new_with_byte_offset(buffer, body_start),
    })
}

fn first_bytes(buffer: &ArrayBuffer, length: u32) -> Vec<u8> {
    Uint8Array::new_with_byte_offset_and_length(buffer, 0, length).to_vec()
}
