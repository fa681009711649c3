//! The result of executing a document.

use async_graphql::Response;
use cache_core::{AsOf, Lifetime};
use domain::StoreError;
use pq_core::CachePolicy;
use serde_json::json;

use crate::request::{errors::code_of, facts::Facts};

/// The result of a query.
#[derive(Debug)]
pub struct Executed {
    pub response: Response,
    pub facts: Facts,
    /// The purge log position before the reads; only for documents that a shared cache may keep.
    pub as_of: Option<AsOf>,
    pub now_ms: i64,
}

impl Executed {
    /// The response body, for an answer without errors.
    pub fn data(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&json!({"data": self.response.data}))
    }

    /// Whether execution failed on our side: no data, and a field error that is not a refusal.
    pub fn failed(&self) -> bool {
        self.response.data == async_graphql::Value::Null
            && self
                .response
                .errors
                .iter()
                .any(|error| code_of(error).is_none() && !error.path.is_empty())
    }

    /// How long a shared cache may keep the answer; `None` if it may not.
    pub fn lifetime(&self, policy: &CachePolicy) -> Option<Lifetime> {
        if !policy.is_shared() || self.facts.uncacheable {
            return None;
        }
        let lifetime = Lifetime {
            max_age_s: policy.max_age_s,
            stale_while_revalidate_s: policy.stale_while_revalidate_s,
            stale_if_error_s: policy.stale_if_error_s,
        };
        self.facts.shorten(lifetime, self.now_ms)
    }
}

/// A result that is not stored in the cache.
#[derive(Debug)]
pub enum Unstored {
    /// The answer has errors, or contains something that must not be cached.
    Executed(Box<Executed>),
    /// The store failed.
    Store(StoreError),
    /// The execution timed out.
    TimedOut,
}
