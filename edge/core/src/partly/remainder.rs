//! Reads the origin's answer to a remainder.

use std::collections::BTreeMap;

use pq_core::error::{ErrorCode, Layer, Refusal};
use pq_core::split::OBJECTS;
use serde_json::Value;
use serde_json::value::RawValue;

/// What the remainder came to.
#[derive(Debug)]
pub enum Remainder<'a> {
    /// The request selects no private field, or shows no object that has one.
    NotNeeded,
    /// The origin executed it.
    Answered(Answered<'a>),
    /// It did not: every private field has this error.
    Failed(Failure),
}

/// An error without its path.
#[derive(Clone, Debug)]
pub struct Failure {
    /// JSON text.
    pub(super) message: String,
    /// JSON text.
    pub(super) extensions: Option<String>,
}

/// The fields of an object, as the origin wrote them.
type Fields<'a> = BTreeMap<&'a str, &'a RawValue>;

/// The origin's answer to a remainder.
#[derive(Debug)]
pub struct Answered<'a> {
    roots: Fields<'a>,
    /// Those asked for by id, in the order of the ids.
    objects: Vec<Option<Fields<'a>>>,
    errors: Vec<PartError>,
}

/// An error in the origin's answer.
#[derive(Debug)]
struct PartError {
    failure: Failure,
    /// Response keys and places of items.
    path: Option<Vec<Value>>,
}

/// Whose field the remainder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A root field.
    Root,
    /// A field of the object whose id is at this place among those that are asked for.
    Object(usize),
}

impl<'a> Remainder<'a> {
    /// Reads the origin's answer, whatever its status.
    pub fn of_answer(body: &'a str) -> Self {
        let Some(answer) = fields(body) else {
            return Self::unreachable();
        };
        let part = |name: &str| answer.get(name).map(|part| part.get());
        let errors: Vec<PartError> = part("errors")
            .and_then(|errors| items(errors)?.into_iter().map(PartError::read).collect())
            .unwrap_or_default();
        let data = part("data").and_then(fields);
        // An error of a field has a path, one of a request that was not executed has none.
        let is_executed = data.is_some() || errors.iter().any(|error| error.path.is_some());
        if !is_executed {
            let first = errors.into_iter().next();
            return first.map_or_else(Self::unreachable, |error| Self::Failed(error.failure));
        }
        let mut roots = data.unwrap_or_default();
        let objects = roots.remove(OBJECTS).and_then(|list| items(list.get()));
        let objects = objects.unwrap_or_default().into_iter();
        Self::Answered(Answered {
            roots,
            objects: objects.map(|object| fields(object.get())).collect(),
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

    /// Whether the origin refuses the request that the edge made: the remainder is not published, or its
    /// schema has changed. It may still execute the whole document.
    pub fn is_refused_itself(&self) -> bool {
        match self {
            Self::Failed(failure) => failure
                .code()
                .is_some_and(|code| code.layer == Layer::Document),
            Self::NotNeeded | Self::Answered(_) => false,
        }
    }

    /// The origin did not answer.
    pub fn unreachable() -> Self {
        Self::Failed(Failure::of(&Refusal::new(
            ErrorCode::ORIGIN_UNREACHABLE,
            "the service cannot be reached; try again in a few seconds",
        )))
    }
}

/// The fields of an object; none of anything else.
fn fields(object: &str) -> Option<Fields<'_>> {
    serde_json::from_str(object).ok()
}

/// The items of a list; none of anything else.
fn items(list: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(list).ok()
}

impl Failure {
    /// The error that says a refusal.
    pub(super) fn of(refusal: &Refusal) -> Self {
        let Refusal { code, message } = refusal;
        Self {
            message: Value::from(message.as_str()).to_string(),
            extensions: Some(format!(r#"{{"code":"{}"}}"#, code.as_str())),
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        let extensions: Value = serde_json::from_str(self.extensions.as_ref()?).ok()?;
        ErrorCode::parse(extensions["code"].as_str()?)
    }
}

impl PartError {
    fn read(error: &RawValue) -> Option<Self> {
        let error = fields(error.get())?;
        let text = |name: &str| error.get(name).map(|part| part.get().to_owned());
        let failure = Failure {
            message: text("message")?,
            extensions: text("extensions"),
        };
        let path = error.get("path").map_or("null", |path| path.get());
        let path = serde_json::from_str(path).ok()?;
        Some(Self { failure, path })
    }

    /// The path below a field; none if the error is not of this field.
    fn below(&self, of: Of, key: &str) -> Option<&[Value]> {
        let path = self.path.as_deref().unwrap_or_default();
        match (of, path) {
            (Of::Root, [field, below @ ..]) => (field == key).then_some(below),
            (Of::Object(place), [objects, below @ ..]) if objects == OBJECTS => match below {
                [item, ..] if *item != place => None,
                [_, field, below @ ..] => (field == key).then_some(below),
                // All of them failed, or the whole object.
                [] | [_] => Some(&[]),
            },
            (Of::Root | Of::Object(_), _) => None,
        }
    }
}

impl Answered<'_> {
    /// The field's value; none if the origin did not give it.
    pub(super) fn value(&self, of: Of, key: &str) -> Option<&str> {
        let fields = match of {
            Of::Root => &self.roots,
            Of::Object(place) => self.objects.get(place)?.as_ref()?,
        };
        fields.get(key).map(|value| value.get())
    }

    /// Whether an error says why nothing of this object is there: a field of it failed that may not be null.
    pub(super) fn is_null_by_an_error(&self, of: Of) -> bool {
        let Of::Object(place) = of else {
            return self.roots.is_empty() && !self.errors.is_empty();
        };
        let mut paths = self.errors.iter().filter_map(|error| error.path.as_deref());
        paths
            .any(|path| matches!(path, [objects, item, ..] if objects == OBJECTS && *item == place))
    }

    /// The field's errors, each with its path below the field.
    pub(super) fn errors(&self, of: Of, key: &str) -> impl Iterator<Item = (&Failure, &[Value])> {
        self.errors
            .iter()
            .filter_map(move |error| Some((&error.failure, error.below(of, key)?)))
    }
}
