//! The `Cache-Status` header (RFC 9211).

use std::fmt;

/// Why a request went further than this cache (RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardReason {
    /// The cache was not meant to handle it.
    Bypass,
    /// Its method's meaning demands it.
    Method,
    /// Nothing was stored under its key.
    UriMiss,
    /// What was stored may not be served.
    Miss,
    /// What was stored is stale.
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
    /// Whether the answer came from it; else why not.
    pub outcome: Outcome,
    /// More for people, a token.
    pub detail: Option<&'a str>,
}

/// Hit, or forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Served from the cache; seconds of freshness left, negative when it is stale.
    Hit { ttl_s: i64 },
    /// Forwarded; whether the answer was stored, and whether it was another request's.
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
    fn it_reads_as_the_rfc_writes_it() {
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
