//! Fields of an edit: an absent field keeps its value; null clears it if it is nullable.

use async_graphql::MaybeUndefined;
use domain::{
    broken::{BrokenRule, Reading},
    offers::edit::Edit,
    texts::NOT_NULL,
};

/// Converts a field that cannot be cleared.
pub fn value<T, U>(
    field: &'static str,
    given: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U, BrokenRule>,
) -> Result<Edit<U>, BrokenRule> {
    match given {
        MaybeUndefined::Undefined => Ok(Edit::Keep),
        MaybeUndefined::Null => Err(NOT_NULL.at(field)),
        MaybeUndefined::Value(given) => check(given).map(Edit::Set),
    }
}

/// Converts a field that null clears.
pub fn nullable<T, U>(
    given: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U, BrokenRule>,
) -> Result<Edit<Option<U>>, BrokenRule> {
    match given {
        MaybeUndefined::Undefined => Ok(Edit::Keep),
        MaybeUndefined::Null => Ok(Edit::Set(None)),
        MaybeUndefined::Value(given) => check(given).map(|value| Edit::Set(Some(value))),
    }
}

/// Reads a list that cannot be cleared. `read` checks its length and its elements.
pub fn list<T>(
    reading: &mut Reading,
    field: &'static str,
    given: MaybeUndefined<Vec<T>>,
    read: fn(&mut Reading, Vec<T>) -> Vec<T>,
) -> Edit<Vec<T>> {
    match reading.take(value(field, given, Ok)) {
        Edit::Keep => Edit::Keep,
        Edit::Set(all) => Edit::Set(read(reading, all)),
    }
}
