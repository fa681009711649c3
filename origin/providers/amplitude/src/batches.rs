//! Requests with events: fewer than 2,000, and smaller than 1 MB.

use domain::{analytics::outlet::OutgoingEvent, secret::Secret};
use serde::Serialize;

/// Half of what Amplitude takes.
pub(crate) const MOST_EVENTS: usize = 1_000;
/// An event is smaller than this in JSON: its texts are of our own making.
const EVENT_BYTES: usize = 512;
/// Below 1 MB, which is the most.
const MOST_BYTES: usize = 900_000;
/// Shorter ids are dropped. It is Amplitude's default, said so that no setting of a project changes it.
const SHORTEST_ID: u32 = 5;

const _: () = assert!(MOST_EVENTS * EVENT_BYTES < MOST_BYTES);

#[derive(Serialize)]
struct Upload<'e> {
    api_key: &'e str,
    events: Vec<Event<'e>>,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    min_id_length: u32,
}

#[expect(clippy::struct_field_names, reason = "as Amplitude names them")]
#[derive(Serialize)]
struct Event<'e> {
    user_id: &'e str,
    event_type: &'static str,
    /// Milliseconds since the epoch.
    time: i64,
    /// Amplitude keeps an event once for each, for seven days.
    insert_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_properties: Option<Properties<'e>>,
}

#[derive(Serialize)]
struct Properties<'e> {
    offer_id: &'e str,
}

pub(crate) fn split(events: &[OutgoingEvent]) -> impl Iterator<Item = &[OutgoingEvent]> {
    events.chunks(MOST_EVENTS)
}

pub(crate) fn body(key: &Secret, events: &[&OutgoingEvent]) -> Vec<u8> {
    let events = events.iter().map(|event| Event {
        user_id: &event.person,
        event_type: event.name.as_str(),
        time: event.at_ms,
        insert_id: &event.id,
        event_properties: event.offer.as_ref().map(|offer| Properties {
            offer_id: offer.as_str(),
        }),
    });
    let upload = Upload {
        api_key: &String::from_utf8_lossy(key.expose()),
        events: events.collect(),
        options: Options {
            min_id_length: SHORTEST_ID,
        },
    };
    serde_json::to_vec(&upload).unwrap_or_default()
}
