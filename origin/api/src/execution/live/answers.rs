//! Answers to events, executed once for all subscriptions that get the same one.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use access::caller::{Asker, Caller};
use async_graphql::{Response, ServerError};
use domain::{bookings::codes::BOOKING_NOT_FOUND, sentence::Language};
use moka::{policy::EvictionPolicy, sync::Cache};
use pq_core::{DocumentHash, ErrorCode};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    super::collect::Operation,
    outcome::{Errors, Outcome, Payload},
    template::Template,
};
use crate::{
    live::event::PublicationNumber,
    request::{
        errors::{code_of, shown},
        reader::Reader,
    },
    services::Services,
};

/// How long an answer is shared. A subscriber whose connection is slower than that gets an answer as
/// new as those of everybody else.
const SHARED_FOR: Duration = Duration::from_secs(2);
/// Maximum answers in memory. Private documents have one for each caller.
const MOST: u64 = 1_000;

/// What an answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub event: PublicationNumber,
    pub document: DocumentHash,
    /// The variables that the answer depends on, as canonical JSON.
    pub variables: Box<str>,
    pub audience: Audience,
}

/// For whom a document is executed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The document is public: its answers are the same for everybody.
    Everybody,
    /// The document is private.
    Only(Caller),
}

impl Audience {
    /// The caller that the fields see. They see nothing of a subscriber that is not in the
    /// [`Question`], so no subscriber gets what depends on another one.
    pub fn asker(&self) -> Asker {
        match self {
            Self::Everybody => Asker::anybody(),
            Self::Only(caller) => Asker {
                caller: caller.clone(),
                ..Asker::anybody()
            },
        }
    }
}

/// The answers that are shared now.
#[derive(Clone, Debug)]
pub struct Answers(Cache<Question, Arc<OnceCell<Arc<Answer>>>>);

impl Default for Answers {
    fn default() -> Self {
        let cache = Cache::builder()
            .time_to_live(SHARED_FOR)
            .max_capacity(MOST)
            .eviction_policy(EvictionPolicy::lru());
        Self(cache.build())
    }
}

impl Answers {
    /// The answer to a question. The first subscription that asks it executes the document; the others
    /// wait for that answer.
    pub async fn of<F>(&self, question: Question, execute: impl FnOnce() -> F) -> Arc<Answer>
    where
        F: Future<Output = Answer>,
    {
        let cell = self.0.get_with(question, Arc::default);
        // Boxed: thousands wait, and one executes.
        let execute = || Box::pin(async { Arc::new(execute().await) });
        Arc::clone(cell.get_or_init(execute).await)
    }
}

/// The answer to one event.
#[derive(Debug)]
pub enum Answer {
    /// The event does not concern the subscription.
    Nothing,
    Executed {
        data: Template,
        errors: Option<FieldErrors>,
    },
    /// Nothing was executed.
    Failed(Errors),
}

/// Errors of fields. They are shown, and failures logged, once in each language.
#[derive(Debug)]
pub struct FieldErrors {
    errors: Vec<ServerError>,
    french: OnceLock<Vec<Value>>,
    english: OnceLock<Vec<Value>>,
}

impl FieldErrors {
    fn new(errors: Vec<ServerError>) -> Option<Self> {
        (!errors.is_empty()).then(|| Self {
            errors,
            french: OnceLock::new(),
            english: OnceLock::new(),
        })
    }

    fn shown(&self, language: Language) -> &[Value] {
        let known = match language {
            Language::French => &self.french,
            Language::English => &self.english,
        };
        known.get_or_init(|| {
            let errors = self.errors.iter();
            errors.map(|error| shown(error, language)).collect()
        })
    }

    /// The code of a refusal that ends the subscription: its events will not be for this caller again.
    fn ends_with(&self) -> Option<ErrorCode> {
        self.errors
            .iter()
            .filter(|error| error.path.len() <= 1)
            .find_map(|error| code_of(error).filter(|code| ENDING.contains(code)))
    }
}

/// The codes that end a subscription.
const ENDING: [ErrorCode; 5] = [
    ErrorCode::UNAUTHENTICATED,
    ErrorCode::FORBIDDEN,
    ErrorCode::TOKEN_INVALID,
    ErrorCode::TOKEN_EXPIRED,
    BOOKING_NOT_FOUND,
];

impl Answer {
    /// The answer that the schema gave.
    pub fn of(response: Response, selected: &Operation) -> serde_json::Result<Self> {
        Ok(Self::Executed {
            data: Template::of(&response.data, selected)?,
            errors: FieldErrors::new(response.errors),
        })
    }

    /// What a subscriber at this distance gets.
    pub async fn outcome(
        &self,
        distance_km: Option<f64>,
        reader: &Reader,
        services: &Services,
    ) -> Outcome {
        let (data, errors) = match self {
            Self::Nothing => return Outcome::Nothing,
            Self::Failed(errors) => return Outcome::Failed(errors.clone()),
            Self::Executed { data, errors } => (data, errors.as_ref()),
        };
        let mut json = String::with_capacity(data.len() + 32);
        json.push_str("{\"data\":");
        data.fill(distance_km, &mut json);
        if let Some(errors) = errors {
            let shown = errors.shown(reader.language(services).await);
            if let Some(code) = errors.ends_with() {
                let shown = shown.to_vec();
                return Outcome::Over(Errors { code, shown });
            }
            json.extend([",\"errors\":", &Value::from(shown).to_string()]);
        }
        json.push('}');
        Outcome::Result(Payload::new(json))
    }
}
