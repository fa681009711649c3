//! The cache policy of a document, decided once when it is compiled.

use serde::{Deserialize, Serialize};

use crate::nearest::NearestRule;

/// Whom an answer depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The answer is the same for everybody: shared caches may store it.
    Public,
    /// The answer depends on the user: no shared cache may store it.
    Private,
}

impl Scope {
    /// The name used in `Cache-Control`, tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// Who may cache a document's answers, and for how long.
///
/// The default is not cacheable: private, and zero seconds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CachePolicy {
    /// Whom an answer depends on.
    pub scope: Scope,
    /// How long an answer is fresh, in seconds; 0 means that it is not cacheable.
    pub max_age_s: u32,
    /// How long after `max_age_s` it may be served while it is refreshed, in seconds.
    #[serde(default)]
    pub stale_while_revalidate_s: u32,
    /// How long after `max_age_s` it may be served if the origin cannot answer, in seconds.
    #[serde(default)]
    pub stale_if_error_s: u32,
    /// The location variable that is snapped to its H3 cell before the cache key is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap: Option<SnapRule>,
    /// The list by distance around that location, if the document shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestRule>,
}

/// A location variable that is replaced by the centre of its H3 cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapRule {
    /// The variable's name, then input fields down to the object that has the coordinates.
    pub path: Vec<String>,
    /// The field of that object that is the latitude, in degrees.
    pub lat: String,
    /// The field of that object that is the longitude, in degrees.
    pub lng: String,
    /// The H3 resolution, 0 (coarse) to 15 (fine).
    pub resolution: u8,
}

impl CachePolicy {
    /// Private, and never cached.
    pub const NOT_CACHEABLE: Self = Self {
        scope: Scope::Private,
        max_age_s: 0,
        stale_while_revalidate_s: 0,
        stale_if_error_s: 0,
        snap: None,
        nearest: None,
    };

    /// Whether any cache may store an answer.
    pub const fn is_cacheable(&self) -> bool {
        self.max_age_s > 0
    }

    /// Whether a shared cache, such as the edge, may store an answer.
    pub const fn is_shared(&self) -> bool {
        self.is_cacheable() && matches!(self.scope, Scope::Public)
    }

    /// How long an answer may be served in any case, in seconds: max-age plus the longer stale window.
    pub fn longest_life_s(&self) -> u32 {
        self.max_age_s
            .saturating_add(self.stale_while_revalidate_s.max(self.stale_if_error_s))
    }
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self::NOT_CACHEABLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_refuses() {
        let policy = CachePolicy::default();
        assert!(!policy.is_cacheable());
        assert!(!policy.is_shared());
        assert_eq!(policy.longest_life_s(), 0);
    }

    #[test]
    fn a_private_answer_is_not_shared_however_long_it_lives() {
        let private = CachePolicy {
            max_age_s: 60,
            ..CachePolicy::NOT_CACHEABLE
        };
        assert!(private.is_cacheable() && !private.is_shared());
        let public = CachePolicy {
            scope: Scope::Public,
            ..private
        };
        assert!(public.is_shared());
    }

    #[test]
    fn the_longest_life_takes_the_longer_stale_window_and_does_not_overflow() {
        let policy = CachePolicy {
            scope: Scope::Public,
            max_age_s: 300,
            stale_while_revalidate_s: 600,
            stale_if_error_s: 60,
            snap: None,
            nearest: None,
        };
        assert_eq!(policy.longest_life_s(), 900);
        let endless = CachePolicy {
            max_age_s: u32::MAX,
            ..policy
        };
        assert_eq!(endless.longest_life_s(), u32::MAX);
    }

    #[test]
    fn json_is_camel_case_with_units() {
        let policy = CachePolicy {
            scope: Scope::Public,
            max_age_s: 300,
            stale_while_revalidate_s: 600,
            stale_if_error_s: 60,
            snap: Some(SnapRule {
                path: vec!["input".to_owned(), "location".to_owned()],
                lat: "lat".to_owned(),
                lng: "lng".to_owned(),
                resolution: 8,
            }),
            nearest: None,
        };
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(
            json,
            r#"{"scope":"public","maxAgeS":300,"staleWhileRevalidateS":600,"staleIfErrorS":60,"snap":{"path":["input","location"],"lat":"lat","lng":"lng","resolution":8}}"#
        );
        assert_eq!(serde_json::from_str::<CachePolicy>(&json).unwrap(), policy);
    }
}
