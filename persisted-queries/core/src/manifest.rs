//! The manifest: all documents of a build, with their variables, cost and cache policy.
//!
//! The format is Apollo's `apollo-persisted-query-manifest`, version 1, with additional fields. As in
//! Apollo's, a document that several clients use is listed once for each.
//!
//! Apollo's own manifests can be read too, and the maps of other tools: Relay's
//! `{"<id>": "<text>"}` and `{"<id>": {"name": …, "source": "<text>"}}`, which Apollo's tools for iOS
//! and Android write. Their documents have no policy, so they are not cacheable until they are
//! compiled.

use std::collections::{HashMap, HashSet};
use std::fmt;

use cache_core::variables::{InputTypes, VariableDefinition};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::{DocumentHash, HashError};
use crate::policy::CachePolicy;
use crate::split::Split;

mod clients;
mod signature;

pub use clients::Clients;

/// The `format` of every manifest.
pub const FORMAT: &str = "apollo-persisted-query-manifest";
/// The `version` of every manifest.
pub const VERSION: u32 = 1;

/// A checked set of documents: ids are unique, and every id is the hash of its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    operations: Vec<Operation>,
    /// The documents that were read without a policy.
    without_policy: HashSet<DocumentHash>,
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
    /// The clients that use the document.
    #[serde(
        default,
        rename = "clientName",
        skip_serializing_if = "Clients::is_empty"
    )]
    pub clients: Clients,
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
    /// How its answer is made of those of two other documents, if it is partly private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
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
    /// A client has two documents with the same id.
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
    /// A document in a map does not have exactly one named operation.
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
        if self.clients.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.clients, self.name)
        }
    }

    /// The same document, once for each of its clients.
    fn for_each_client(&self) -> Vec<Self> {
        let of = |clients| Self {
            clients,
            ..self.clone()
        };
        if self.clients.is_empty() {
            return vec![self.clone()];
        }
        self.clients.iter().map(Clients::one).map(of).collect()
    }
}

impl Manifest {
    /// Checks documents and makes a manifest of them, in the same order. A document that is listed
    /// for several clients becomes one document of all of them.
    pub fn new(operations: Vec<Operation>) -> Result<Self, ManifestError> {
        let mut places: HashMap<DocumentHash, usize> = HashMap::with_capacity(operations.len());
        let mut listed: Vec<Operation> = Vec::with_capacity(operations.len());
        for operation in operations {
            operation.verify()?;
            let Some(place) = places.get(&operation.id) else {
                places.insert(operation.id, listed.len());
                listed.push(operation);
                continue;
            };
            let first = &mut listed[*place];
            if !first.clients.join(&operation.clients) {
                return Err(ManifestError::DuplicateId {
                    id: operation.id,
                    first: first.label(),
                    second: operation.label(),
                });
            }
        }
        Ok(Self {
            operations: listed,
            without_policy: HashSet::new(),
        })
    }

    /// Parses one of our manifests, or one of another tool.
    pub fn from_json(json: &str) -> Result<Self, ManifestError> {
        // Some editors and PowerShell write a byte order mark, which is not JSON.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        match serde_json::from_str(json)? {
            Shape::Apollo(header) => {
                if header.format != FORMAT {
                    return Err(ManifestError::WrongFormat(header.format));
                }
                if header.version != u64::from(VERSION) {
                    return Err(ManifestError::WrongVersion(header.version));
                }
                let body: Body = serde_json::from_str(json)?;
                let stated: Body<Stated> = serde_json::from_str(json)?;
                let without = |(operation, stated): (&Operation, &Stated)| {
                    stated.policy.is_none().then_some(operation.id)
                };
                let pairs = body.operations.iter().zip(&stated.operations);
                let without_policy = pairs.filter_map(without).collect();
                Ok(Self {
                    without_policy,
                    ..Self::new(body.operations)?
                })
            }
            Shape::Map(documents) => {
                let operations = documents.into_iter().map(mapped_operation);
                let manifest = Self::new(operations.collect::<Result<_, _>>()?)?;
                let ids = manifest.operations.iter().map(|operation| operation.id);
                Ok(Self {
                    without_policy: ids.collect(),
                    ..manifest
                })
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

    /// Whether the manifest tells how this document is cached. Manifests of other tools do not.
    pub fn has_policy(&self, id: &DocumentHash) -> bool {
        !self.without_policy.contains(id)
    }

    /// The document with this id.
    pub fn get(&self, id: &DocumentHash) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == *id)
    }
}

/// A document that several clients use is listed for each, as in Apollo's format.
impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Listed {
            format: &'static str,
            version: u32,
            operations: Vec<Operation>,
        }
        let operations = self.operations.iter();
        let listed = Listed {
            format: FORMAT,
            version: VERSION,
            operations: operations.flat_map(Operation::for_each_client).collect(),
        };
        listed.serialize(serializer)
    }
}

fn mapped_operation((id_text, body): (String, String)) -> Result<Operation, ManifestError> {
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
        clients: Clients::default(),
        variables: Vec::new(),
        input_types: InputTypes::default(),
        cost: 0,
        depth: 0,
        policy: CachePolicy::NOT_CACHEABLE,
        split: None,
    })
}

/// The operations of a manifest whose header was accepted.
#[derive(Deserialize)]
struct Body<T = Operation> {
    operations: Vec<T>,
}

/// Whether an operation has a policy, which [`Operation`] gives a default.
#[derive(Deserialize)]
struct Stated {
    policy: Option<IgnoredAny>,
}

struct Header {
    format: String,
    version: u64,
}

/// The detected format: a manifest with a `format`, or else a map from ids to documents.
enum Shape {
    Apollo(Header),
    Map(Vec<(String, String)>),
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
                (_, mut other) => match other.get_mut("source").map(serde_json::Value::take) {
                    Some(serde_json::Value::String(body)) => documents.push((key, body)),
                    // `operations`, and any fields that a tool has added.
                    _ => other_fields = true,
                },
            }
        }
        match (format, version) {
            (Some(format), version) => Ok(Shape::Apollo(Header {
                format,
                version: version.unwrap_or(0),
            })),
            (None, None) if !other_fields => Ok(Shape::Map(documents)),
            (None, _) => Err(serde::de::Error::missing_field("format")),
        }
    }
}
