//! Makes the whole answer: copies the bytes of the public part, and puts the private fields in.

use pq_core::error::{ErrorCode, Refusal};
use pq_core::split::{Origin, Private};
use serde_json::Value;

use super::public::{Found, Object, PublicAnswer};
use super::remainder::{Failure, Of, Remainder};

impl PublicAnswer<'_> {
    /// The whole answer. A private field that the remainder lacks is null, and a null that its type forbids
    /// goes up to what may be null; its error says where it was.
    pub fn merged_with(&self, remainder: &Remainder<'_>) -> String {
        let mut merge = Merge {
            public: self,
            remainder,
            path: Vec::new(),
            body: r#"{"data":"#.to_owned(),
            errors: String::new(),
        };
        let start = merge.body.len();
        if merge.object(&self.data).is_err() {
            merge.body.truncate(start);
            merge.body.push_str("null");
        }
        let Merge {
            mut body, errors, ..
        } = merge;
        if !errors.is_empty() {
            body.push_str(r#","errors":["#);
            body.push_str(&errors);
            body.push(']');
        }
        body.push('}');
        body
    }
}

/// A value is null where it may not be.
struct Forbidden;

struct Merge<'a> {
    public: &'a PublicAnswer<'a>,
    remainder: &'a Remainder<'a>,
    /// Where it is in the answer: response keys and places of items.
    path: Vec<Value>,
    body: String,
    /// With commas between them.
    errors: String,
}

impl Merge<'_> {
    fn object(&mut self, object: &Object<'_>) -> Result<(), Forbidden> {
        let of = self.public.place(object).map_or(Of::Root, Of::Object);
        let mut separator = '{';
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
        if separator == '{' {
            self.body.push('{');
        }
        self.body.push('}');
        Ok(())
    }

    fn key(&mut self, key: &str, separator: &mut char) {
        self.body.push(*separator);
        *separator = ',';
        self.path.push(key.into());
        self.body.push('"');
        // A name has no character that JSON escapes.
        self.body.push_str(key);
        self.body.push_str("\":");
    }

    /// `nullable` says whether null is allowed here, then for items of a list.
    fn value(&mut self, value: &Found<'_>, nullable: &[bool]) -> Result<(), Forbidden> {
        let (start, depth) = (self.body.len(), self.path.len());
        let written = match value {
            Found::Whole(raw) => {
                self.body.push_str(raw.get());
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
        self.body.push('[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.body.push(',');
            }
            self.path.push(place.into());
            self.value(item, nullable)?;
            self.path.pop();
        }
        self.body.push(']');
        Ok(())
    }

    fn private(&mut self, of: Of, key: &str, field: &Private) -> Result<(), Forbidden> {
        let remainder = self.remainder;
        let answered = match remainder {
            Remainder::Answered(answered) => answered,
            Remainder::Failed(failure) => {
                self.error(failure, &[]);
                return self.null(field.nullable);
            }
            Remainder::NotNeeded => return self.gone(field),
        };
        let before = self.errors.len();
        for (failure, below) in answered.errors(of, key) {
            self.error(failure, below);
        }
        match answered.value(of, key) {
            Some(value) if value != "null" => {
                self.body.push_str(value);
                Ok(())
            }
            Some(_) => self.null(field.nullable),
            None if self.errors.len() > before || answered.is_null_by_an_error(of) => {
                self.null(field.nullable)
            }
            None => self.gone(field),
        }
    }

    fn null(&mut self, is_allowed: bool) -> Result<(), Forbidden> {
        if !is_allowed {
            return Err(Forbidden);
        }
        self.body.push_str("null");
        Ok(())
    }

    /// The object was deleted, or hidden, after the public part was made.
    fn gone(&mut self, field: &Private) -> Result<(), Forbidden> {
        let refusal = Refusal::new(ErrorCode::NOT_FOUND, "it is not there any more");
        self.error(&Failure::of(&refusal), &[]);
        self.null(field.nullable)
    }

    fn error(&mut self, failure: &Failure, below: &[Value]) {
        let path = Value::Array([self.path.as_slice(), below].concat());
        if !self.errors.is_empty() {
            self.errors.push(',');
        }
        self.errors.push_str(r#"{"message":"#);
        self.errors.push_str(&failure.message);
        self.errors.push_str(r#","path":"#);
        self.errors.push_str(&path.to_string());
        if let Some(extensions) = &failure.extensions {
            self.errors.push_str(r#","extensions":"#);
            self.errors.push_str(extensions);
        }
        self.errors.push('}');
    }
}
