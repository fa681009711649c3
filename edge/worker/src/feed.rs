//! The isolate's side of the purge log: ask for its tail, at most once a second and colo.

use cache_core::{AsOf, CacheKey, KeyBuilder, Revision};
use edge_core::bounds;
use edge_core::feed::{Page, Tail};
use edge_core::header;
use edge_core::replica::Refresh;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{Cache, Context, Method, Request, RequestInit, Response};

use crate::coalesce::Boarding;
use crate::error::EdgeError;
use crate::isolate::{Isolate, now_ms};
use crate::purge_log;
use crate::request::{FORGOTTEN_BYTES, Incoming};
use crate::respond;

/// The binding's name; there is one object, of this name.
const BINDING: &str = "PURGE_LOG";
const OBJECT: &str = "purge-log";
/// A name for the colo's cache; nobody asks a server for it.
const ADDRESS: &str = "https://purge-log.invalid";
/// A finished page never changes.
const PAGE_AGE_S: u32 = 86_400;

/// Brings the copy up to date as far as this request needs it.
pub(crate) async fn follow(
    isolate: &'static Isolate,
    context: &Context,
    min_revision: Option<Revision>,
) {
    let need = isolate.replica.borrow().refresh(now_ms(), min_revision);
    if need == Refresh::No {
        return;
    }
    let direct = min_revision.is_some() || isolate.replica.borrow().learned().is_some();
    let flight = move || async move {
        if let Err(error) = refresh(isolate, direct).await {
            // The copy grows old, and with it the trust in what is stored: that is the remedy.
            web_sys::console::warn_1(&JsValue::from_str(&format!("the purge log: {error}")));
        }
    };
    let ticket = isolate
        .refreshes
        .board(refresh_key(), context, flight, async |()| {});
    if need == Refresh::First {
        let joined = ticket.boarding == Boarding::Joined;
        let _landed = ticket.landed().await;
        // A refresh that was under way may have read before what this client has seen.
        let behind = isolate.replica.borrow().refresh(now_ms(), min_revision) == Refresh::First;
        if joined && direct && behind {
            let _logged_by_the_next = refresh(isolate, true).await;
        }
    }
}

fn refresh_key() -> CacheKey {
    KeyBuilder::new().part(b"purge-log").finish()
}

async fn refresh(isolate: &Isolate, direct: bool) -> Result<(), EdgeError> {
    let known = isolate
        .replica
        .borrow()
        .copy()
        .map(|copy| (copy.id(), copy.head()));
    let path = match known {
        Some((log, head)) => format!("/tail?log={log}&after={head}"),
        None => "/tail".to_owned(),
    };
    let address = format!("{ADDRESS}{path}");
    let cache = Cache::default();
    if !direct
        && let Some(mut response) = cache.get(&address, false).await?
        && let Ok(tail) = response.json::<Tail>().await
        && now_ms().saturating_sub(tail.read_at_ms) <= bounds::WAIT_FOR_REFRESH_MS
        && isolate.replica.borrow().is_news(tail.read_at_ms)
    {
        isolate.replica.borrow_mut().apply(&tail);
        return Ok(());
    }
    let Some(text) = ask(isolate, &path).await? else {
        return Ok(());
    };
    let tail: Tail = serde_json::from_str(&text)?;
    isolate.replica.borrow_mut().apply(&tail);
    store(&cache, &address, text, 1).await
}

/// Reads the older pages that an entry needs to be judged; a few at most, or it counts as missing.
pub(crate) async fn reach_back(isolate: &Isolate, as_of: &AsOf) -> Result<(), EdgeError> {
    const PAGES: usize = 8;
    for _ in 0..PAGES {
        let Some(page) = isolate.replica.borrow().missing_page(as_of) else {
            return Ok(());
        };
        let path = format!("/page/{}?log={}", page, as_of.log);
        let Some(page) = page_at::<Page>(isolate, &path).await? else {
            return Ok(());
        };
        isolate.replica.borrow_mut().prepend(&page);
    }
    Ok(())
}

async fn page_at<T: DeserializeOwned>(
    isolate: &Isolate,
    path: &str,
) -> Result<Option<T>, EdgeError> {
    let address = format!("{ADDRESS}{path}");
    let cache = Cache::default();
    if let Some(mut response) = cache.get(&address, false).await? {
        return Ok(Some(response.json().await?));
    }
    let Some(text) = ask(isolate, path).await? else {
        return Ok(None);
    };
    let page = serde_json::from_str(&text)?;
    store(&cache, &address, text, PAGE_AGE_S).await?;
    Ok(Some(page))
}

async fn store(
    cache: &Cache,
    address: &str,
    text: String,
    max_age_s: u32,
) -> Result<(), EdgeError> {
    let mut response = Response::ok(text)?;
    response
        .headers_mut()
        .set("cache-control", &format!("public, max-age={max_age_s}"))?;
    Ok(cache.put(address, response).await?)
}

/// Asks the object; `None` when it has no log yet.
async fn ask(isolate: &Isolate, path: &str) -> Result<Option<String>, EdgeError> {
    let stub = isolate.env.durable_object(BINDING)?.get_by_name(OBJECT)?;
    let mut response = stub.fetch_with_str(&format!("{ADDRESS}{path}")).await?;
    match response.status_code() {
        200 => Ok(Some(response.text().await?)),
        404 => Ok(None),
        status => Err(EdgeError::Platform(format!(
            "the purge log answered {status}"
        ))),
    }
}

/// An origin's append goes to the object as it came; the object checks the signature.
pub(crate) async fn append(
    isolate: &Isolate,
    incoming: &Incoming,
) -> Result<web_sys::Response, EdgeError> {
    let too_large = || respond::json(413, "{}");
    if incoming
        .announced_bytes()
        .is_none_or(|length| length > FORGOTTEN_BYTES)
    {
        return too_large();
    }
    let text = JsFuture::from(incoming.raw.text()?)
        .await?
        .as_string()
        .unwrap_or_default();
    if text.len() > purge_log::MAX_APPEND_BYTES {
        return too_large();
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(JsValue::from_str(&text)));
    let proof = incoming.header(header::SIGNATURE).unwrap_or_default();
    init.headers.set(header::SIGNATURE, &proof)?;
    let request = Request::new_with_init(&format!("{ADDRESS}/append"), &init)?;
    let stub = isolate.env.durable_object(BINDING)?.get_by_name(OBJECT)?;
    let mut response = stub.fetch_with_request(request).await?;
    respond::json(response.status_code(), &response.text().await?)
}
