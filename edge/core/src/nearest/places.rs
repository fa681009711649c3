//! Which bytes of an answer depend on the location.

use std::collections::BTreeMap;
use std::ops::Range;

use pq_core::nearest::{OfList, Shows};
use serde_json::value::RawValue;

/// What is written in place of bytes of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Distance,
    Cursor,
    OfList(OfList),
    /// The items of the page.
    Items,
}

/// A place in an answer.
pub(super) type Place = (Range<usize>, Slot);

/// The places of an answer.
#[derive(Debug)]
pub(super) struct Places {
    /// Outside of the items, in order.
    pub frame: Vec<Place>,
    /// Of each item its range, and the places in it, in order.
    pub items: Vec<(Range<usize>, Vec<Place>)>,
}

/// Finds the places in an answer; none if it does not have the items.
pub(super) fn find(body: &str, shows: &Shows) -> Option<Places> {
    let range = |part: &str| {
        let start = part.as_ptr() as usize - body.as_ptr() as usize;
        start..start + part.len()
    };
    let data = value(body, &["data".to_owned()])?;
    let list = value(data, shows.items.as_ref()?)?;
    let of_list = shows.of_list.iter().filter_map(|(path, what)| {
        let part = value(data, path)?;
        Some((range(part), Slot::OfList(*what)))
    });
    let mut frame: Vec<_> = of_list.chain([(range(list), Slot::Items)]).collect();
    in_order(&mut frame);
    let items: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    let items = items.into_iter().map(|item| {
        let item = item.get();
        let all = |paths: &[Vec<String>], slot| {
            let found = paths.iter().filter_map(|path| value(item, path));
            found.map(|part| (range(part), slot)).collect::<Vec<_>>()
        };
        let mut places = all(&shows.distances, Slot::Distance);
        places.extend(all(&shows.cursors, Slot::Cursor));
        in_order(&mut places);
        (range(item), places)
    });
    Some(Places {
        frame,
        items: items.collect(),
    })
}

fn in_order(places: &mut [Place]) {
    places.sort_unstable_by_key(|(range, _)| range.start);
}

/// The text of the value at a path of response keys, which have no escapes.
pub(super) fn value<'a>(object: &'a str, path: &[String]) -> Option<&'a str> {
    path.iter().try_fold(object, |at, key| {
        let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(at).ok()?;
        fields.get(key.as_str()).map(|value| value.get())
    })
}
