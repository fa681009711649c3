//! Reads the answer to a public part, as far down as private fields are.

use std::fmt;

use pq_core::split::{Both, Origin, Selection};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::PartlyPrivate;

/// The answer to a public part, without errors.
#[derive(Debug)]
pub struct PublicAnswer<'a> {
    pub(super) request: &'a PartlyPrivate<'a>,
    pub(super) data: Object<'a>,
    /// Each once.
    ids: Vec<String>,
}

/// An object that has, or may have below it, fields of both parts.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) selection: &'a Selection,
    /// One for each of the selection's fields; none where the public part does not have it.
    pub(super) values: Vec<Option<Found<'a>>>,
    pub(super) id: Option<String>,
}

/// A value of the public part.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A value without private fields below it, or null.
    Whole(&'a RawValue),
    Object(Object<'a>),
    List(Vec<Found<'a>>),
}

impl<'a> PublicAnswer<'a> {
    /// Reads the answer's body; none if it has errors or anything else beside its data, or not the form
    /// that the document gives it.
    pub fn read(request: &'a PartlyPrivate<'a>, body: &'a str) -> Option<Self> {
        let mut from = serde_json::Deserializer::from_str(body);
        let shows = &request.split.shows;
        let data = from.deserialize_map(Answer(shows)).ok()?;
        from.end().ok()?;
        let mut ids = Vec::new();
        note_ids(request, &data, &mut ids);
        Some(Self { request, data, ids })
    }

    /// The ids of the objects whose private fields are selected, each once.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The place of an object among those that are asked for.
    pub(super) fn place(&self, object: &Object<'_>) -> Option<usize> {
        let id = object.id.as_ref()?;
        self.ids.iter().position(|one| one == id)
    }

    /// Whether the remainder may be asked for so many objects.
    pub fn is_within_limit(&self) -> bool {
        let most = self.request.split.most_ids.unwrap_or(0);
        self.ids.len() <= most as usize
    }
}

fn note_ids(request: &PartlyPrivate<'_>, object: &Object<'_>, ids: &mut Vec<String>) {
    if let Some(id) = &object.id
        && !ids.contains(id)
        && request.selects_private_of(object.selection)
    {
        ids.push(id.clone());
    }
    for value in object.values.iter().flatten() {
        note_ids_below(request, value, ids);
    }
}

fn note_ids_below(request: &PartlyPrivate<'_>, value: &Found<'_>, ids: &mut Vec<String>) {
    match value {
        Found::Whole(_) => {}
        Found::Object(object) => note_ids(request, object, ids),
        Found::List(items) => {
            for item in items {
                note_ids_below(request, item, ids);
            }
        }
    }
}

/// An answer that has `data` and nothing else.
struct Answer<'a>(&'a Selection);

impl<'a> Visitor<'a> for Answer<'a> {
    type Value = Object<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer without errors")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if map.next_key::<&str>()? != Some("data") {
            return Err(A::Error::custom("no data"));
        }
        let data = map.next_value_seed(Below {
            selection: self.0,
            depth: 1,
        })?;
        match (data, map.next_key::<IgnoredAny>()?) {
            (Found::Object(object), None) => Ok(object),
            _something_else => Err(A::Error::custom("more than data")),
        }
    }
}

/// A value below which there are private fields. `depth` is the number of levels of lists around its
/// objects, and one.
struct Below<'a> {
    selection: &'a Selection,
    depth: usize,
}

impl<'a> Below<'a> {
    fn of(both: &'a Both) -> Self {
        Self {
            selection: &both.below,
            depth: both.nullable.len(),
        }
    }
}

impl<'a> DeserializeSeed<'a> for Below<'a> {
    type Value = Found<'a>;

    // `deserialize_any` would have code for numbers and texts, which are not here.
    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_option(self)
    }
}

impl<'a> Visitor<'a> for Below<'a> {
    type Value = Found<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a list or null")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Found::Whole(RawValue::NULL))
    }

    fn visit_some<D: Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        if self.depth > 1 {
            from.deserialize_seq(self)
        } else {
            from.deserialize_map(self)
        }
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let depth = self.depth.saturating_sub(1);
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Below { depth, ..self })? {
            list.push(item);
        }
        Ok(Found::List(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self { selection, .. } = self;
        let mut values: Vec<Option<Found<'a>>> = Vec::new();
        values.resize_with(selection.fields.len(), || None);
        let id_key = selection.id.as_ref().map(pq_core::split::Id::key);
        let mut id = None;
        // Fields mostly come in the selection's order.
        let mut next = 0;
        while let Some(key) = map.next_key::<&str>()? {
            let place = place_of(selection, key, next);
            next = place.map_or(next, |place| place + 1);
            let value = match place.map(|place| &selection.fields[place].from) {
                Some(Origin::Both(both)) => map.next_value_seed(Below::of(both))?,
                Some(Origin::Public | Origin::Private(_)) | None => {
                    Found::Whole(map.next_value::<&RawValue>()?)
                }
            };
            if id_key == Some(key)
                && let Found::Whole(raw) = &value
            {
                let text: String = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
                id = Some(text);
            }
            if let Some(place) = place {
                values[place] = Some(value);
            }
        }
        if id_key.is_some() && id.is_none() {
            return Err(A::Error::custom("an object without its id"));
        }
        Ok(Found::Object(Object {
            selection,
            values,
            id,
        }))
    }
}

fn place_of(selection: &Selection, key: &str, next: usize) -> Option<usize> {
    let fields = &selection.fields;
    if fields.get(next).is_some_and(|shown| shown.key == key) {
        return Some(next);
    }
    fields.iter().position(|shown| shown.key == key)
}
