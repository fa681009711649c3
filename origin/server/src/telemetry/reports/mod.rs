//! Errors that somebody should look at, sent to Sentry: every log line of the level ERROR, panics among
//! them. A report has the message, where it is in the code, and the operation, client and trace of its
//! request; what could be of a person is taken out of it ([`scrub`]). Few are sent ([`budget`]), in the
//! background ([`transport`]); a failing Sentry disturbs nothing.

mod budget;
mod transport;

use std::{
    collections::BTreeMap,
    fmt,
    panic::{self, PanicHookInfo},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use edge_core::report::scrub;
use sentry::{
    Client, ClientOptions, Level,
    protocol::{Context, Event, Value},
};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer,
    layer::{Context as LayerContext, Filter},
    registry::LookupSpan,
};

use self::{budget::Budget, transport::Transport};
use super::Sentry;

/// How many reports were sent, and how many were not.
#[derive(Debug, Default)]
pub struct Counts {
    sent: AtomicU64,
    /// Of the same kind as one shortly before, or too many altogether.
    withheld: AtomicU64,
    /// Sentry did not take them.
    failed: AtomicU64,
}

/// One for the process, as its log is.
pub static COUNTS: Counts = Counts {
    sent: AtomicU64::new(0),
    withheld: AtomicU64::new(0),
    failed: AtomicU64::new(0),
};

impl Counts {
    /// Each outcome's name and how often it was.
    pub fn all(&self) -> [(&'static str, u64); 3] {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("sent", count(&self.sent)),
            ("withheld", count(&self.withheld)),
            ("failed", count(&self.failed)),
        ]
    }
}

/// Sends what is left when it is dropped.
#[derive(Debug)]
pub(super) struct Reports {
    client: Arc<Client>,
}

impl Drop for Reports {
    fn drop(&mut self) {
        // What cannot be sent in that time is lost.
        let _sent_or_lost = self.client.close(Some(transport::PATIENCE));
    }
}

impl Reports {
    pub(super) fn start(config: &Sentry) -> std::io::Result<Self> {
        let dsn = &config.dsn;
        let options = ClientOptions::new()
            .dsn(&dsn.to_string())
            .release(env!("CARGO_PKG_VERSION"))
            .environment(config.environment.clone())
            .transport(Arc::new(Transport::start(dsn)?))
            .default_integrations(false)
            .send_default_pii(false);
        Ok(Self {
            client: Arc::new(Client::from(options)),
        })
    }

    /// The layer that sends.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let client = Arc::clone(&self.client);
        Sending {
            client,
            began: Instant::now(),
            budget: Mutex::default(),
        }
        .with_filter(OnlyErrors)
    }
}

/// Panics become log lines, with the request's fields, instead of text on stderr.
pub(super) fn log_panics() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let what = info.payload_as_str().unwrap_or("no message");
        let at = info.location().map(ToString::to_string);
        tracing::error!(what, at, "panicked");
    }));
}

/// Passes errors, and the spans whose fields tell of the request.
struct OnlyErrors;

const REQUEST: &str = "request";

impl<S> Filter<S> for OnlyErrors {
    fn enabled(&self, metadata: &Metadata<'_>, _: &LayerContext<'_, S>) -> bool {
        if metadata.is_span() {
            return metadata.name() == REQUEST && *metadata.level() == tracing::Level::INFO;
        }
        *metadata.level() == tracing::Level::ERROR
    }
}

struct Sending {
    client: Arc<Client>,
    began: Instant,
    budget: Mutex<Budget>,
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S> Layer<S> for Sending
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        all: LayerContext<'_, S>,
    ) {
        if let Some(span) = all.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, all: LayerContext<'_, S>) {
        if let Some(span) = all.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, all: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.0.remove("message").unwrap_or_default();
        // A kind is a place in the code. Panics have one for all: what they say tells them apart.
        let metadata = event.metadata();
        let what = fields.0.get("at").map_or("", String::as_str);
        let kind = format!(
            "{}:{} {what}",
            metadata.target(),
            metadata.line().unwrap_or(0)
        );
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(withheld) = budget.takes(kind, now_ms) else {
            COUNTS.withheld.fetch_add(1, Ordering::Relaxed);
            return;
        };
        drop(budget);
        let mut tags = BTreeMap::new();
        for span in all.event_scope(event).into_iter().flatten() {
            if let Some(known) = span.extensions().get::<Fields>() {
                let tag = |(name, value): (&&str, &String)| ((*name).to_owned(), value.clone());
                tags.extend(known.0.iter().map(tag));
            }
        }
        self.client
            .capture_event(report(metadata, &message, fields, tags, withheld), None);
    }
}

fn report(
    metadata: &Metadata<'_>,
    message: &str,
    fields: Fields,
    tags: BTreeMap<String, String>,
    withheld: u64,
) -> Event<'static> {
    let scrubbed = |(name, value): (&'static str, String)| {
        // The client is told it, so that support can find the log line.
        let value = if name == "reference" {
            value
        } else {
            scrub::text(&value)
        };
        (name.to_owned(), Value::from(value))
    };
    let mut told: BTreeMap<String, Value> = fields.0.into_iter().map(scrubbed).collect();
    if withheld > 0 {
        told.insert("withheld_before".to_owned(), withheld.into());
    }
    let at = format!(
        "{}:{}",
        metadata.file().unwrap_or("?"),
        metadata.line().unwrap_or(0)
    );
    told.insert("logged_at".to_owned(), at.into());
    Event {
        level: Level::Error,
        logger: Some(metadata.target().to_owned()),
        message: Some(scrub::text(message)),
        tags: tags.into_iter().collect(),
        contexts: [("log line".to_owned(), Context::Other(told))]
            .into_iter()
            .collect(),
        ..Event::default()
    }
}
