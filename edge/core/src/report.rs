//! Reports of the edge's own errors to Sentry: which are sent, and the bytes of an envelope.
//!
//! A report has a fixed message for its kind, the error's text without what could be of a person
//! ([`scrub`]), the operation's published name and the trace. It has nothing else of the request.

pub mod dsn;
pub mod scrub;

use serde_json::{Map, Value, json};

pub use dsn::Dsn;

/// One of a kind is sent in this time, in milliseconds.
const EVERY_MS: u64 = 60_000;
/// The longest text of an error, in characters. JavaScript's errors have their stack in it.
const MAX_DETAIL: usize = 1_000;

/// What went wrong. Sentry groups reports by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The WASM panicked; the isolate gets a new instance.
    Panic,
    /// A request was refused because the origin did not answer, or not usably.
    OriginUnreachable,
    /// A request was refused because the platform failed.
    Internal,
    /// The copy of the purge log cannot be refreshed. When it is too old, the edge caches nothing.
    PurgeLog,
    /// KV cannot be read.
    KvRead,
    /// KV cannot be written.
    KvWrite,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Panic,
        Self::OriginUnreachable,
        Self::Internal,
        Self::PurgeLog,
        Self::KvRead,
        Self::KvWrite,
    ];

    const fn message(self) -> &'static str {
        match self {
            Self::Panic => "the edge panicked",
            Self::OriginUnreachable => "the edge refused a request: the origin failed",
            Self::Internal => "the edge refused a request: the platform failed",
            Self::PurgeLog => "the edge cannot refresh the purge log",
            Self::KvRead => "the edge cannot read KV",
            Self::KvWrite => "the edge cannot write to KV",
        }
    }

    const fn level(self) -> &'static str {
        match self {
            Self::Panic => "fatal",
            Self::OriginUnreachable | Self::Internal => "error",
            // Requests are answered all the same.
            Self::PurgeLog | Self::KvRead | Self::KvWrite => "warning",
        }
    }
}

/// How many of a kind there were.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    /// When the next may be sent, in milliseconds since the Unix epoch.
    next_ms: u64,
    withheld: u64,
}

/// Limits how many reports an isolate sends: one of a kind in a minute. An origin that is away would
/// cause one for each request otherwise.
#[derive(Debug, Default)]
pub struct Budget([Spent; Kind::ALL.len()]);

impl Budget {
    /// Takes a report into the budget: how many of its kind were withheld since the one before, or
    /// `None` if it is to be withheld, too.
    pub fn takes(&mut self, kind: Kind, now_ms: u64) -> Option<u64> {
        let place = Kind::ALL.iter().position(|known| *known == kind)?;
        let spent = self.0.get_mut(place)?;
        if now_ms < spent.next_ms {
            spent.withheld += 1;
            return None;
        }
        spent.next_ms = now_ms + EVERY_MS;
        Some(std::mem::take(&mut spent.withheld))
    }
}

/// What is told of an error.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What went wrong.
    pub kind: Kind,
    /// The error's text; it is scrubbed.
    pub detail: &'a str,
    /// The published name of the request's operation, if it is known.
    pub operation: Option<&'a str>,
    /// The id of the request's trace, see [`crate::trace::id`].
    pub trace: Option<&'a str>,
    /// How many of its kind were withheld before.
    pub withheld: u64,
}

/// Where reports are sent from.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The worker's version.
    pub release: &'a str,
    /// The environment that Sentry files reports under.
    pub environment: &'a str,
}

impl Report<'_> {
    /// The report as an envelope with one event. `id` is random, `now_ms` in milliseconds since the
    /// Unix epoch.
    pub fn envelope(&self, sender: Sender<'_>, id: u128, now_ms: u64) -> String {
        let id = format!("{id:032x}");
        let mut tags = Map::new();
        for (name, value) in [("operation", self.operation), ("trace_id", self.trace)] {
            if let Some(value) = value {
                tags.insert(name.to_owned(), value.into());
            }
        }
        let detail: String = scrub::text(self.detail).chars().take(MAX_DETAIL).collect();
        let mut told = Map::new();
        told.insert("error".to_owned(), detail.into());
        if self.withheld > 0 {
            told.insert("withheld_before".to_owned(), self.withheld.into());
        }
        let event: Value = json!({
            "event_id": id,
            "timestamp": seconds(now_ms),
            "level": self.kind.level(),
            "logger": "edge",
            "platform": "other",
            "release": sender.release,
            "environment": sender.environment,
            "message": self.kind.message(),
            "tags": tags,
            "contexts": {"edge": told},
        });
        let event = event.to_string();
        format!(
            "{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n",
            event.len()
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: Sender<'_> = Sender {
        release: "0.1.0",
        environment: "tests",
    };
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn one_of_a_kind_is_sent_in_a_minute_and_tells_how_many_were_not() {
        let mut budget = Budget::default();
        assert_eq!(budget.takes(Kind::KvRead, 1_000), Some(0));
        assert_eq!(budget.takes(Kind::KvWrite, 1_001), Some(0));
        for now_ms in 1_002..1_012 {
            assert_eq!(budget.takes(Kind::KvRead, now_ms), None);
        }
        assert_eq!(budget.takes(Kind::KvRead, 1_000 + EVERY_MS - 1), None);
        assert_eq!(budget.takes(Kind::KvRead, 1_000 + EVERY_MS), Some(11));
        assert_eq!(budget.takes(Kind::KvRead, 1_000 + 2 * EVERY_MS), Some(0));
    }

    #[test]
    fn an_envelope_is_three_lines_and_gives_its_items_length_in_bytes() {
        let report = Report {
            kind: Kind::OriginUnreachable,
            detail: "it answered « non » with\nstatus 500",
            operation: Some("ShopPage"),
            trace: Some(TRACE),
            withheld: 3,
        };
        let envelope = report.envelope(SENDER, 0xab, 1_700_000_000_250);
        let lines: Vec<&str> = envelope.lines().collect();
        let [header, item, event] = lines[..] else {
            panic!("{envelope}");
        };
        assert_eq!(header, r#"{"event_id":"000000000000000000000000000000ab"}"#);
        let item: Value = serde_json::from_str(item).unwrap();
        assert_eq!(item, json!({"type": "event", "length": event.len()}));
        let event: Value = serde_json::from_str(event).unwrap();
        let expected = json!({
            "event_id": "000000000000000000000000000000ab",
            "timestamp": 1_700_000_000.25,
            "level": "error",
            "logger": "edge",
            "platform": "other",
            "release": "0.1.0",
            "environment": "tests",
            "message": "the edge refused a request: the origin failed",
            "tags": {"operation": "ShopPage", "trace_id": TRACE},
            "contexts": {"edge": {
                "error": "it answered « non » with\nstatus 500",
                "withheld_before": 3,
            }},
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn an_errors_text_is_scrubbed_and_cut() {
        let detail = format!(
            "failed: ann@example.com at 192.168.1.12:80 {}",
            "é".repeat(5_000)
        );
        let report = Report {
            kind: Kind::Panic,
            detail: &detail,
            operation: None,
            trace: None,
            withheld: 0,
        };
        let envelope = report.envelope(SENDER, 1, 0);
        assert!(envelope.contains("failed: <address> at <network address> é"));
        assert!(envelope.contains(r#""tags":{}"#), "{envelope}");
        assert!(envelope.len() < 3 * MAX_DETAIL, "{}", envelope.len());
    }
}
