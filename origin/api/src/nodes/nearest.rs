//! The directive of lists by distance, from which `pq` derives how the edge answers them.
#![expect(
    clippy::too_many_arguments,
    reason = "the directive names what Relay does not"
)]

use async_graphql::TypeDirective;

/// A connection of what is near a location: nearest first, unless another order is asked for. The edge
/// answers it exactly for every location, from one shared answer for the location's cell. Named are: the
/// argument that has the location, `first` and `after`; in it the greatest distance with its default in
/// kilometres, the order with its value that means nearest first, and what makes another list that is not
/// answered so; the default of `first`; below an edge the distances, in kilometres to the metre; below the
/// connection the number of its items and whether that is exact, and what only the whole list tells.
#[TypeDirective(name = "nearest", location = "FieldDefinition")]
pub fn nearest(
    input: String,
    within: String,
    within_km: u32,
    order: String,
    by_distance: String,
    page_size: i32,
    others: Vec<String>,
    distances: Vec<String>,
    total: String,
    is_total_exact: String,
    whole_list: Vec<String>,
) {
}
