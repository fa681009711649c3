//! The state that an isolate keeps between requests.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::rc::Rc;

use cache_core::CacheKey;
use edge_core::cors::{AllowedHeaders, AllowedSites};
use edge_core::replica::Replica;
use edge_core::warming::{self, Warming};
use lru::LruCache;
use pq_core::DocumentHash;
use worker::Env;

use crate::coalesce::Flights;
use crate::documents::record::{Known, OriginReply};
use crate::feed::data_centre::Read;
use crate::feed::object::PurgeLogObject;
use crate::feed::sources::Sources;
use crate::kv::Kv;
use crate::limiter::Limiter;
use crate::memory::{DEFAULT_CAPACITY_BYTES, Memory};
use crate::origin::fetched::Fetched;
use crate::report::Reports;
use crate::request::Incoming;
use crate::tally::Counts;

const DOCUMENTS: NonZeroUsize = NonZeroUsize::new(2_048).unwrap();
const KV_WRITES: NonZeroUsize = NonZeroUsize::new(8_192).unwrap();

/// How long requests wait for a fetch from the origin, in milliseconds; a little longer than its
/// timeout.
const FILL_PATIENCE_MS: u64 = 12_000;
/// How long requests wait for a refresh of the purge log, in milliseconds; a little longer than its
/// timeout.
const REFRESH_PATIENCE_MS: u64 = 1_500;

/// Everything that outlives a request. It is single-threaded; no borrow is held over an `await`.
pub(crate) struct Isolate {
    pub(crate) config: Config,
    pub(crate) kv: Kv,
    pub(crate) limiter: Limiter,
    pub(crate) purge_log: PurgeLogObject,
    /// How the purge log could last be read.
    pub(crate) log_sources: Sources,
    /// What Sentry is told.
    pub(crate) reports: Reports,
    /// What became of requests.
    pub(crate) counts: Counts,
    /// Cached answers.
    pub(crate) memory: RefCell<Memory>,
    /// Published documents.
    pub(crate) documents: RefCell<LruCache<DocumentHash, Known>>,
    /// Hashes that are not published, and until when that is assumed, in milliseconds since the Unix
    /// epoch.
    pub(crate) unknown_documents: RefCell<HashMap<DocumentHash, u64>>,
    /// The copy of the purge log.
    pub(crate) replica: RefCell<Replica>,
    /// What clients ask for most.
    pub(crate) warming: RefCell<Warming>,
    /// Fetches of answers in progress.
    pub(crate) flights: Flights<Fetched>,
    /// The refresh of the copy in progress.
    pub(crate) refreshes: Flights<Option<Rc<Read>>>,
    /// Look-ups of documents at the origin in progress.
    pub(crate) asked_documents: Flights<OriginReply>,
    /// When each key was last written to KV, in milliseconds since the Unix epoch: KV accepts one
    /// write per second and key.
    pub(crate) kv_written_at_ms: RefCell<LruCache<CacheKey, u64>>,
}

/// The Worker's variables and secrets.
pub(crate) struct Config {
    /// `ORIGIN_URL`, without a slash at its end.
    pub(crate) origin_url: String,
    /// `EDGE_SECRET`, hexadecimal: shared with the origin.
    pub(crate) secret: Vec<u8>,
    /// `ALLOWED_ORIGINS`: the sites whose scripts may read answers (CORS), separated by commas.
    /// Default: every site.
    pub(crate) allowed_sites: AllowedSites,
    /// `ALLOWED_HEADERS`: further request headers that scripts may send (CORS), separated by commas.
    /// Default: none beside the usual ones.
    pub(crate) allowed_headers: AllowedHeaders,
    /// `FAULT_INJECTION=on`: requests may ask for a panic. For tests; never set in production.
    fault_injection: bool,
    /// `ISOLATE_MEMORY_BYTES`: how many bytes of answers an isolate keeps in memory. Default: 48 MiB.
    /// `0` turns the memory tier off, so that every read goes to KV.
    isolate_memory_bytes: usize,
    /// `PURGE_LOG_JURISDICTION`: where the Durable Object runs and stores, such as `eu`. Default:
    /// anywhere. Required in production.
    purge_log_jurisdiction: Option<String>,
    /// `TRACED_SHARE`: the share of requests that begin a trace when they go to the origin. Default: 0.
    pub(crate) traced_share: f64,
}

thread_local! {
    static ISOLATE: OnceCell<&'static Isolate> = const { OnceCell::new() };
}

impl Isolate {
    /// The isolate's one instance. The first request creates it; it lives as long as the isolate.
    pub(crate) fn get(env: &Env) -> worker::Result<&'static Self> {
        ISOLATE.with(|cell| {
            if let Some(isolate) = cell.get() {
                return Ok(*isolate);
            }
            let isolate: &'static Self = Box::leak(Box::new(Self::new(env)?));
            Ok(*cell.get_or_init(|| isolate))
        })
    }

    /// The isolate's instance, if a request has created it.
    pub(crate) fn existing() -> Option<&'static Self> {
        ISOLATE.with(|cell| cell.get().copied())
    }

    fn new(env: &Env) -> worker::Result<Self> {
        let origin_url = env
            .var("ORIGIN_URL")?
            .to_string()
            .trim_end_matches('/')
            .to_owned();
        let secret = env.secret("EDGE_SECRET")?.to_string();
        let secret = decode_hex(&secret).ok_or_else(|| {
            worker::Error::RustError(
                "EDGE_SECRET must have at least 16 bytes, in hexadecimal".into(),
            )
        })?;
        let optional = |name| env.var(name).ok().map(|value| value.to_string());
        let fault_injection = env
            .var("FAULT_INJECTION")
            .is_ok_and(|value| value.to_string() == "on");
        let isolate_memory_bytes = match env.var("ISOLATE_MEMORY_BYTES") {
            Ok(value) => value.to_string().parse().map_err(|_| {
                worker::Error::RustError("ISOLATE_MEMORY_BYTES must be a number of bytes".into())
            })?,
            Err(_) => DEFAULT_CAPACITY_BYTES,
        };
        let warm_answers = match optional("WARM_ANSWERS") {
            None => warming::MOST,
            Some(count) => count.parse().map_err(|_| {
                worker::Error::RustError("WARM_ANSWERS must be a number of answers".into())
            })?,
        };
        let traced_share = match optional("TRACED_SHARE").map(|share| share.parse()) {
            None => 0.0,
            Some(Ok(share)) if (0.0..=1.0).contains(&share) => share,
            Some(_) => {
                return Err(worker::Error::RustError(
                    "TRACED_SHARE must be a number from 0 to 1".into(),
                ));
            }
        };
        let config = Config {
            origin_url,
            secret,
            allowed_sites: AllowedSites::parse(optional("ALLOWED_ORIGINS").as_deref()),
            allowed_headers: AllowedHeaders::parse(optional("ALLOWED_HEADERS").as_deref()),
            fault_injection,
            isolate_memory_bytes,
            purge_log_jurisdiction: optional("PURGE_LOG_JURISDICTION")
                .filter(|name| !name.is_empty()),
            traced_share,
        };
        Ok(Self {
            kv: Kv::of(env)?,
            limiter: Limiter::of(env)?,
            purge_log: PurgeLogObject::of(env, config.purge_log_jurisdiction.as_deref())?,
            log_sources: Sources::default(),
            counts: Counts::default(),
            memory: RefCell::new(Memory::with_capacity(config.isolate_memory_bytes)),
            config,
            documents: RefCell::new(LruCache::new(DOCUMENTS)),
            unknown_documents: RefCell::default(),
            replica: RefCell::default(),
            warming: RefCell::new(Warming::of(warm_answers)),
            flights: Flights::with_patience(FILL_PATIENCE_MS),
            refreshes: Flights::with_patience(REFRESH_PATIENCE_MS),
            asked_documents: Flights::with_patience(FILL_PATIENCE_MS),
            kv_written_at_ms: RefCell::new(LruCache::new(KV_WRITES)),
            // Last: what is wrong with its DSN is said once.
            reports: Reports::of(env),
        })
    }

    /// Panics when a test asks for it, so that the test can see that the isolate survives.
    #[expect(clippy::panic, reason = "a test asks for the panic")]
    pub(crate) fn fault_for_tests(&self, incoming: &Incoming) {
        if self.config.fault_injection
            && incoming.header("yousoon-fault").as_deref() == Some("panic")
        {
            panic!("a panic that a test asked for");
        }
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() < 32 || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect()
}
