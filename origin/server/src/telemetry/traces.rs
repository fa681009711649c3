//! Exports spans over OTLP. The standard variables (`OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME`,
//! `OTEL_RESOURCE_ATTRIBUTES`) say where to and under which name.

use std::cell::Cell;

use opentelemetry::{
    Context, KeyValue, global,
    trace::{SpanId, TraceContextExt as _, TraceId, TracerProvider as _},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    trace::{IdGenerator, RandomIdGenerator, Sampler, SdkTracerProvider},
};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{Layer, filter::dynamic_filter_fn, registry::LookupSpan};

use super::{TRACED, request::ROOT};

const SERVICE: &str = "yousoon-origin";
const SCOPE: &str = "yousoon";

pub(super) fn provider() -> Result<SdkTracerProvider, ExporterBuildError> {
    let resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    // The name in the environment is found by the builder.
    let resource = if std::env::var_os("OTEL_SERVICE_NAME").is_some() {
        resource
    } else {
        resource.with_service_name(SERVICE)
    };
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(SpanExporter::builder().build()?)
        // Only spans of requests that are traced come this far: see `layer`.
        .with_sampler(Sampler::AlwaysOn)
        .with_id_generator(Ids::default())
        .with_resource(resource.build())
        .build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// Hands the spans of requests that are traced to the exporter.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let below_a_root = dynamic_filter_fn(|meta, context| {
        meta.target() == ROOT || (is_ours(meta) && context.lookup_current().is_some())
    })
    .with_max_level_hint(LevelFilter::TRACE)
    // Whatever is never ours costs nothing.
    .with_callsite_filter(|meta| {
        if is_ours(meta) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    });
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SCOPE))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(below_a_root)
}

fn is_ours(meta: &Metadata<'_>) -> bool {
    meta.is_span() && [TRACED, ROOT].contains(&meta.target())
}

/// Random ids; those of a span that somebody else has begun can be given.
#[derive(Debug, Default)]
struct Ids(RandomIdGenerator);

thread_local! {
    static GIVEN: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        let given = GIVEN.get().map(|(trace, _)| trace);
        given.unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        let given = GIVEN.get().map(|(_, span)| span);
        given.unwrap_or_else(|| self.0.new_span_id())
    }
}

/// The tracer for spans that are made at their end.
pub(super) fn tracer() -> global::BoxedTracer {
    global::tracer(SCOPE)
}

/// Makes a span that has these ids; the trace is its parent's if it has one.
pub(super) fn with_ids<T>(ids: (TraceId, SpanId), make: impl FnOnce() -> T) -> T {
    GIVEN.set(Some(ids));
    let span = make();
    GIVEN.set(None);
    span
}

/// The context of a parent that another process has.
pub(super) fn below(parent: &super::parent::Parent) -> Context {
    Context::new().with_remote_span_context(parent.context())
}
