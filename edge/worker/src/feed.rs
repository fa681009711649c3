//! The isolate's side of the purge feed: reads the tail of the log from the Durable Object, through
//! the cache of the data centre, at most about once per second and data centre.
//!
//! The object may fail, hang, or give something that is no tail. Then the copy of the log stays as it is
//! and is soon not trusted, so that the origin answers. Only the first requests wait for that: as long as
//! the object fails, refreshes go on in the background, one a second.

use std::rc::Rc;

use cache_core::{AsOf, CacheKey, KeyBuilder, Revision};
use edge_core::announced::Announced;
use edge_core::feed::{CONTEXT, Page, Tail};
use edge_core::replica::Refresh;
use edge_core::report::Kind;
use edge_core::{bounds, header};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Context;
use worker::worker_sys::Context as JsContext;

use crate::clock::{now_ms, within};
use crate::coalesce::Ticket;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::purge_log;
use crate::request::Incoming;
use crate::respond;
use crate::waits::{Waited, Waits};
use crate::warm;

pub(crate) mod data_centre;
pub(crate) mod object;
pub(crate) mod sources;

use data_centre::{Read, console_warn};
use object::ADDRESS;

/// How long a complete page is cached, in seconds; it never changes.
const PAGE_AGE_S: u32 = 86_400;
/// How long the Durable Object may take to answer, in milliseconds.
const ASK_MS: u64 = 1_000;

/// How long a request waits for a refresh, in milliseconds. Then it is answered by the copy that
/// there is, which is not trusted if it is too old.
const WAIT_MS: u64 = 400;
/// How many older pages a request reads at most.
const PAGES: usize = 8;
/// How long a request waits for older pages, in milliseconds.
const PAGES_MS: u64 = 400;
/// How often the copy is refreshed while refreshes fail, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// Refreshes the copy of the log as far as this request needs it.
pub(crate) async fn follow(
    isolate: &'static Isolate,
    context: &Context,
    min_revision: Option<Revision>,
    waits: &Waits,
) {
    let need = isolate.replica.borrow().refresh(now_ms(), min_revision);
    if need == Refresh::No {
        return;
    }
    let failed_at_ms = isolate.log_sources.failed_at_ms.get();
    if failed_at_ms.is_some_and(|at_ms| now_ms() < at_ms + RETRY_MS) {
        return;
    }
    let direct = min_revision.is_some() || isolate.replica.borrow().learned(now_ms()).is_some();
    let ticket = begin_refresh(isolate, context, direct);
    if need == Refresh::First && failed_at_ms.is_none() {
        // Without a result the copy is as it was.
        match waits.within(WAIT_MS, ticket.landed_within(ASK_MS)).await {
            Waited::For(_) | Waited::NoPatience => {}
            Waited::TooLong => isolate.log_sources.failed(),
        }
    }
}

/// Joins the refresh of the copy that is in progress, or begins one; afterwards answers are made anew, if the
/// log asks for it.
fn begin_refresh(
    isolate: &'static Isolate,
    context: &Context,
    direct: bool,
) -> Ticket<Option<Rc<Read>>> {
    let flight = move || async move {
        let refreshed = refresh(isolate, direct).await;
        if refreshed.is_ok() {
            isolate.log_sources.failed_at_ms.set(None);
        }
        refreshed.unwrap_or_else(|error| {
            // No other remedy is needed: the copy grows old, and is then not trusted any more.
            isolate.log_sources.failed();
            console_warn(&error);
            isolate.reports.failed(Kind::PurgeLog, &error.to_string());
            None
        })
    };
    let own = handle(context);
    let afterwards = async move |read: Option<Rc<Read>>| {
        if let Some(read) = read {
            read.keep(1).await;
        }
        warm::if_due(isolate, &own).await;
    };
    isolate
        .refreshes
        .board(refresh_key(), context, flight, afterwards)
}

/// A second handle to the same context: what is begun afterwards needs one.
fn handle(context: &Context) -> Context {
    let context: &JsContext = context.as_ref();
    let context: &JsValue = context.as_ref();
    Context::new(context.clone().unchecked_into())
}

fn refresh_key() -> CacheKey {
    KeyBuilder::new().part(b"purge-log").finish()
}

async fn refresh(isolate: &Isolate, direct: bool) -> Result<Option<Rc<Read>>, EdgeError> {
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
    if !direct
        && let Some(tail) = isolate.log_sources.data_centre.kept::<Tail>(&address).await
        && tail.is_possible(now_ms())
        && now_ms().saturating_sub(tail.read_at_ms) <= bounds::WAIT_FOR_REFRESH_MS
        && isolate.replica.borrow().is_news(tail.read_at_ms)
    {
        isolate.replica.borrow_mut().apply(&tail);
        return Ok(None);
    }
    let Some(text) = ask(isolate, &path).await? else {
        return Ok(None);
    };
    let tail: Tail = serde_json::from_str(&text)?;
    if !tail.is_possible(now_ms()) {
        return Err(EdgeError::Platform(
            "the Durable Object gave a tail of the future, or one out of order".into(),
        ));
    }
    isolate.replica.borrow_mut().apply(&tail);
    Ok(Some(Rc::new(Read { address, text })))
}

/// Reads the older pages of the log that are needed to judge an entry, at most [`PAGES`]. If more
/// would be needed, or they do not come, the entry cannot be judged and counts as a miss.
pub(crate) async fn reach_back(isolate: &Isolate, as_of: &AsOf, waits: &Waits) {
    if isolate.log_sources.failed_at_ms.get().is_some() {
        return;
    }
    match waits.within(PAGES_MS, read_pages(isolate, as_of)).await {
        Waited::For(Ok(())) | Waited::NoPatience => {}
        Waited::TooLong => isolate.log_sources.failed(),
        Waited::For(Err(error)) => {
            isolate.log_sources.failed();
            console_warn(&error);
            isolate.reports.failed(Kind::PurgeLog, &error.to_string());
        }
    }
}

async fn read_pages(isolate: &Isolate, as_of: &AsOf) -> Result<(), EdgeError> {
    for _ in 0..PAGES {
        let Some(page) = isolate.replica.borrow().missing_page(as_of) else {
            return Ok(());
        };
        let path = format!("/page/{}?log={}", page, as_of.log);
        let Some(page) = page_at(isolate, &path).await? else {
            return Ok(());
        };
        isolate.replica.borrow_mut().prepend(&page);
    }
    Ok(())
}

async fn page_at(isolate: &Isolate, path: &str) -> Result<Option<Page>, EdgeError> {
    let address = format!("{ADDRESS}{path}");
    if let Some(page) = isolate.log_sources.data_centre.kept(&address).await {
        return Ok(Some(page));
    }
    let Some(text) = ask(isolate, path).await? else {
        return Ok(None);
    };
    let page = serde_json::from_str(&text)?;
    Read { address, text }.keep(PAGE_AGE_S).await;
    Ok(Some(page))
}

/// Asks the Durable Object; `None` when it has no log yet, or not this page.
async fn ask(isolate: &Isolate, path: &str) -> Result<Option<String>, EdgeError> {
    let answer = async {
        let mut response = isolate.purge_log.get(path).await?;
        match response.status_code() {
            200 => Ok(Some(response.text().await?)),
            404 => Ok(None),
            status => Err(EdgeError::Platform(format!(
                "the Durable Object answered with status {status}"
            ))),
        }
    };
    within(ASK_MS, answer).await.unwrap_or_else(|| {
        Err(EdgeError::Platform(format!(
            "the Durable Object did not answer within {ASK_MS} ms"
        )))
    })
}

/// Hands an origin's append to the Durable Object unchanged. The isolate that it came through follows the log
/// with it, if it has answers: so what it is asked for most is made anew though no client asks.
pub(crate) async fn append(
    isolate: &'static Isolate,
    incoming: &Incoming,
    context: &Context,
) -> Result<web_sys::Response, EdgeError> {
    // Checked here so that forged appends do not load the one object, which checks it again.
    let [proof, announcement] =
        [header::SIGNATURE, header::BODY].map(|name| incoming.header(name).unwrap_or_default());
    let secret = &isolate.config.secret;
    let Ok(announced) = Announced::verify(secret, &proof, &announcement, CONTEXT, now_ms()) else {
        return respond::json(401, "{}");
    };
    if announced.bytes > purge_log::MAX_APPEND_BYTES {
        return respond::json(413, "{}");
    }
    // The platform reads no more of a body than its `Content-Length`.
    if incoming.announced_bytes() != Some(announced.bytes) {
        return respond::json(401, "{}");
    }
    let text = JsFuture::from(incoming.raw.text()?)
        .await?
        .as_string()
        .unwrap_or_default();
    if !announced.is(text.as_bytes()) {
        return respond::json(401, "{}");
    }
    let signed = [
        (header::SIGNATURE, proof.as_str()),
        (header::BODY, announcement.as_str()),
    ];
    let mut response = isolate.purge_log.post("/append", &signed, &text).await?;
    let is_young = isolate.replica.borrow().refresh(now_ms(), None) == Refresh::No;
    let has_failed = isolate.log_sources.failed_at_ms.get().is_some();
    if !is_young && !has_failed && !isolate.warming.borrow().is_empty() {
        let _nobody_waits = begin_refresh(isolate, context, false);
    }
    respond::json(response.status_code(), &response.text().await?)
}
