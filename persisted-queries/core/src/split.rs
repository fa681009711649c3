//! Documents that are partly private: `pq build` divides one into a *public part*, whose answer is the same
//! for everybody, and a *remainder*, which only the caller may read. Both are documents of their own.
//!
//! Private root fields are asked for by the remainder as they are. Private fields of objects that the public
//! part shows are asked for by the objects' ids, through the root field that the schema names with `@byIds`.

use crate::hash::DocumentHash;

mod json;

/// The response key of an object's id in the public part, if the client did not select it.
pub const ADDED_ID: &str = "_edgeId";
/// The response key, in the remainder, of the objects that are asked for by their ids.
pub const OBJECTS: &str = "_edgeObjects";
/// The remainder's variable that has their ids.
pub const IDS: &str = "_edgeIds";

/// How a document's answer is made of the answers to its two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The document without its private fields.
    pub public: DocumentHash,
    /// The document's private fields.
    pub remainder: DocumentHash,
    /// The document's variables that the remainder uses.
    pub variables: Vec<String>,
    /// Of how many objects the remainder may ask for fields. Not there: it asks for nothing by id.
    pub most_ids: Option<u32>,
    /// The root fields of the answer.
    pub shows: Selection,
}

/// The fields of an object of the answer, in the order in which the answer has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Where the public part has the object's id, if private fields of it are asked for.
    pub id: Option<Id>,
    /// The fields.
    pub fields: Vec<Shown>,
}

/// Where the public part has an object's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Id {
    /// The client selected it: under `id`.
    Selected,
    /// It did not: under [`ADDED_ID`], which the answer does not have.
    Added,
}

impl Id {
    /// Its response key in the public part.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Selected => "id",
            Self::Added => ADDED_ID,
        }
    }
}

/// A field of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its response key.
    pub key: String,
    /// Which part has it.
    pub from: Origin,
}

/// Which part has a field of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The public part, with all below it.
    Public,
    /// The remainder, with all below it.
    Private(Private),
    /// The public part has the object or the list of objects, and the remainder has fields below it.
    Both(Both),
}

/// A field that the remainder has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// Whether its type allows null.
    pub nullable: bool,
    /// It is selected if all of them hold.
    pub conditions: Vec<Condition>,
}

/// A `@skip` or `@include`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The variable.
    pub variable: String,
    /// What it has to be.
    pub is: bool,
}

/// A field whose objects have fields of both parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    /// Whether null is allowed: for the field, then for its items, if it is a list, and so on.
    pub nullable: Vec<bool>,
    /// The fields of the objects.
    pub below: Selection,
}
