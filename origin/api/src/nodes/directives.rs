//! The directives from which `pq` and this origin derive a document's cache policy.

use async_graphql::{Enum, TypeDirective};

/// Who may share a cached answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CacheControlScope {
    /// The answer is the same for everyone.
    Public,
    /// The answer depends on the caller.
    Private,
}

/// How long an answer with this field or type may be cached, in seconds.
#[TypeDirective(
    name = "cacheControl",
    location = "FieldDefinition",
    location = "Object"
)]
pub fn cache_control(
    max_age: Option<u32>,
    stale_while_revalidate: Option<u32>,
    stale_if_error: Option<u32>,
    scope: Option<CacheControlScope>,
) {
}

/// Gives objects of a type by their ids, in the order of the ids, and null for one that is not there; at most
/// `most` at once. The edge asks through it for the private fields of objects whose other fields it has: of a
/// document that is partly private, it answers the shared part from its cache.
#[TypeDirective(name = "byIds", location = "FieldDefinition")]
pub fn by_ids(most: u32) {}

/// Replaces a location by the centre of its H3 cell before the cache is looked up.
#[TypeDirective(
    name = "snapToCell",
    location = "InputFieldDefinition",
    location = "ArgumentDefinition"
)]
pub fn snap_to_cell(resolution: Option<u8>) {}
