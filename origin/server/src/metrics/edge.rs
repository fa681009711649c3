//! What became of requests at the edges, as the relays have taken it from there.

use std::{collections::BTreeMap, fmt};

use edge_core::tally::{AGE_BOUNDS_S, Row, Sum};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet},
    metrics::{MetricType, counter::ConstCounter},
    registry::Unit,
};

use crate::state::AppState;

/// The document of those that an edge's tally has no room for.
const OTHERS: &str = "others";

/// Collects the tallies of the edges.
#[derive(Debug)]
pub(super) struct Edges(pub(super) AppState);

impl Collector for Edges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let relays = self.0.relays.iter();
        let tallies: Vec<_> = relays.map(|relay| (relay.edge(), relay.tally())).collect();
        requests(&mut encoder, &tallies)?;
        ages(&mut encoder, &tallies)
    }
}

fn requests(
    encoder: &mut DescriptorEncoder<'_>,
    tallies: &[(&str, Vec<Row>)],
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(
        "edge_requests",
        "Requests for shared answers at the edge, by what became of them.",
        None,
        MetricType::Counter,
    )?;
    for (edge, rows) in tallies {
        for row in rows {
            let document = name_of(row);
            let labels = [
                ("edge", *edge),
                ("document", document.as_str()),
                ("operation", row.operation.as_str()),
                ("outcome", row.outcome.as_str()),
                ("tier", row.source.as_str()),
            ];
            ConstCounter::new(row.sum.requests).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

fn ages(
    encoder: &mut DescriptorEncoder<'_>,
    tallies: &[(&str, Vec<Row>)],
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(
        "edge_age",
        "Age of the answers that the edge served from entries.",
        Some(&Unit::Seconds),
        MetricType::Histogram,
    )?;
    for (edge, rows) in tallies {
        for ((document, operation, tier), sum) in by_tier(rows) {
            let labels = [
                ("edge", *edge),
                ("document", document.as_str()),
                ("operation", operation),
                ("tier", tier),
            ];
            #[expect(clippy::cast_precision_loss, reason = "a sum of ages in milliseconds")]
            let sum_s = sum.age_ms as f64 / 1_000.0;
            let bounds_s = AGE_BOUNDS_S
                .into_iter()
                .map(f64::from)
                .chain([f64::INFINITY]);
            let buckets: Vec<_> = bounds_s.zip(sum.ages).collect();
            let count = sum.ages.iter().sum();
            let mut metric = family.encode_family(&labels)?;
            metric.encode_histogram::<NoLabelSet>(sum_s, count, &buckets, None)?;
        }
    }
    Ok(())
}

/// The sums of all outcomes whose answers have an age.
fn by_tier(rows: &[Row]) -> BTreeMap<(String, &str, &'static str), Sum> {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|row| row.sum.ages.iter().any(|count| *count > 0))
    {
        let key = (name_of(row), row.operation.as_str(), row.source.as_str());
        sums.entry(key).or_default().add(&row.sum);
    }
    sums
}

fn name_of(row: &Row) -> String {
    row.document
        .map_or_else(|| OTHERS.to_owned(), |hash| hash.to_string())
}
