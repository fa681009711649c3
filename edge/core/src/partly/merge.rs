//! Makes the whole answer: copies the bytes of the public part, and puts the private fields in.

use pq_core::error::{ErrorCode, Refusal};
use pq_core::split::{Origin, Private};
use serde::Serialize;
use serde_json::value::RawValue;

use super::public::{Found, Object, PublicAnswer};
use super::remainder::{Failure, Of, Remainder, Segment};

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The body.
    pub body: Vec<u8>,
    /// How many errors it has.
    pub errors: usize,
}

impl PublicAnswer<'_> {
    /// The whole answer. A private field that the remainder lacks is null, and a null that its type forbids
    /// goes up to what may be null; its error says where it was.
    pub fn merged_with(&self, remainder: &Remainder) -> Merged {
        let mut merge = Merge {
            public: self,
            remainder,
            path: Vec::new(),
            body: br#"{"data":"#.to_vec(),
            errors: Vec::new(),
        };
        let start = merge.body.len();
        if merge.object(&self.data).is_err() {
            merge.body.truncate(start);
            merge.body.extend_from_slice(b"null");
        }
        let Merge {
            mut body, errors, ..
        } = merge;
        if !errors.is_empty() {
            body.extend_from_slice(br#","errors":"#);
            let written = serde_json::to_vec(&errors).unwrap_or_else(|_| b"[]".to_vec());
            body.extend_from_slice(&written);
        }
        body.push(b'}');
        Merged {
            body,
            errors: errors.len(),
        }
    }
}

#[derive(Serialize)]
struct ShownError {
    message: Box<RawValue>,
    path: Vec<Segment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Box<RawValue>>,
}

/// A value is null where it may not be.
struct Forbidden;

struct Merge<'a> {
    public: &'a PublicAnswer<'a>,
    remainder: &'a Remainder,
    /// Where it is in the answer.
    path: Vec<Segment>,
    body: Vec<u8>,
    errors: Vec<ShownError>,
}

impl Merge<'_> {
    fn object(&mut self, object: &Object<'_>) -> Result<(), Forbidden> {
        let place = object.id.as_ref().and_then(|id| self.public.places.get(id));
        let of = place.map_or(Of::Root, |place| Of::Object(*place));
        let mut separator = b'{';
        for (shown, value) in object.selection.fields.iter().zip(&object.values) {
            match (&shown.from, value) {
                (Origin::Private(field), _) if self.public.request.selects(field) => {
                    self.key(&shown.key, &mut separator);
                    self.private(of, &shown.key, field)?;
                }
                (Origin::Public | Origin::Both(_), Some(value)) => {
                    self.key(&shown.key, &mut separator);
                    let nullable = match &shown.from {
                        Origin::Both(both) => both.nullable.as_slice(),
                        Origin::Public | Origin::Private(_) => &[],
                    };
                    self.value(value, nullable)?;
                }
                // Left out by `@skip` or `@include`.
                (Origin::Private(_), _) | (Origin::Public | Origin::Both(_), None) => continue,
            }
            self.path.pop();
        }
        if separator == b'{' {
            self.body.push(b'{');
        }
        self.body.push(b'}');
        Ok(())
    }

    fn key(&mut self, key: &str, separator: &mut u8) {
        self.body.push(*separator);
        *separator = b',';
        self.path.push(Segment::Key(key.to_owned()));
        self.body.push(b'"');
        // A name has no character that JSON escapes.
        self.body.extend_from_slice(key.as_bytes());
        self.body.extend_from_slice(b"\":");
    }

    /// `nullable` says whether null is allowed here, then for items of a list.
    fn value(&mut self, value: &Found<'_>, nullable: &[bool]) -> Result<(), Forbidden> {
        let (start, depth) = (self.body.len(), self.path.len());
        let written = match value {
            Found::Whole(raw) => {
                self.body.extend_from_slice(raw.get().as_bytes());
                Ok(())
            }
            Found::Object(object) => self.object(object),
            Found::List(items) => self.list(items, nullable.get(1..).unwrap_or_default()),
        };
        if written.is_err() {
            self.path.truncate(depth);
            self.body.truncate(start);
            return self.null(nullable.first().copied().unwrap_or(true));
        }
        Ok(())
    }

    fn list(&mut self, items: &[Found<'_>], nullable: &[bool]) -> Result<(), Forbidden> {
        self.body.push(b'[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.body.push(b',');
            }
            self.path.push(Segment::Item(place));
            self.value(item, nullable)?;
            self.path.pop();
        }
        self.body.push(b']');
        Ok(())
    }

    fn private(&mut self, of: Of, key: &str, field: &Private) -> Result<(), Forbidden> {
        let remainder = self.remainder;
        let answered = match remainder {
            Remainder::Answered(answered) => answered,
            Remainder::Failed(failure) => {
                self.error(failure.clone(), &[]);
                return self.null(field.nullable);
            }
            Remainder::NotNeeded => return self.gone(field),
        };
        let before = self.errors.len();
        for (failure, below) in answered.errors(of, key) {
            self.error(failure, below);
        }
        match answered.value(of, key) {
            Some(value) if value.get() != "null" => {
                self.body.extend_from_slice(value.get().as_bytes());
                Ok(())
            }
            Some(_) => self.null(field.nullable),
            None if self.errors.len() > before => self.null(field.nullable),
            None => self.gone(field),
        }
    }

    fn null(&mut self, is_allowed: bool) -> Result<(), Forbidden> {
        if !is_allowed {
            return Err(Forbidden);
        }
        self.body.extend_from_slice(b"null");
        Ok(())
    }

    /// The object was deleted, or hidden, after the public part was made.
    fn gone(&mut self, field: &Private) -> Result<(), Forbidden> {
        let refusal = Refusal::new(ErrorCode::NOT_FOUND, "it is not there any more");
        if let Remainder::Failed(failure) = Remainder::of_answer(refusal.body().as_bytes()) {
            self.error(failure, &[]);
        }
        self.null(field.nullable)
    }

    fn error(&mut self, failure: Failure, below: &[Segment]) {
        let Failure {
            message,
            extensions,
        } = failure;
        self.errors.push(ShownError {
            message,
            path: [self.path.as_slice(), below].concat(),
            extensions,
        });
    }
}
