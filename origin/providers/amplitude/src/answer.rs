//! What Amplitude answers to events.

use std::collections::{BTreeMap, BTreeSet};

use domain::analytics::outlet::Trouble;
use provider_http::Answer;
use serde::Deserialize;

/// How long a person's events wait that came too fast, in milliseconds.
const PAUSE_MS: i64 = 30_000;

/// What became of a request. Only `Taken` has taken something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    /// All would be taken without the events at these places.
    Without(BTreeSet<usize>),
    /// People send too much: the events at these places, or all if none is named, wait so long.
    Slower(BTreeSet<usize>, i64),
    TooLarge,
    Nothing(Trouble),
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: String,
    #[serde(default)]
    events_with_invalid_fields: BTreeMap<String, BTreeSet<usize>>,
    #[serde(default)]
    events_with_missing_fields: BTreeMap<String, BTreeSet<usize>>,
    #[serde(default)]
    events_with_invalid_id_lengths: BTreeMap<String, BTreeSet<usize>>,
    #[serde(default)]
    silenced_events: BTreeSet<usize>,
    #[serde(default)]
    throttled_events: BTreeSet<usize>,
}

impl Body {
    /// The places of events that will never be taken.
    fn refused(&self, count: usize) -> BTreeSet<usize> {
        let fields = [
            &self.events_with_invalid_fields,
            &self.events_with_missing_fields,
            &self.events_with_invalid_id_lengths,
        ];
        let of_fields = fields.into_iter().flat_map(BTreeMap::values).flatten();
        let refused = of_fields.chain(&self.silenced_events);
        refused.copied().filter(|place| *place < count).collect()
    }
}

/// Reads the answer to a request with so many events.
pub(crate) fn verdict(answer: &Answer, count: usize) -> Verdict {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer.status.as_u16() {
        200 => Verdict::Taken,
        413 if count > 1 => Verdict::TooLarge,
        413 => Verdict::Without(BTreeSet::from([0])),
        429 => {
            let known = body.throttled_events.into_iter();
            let throttled = known.filter(|place| *place < count).collect();
            Verdict::Slower(throttled, answer.retry_after_ms.unwrap_or(PAUSE_MS))
        }
        400 => match body.refused(count) {
            refused if refused.is_empty() => refused_all(answer, &body),
            refused => Verdict::Without(refused),
        },
        _ if answer.later().is_some() => Verdict::Nothing(Trouble::Later {
            why: answer.why(None, ""),
            after_ms: answer.retry_after_ms,
        }),
        _ => refused_all(answer, &body),
    }
}

/// Our key or our request is wrong: Amplitude's sentence says which.
fn refused_all(answer: &Answer, body: &Body) -> Verdict {
    Verdict::Nothing(Trouble::Refused {
        why: answer.why(None, &body.error),
    })
}
