//! The directives that `pq` and this origin read a document's cache policy from.

use async_graphql::{Enum, TypeDirective};

/// Who may share an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CacheControlScope {
    /// Everybody sees the same.
    Public,
    /// It depends on who asks.
    Private,
}

/// How long, in seconds, an answer with this field or type may be kept.
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

/// A location that is replaced by the centre of its H3 cell before an answer is looked up.
#[TypeDirective(name = "snapToCell", location = "InputFieldDefinition")]
pub fn snap_to_cell(resolution: Option<u8>) {}
