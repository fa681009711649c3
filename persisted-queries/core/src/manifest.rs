//! The manifest: all documents of a build, with their variables, cost and cache policy.
//!
//! The format is Apollo's `apollo-persisted-query-manifest`, version 1, with additional fields.
//! Apollo's own manifests and Relay's `{"<id>": "<text>"}` can be read too; their documents have no
//! policy, so they are not cacheable until they are compiled.

use std::collections::HashSet;
use std::fmt;

use cache_core::variables::{InputTypes, VariableDefinition};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::hash::{DocumentHash, HashError};
use crate::policy::CachePolicy;

mod signature;

/// The `format` of every manifest.
pub const FORMAT: &str = "apollo-persisted-query-manifest";
/// The `version` of every manifest.
pub const VERSION: u32 = 1;

/// A checked set of documents: ids are unique, and every id is the hash of its body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    format: &'static str,
    version: u32,
    operations: Vec<Operation>,
}

/// One document, as it is published and as the edge and the origin store it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// SHA-256 of `body`.
    pub id: DocumentHash,
    /// The name of the document's one operation.
    pub name: String,
    /// What the operation does.
    #[serde(rename = "type")]
    pub kind: OperationKind,
    /// The document's exact bytes.
    pub body: String,
    /// The client that the document was written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The declared variables, in the document's order.
    #[serde(default)]
    pub variables: Vec<VariableDefinition>,
    /// The input types that the variables use.
    #[serde(default)]
    pub input_types: InputTypes,
    /// An upper estimate of the fields in an answer.
    #[serde(default)]
    pub cost: u64,
    /// The deepest nesting of fields; a root field is 1.
    #[serde(default)]
    pub depth: u32,
    /// Who may cache its answers, and for how long.
    #[serde(default)]
    pub policy: CachePolicy,
}

/// What the edge and the origin store per document, as JSON.
pub type DocumentRecord = Operation;

/// The three kinds of GraphQL operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Reads data.
    Query,
    /// Changes data.
    Mutation,
    /// Receives events.
    Subscription,
}

impl OperationKind {
    /// The keyword in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not JSON, or not in a known format.
    #[error("the manifest cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another `format`.
    #[error("the manifest's format is {0:?}, not {FORMAT:?}")]
    WrongFormat(String),
    /// It has another `version`.
    #[error("the manifest's version is {0}, not {VERSION}")]
    WrongVersion(u64),
    /// Two documents have the same id.
    #[error("the id {id} is there twice: {first} and {second}")]
    DuplicateId {
        /// The id.
        id: DocumentHash,
        /// The name of the first document.
        first: String,
        /// The name of the second document.
        second: String,
    },
    /// An id is not a SHA-256 (for example an MD5, Relay's default).
    #[error("the id {id:?} is not a document hash: {source}")]
    BadId {
        /// The id as it is written.
        id: String,
        /// What is wrong with it.
        source: HashError,
    },
    /// An id is not the hash of its document's body.
    #[error("the id of {name} is {id}, and its body's hash is {actual}")]
    WrongId {
        /// The document's name.
        name: String,
        /// The id as it is written.
        id: DocumentHash,
        /// The hash of the body.
        actual: DocumentHash,
    },
    /// A document in a Relay manifest does not have exactly one named operation.
    #[error("the document {id} does not have exactly one named operation")]
    NoOperationName {
        /// The document's id.
        id: DocumentHash,
    },
}

impl Operation {
    /// Checks that the id is the hash of the body.
    pub fn verify(&self) -> Result<(), ManifestError> {
        let actual = DocumentHash::of(&self.body);
        if actual == self.id {
            return Ok(());
        }
        Err(ManifestError::WrongId {
            name: self.label(),
            id: self.id,
            actual,
        })
    }

    /// `client/name`, or the name alone without a client.
    pub fn label(&self) -> String {
        match &self.client_name {
            Some(client) => format!("{client}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Manifest {
    /// Checks documents and makes a manifest of them, in the same order.
    pub fn new(operations: Vec<Operation>) -> Result<Self, ManifestError> {
        let mut seen = HashSet::with_capacity(operations.len());
        for operation in &operations {
            operation.verify()?;
            if !seen.insert(operation.id) {
                return Err(duplicate(&operations, operation));
            }
        }
        Ok(Self {
            format: FORMAT,
            version: VERSION,
            operations,
        })
    }

    /// Parses one of our manifests, or one of Apollo or Relay.
    pub fn from_json(json: &str) -> Result<Self, ManifestError> {
        match serde_json::from_str(json)? {
            Shape::Apollo(header) => {
                if header.format != FORMAT {
                    return Err(ManifestError::WrongFormat(header.format));
                }
                if header.version != u64::from(VERSION) {
                    return Err(ManifestError::WrongVersion(header.version));
                }
                let body: Body = serde_json::from_str(json)?;
                Self::new(body.operations)
            }
            Shape::Relay(documents) => {
                let operations = documents.into_iter().map(relay_operation);
                Self::new(operations.collect::<Result<_, _>>()?)
            }
        }
    }

    /// The manifest as indented JSON with a final newline; the same manifest gives the same bytes.
    pub fn to_json(&self) -> Result<String, ManifestError> {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        Ok(json)
    }

    /// The documents, in the manifest's order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The documents, owned, in the manifest's order.
    pub fn into_operations(self) -> Vec<Operation> {
        self.operations
    }

    /// The document with this id.
    pub fn get(&self, id: &DocumentHash) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == *id)
    }
}

fn duplicate(operations: &[Operation], second: &Operation) -> ManifestError {
    let first = operations
        .iter()
        .find(|operation| operation.id == second.id)
        .unwrap_or(second);
    ManifestError::DuplicateId {
        id: second.id,
        first: first.label(),
        second: second.label(),
    }
}

fn relay_operation((id_text, body): (String, String)) -> Result<Operation, ManifestError> {
    let id = DocumentHash::parse(&id_text).map_err(|source| ManifestError::BadId {
        id: id_text,
        source,
    })?;
    let (kind, name) =
        signature::of_document(&body).ok_or(ManifestError::NoOperationName { id })?;
    Ok(Operation {
        id,
        name,
        kind,
        body,
        client_name: None,
        variables: Vec::new(),
        input_types: InputTypes::default(),
        cost: 0,
        depth: 0,
        policy: CachePolicy::NOT_CACHEABLE,
    })
}

/// The operations of a manifest whose header was accepted.
#[derive(Deserialize)]
struct Body {
    operations: Vec<Operation>,
}

struct Header {
    format: String,
    version: u64,
}

/// The detected format: a manifest with a `format`, or else Relay's map.
enum Shape {
    Apollo(Header),
    Relay(Vec<(String, String)>),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ShapeVisitor)
    }
}

/// Reads the map entry by entry, because a `Map` would silently drop the first of two equal ids.
struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a manifest: {FORMAT}, or a map from ids to documents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut format = None;
        let mut version = None;
        let mut documents = Vec::new();
        let mut other_fields = false;
        while let Some(key) = map.next_key::<String>()? {
            let value: serde_json::Value = map.next_value()?;
            match (key.as_str(), value) {
                ("format", serde_json::Value::String(text)) => format = Some(text),
                ("version", serde_json::Value::Number(number)) => version = number.as_u64(),
                (_, serde_json::Value::String(body)) => documents.push((key, body)),
                // `operations`, and any fields that a tool has added.
                _ => other_fields = true,
            }
        }
        match (format, version) {
            (Some(format), version) => Ok(Shape::Apollo(Header {
                format,
                version: version.unwrap_or(0),
            })),
            (None, None) if !other_fields => Ok(Shape::Relay(documents)),
            (None, _) => Err(serde::de::Error::missing_field("format")),
        }
    }
}
