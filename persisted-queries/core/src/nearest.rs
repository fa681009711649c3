//! Lists by distance that can be answered exactly, for any location in a cell, from one shared answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an argument is given in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Given {
    /// Nothing.
    Absent,
    /// The same in every request.
    Constant(Value),
    /// The variable's name, then input fields down to the value.
    Variable(Vec<String>),
}

/// A root field of a document that gives a list of what is near a location, nearest first unless another
/// order is asked for. The location is that of [`crate::policy::SnapRule`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NearestRule {
    /// How many items a page has.
    pub first: Given,
    /// How many it has if that is not given.
    pub default_first: u32,
    /// The greatest distance of an item, in kilometres.
    pub within: Given,
    /// The greatest distance if it is not given, in kilometres.
    pub default_within_km: u32,
    /// The order.
    pub order: Given,
    /// The order's value that means the same as none: nearest first.
    pub by_distance: String,
    /// What makes it another list if it is given: a cursor, words to search for.
    pub others: Vec<Given>,
    /// What it shows.
    pub shows: Shows,
}

/// The places in the answer that depend on the exact location, as paths of response keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shows {
    /// From `data` to the items. Not there if the items are not selected, or several times.
    pub items: Option<Vec<String>>,
    /// From an item to its distance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<Vec<String>>,
    /// From an item to its cursor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cursors: Vec<Vec<String>>,
    /// From `data` to what is of the page or of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_list: Vec<(Vec<String>, OfList)>,
    /// Whether there is something that only the whole list tells, such as counts by category.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_list: bool,
}

/// What of a list depends on the exact location, besides its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OfList {
    /// Whether there is a next page.
    HasNextPage,
    /// The first item's cursor.
    StartCursor,
    /// The last item's cursor.
    EndCursor,
    /// How many items the list has.
    Total,
    /// Whether that is exact.
    IsTotalExact,
}
