//! What operators see of subscriptions.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::hub::Hub;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    transport: &'static str,
    why: &'static str,
}

/// How a client is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    WebSocket,
    EventStream,
}

impl Transport {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::EventStream => "event-stream",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Metrics {
    connections: Gauge,
    subscriptions: Gauge,
    sent: Counter,
    closed: Family<Label, Counter>,
    resumed: Family<Outcome, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Metrics {
    /// A result was sent.
    pub(super) fn sent(&self) {
        self.sent.inc();
    }

    /// The server ended a connection; `why` is one of few words.
    pub(super) fn closed(&self, transport: Transport, why: &'static str) {
        let transport = transport.as_str();
        self.closed.get_or_create(&Label { transport, why }).inc();
    }

    /// A client came back with the id of an event; `outcome` is `resumed`, or why it cannot go on there.
    pub(super) fn resumed(&self, outcome: &'static str) {
        self.resumed.get_or_create(&Outcome { outcome }).inc();
    }
}

impl Hub {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let metrics = self.metrics();
        registry.register(
            "live_connections",
            "Open connections with subscriptions",
            metrics.connections.clone(),
        );
        registry.register(
            "live_subscriptions",
            "Open subscriptions",
            metrics.subscriptions.clone(),
        );
        registry.register(
            "live_results",
            "Results of subscriptions that were sent",
            metrics.sent.clone(),
        );
        registry.register(
            "live_closed",
            "Connections that the server ended, and why",
            metrics.closed.clone(),
        );
        registry.register(
            "live_resumed",
            "Subscriptions whose clients came back with the id of an event, and what became of them",
            metrics.resumed.clone(),
        );
    }

    /// Looked at when it is asked for.
    pub(crate) fn measure(&self) {
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let metrics = self.metrics();
        metrics.connections.set(gauge(self.connections()));
        metrics.subscriptions.set(gauge(self.subscriptions()));
    }
}
