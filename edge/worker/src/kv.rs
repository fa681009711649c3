//! Workers KV. Answers are stored in the form of [`edge_core::stored`]; their bodies stay in
//! JavaScript's memory and are not copied into wasm.
//!
//! The origin can answer whatever KV holds, so a read that fails or takes too long costs a request
//! [`READ_MS`] at most, and the next requests nothing. One request at a time then finds out whether KV
//! answers again. What KV holds under a wrong key, or damaged, counts as absent; the origin's answer
//! replaces it.

use std::cell::Cell;
use std::rc::Rc;
use std::thread::LocalKey;

use cache_core::CacheKey;
use edge_core::nearest::list::NearestList;
use edge_core::stored::{self, StoredError};
use js_sys::{ArrayBuffer, JsString, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::clock::{now_ms, within};
use crate::error::EdgeError;
use crate::memory::{Body, Ready};
use crate::waits::{Waited, Waits};

/// The binding's name.
const BINDING: &str = "KV";
/// How many bytes of a value are copied at first to decode its head; few heads are longer.
const FIRST_BYTES: u32 = 1_024;
/// The shortest expiry that KV accepts, in seconds.
const MIN_TTL_S: u64 = 60;
/// How long a read may take, in milliseconds.
const READ_MS: u64 = 250;
/// How long a write may take, in milliseconds. No answer waits for it.
const WRITE_MS: u64 = 5_000;
/// For how long KV is not used after an operation failed, in milliseconds.
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
    /// Until when KV is not used because an operation failed, in milliseconds since the Unix epoch; 0
    /// when the last one did not fail.
    rests_until_ms: Cell<u64>,
}

/// What KV holds under the key of an answer.
pub(crate) enum Held {
    /// The answer.
    Answer(Ready),
    /// Nothing, or an answer in the form of another version.
    Absent,
    /// Something that is not the answer of this key.
    Wrong(StoredError),
    /// Unknown: the request does not wait any more.
    NotAsked,
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

    /// Looks an answer up.
    pub(crate) async fn answer(&self, key: &CacheKey, waits: &Waits) -> Result<Held, EdgeError> {
        let Some(value) = self.read(&entry_name(key), &ARRAY_BUFFER, waits).await? else {
            return Ok(Held::NotAsked);
        };
        let Ok(value) = value.dyn_into::<ArrayBuffer>() else {
            return Ok(Held::Absent);
        };
        Ok(match decode(key, &value) {
            Ok(ready) => Held::Answer(ready),
            Err(StoredError::Version) => Held::Absent,
            Err(wrong) => Held::Wrong(wrong),
        })
    }

    /// Stores an answer until its lifetime ends.
    pub(crate) async fn put_answer(&self, key: &CacheKey, ready: &Ready) -> Result<(), EdgeError> {
        let body = match &ready.body {
            Body::Whole(body) => body.clone(),
            Body::Candidates(list) => Uint8Array::from(list.encode().as_slice()),
        };
        let Ok(prefix) = stored::encode(key, &ready.head, body.length() as usize) else {
            return Ok(());
        };
        let prefix_bytes = u32::try_from(prefix.len()).unwrap_or(u32::MAX);
        let frame = Uint8Array::new_with_length(prefix_bytes + body.length());
        frame.subarray(0, prefix_bytes).copy_from(&prefix);
        frame.set(&body, prefix_bytes);
        let ttl_s = ready.head.lifetime.total_s().max(MIN_TTL_S);
        self.put(&entry_name(key), &frame, Some(ttl_s)).await
    }

    /// Looks a text value up.
    pub(crate) async fn text(&self, key: &str, waits: &Waits) -> Result<Option<String>, EdgeError> {
        let value = self.read(key, &TEXT, waits).await?;
        Ok(value.and_then(|value| value.as_string()))
    }

    /// Reads a value; `None` when the request does not wait for it any more.
    async fn read(
        &self,
        key: &str,
        kind: &'static LocalKey<JsString>,
        waits: &Waits,
    ) -> Result<Option<JsValue>, EdgeError> {
        self.begin()?;
        let value = async {
            let promise = kind.with(|kind| self.namespace.get_as(key, kind))?;
            Ok(JsFuture::from(promise).await?)
        };
        let value = match waits.within(READ_MS, value).await {
            Waited::For(value) => value,
            Waited::TooLong => Err(EdgeError::Platform(format!(
                "KV did not answer within {READ_MS} ms"
            ))),
            Waited::NoPatience => return Ok(None),
        };
        self.end(&value);
        value.map(Some)
    }

    /// Refuses an operation while KV rests. After the rest it lets one through, and more when that one
    /// succeeded.
    fn begin(&self) -> Result<(), EdgeError> {
        let rests_until_ms = self.rests_until_ms.get();
        if rests_until_ms == 0 {
            return Ok(());
        }
        let now_ms = now_ms();
        if now_ms < rests_until_ms {
            return Err(EdgeError::Platform("KV failed a moment ago".into()));
        }
        self.rests_until_ms.set(now_ms + REST_MS);
        Ok(())
    }

    fn end<T>(&self, outcome: &Result<T, EdgeError>) {
        self.rests_until_ms.set(match outcome {
            Ok(_) => 0,
            Err(_) => now_ms() + REST_MS,
        });
    }

    pub(crate) async fn put(
        &self,
        key: &str,
        value: &JsValue,
        ttl_s: Option<u64>,
    ) -> Result<(), EdgeError> {
        self.begin()?;
        let options = Object::new();
        if let Some(ttl_s) = ttl_s {
            #[expect(clippy::cast_precision_loss, reason = "a few days in seconds")]
            Reflect::set(
                &options,
                &"expirationTtl".into(),
                &JsValue::from_f64(ttl_s as f64),
            )?;
        }
        let written = async {
            JsFuture::from(self.namespace.put_with(key, value, &options)?).await?;
            Ok(())
        };
        let written = within(WRITE_MS, written).await.unwrap_or_else(|| {
            Err(EdgeError::Platform(format!(
                "KV did not write within {WRITE_MS} ms"
            )))
        });
        self.end(&written);
        written
    }
}

fn entry_name(key: &CacheKey) -> String {
    format!("entry:{key}")
}

/// Copies the head into wasm and leaves the body in JavaScript's memory, unless it has candidates.
fn decode(key: &CacheKey, buffer: &ArrayBuffer) -> Result<Ready, StoredError> {
    let length = buffer.byte_length();
    // One copy is usually enough for the whole head.
    let mut start = first_bytes(buffer, length.min(FIRST_BYTES));
    let body_start = stored::body_start(key, &start, length as usize)?;
    if body_start > start.len() {
        start = first_bytes(buffer, u32::try_from(body_start).unwrap_or(length));
    }
    let head = stored::head(start.get(..body_start).unwrap_or_default())?;
    let body =
        Uint8Array::new_with_byte_offset(buffer, u32::try_from(body_start).unwrap_or(length));
    let body = if body.get_index(0) == NearestList::FIRST_BYTE {
        let list = NearestList::decode(&body.to_vec()).ok_or(StoredError::Version)?;
        Body::Candidates(Rc::new(list))
    } else {
        Body::Whole(body)
    };
    Ok(Ready {
        // KV does not store it. Without it the entry is served only by a trusted copy of the log.
        current_at_ms: 0,
        head: Rc::new(head),
        body,
    })
}

fn first_bytes(buffer: &ArrayBuffer, length: u32) -> Vec<u8> {
    Uint8Array::new_with_byte_offset_and_length(buffer, 0, length).to_vec()
}
