//! Writes to the platform's log, which `wrangler tail` shows.

use wasm_bindgen::JsValue;

pub(crate) fn warn(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(text));
}

pub(crate) fn error(text: &str) {
    web_sys::console::error_1(&JsValue::from_str(text));
}
