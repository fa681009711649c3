//! Status and headers of the edge's answers.

use cache_core::cache_status::Outcome;
use cache_core::{CacheControl, CacheStatus, EntryHead, ForwardReason};
use pq_core::error::{ErrorCode, Refusal};
use pq_core::{MediaType, security};

use crate::{CACHE_NAME, cors, limit};

/// Which tier an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// The isolate's memory.
    Memory,
    /// Workers KV.
    Kv,
}

impl Tier {
    /// The word in `Cache-Status`.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Kv => "kv",
        }
    }
}

/// Where the answer to a shared read came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// From a tier.
    Hit { tier: Tier },
    /// From a tier, stale while it is refreshed.
    Stale { tier: Tier },
    /// A stored answer, because the origin cannot be reached (stale-if-error).
    InsteadOfError { tier: Tier },
    /// A stored answer, because this client may not make the edge ask the origin now.
    InsteadOfRefusal { tier: Tier },
    /// From the origin. `stored`: the edge stored it. `collapsed`: another request had begun the
    /// fetch.
    Fetched {
        reason: ForwardReason,
        detail: Option<&'static str>,
        stored: bool,
        collapsed: bool,
    },
}

impl Served {
    /// The `Cache-Status` header (RFC 9211).
    pub fn cache_status(self, entry: &EntryHead, now_ms: u64) -> String {
        let left_ms =
            i128::from(entry.lifetime.max_age_s) * 1_000 - i128::from(entry.age_ms(now_ms));
        let ttl_s = i64::try_from(left_ms.div_euclid(1_000)).unwrap_or(i64::MIN);
        let (outcome, detail) = match self {
            Self::Hit { tier } | Self::Stale { tier } => {
                (Outcome::Hit { ttl_s }, Some(tier.as_str()))
            }
            Self::InsteadOfError { .. } => (Outcome::Hit { ttl_s }, Some("stale-if-error")),
            Self::InsteadOfRefusal { .. } => (Outcome::Hit { ttl_s }, Some("rate-limited")),
            Self::Fetched {
                reason,
                detail,
                stored,
                collapsed,
            } => (
                Outcome::Forward {
                    reason,
                    stored,
                    collapsed,
                },
                detail,
            ),
        };
        CacheStatus {
            cache: CACHE_NAME,
            outcome,
            detail,
        }
        .to_string()
    }
}

/// The headers that are the same in every answer to a shared read, so that they can be built once.
pub const fn constant_headers(media: MediaType) -> [(&'static str, &'static str); 6] {
    [
        ("content-type", media.content_type()),
        ("cache-control", CacheControl::REVALIDATE),
        ("vary", "accept"),
        security::NO_SNIFFING,
        cors::ANY_SITE,
        cors::EXPOSE,
    ]
}

/// The headers of an answer to a shared read that differ by entry, besides `etag`; the others are
/// [`constant_headers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryHeaders {
    /// `age`, in seconds. A number, because passing a number to JavaScript is cheaper than a string.
    pub age_s: u32,
    /// `cache-status`.
    pub cache_status: String,
}

impl EntryHeaders {
    /// The headers of an entry that is served as `served` says.
    pub fn of(entry: &EntryHead, served: Served, now_ms: u64) -> Self {
        Self {
            age_s: u32::try_from(entry.age_ms(now_ms) / 1_000).unwrap_or(u32::MAX),
            cache_status: served.cache_status(entry, now_ms),
        }
    }
}

/// The status of the origin's answer to a shared read, in the client's media type. The edge asks the
/// origin for `application/graphql-response+json`, in which `status` is; `word` is the error code.
///
/// A request that was executed has status 200 in both, whatever its fields answered. One that was
/// not has a code of the protocol.
pub fn shared_status(status: u16, word: Option<&str>, media: MediaType) -> u16 {
    let code = word.and_then(ErrorCode::parse);
    code.filter(|_| status != 200)
        .map_or(status, |code| Refusal::new(code, "").status(media))
}

/// The status and headers of a refusal; those of [`cors`] are added elsewhere.
pub fn refusal_headers(
    refusal: &Refusal,
    media: MediaType,
) -> (u16, Vec<(&'static str, &'static str)>) {
    let mut headers = vec![
        ("content-type", media.content_type()),
        ("cache-control", "no-store"),
    ];
    headers.extend(security::HEADERS);
    headers.extend(refusal.code.header());
    if refusal.code == ErrorCode::RATE_LIMITED {
        headers.push(("retry-after", limit::RETRY_AFTER));
    }
    (refusal.status(media), headers)
}

#[cfg(test)]
mod tests {
    use cache_core::entry::ContentHash;
    use cache_core::{AsOf, Lifetime, LogId, Revision};

    use super::*;

    #[test]
    fn the_status_of_the_origins_answer_is_that_of_the_clients_media_type() {
        let (json, graphql) = (MediaType::Json, MediaType::GraphqlResponse);
        let table = [
            (200, None, json, 200),
            (200, None, graphql, 200),
            // The code is absent: the origin's status stays.
            (502, None, json, 502),
            (200, Some("CURSOR_INVALID"), graphql, 200),
            (400, Some("VARIABLE_INVALID"), json, 200),
            (400, Some("VARIABLE_INVALID"), graphql, 400),
            (404, Some("PERSISTED_QUERY_NOT_FOUND"), json, 200),
            (404, Some("PERSISTED_QUERY_NOT_FOUND"), graphql, 404),
            (401, Some("UNAUTHENTICATED"), json, 401),
            (500, Some("INTERNAL"), json, 500),
            // A code that the edge does not know.
            (503, Some("CODE_OF_A_BLOCK"), json, 503),
        ];
        for (status, word, media, expected) in table {
            let actual = shared_status(status, word, media);
            assert_eq!(actual, expected, "{status} {word:?} {media:?}");
        }
    }

    #[test]
    fn a_refused_client_is_told_when_to_come_back() {
        let retry_after = |refusal: Refusal| {
            let (status, headers) = refusal_headers(&refusal, MediaType::Json);
            let named = headers
                .into_iter()
                .filter(|(name, _)| *name == "retry-after");
            (status, named.map(|(_, value)| value).collect::<Vec<_>>())
        };
        assert_eq!(retry_after(limit::refusal()), (429, vec!["10"]));
        let unreachable = Refusal::new(ErrorCode::ORIGIN_UNREACHABLE, "");
        assert_eq!(retry_after(unreachable), (503, vec!["5"]));
        let unknown = Refusal::new(ErrorCode::NOT_FOUND, "");
        assert_eq!(retry_after(unknown), (404, vec![]));
    }

    #[test]
    fn the_status_says_what_happened() {
        let entry = EntryHead {
            as_of: AsOf {
                log: LogId::from_bytes([0; 16]),
                revision: Revision(1),
            },
            born_ms: 1_000,
            lifetime: Lifetime {
                max_age_s: 10,
                stale_while_revalidate_s: 10,
                stale_if_error_s: 10,
            },
            content: ContentHash([0; 16]),
            tags: vec![],
        };
        let hit = Served::Hit { tier: Tier::Memory };
        assert_eq!(
            hit.cache_status(&entry, 4_500),
            "yousoon-edge; hit; ttl=6; detail=memory"
        );
        let tier = Tier::Kv;
        let stale = Served::Stale { tier };
        assert_eq!(
            stale.cache_status(&entry, 12_500),
            "yousoon-edge; hit; ttl=-2; detail=kv"
        );
        let stale = Served::InsteadOfError { tier };
        assert_eq!(
            stale.cache_status(&entry, 12_500),
            "yousoon-edge; hit; ttl=-2; detail=stale-if-error"
        );
        let limited = Served::InsteadOfRefusal { tier };
        assert_eq!(
            limited.cache_status(&entry, 12_500),
            "yousoon-edge; hit; ttl=-2; detail=rate-limited"
        );
        let fetched = Served::Fetched {
            reason: ForwardReason::Miss,
            detail: Some("purged"),
            stored: true,
            collapsed: false,
        };
        assert_eq!(
            fetched.cache_status(&entry, 0),
            "yousoon-edge; fwd=miss; stored; detail=purged"
        );
    }
}
