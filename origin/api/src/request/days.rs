//! Ranges of local days that clients ask for.

use async_graphql::Result;
use domain::{paris::Day, sentence::Sentence};
use pq_core::ErrorCode;

use super::errors::{Refused, refused};

const MOST_DAYS: i64 = 366;

/// The first and the last one of the days `from` to `to`, such as 2026-10-25; a refusal if they are no
/// days, in the wrong order, or more than a year of them.
pub fn days(from: &str, to: &str) -> Result<(Day, Day)> {
    let refusal = |why: Refused| refused(why.code, why.sentence);
    range(from, to).map_err(refusal)
}

/// Like [`days`], outside GraphQL.
pub fn range(from: &str, to: &str) -> std::result::Result<(Day, Day), Refused> {
    let read = || {
        let (first, last) = (Day::parse(from)?, Day::parse(to)?);
        let is_good = (0..MOST_DAYS).contains(&first.days_to(last));
        is_good.then_some((first, last))
    };
    let sentence = Sentence::new(
        "`from` et `to` sont des jours comme 2026-10-25, `from` n’est pas après `to`, 366 jours au plus",
        "`from` and `to` must be days such as 2026-10-25, `from` not after `to`, at most 366 days",
    );
    read().ok_or(Refused::new(ErrorCode::BAD_USER_INPUT, sentence))
}
