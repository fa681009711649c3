//! The binding of the Durable Object that holds the edge's copy of the purge log.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Env, Method, ObjectNamespace, Request, RequestInit, Response};

use crate::error::EdgeError;

/// The binding's name.
const BINDING: &str = "PURGE_LOG";
/// The name of the one object.
const OBJECT: &str = "purge-log";
/// The base of the URLs by which the object and the data centre's cache are asked. No request is sent
/// to it.
pub(super) const ADDRESS: &str = "https://purge-log.invalid";

#[wasm_bindgen]
extern "C" {
    /// A namespace of Durable Objects. The `worker` crate lacks this method.
    #[wasm_bindgen(extends = Object, typescript_type = "DurableObjectNamespace")]
    type Namespace;

    #[wasm_bindgen(method, catch)]
    fn jurisdiction(this: &Namespace, name: &str) -> Result<JsValue, JsValue>;
}

/// The one object, wherever it runs.
pub(crate) struct PurgeLogObject {
    namespace: ObjectNamespace,
}

impl PurgeLogObject {
    /// The object in a jurisdiction, which runs and stores there only; it is another one than that of
    /// the same name outside. workerd has no jurisdictions: naming one there is an error.
    pub(crate) fn of(env: &Env, jurisdiction: Option<&str>) -> worker::Result<Self> {
        let binding = Reflect::get(env.as_ref(), &BINDING.into())?;
        if binding.is_undefined() {
            return Err(worker::Error::RustError(format!(
                "the Durable Object binding {BINDING} is missing"
            )));
        }
        let namespace = match jurisdiction {
            None => binding,
            Some(name) => binding.unchecked_into::<Namespace>().jurisdiction(name)?,
        };
        Ok(Self {
            namespace: namespace.unchecked_into(),
        })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Response, EdgeError> {
        let stub = self.namespace.get_by_name(OBJECT)?;
        Ok(stub.fetch_with_str(&format!("{ADDRESS}{path}")).await?)
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, EdgeError> {
        let mut init = RequestInit::new();
        init.with_method(Method::Post)
            .with_body(Some(JsValue::from_str(body)));
        for (name, value) in headers {
            init.headers.set(name, value)?;
        }
        let request = Request::new_with_init(&format!("{ADDRESS}{path}"), &init)?;
        let stub = self.namespace.get_by_name(OBJECT)?;
        Ok(stub.fetch_with_request(request).await?)
    }
}
