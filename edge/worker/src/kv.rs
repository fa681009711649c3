//! Workers KV. Values are frames of `cache-core`; bodies are not copied into wasm.

use std::rc::Rc;

use cache_core::entry::{Layout, PREFIX_BYTES};
use cache_core::{CacheKey, EntryHead};
use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::error::EdgeError;
use crate::memory::Ready;

/// The binding's name.
const BINDING: &str = "KV";
/// KV keeps nothing shorter.
const MIN_TTL_S: u64 = 60;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    #[wasm_bindgen(extends = Object, typescript_type = "KVNamespace")]
    pub(crate) type KvNamespace;

    #[wasm_bindgen(method, catch, js_name = "get")]
    fn get_as(this: &KvNamespace, key: &str, kind: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = "put")]
    fn put_with(
        this: &KvNamespace,
        key: &str,
        value: &JsValue,
        options: &Object,
    ) -> Result<Promise, JsValue>;
}

impl KvNamespace {
    pub(crate) fn of(env: &Env) -> worker::Result<Self> {
        let binding = Reflect::get(env.as_ref(), &BINDING.into())?;
        if binding.is_undefined() {
            return Err(worker::Error::RustError(format!(
                "the KV binding {BINDING} is missing"
            )));
        }
        Ok(binding.unchecked_into())
    }

    /// A stored answer; what is not a frame of this version is as if it were not there.
    pub(crate) async fn answer(&self, key: &CacheKey) -> Result<Option<Ready>, EdgeError> {
        let value = JsFuture::from(self.get_as(&entry_name(key), "arrayBuffer")?).await?;
        if value.is_null() {
            return Ok(None);
        }
        Ok(decode(&value.unchecked_into()))
    }

    /// Stores an answer for as long as it may be of use.
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

    /// A published document's record.
    pub(crate) async fn text(&self, key: &str) -> Result<Option<String>, EdgeError> {
        Ok(JsFuture::from(self.get_as(key, "text")?).await?.as_string())
    }

    pub(crate) async fn put(
        &self,
        key: &str,
        value: &JsValue,
        ttl_s: Option<u64>,
    ) -> Result<(), EdgeError> {
        let options = Object::new();
        if let Some(ttl_s) = ttl_s {
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            Reflect::set(
                &options,
                &"expirationTtl".into(),
                &JsValue::from_f64(ttl_s as f64),
            )?;
        }
        JsFuture::from(self.put_with(key, value, &options)?).await?;
        Ok(())
    }
}

fn entry_name(key: &CacheKey) -> String {
    format!("entry:{key}")
}

/// Copies the head into wasm and leaves the body where it is.
fn decode(buffer: &ArrayBuffer) -> Option<Ready> {
    let bytes = Uint8Array::new(buffer);
    let prefix_bytes = u32::try_from(PREFIX_BYTES).ok()?;
    if bytes.length() < prefix_bytes {
        return None;
    }
    let layout = Layout::read(&bytes.subarray(0, prefix_bytes).to_vec()).ok()?;
    let [head_start, body_start, end] =
        [layout.head_start, layout.body_start, layout.end].map(u32::try_from);
    let (head_start, body_start, end) = (head_start.ok()?, body_start.ok()?, end.ok()?);
    if bytes.length() != end {
        return None;
    }
    let head = EntryHead::decode(&bytes.subarray(head_start, body_start).to_vec()).ok()?;
    Some(Ready {
        head: Rc::new(head),
        body: bytes.subarray(body_start, end),
    })
}
