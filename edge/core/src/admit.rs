//! Decides whether an origin's answer may be stored, and builds the entry's head.

use cache_core::entry::{ContentHash, MAX_TAGS};
use cache_core::{CacheControl, EntryHead, Tag, json};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The largest body that is stored, in bytes (KV takes 25 MiB; an isolate has 128 MB in all).
pub const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// The parts of the origin's answer that matter for the decision.
#[derive(Clone, Copy, Debug, Default)]
pub struct OriginAnswer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The `Cache-Control` header.
    pub cache_control: Option<&'a str>,
    /// The `Cache-Tag` header.
    pub cache_tag: Option<&'a str>,
    /// The [`crate::header::AS_OF`] header.
    pub as_of: Option<&'a str>,
    /// The `Age` header, in seconds: the answer may come from the origin's cache.
    pub age: Option<&'a str>,
    /// The [`crate::header::SEEN_AGO`] header, in milliseconds.
    pub seen_ago: Option<&'a str>,
    /// Whether it has a `Set-Cookie` header.
    pub sets_cookie: bool,
    /// The whole body.
    pub body: &'a [u8],
}

/// An answer that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Everything in the entry except the body.
    pub head: EntryHead,
    /// The answer contains every write that was committed before this moment, in milliseconds since
    /// the Unix epoch; 0 when unknown.
    pub current_at_ms: u64,
}

/// Why an answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    /// Its status is not 200.
    Status,
    /// Its `Cache-Control` does not allow a shared cache to store it.
    CacheControl,
    /// It sets a cookie.
    Cookie,
    /// It has `errors`, or is not a GraphQL answer.
    Errors,
    /// It has no valid `Yousoon-As-Of`, so it could not be judged later.
    NoAsOf,
    /// It has no tags, malformed tags or too many tags.
    Tags,
    /// Its body is larger than [`MAX_BODY_BYTES`].
    Size,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "data")]
    _data: IgnoredAny,
    errors: Option<IgnoredAny>,
}

/// Decides whether an answer may be stored. `sent_at_ms` is when the edge sent its request, in
/// milliseconds since the Unix epoch.
///
/// # Errors
/// [`NotStored`] says why it may not be stored. The client receives the answer in any case.
pub fn admit(answer: &OriginAnswer<'_>, sent_at_ms: u64) -> Result<Admitted, NotStored> {
    if answer.status != 200 {
        return Err(NotStored::Status);
    }
    let CacheControl::Public(lifetime) =
        CacheControl::parse(answer.cache_control.unwrap_or_default())
    else {
        return Err(NotStored::CacheControl);
    };
    if answer.sets_cookie {
        return Err(NotStored::Cookie);
    }
    if answer.body.len() > MAX_BODY_BYTES {
        return Err(NotStored::Size);
    }
    let as_of = answer
        .as_of
        .and_then(|text| text.parse().ok())
        .ok_or(NotStored::NoAsOf)?;
    let mut tags =
        Tag::parse_list(answer.cache_tag.unwrap_or_default()).map_err(|_| NotStored::Tags)?;
    tags.sort_unstable();
    tags.dedup();
    // An answer without tags could only be purged together with everything else: a defect.
    if tags.is_empty() || tags.len() > MAX_TAGS {
        return Err(NotStored::Tags);
    }
    let body: Body = json::parse(answer.body).map_err(|_| NotStored::Errors)?;
    if body.errors.is_some() {
        return Err(NotStored::Errors);
    }
    let age_ms = match answer.age {
        // An `Age` that cannot be parsed counts as the greatest age.
        Some(age) => age
            .parse::<u32>()
            .map_or(u64::MAX, |age_s| u64::from(age_s) * 1_000),
        None => 0,
    };
    let born_ms = sent_at_ms.saturating_sub(age_ms);
    let head = EntryHead {
        as_of,
        born_ms,
        lifetime,
        content: ContentHash::of(answer.body),
        tags,
    };
    // Without the header it is unknown what the answer contains: 0 is the safe value.
    let current_at_ms = answer
        .seen_ago
        .and_then(|ago| ago.parse::<u64>().ok())
        .map_or(0, |ago_ms| sent_at_ms.saturating_sub(ago_ms));
    Ok(Admitted {
        head,
        current_at_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: OriginAnswer<'static> = OriginAnswer {
        status: 200,
        cache_control: Some("public, max-age=60"),
        cache_tag: Some("b,a,b"),
        as_of: Some("01010101010101010101010101010101:7"),
        age: None,
        seen_ago: None,
        sets_cookie: false,
        body: br#"{"data":{"a":1}}"#,
    };

    #[test]
    fn a_public_answer_without_errors_is_stored() {
        let head = admit(&GOOD, 5_000).unwrap().head;
        assert_eq!(
            (head.born_ms, head.as_of.revision.0, Tag::join(&head.tags)),
            (5_000, 7, "a,b".to_owned())
        );
        assert_eq!(
            admit(
                &OriginAnswer {
                    age: Some("3"),
                    ..GOOD
                },
                5_000
            )
            .unwrap()
            .head
            .born_ms,
            2_000
        );
        assert_eq!(
            admit(
                &OriginAnswer {
                    age: Some("x"),
                    ..GOOD
                },
                5_000
            )
            .unwrap()
            .head
            .born_ms,
            0
        );
    }

    #[test]
    fn what_an_answer_has_seen_is_another_thing_than_its_age() {
        let seen = |age, seen_ago| {
            let answer = OriginAnswer {
                age,
                seen_ago,
                ..GOOD
            };
            admit(&answer, 90_000).unwrap().current_at_ms
        };
        assert_eq!(seen(Some("60"), Some("250")), 89_750);
        assert_eq!(seen(None, Some("0")), 90_000);
        assert_eq!(seen(None, None), 0, "was not said");
        assert_eq!(seen(None, Some("x")), 0);
    }

    #[test]
    fn everything_else_is_not() {
        let large = vec![b' '; MAX_BODY_BYTES + 1];
        let table = [
            (
                OriginAnswer {
                    status: 404,
                    ..GOOD
                },
                NotStored::Status,
            ),
            (
                OriginAnswer {
                    cache_control: Some("private, no-store"),
                    ..GOOD
                },
                NotStored::CacheControl,
            ),
            (
                OriginAnswer {
                    cache_control: None,
                    ..GOOD
                },
                NotStored::CacheControl,
            ),
            (
                OriginAnswer {
                    sets_cookie: true,
                    ..GOOD
                },
                NotStored::Cookie,
            ),
            (
                OriginAnswer {
                    as_of: None,
                    ..GOOD
                },
                NotStored::NoAsOf,
            ),
            (
                OriginAnswer {
                    cache_tag: None,
                    ..GOOD
                },
                NotStored::Tags,
            ),
            (
                OriginAnswer {
                    cache_tag: Some("a b"),
                    ..GOOD
                },
                NotStored::Tags,
            ),
            (
                OriginAnswer {
                    body: br#"{"data":null,"errors":[]}"#,
                    ..GOOD
                },
                NotStored::Errors,
            ),
            (
                OriginAnswer {
                    body: b"<html>",
                    ..GOOD
                },
                NotStored::Errors,
            ),
            (
                OriginAnswer {
                    body: br#"{"other":1}"#,
                    ..GOOD
                },
                NotStored::Errors,
            ),
            (
                OriginAnswer {
                    body: &large,
                    ..GOOD
                },
                NotStored::Size,
            ),
        ];
        for (answer, expected) in table {
            assert_eq!(
                admit(&answer, 0).map(|admitted| admitted.current_at_ms),
                Err(expected)
            );
        }
    }
}
