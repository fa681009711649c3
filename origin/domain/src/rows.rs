//! Rows that are moved as they are: of people, of bookings, and of what partners do besides.
//!
//! A moving reads such a table from one end to the other and adds what is missing, whatever the table
//! is: one description of each ([`kinds`]) does for both backends, and no value is computed anew.

mod kinds;

use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};

pub use kinds::KINDS;

use crate::{StoreError, users::account::Preferences};

/// Values by the names of columns, in the order of the kind's fields.
pub type Row = Map<String, Value>;

/// The rows of a backend.
#[async_trait]
pub trait RowStore: fmt::Debug + Send + Sync {
    /// The rows after one, in the order of their keys, `limit` or a few more; none at the end. What
    /// has no identity and is there twice is given once.
    async fn page(
        &self,
        kind: &'static Kind,
        after: Option<Row>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// Adds those whose keys are not stored, in one transaction. Fails where a row of another key
    /// has what only one may have, such as an e-mail address.
    async fn put(&self, kind: &'static Kind, rows: Vec<Row>) -> Result<(), StoreError>;
}

/// What is moved, one name a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    Partners,
    Establishments,
    Offers,
    Documents,
    Audit,
    Users,
    Consents,
    Favorites,
    Erasures,
    ServiceTokens,
    Invitations,
    OfferViews,
    Bookings,
}

impl Collection {
    pub const ALL: [Self; 13] = [
        Self::Partners,
        Self::Establishments,
        Self::Offers,
        Self::Documents,
        Self::Audit,
        Self::Users,
        Self::Consents,
        Self::Favorites,
        Self::Erasures,
        Self::ServiceTokens,
        Self::Invitations,
        Self::OfferViews,
        Self::Bookings,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partners => "partners",
            Self::Establishments => "establishments",
            Self::Offers => "offers",
            Self::Documents => "documents",
            Self::Audit => "audit",
            Self::Users => "users",
            Self::Consents => "consents",
            Self::Favorites => "favorites",
            Self::Erasures => "erasures",
            Self::ServiceTokens => "service_tokens",
            Self::Invitations => "invitations",
            Self::OfferViews => "offer_views",
            Self::Bookings => "bookings",
        }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One table, or collection.
#[derive(Debug)]
pub struct Kind {
    pub collection: Collection,
    pub identity: Identity,
    pub fields: &'static [Field],
}

/// By what rows are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The first field, which is `_id` in MongoDB.
    First,
    /// So many fields; joined they are `_id` in MongoDB.
    Joined(usize),
    /// By all that they say.
    Content,
}

#[derive(Debug)]
pub struct Field {
    pub column: &'static str,
    /// In MongoDB; a part of a part has a point.
    pub path: &'static str,
    pub shape: Shape,
    pub missing: Missing,
}

#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Id,
    Text,
    Word(fn(&str) -> bool),
    Flag,
    Whole,
    /// Milliseconds; a date in MongoDB.
    Moment,
    /// A list of texts.
    Words,
    Preferences,
    /// An idempotency key; behind its user in MongoDB.
    KeyOfUser,
}

/// What says in MongoDB that there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Never,
    Null,
    Absent,
}

impl Kind {
    /// Both backends call it the same.
    pub const fn table(&self) -> &'static str {
        self.collection.as_str()
    }

    pub fn key(&self) -> &'static [Field] {
        let count = match self.identity {
            Identity::First => 1,
            Identity::Joined(count) => count,
            Identity::Content => self.fields.len(),
        };
        self.fields.get(..count).unwrap_or(self.fields)
    }

    /// An invitation that ends within the hour is not moved: MongoDB forgets it by itself, perhaps
    /// before it was counted.
    pub fn lasts(&self, row: &Row, now_ms: i64) -> bool {
        const HOUR_MS: i64 = 3_600_000;
        self.collection != Collection::Invitations
            || row.get("expires_at_ms").and_then(Value::as_i64) > Some(now_ms + HOUR_MS)
    }

    /// A row of a file, if it is one.
    pub fn parse(&self, line: &str) -> Result<Row, String> {
        let row: Row = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if !row.keys().eq(self.fields.iter().map(|field| field.column)) {
            return Err(format!("not the fields of {}", self.collection));
        }
        for (field, value) in self.fields.iter().zip(row.values()) {
            field.check(value)?;
        }
        Ok(row)
    }
}

impl Field {
    fn check(&self, value: &Value) -> Result<(), String> {
        let is_good = match (self.shape, value) {
            (_, Value::Null) => self.missing != Missing::Never,
            (Shape::Id, Value::String(text)) => {
                text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())
            }
            (Shape::Text | Shape::KeyOfUser, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => {
                true
            }
            (Shape::Word(is_known), Value::String(text)) => is_known(text),
            (Shape::Whole | Shape::Moment, value) => value.is_i64(),
            (Shape::Words, Value::Array(list)) => list.iter().all(Value::is_string),
            (Shape::Preferences, value) => preferences(value.clone()).is_ok(),
            (
                Shape::Id
                | Shape::Text
                | Shape::KeyOfUser
                | Shape::Flag
                | Shape::Word(_)
                | Shape::Words,
                _,
            ) => false,
        };
        if is_good {
            Ok(())
        } else {
            // Not the value: it may be somebody's.
            Err(format!("{} is none", self.column))
        }
    }
}

/// In the one spelling that both backends agree on.
pub fn preferences(stored: Value) -> Result<Value, serde_json::Error> {
    serde_json::from_value::<Preferences>(stored).and_then(serde_json::to_value)
}
