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

/// Replaces a location by the centre of its H3 cell before the cache is looked up.
#[TypeDirective(
    name = "snapToCell",
    location = "InputFieldDefinition",
    location = "ArgumentDefinition"
)]
pub fn snap_to_cell(resolution: Option<u8>) {}
