//! The `Cache-Status` header (RFC 9211).

use std::fmt;

/// Why the cache forwarded a request (parameter `fwd`, RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardReason {
    /// The cache was configured not to handle this request.
    Bypass,
    /// The method's semantics require the request to be forwarded.
    Method,
    /// Nothing was stored under the request's key.
    UriMiss,
    /// An entry was stored under the key, but may not be served.
    Miss,
    /// An entry was stored, but it is stale.
    Stale,
}

impl ForwardReason {
    /// The header's token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::Miss => "miss",
            Self::Stale => "stale",
        }
    }
}

/// What one cache did with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheStatus<'a> {
    /// The cache's name, a token.
    pub cache: &'a str,
    /// Whether the answer came from the cache, or why the request was forwarded.
    pub outcome: Outcome,
    /// Details for people who debug (parameter `detail`), a token.
    pub detail: Option<&'a str>,
}

/// Hit, or forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Served from the cache. `ttl_s` is the remaining freshness in seconds, negative when stale.
    Hit { ttl_s: i64 },
    /// Forwarded. `stored`: the cache stored the answer. `collapsed`: the request shared the fetch
    /// of an identical one.
    Forward {
        reason: ForwardReason,
        stored: bool,
        collapsed: bool,
    },
}

impl fmt::Display for CacheStatus<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cache)?;
        match self.outcome {
            Outcome::Hit { ttl_s } => write!(f, "; hit; ttl={ttl_s}")?,
            Outcome::Forward {
                reason,
                stored,
                collapsed,
            } => {
                write!(f, "; fwd={}", reason.as_str())?;
                if stored {
                    f.write_str("; stored")?;
                }
                if collapsed {
                    f.write_str("; collapsed")?;
                }
            }
        }
        match self.detail {
            Some(detail) => write!(f, "; detail={detail}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_written_as_rfc_9211_defines_it() {
        let hit = CacheStatus {
            cache: "edge",
            outcome: Outcome::Hit { ttl_s: 30 },
            detail: Some("memory"),
        };
        assert_eq!(hit.to_string(), "edge; hit; ttl=30; detail=memory");
        let outcome = Outcome::Forward {
            reason: ForwardReason::UriMiss,
            stored: true,
            collapsed: true,
        };
        let miss = CacheStatus {
            cache: "edge",
            outcome,
            detail: None,
        };
        assert_eq!(miss.to_string(), "edge; fwd=uri-miss; stored; collapsed");
    }
}
