//! Pagination of connections.

use async_graphql::SimpleObject;
use domain::{
    offers::codes::DISTANCE_OUT_OF_RANGE,
    search_text::{self, MAX_SEARCH_CHARS, MAX_SEARCH_WORDS},
    sentence::Sentence,
};
use pq_core::ErrorCode;

use super::directives::cache_control;
use crate::request::errors::refused;

pub const DEFAULT_PAGE: i32 = 20;
const LARGEST_PAGE: i32 = 100;
pub const DEFAULT_DISTANCE_KM: u32 = 10;
const LONGEST_DISTANCE_KM: f64 = 50.0;

/// The position of a page in its list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct PageInfo {
    pub has_next_page: bool,
    /// Whether this is not the first page. Lists can only be paged forwards.
    pub has_previous_page: bool,
    pub start_cursor: Option<String>,
    pub end_cursor: Option<String>,
}

impl PageInfo {
    /// Page info from the first and last of these cursors. The caller sets whether there is a next
    /// or a previous page.
    pub fn between<'a>(mut cursors: impl DoubleEndedIterator<Item = &'a String>) -> Self {
        let start_cursor = cursors.next().cloned();
        Self {
            has_next_page: false,
            has_previous_page: false,
            end_cursor: cursors.next_back().or(start_cursor.as_ref()).cloned(),
            start_cursor,
        }
    }
}

/// Validates `first`.
pub fn page_size(first: Option<i32>) -> async_graphql::Result<usize> {
    page_size_up_to(LARGEST_PAGE, first)
}

/// Validates the `first` of a list whose pages may be longer than others.
pub fn page_size_up_to(largest: i32, first: Option<i32>) -> async_graphql::Result<usize> {
    let first = first.unwrap_or(DEFAULT_PAGE);
    usize::try_from(first)
        .ok()
        .filter(|_| (1..=largest).contains(&first))
        .ok_or_else(|| {
            refused(
                ErrorCode::PAGE_SIZE_OUT_OF_RANGE,
                Sentence::with(
                    format!("`first` doit être compris entre 1 et {largest}"),
                    format!("`first` must be 1 to {largest}"),
                ),
            )
        })
}

/// Validates `maxDistance`, in kilometres.
pub fn distance(given: Option<f64>) -> async_graphql::Result<f64> {
    let distance_km = given.unwrap_or(f64::from(DEFAULT_DISTANCE_KM));
    if distance_km > 0.0 && distance_km <= LONGEST_DISTANCE_KM {
        return Ok(distance_km);
    }
    let message = Sentence::with(
        format!("`maxDistance` doit être supérieur à 0 et au plus {LONGEST_DISTANCE_KM} km"),
        format!("`maxDistance` must be more than 0 and at most {LONGEST_DISTANCE_KM} km"),
    );
    Err(refused(DISTANCE_OUT_OF_RANGE, message))
}

/// Validates `search`.
pub fn search(search: Option<String>) -> async_graphql::Result<Option<String>> {
    if search.as_deref().is_none_or(search_text::is_short_enough) {
        return Ok(search);
    }
    Err(refused(
        ErrorCode::BAD_USER_INPUT,
        Sentence::with(
            format!("`search` : au plus {MAX_SEARCH_CHARS} lettres et {MAX_SEARCH_WORDS} mots"),
            format!("`search` has at most {MAX_SEARCH_CHARS} letters and {MAX_SEARCH_WORDS} words"),
        ),
    ))
}

/// Parses and validates `after`.
pub fn cursor<C>(
    after: Option<&str>,
    decode: impl FnOnce(&str) -> Option<C>,
) -> async_graphql::Result<Option<C>> {
    match after {
        None => Ok(None),
        Some(text) => decode(text).map(Some).ok_or_else(bad_cursor),
    }
}

/// The refusal of a cursor that does not belong to this list.
pub fn bad_cursor() -> async_graphql::Error {
    refused(
        ErrorCode::CURSOR_INVALID,
        Sentence::new(
            "`after` n’est pas un curseur de cette liste",
            "`after` is not a cursor of this list",
        ),
    )
}
