//! Fields of an edit: absent keeps the value, null clears it where it may be cleared.

use async_graphql::MaybeUndefined;
use domain::{offers::edit::Edit, texts::BrokenRule};

/// A field that always has a value.
pub fn value<T, U>(
    field: &'static str,
    given: MaybeUndefined<T>,
    check: impl FnOnce(T) -> Result<U, BrokenRule>,
) -> Result<Edit<U>, BrokenRule> {
    match given {
        MaybeUndefined::Undefined => Ok(Edit::Keep),
        MaybeUndefined::Null => Err(BrokenRule::null(field)),
        MaybeUndefined::Value(given) => check(given).map(Edit::Set),
    }
}

/// A field that null clears.
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
