//! The rate limiting binding: bounds what a client can make the edge ask the origin for in the edge's
//! own name. What is counted, and for whom, is in [`edge_core::limit`].
//!
//! A limit protects the origin and is no reason to fail: a binding that is absent, fails or takes too
//! long refuses nobody.

use std::cell::Cell;

use edge_core::limit::{Errand, counted_as, refusal};
use js_sys::{Object, Promise, Reflect};
use pq_core::error::Refusal;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::clock::now_ms;
use crate::console;
use crate::error::EdgeError;
use crate::request::Incoming;
use crate::waits::Waited;

/// The binding's name.
const BINDING: &str = "RATE_LIMITER";
/// How long the binding may take, in milliseconds.
const COUNT_MS: u64 = 50;
/// For how long the binding is not asked after it failed, in milliseconds.
const REST_MS: u64 = 1_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object, typescript_type = "RateLimit")]
    type RateLimit;

    #[wasm_bindgen(method, catch)]
    fn limit(this: &RateLimit, options: &Object) -> Result<Promise, JsValue>;
}

/// The rate limiter of the worker.
pub(crate) struct Limiter {
    binding: Option<RateLimit>,
    /// Until when it is not asked because it failed, in milliseconds since the Unix epoch.
    rests_until_ms: Cell<u64>,
}

impl Limiter {
    pub(crate) fn of(env: &Env) -> worker::Result<Self> {
        let binding = Reflect::get(env.as_ref(), &BINDING.into())?;
        Ok(Self {
            binding: (!binding.is_undefined()).then(|| binding.unchecked_into()),
            rests_until_ms: Cell::new(0),
        })
    }

    /// Counts an errand against the client that makes it necessary.
    pub(crate) async fn admit(&self, incoming: &Incoming, errand: Errand) -> Result<(), Refusal> {
        let Some(binding) = &self.binding else {
            return Ok(());
        };
        let Some(key) = counted_as(errand, incoming.client_ip()) else {
            return Ok(());
        };
        if now_ms() < self.rests_until_ms.get() {
            return Ok(());
        }
        let counting = admits(binding, &key);
        let admitted = match incoming.waits.within(COUNT_MS, counting).await {
            Waited::For(admitted) => admitted,
            Waited::TooLong => Err(EdgeError::Platform(format!(
                "it did not answer within {COUNT_MS} ms"
            ))),
            Waited::NoPatience => return Ok(()),
        };
        match admitted {
            Ok(true) => Ok(()),
            Ok(false) => Err(refusal()),
            Err(error) => {
                self.rests_until_ms.set(now_ms() + REST_MS);
                console::warn(&format!("the rate limiter counts nothing: {error}"));
                Ok(())
            }
        }
    }
}

/// Whether the key is below its limit. Counts one.
async fn admits(binding: &RateLimit, key: &str) -> Result<bool, EdgeError> {
    let options = Object::new();
    Reflect::set(&options, &"key".into(), &key.into())?;
    let outcome = JsFuture::from(binding.limit(&options)?).await?;
    let success = Reflect::get(&outcome, &"success".into())?;
    success
        .as_bool()
        .ok_or_else(|| EdgeError::Platform("it did not say whether the limit is reached".into()))
}
