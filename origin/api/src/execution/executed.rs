//! What came of executing a document.

use async_graphql::Response;
use cache_core::{AsOf, Lifetime};
use domain::StoreError;
use pq_core::CachePolicy;
use serde_json::json;

use crate::request::{errors::code_of, facts::Facts};

/// What came of a query.
#[derive(Debug)]
pub struct Executed {
    pub response: Response,
    pub facts: Facts,
    /// For documents that a shared cache may keep.
    pub as_of: Option<AsOf>,
    pub now_ms: i64,
}

impl Executed {
    /// The body of an answer without errors.
    pub fn data(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&json!({"data": self.response.data}))
    }

    /// Whether it is a failure of ours and nothing else: no data, and an error that is none of the
    /// client's.
    pub fn failed(&self) -> bool {
        self.response.data == async_graphql::Value::Null
            && self
                .response
                .errors
                .iter()
                .any(|error| code_of(error).is_none() && !error.path.is_empty())
    }

    /// How long a shared cache may keep the answer, if it may.
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

/// An answer that is not stored.
#[derive(Debug)]
pub enum Unstored {
    /// With errors, or about something that nobody may keep.
    Executed(Box<Executed>),
    /// The store failed.
    Store(StoreError),
    /// It took too long.
    TimedOut,
}
