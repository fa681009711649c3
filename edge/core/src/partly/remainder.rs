//! Reads the origin's answer to a remainder.

use std::collections::HashMap;

use pq_core::error::{ErrorCode, Refusal};
use pq_core::split::OBJECTS;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the remainder came to.
#[derive(Debug)]
pub enum Remainder {
    /// The request selects no private field, or shows no object that has one.
    NotNeeded,
    /// The origin executed it.
    Answered(Answered),
    /// It did not: every private field has this error.
    Failed(Failure),
}

/// An error without its path.
#[derive(Clone, Debug)]
pub struct Failure {
    /// JSON text.
    pub(super) message: Box<RawValue>,
    pub(super) extensions: Option<Box<RawValue>>,
}

/// The fields of an object, as the origin wrote them.
type Fields = HashMap<String, Box<RawValue>>;

/// The origin's answer to a remainder.
#[derive(Debug)]
pub struct Answered {
    roots: Fields,
    /// Those asked for by id, in the order of the ids.
    objects: Vec<Option<Fields>>,
    errors: Vec<PartError>,
}

/// An error in the origin's answer.
#[derive(Debug, Deserialize)]
struct PartError {
    message: Box<RawValue>,
    path: Option<Vec<Segment>>,
    extensions: Option<Box<RawValue>>,
}

/// A step of a path: a response key, or the place of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Segment {
    Item(usize),
    Key(String),
}

/// Whose field the remainder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A root field.
    Root,
    /// A field of the object whose id is at this place among those that are asked for.
    Object(usize),
}

impl Remainder {
    /// Reads the origin's answer, whatever its status.
    pub fn of_answer(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Answer {
            data: Option<Fields>,
            #[serde(default)]
            errors: Vec<PartError>,
        }
        let Ok(Answer { data, errors }) = serde_json::from_slice::<Answer>(body) else {
            return Self::unreachable();
        };
        // An error of a field has a path, one of a request that was not executed has none.
        let is_executed = data.is_some() || errors.iter().any(|error| error.path.is_some());
        if !is_executed {
            let first = errors.into_iter().next();
            return first.map_or_else(Self::unreachable, |error| {
                Self::Failed(error.without_path())
            });
        }
        let mut roots = data.unwrap_or_default();
        let objects = roots.remove(OBJECTS);
        let objects = objects.and_then(|text| serde_json::from_str(text.get()).ok());
        Self::Answered(Answered {
            roots,
            objects: objects.unwrap_or_default(),
            errors,
        })
    }

    /// The word in `Cache-Status`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotNeeded => "not-needed",
            Self::Answered(_) => "answered",
            Self::Failed(_) => "failed",
        }
    }

    /// The origin did not answer.
    pub fn unreachable() -> Self {
        let refusal = Refusal::new(
            ErrorCode::ORIGIN_UNREACHABLE,
            "the service cannot be reached; try again in a few seconds",
        );
        Self::of_answer(refusal.body().as_bytes())
    }
}

impl PartError {
    fn without_path(self) -> Failure {
        Failure {
            message: self.message,
            extensions: self.extensions,
        }
    }

    /// The path below a field; none if the error is not of this field.
    fn below(&self, of: Of, key: &str) -> Option<&[Segment]> {
        let path = self.path.as_deref().unwrap_or_default();
        let is = |segment: &Segment, key: &str| matches!(segment, Segment::Key(one) if one == key);
        match (of, path) {
            (Of::Root, [field, below @ ..]) => is(field, key).then_some(below),
            (Of::Object(place), [objects, below @ ..]) if is(objects, OBJECTS) => match below {
                [Segment::Item(item), ..] if *item != place => None,
                [_, field, below @ ..] => is(field, key).then_some(below),
                // All of them failed, or the whole object.
                [] | [_] => Some(&[]),
            },
            (Of::Root | Of::Object(_), _) => None,
        }
    }
}

impl Answered {
    /// The field's value; none if the origin did not give it.
    pub(super) fn value(&self, of: Of, key: &str) -> Option<&RawValue> {
        let fields = match of {
            Of::Root => &self.roots,
            Of::Object(place) => self.objects.get(place)?.as_ref()?,
        };
        fields.get(key).map(|value| &**value)
    }

    /// The field's errors, each with its path below the field.
    pub(super) fn errors<'a>(
        &'a self,
        of: Of,
        key: &'a str,
    ) -> impl Iterator<Item = (Failure, &'a [Segment])> {
        self.errors.iter().filter_map(move |error| {
            let below = error.below(of, key)?;
            let failure = Failure {
                message: error.message.clone(),
                extensions: error.extensions.clone(),
            };
            Some((failure, below))
        })
    }
}
