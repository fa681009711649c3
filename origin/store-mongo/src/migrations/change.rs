//! What a step is made of.

use std::fmt;

use mongodb::bson::{Bson, Document, doc};

/// One change that may be done again.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Collection {
        name: &'static str,
        /// A JSON schema; fields that it does not name are allowed.
        schema: Document,
    },
    /// Another validator for a collection that is there.
    Validator {
        collection: &'static str,
        schema: Document,
    },
    Index(Index),
    /// An index that is not wanted any more.
    NoIndex {
        collection: &'static str,
        name: &'static str,
    },
    /// A value for the documents that do not have the field.
    Default {
        collection: &'static str,
        field: &'static str,
        value: Bson,
    },
    /// Stored unless there is one with its `_id`.
    Document {
        collection: &'static str,
        document: Document,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub collection: &'static str,
    pub name: &'static str,
    pub keys: Document,
    /// As `createIndexes` has them.
    pub options: Document,
    /// The keys for a server that does not support these.
    pub plain: Option<Document>,
}

impl Change {
    /// One line for people.
    pub fn title(&self) -> String {
        match self {
            Self::Collection { name, .. } => format!("collection {name} with a validator"),
            Self::Validator { collection, .. } => format!("another validator of {collection}"),
            Self::Index(index) => index.to_string(),
            Self::NoIndex { collection, name } => format!("no index {name} of {collection}"),
            Self::Default {
                collection,
                field,
                value,
            } => format!("{field}: {value} in {collection}, where there is none"),
            Self::Document {
                collection,
                document,
            } => format!("{} in {collection}, unless it is there", shown(document)),
        }
    }

    pub const fn collection(name: &'static str, schema: Document) -> Self {
        Self::Collection { name, schema }
    }

    pub fn index(collection: &'static str, name: &'static str, keys: Document) -> Self {
        Self::index_with(collection, name, keys, doc! {})
    }

    pub const fn index_with(
        collection: &'static str,
        name: &'static str,
        keys: Document,
        options: Document,
    ) -> Self {
        Self::Index(Index {
            collection,
            name,
            keys,
            options,
            plain: None,
        })
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            collection,
            name,
            keys,
            ..
        } = self;
        write!(f, "index {name} of {collection} {}", shown(keys))?;
        if matches!(self.options.get_bool("unique"), Ok(true)) {
            f.write_str(", unique")?;
        }
        if let Ok(filter) = self.options.get_document("partialFilterExpression") {
            write!(f, ", where {}", shown(filter))?;
        }
        Ok(())
    }
}

/// A flat document as `{a: 1, b: "x"}`.
pub(super) fn shown(document: &Document) -> String {
    let fields: Vec<String> = document
        .iter()
        .map(|(name, value)| match value {
            Bson::String(text) => format!("{name}: {text:?}"),
            other => format!("{name}: {other}"),
        })
        .collect();
    format!("{{{}}}", fields.join(", "))
}
