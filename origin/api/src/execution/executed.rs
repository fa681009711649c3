//! The result of executing a document.

use async_graphql::Response;
use cache_core::{AsOf, Lifetime};
use domain::{StoreError, sentence::Language};
use pq_core::{CachePolicy, ErrorCode, Refusal};
use serde_json::json;

use crate::request::{
    errors::{code_of, masked_code, shown, shown_code},
    facts::Facts,
};

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
    /// The response body: `data`, and `errors` if there are any, in this language.
    pub fn body(&self, language: Language) -> Result<Vec<u8>, serde_json::Error> {
        let Response { data, errors, .. } = &self.response;
        if let (true, Some(candidates)) = (errors.is_empty(), &self.facts.candidates) {
            let extensions = json!({"candidates": candidates});
            return serde_json::to_vec(&json!({"data": data, "extensions": extensions}));
        }
        if errors.is_empty() {
            return serde_json::to_vec(&json!({"data": data}));
        }
        let errors: Vec<_> = errors.iter().map(|error| shown(error, language)).collect();
        serde_json::to_vec(&json!({"data": data, "errors": errors}))
    }

    /// The refusal of a document that the schema does not execute; it has no code.
    pub fn refusal(&self) -> Option<Refusal> {
        if was_executed(&self.response) {
            return None;
        }
        let message = self.response.errors.first()?.message.clone();
        Some(Refusal::new(ErrorCode::DOCUMENT_INVALID, message))
    }

    /// Whether a field failed on our side: its error is not a refusal.
    pub fn failed(&self) -> bool {
        let mut errors = self.response.errors.iter();
        errors.any(|error| code_of(error).is_none() && !error.path.is_empty())
    }

    /// The codes of its errors.
    pub fn codes(&self) -> impl Iterator<Item = ErrorCode> {
        self.response.errors.iter().map(shown_code)
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

/// Whether a field was executed: an error of a field has a path, one of the whole request has none.
pub fn was_executed(response: &Response) -> bool {
    let errors = &response.errors;
    errors.is_empty() || errors.iter().any(|error| !error.path.is_empty())
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

impl Unstored {
    /// The codes of its errors.
    pub fn codes(&self) -> Vec<ErrorCode> {
        match self {
            Self::Executed(executed) => executed.codes().collect(),
            Self::Store(error) => vec![masked_code(error)],
            Self::TimedOut => vec![ErrorCode::TIMEOUT],
        }
    }
}
