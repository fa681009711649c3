//! Row access for export, restore and copy: rows of users, of bookings, and of partners' other
//! data.
//!
//! A copy reads a table from one end to the other and adds the missing rows, whatever the table
//! holds: one description per table ([`kinds`]) serves both backends, and no value is recomputed.

mod kinds;

use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};

pub use kinds::KINDS;

use crate::{
    StoreError,
    users::{account::Preferences, membership::Memberships},
};

/// A row: values by column name, in the order of the kind's fields.
pub type Row = Map<String, Value>;

/// Raw row access to a database.
#[async_trait]
pub trait RowStore: fmt::Debug + Send + Sync {
    /// The rows after the given one, in key order, `limit` or a few more; empty at the end.
    /// Duplicate rows without a key of their own are returned once.
    async fn page(
        &self,
        kind: &'static Kind,
        after: Option<Row>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// Adds rows whose keys are not stored yet, in one transaction. Fails if another row has a
    /// value that must be unique, such as an e-mail address.
    async fn put(&self, kind: &'static Kind, rows: Vec<Row>) -> Result<(), StoreError>;
}

/// The tables that are exported, restored and copied; one name each.
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
    Queue,
    Reach,
    Devices,
    Inbox,
    Templates,
    KnownDevices,
    Campaigns,
    Uploads,
    Pictures,
    Payments,
    Refunds,
    Ledger,
    LedgerTransfers,
    PartnerAccounts,
    PaymentDifferences,
    Verifications,
    Reviews,
    ReviewReports,
    PartnerRatings,
    OperatorAudit,
    WalkIns,
}

impl Collection {
    pub const ALL: [Self; 34] = [
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
        Self::Queue,
        Self::Reach,
        Self::Devices,
        Self::Inbox,
        Self::Templates,
        Self::KnownDevices,
        Self::Campaigns,
        Self::Uploads,
        Self::Pictures,
        Self::Payments,
        Self::Refunds,
        Self::Ledger,
        Self::LedgerTransfers,
        Self::PartnerAccounts,
        Self::PaymentDifferences,
        Self::Verifications,
        Self::Reviews,
        Self::ReviewReports,
        Self::PartnerRatings,
        Self::OperatorAudit,
        Self::WalkIns,
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
            Self::Queue => "queue",
            Self::Reach => "reach",
            Self::Devices => "devices",
            Self::Inbox => "inbox",
            Self::Templates => "templates",
            Self::KnownDevices => "known_devices",
            Self::Campaigns => "campaigns",
            Self::Uploads => "uploads",
            Self::Pictures => "pictures",
            Self::Payments => "payments",
            Self::Refunds => "refunds",
            Self::Ledger => "ledger",
            Self::LedgerTransfers => "ledger_transfers",
            Self::PartnerAccounts => "partner_accounts",
            Self::PaymentDifferences => "payment_differences",
            Self::Verifications => "verifications",
            Self::WalkIns => "walk_ins",
            Self::Reviews => "reviews",
            Self::ReviewReports => "review_reports",
            Self::PartnerRatings => "partner_ratings",
            Self::OperatorAudit => "operator_audit",
        }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The description of one table (SQLite) or collection (MongoDB).
#[derive(Debug)]
pub struct Kind {
    pub collection: Collection,
    pub identity: Identity,
    pub fields: &'static [Field],
}

/// How rows of a table are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// By the first field, which is `_id` in MongoDB.
    First,
    /// By this many leading fields; joined they are `_id` in MongoDB.
    Joined(usize),
    /// By all their values.
    Content,
}

#[derive(Debug)]
pub struct Field {
    pub column: &'static str,
    /// The field in MongoDB; a nested field is written with a dot.
    pub path: &'static str,
    pub shape: Shape,
    pub missing: Missing,
    /// Exports of earlier formats do not have it. Lines leave it out while it is empty, so that they add up
    /// to the same as before.
    pub later: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Id,
    Text,
    Word(fn(&str) -> bool),
    Flag,
    Whole,
    /// Milliseconds since the Unix epoch; a date in MongoDB.
    Moment,
    /// A list of strings.
    Words,
    Preferences,
    /// A list of ids, which may be empty.
    Ids,
    /// The memberships after the oldest one, in the form of `users::membership`.
    Memberships,
    /// An idempotency key; in MongoDB it is prefixed with its user.
    KeyOfUser,
}

/// How MongoDB represents a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Never,
    Null,
    Absent,
}

impl Kind {
    /// The name of the table, the same in both backends.
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

    /// Whether a row is worth copying: an invitation that ends within the hour is not, because
    /// MongoDB's TTL index may delete it before it is counted.
    pub fn lasts(&self, row: &Row, now_ms: i64) -> bool {
        const HOUR_MS: i64 = 3_600_000;
        self.collection != Collection::Invitations
            || row.get("expires_at_ms").and_then(Value::as_i64) > Some(now_ms + HOUR_MS)
    }

    /// A row as it stands in an export file: without later columns that are empty.
    pub fn line(&self, row: &Row) -> Row {
        let is_left_out = |column: &str, value: &Value| {
            let mut fields = self.fields.iter();
            value.is_null() && fields.any(|field| field.later && field.column == column)
        };
        let mut line = row.clone();
        line.retain(|column, value| !is_left_out(column, value));
        line
    }

    /// Parses a line of an export file.
    pub fn parse(&self, line: &str) -> Result<Row, String> {
        let given: Row = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let of_line = |field: &&Field| !field.later || given.contains_key(field.column);
        let fields = self.fields.iter().filter(of_line);
        if !given.keys().eq(fields.map(|field| field.column)) {
            return Err(format!("not the fields of {}", self.collection));
        }
        let value = |field: &Field| given.get(field.column).cloned().unwrap_or(Value::Null);
        let all = self.fields.iter();
        let row: Row = all
            .map(|field| (field.column.to_owned(), value(field)))
            .collect();
        for (field, value) in self.fields.iter().zip(row.values()) {
            field.check(value)?;
        }
        Ok(row)
    }
}

impl Field {
    fn check(&self, value: &Value) -> Result<(), String> {
        let is_id = |text: &str| text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let is_good = match (self.shape, value) {
            (_, Value::Null) => self.missing != Missing::Never,
            (Shape::Id, Value::String(text)) => is_id(text),
            (Shape::Ids, Value::Array(list)) => {
                list.iter().all(|item| item.as_str().is_some_and(is_id))
            }
            (Shape::Memberships, value) => memberships(value.clone()).is_ok(),
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
                | Shape::Words
                | Shape::Ids,
                _,
            ) => false,
        };
        if is_good {
            Ok(())
        } else {
            // The value itself is not reported: it may be personal data.
            Err(format!("{} is none", self.column))
        }
    }
}

/// Serializes preferences in the canonical form that both backends use.
pub fn preferences(stored: Value) -> Result<Value, serde_json::Error> {
    serde_json::from_value::<Preferences>(stored).and_then(serde_json::to_value)
}

/// Reads further memberships.
pub fn memberships(stored: Value) -> Result<Memberships, serde_json::Error> {
    serde_json::from_value(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_none_is_refused_in_every_column_of_words() {
        let fields = KINDS.iter().flat_map(|kind| kind.fields);
        let words = fields.filter(|field| matches!(field.shape, Shape::Word(_)));
        let mut count = 0;
        for field in words {
            for none in ["", "nonsense"] {
                assert!(field.check(&none.into()).is_err(), "{}", field.column);
            }
            count += 1;
        }
        assert!(count >= 8, "{count}");
    }
}
