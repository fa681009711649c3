//! The `Cache-Control` header of answers (RFC 9111 §5.2, RFC 5861).

use std::fmt;

use crate::lifetime::Lifetime;

/// What an answer's `Cache-Control` allows a shared cache to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheControl {
    /// May be stored and shared.
    Public(Lifetime),
    /// Belongs to one user.
    Private,
    /// Must not be stored at all.
    NoStore,
}

impl CacheControl {
    /// The `Cache-Control` that clients receive with a shared answer: store it, but revalidate it
    /// (with its `ETag`) before every use, because clients do not hear of purges.
    pub const REVALIDATE: &'static str = "public, max-age=0, must-revalidate";

    /// Parses the header as a shared cache does. Only `public` with a max-age above 0 s gives
    /// [`CacheControl::Public`]; anything unclear gives [`CacheControl::NoStore`].
    pub fn parse(header: &str) -> Self {
        let mut lifetime = Lifetime::default();
        let (mut public, mut private, mut shared_max_age_s) = (false, false, None);
        for directive in header.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let value = value.trim().trim_matches('"');
            // A value that is not a whole number counts as 0 s, so that no answer is kept for
            // longer than its sender meant.
            let seconds = value.parse::<u32>().unwrap_or(0);
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => return Self::NoStore,
                "private" => private = true,
                "public" => public = true,
                "max-age" => lifetime.max_age_s = seconds,
                "s-maxage" => shared_max_age_s = Some(seconds),
                "stale-while-revalidate" => lifetime.stale_while_revalidate_s = seconds,
                "stale-if-error" => lifetime.stale_if_error_s = seconds,
                _ => {}
            }
        }
        lifetime.max_age_s = shared_max_age_s.unwrap_or(lifetime.max_age_s);
        if private {
            Self::Private
        } else if public && lifetime.max_age_s > 0 {
            Self::Public(lifetime)
        } else {
            Self::NoStore
        }
    }
}

impl fmt::Display for CacheControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str("private, no-store"),
            Self::NoStore => f.write_str("no-store"),
            Self::Public(life) => {
                write!(f, "public, max-age={}", life.max_age_s)?;
                if life.stale_while_revalidate_s > 0 {
                    write!(
                        f,
                        ", stale-while-revalidate={}",
                        life.stale_while_revalidate_s
                    )?;
                }
                if life.stale_if_error_s > 0 {
                    write!(f, ", stale-if-error={}", life.stale_if_error_s)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plainly_allowed_is_refused() {
        let public = |max_age_s, stale_while_revalidate_s, stale_if_error_s| {
            CacheControl::Public(Lifetime {
                max_age_s,
                stale_while_revalidate_s,
                stale_if_error_s,
            })
        };
        let table = [
            (
                "public, max-age=300, stale-while-revalidate=60, stale-if-error=3600",
                public(300, 60, 3600),
            ),
            ("public, max-age=300, s-maxage=10", public(10, 0, 0)),
            ("PUBLIC,MAX-AGE=\"5\"", public(5, 0, 0)),
            ("max-age=300", CacheControl::NoStore),
            ("public", CacheControl::NoStore),
            ("public, max-age=-1", CacheControl::NoStore),
            ("public, max-age=0.4", CacheControl::NoStore),
            ("public, max-age=300, private", CacheControl::Private),
            ("public, max-age=300, no-cache", CacheControl::NoStore),
            ("private, no-store", CacheControl::NoStore),
            ("", CacheControl::NoStore),
        ];
        for (header, expected) in table {
            assert_eq!(CacheControl::parse(header), expected, "{header}");
        }
    }

    #[test]
    fn a_public_policy_survives_its_header() {
        let policy = CacheControl::Public(Lifetime {
            max_age_s: 9,
            stale_while_revalidate_s: 8,
            stale_if_error_s: 7,
        });
        assert_eq!(CacheControl::parse(&policy.to_string()), policy);
    }
}
