//! Runs a document: takes the purge log position first, then reads the stores.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use access::caller::{Asker, Caller};
use async_graphql::{Request, Response, Variables};
use cache_core::{Revision, variables::CanonicalVariables};
use domain::{StoreError, tags};
use futures_util::StreamExt as _;
use pq_core::manifest::OperationKind;

use super::{
    absent::without_absent,
    collect::{Collected, Operation, collect},
    complete::complete,
};
use crate::{
    documents::Document,
    execution::executed::Executed,
    request::{
        context::{CandidatesOf, RequestContext},
        facts::AnswerFacts,
        loaders::{Entities, Stores},
        loads::Loads,
    },
    schema::Schema,
    services::Services,
};

/// What the caches and the edge want of an execution.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demand {
    /// The minimum revision that the client demands.
    pub required: Option<Revision>,
    /// The H3 cell for whose candidates the edge asks.
    pub candidates_of: Option<u64>,
}

/// Executes a document with canonical variables.
pub async fn execute(
    (services, schema): (&Services, &Schema),
    document: &Document,
    variables: &CanonicalVariables,
    asker: Asker,
    demand: Demand,
) -> Result<Executed, StoreError> {
    let shared = document.operation.policy.is_shared();
    // The heart of the system: the position is taken BEFORE the first read. The answer then holds
    // every write whose purge is at or before it, and a purge that comes while the fields are
    // being read has a greater revision, so every cache judges the answer by it. Taken after the
    // reads it would claim writes that the reads did not see, and a stale answer would be valid.
    let as_of = if shared {
        services.purge_log.as_of()
    } else {
        None
    };
    // An entity that is kept may be older than what the client, or this request, just wrote.
    let entities = match document.operation.kind {
        OperationKind::Query => Entities::Cached {
            required: demand.required,
        },
        OperationKind::Mutation | OperationKind::Subscription => Entities::Fresh,
    };
    let Prepared {
        mut request,
        mut loads,
        selected,
        facts,
        now_ms,
    } = prepare(services, document, &variables.to_json(), asker, entities)?;
    if let Some(cell) = demand.candidates_of {
        request = request.data(CandidatesOf(cell));
    }
    let mut response = loads.run(schema.execute(request)).await;
    complete(&mut response, &selected);
    facts.tag(tags::document(&document.operation.id));
    let facts = facts.take();
    let as_of = as_of.and_then(|as_of| facts.at_most(as_of));
    Ok(Executed {
        response,
        facts,
        as_of,
        now_ms,
    })
}

/// A request that is ready for the schema to execute.
#[derive(Debug)]
pub struct Prepared {
    request: Request,
    loads: Loads,
    /// What the answer has to be completed by.
    selected: Operation,
    facts: Arc<AnswerFacts>,
    now_ms: i64,
}

impl Prepared {
    /// The first answer of a subscription, with what was selected; `data` is for its fields. `None` if
    /// the subscription ends without an answer.
    pub async fn first_answer(
        self,
        schema: &Schema,
        data: impl Any + Send + Sync,
    ) -> Option<(Response, Operation)> {
        let Self {
            request,
            mut loads,
            selected,
            ..
        } = self;
        let mut answers = schema.execute_stream(request.data(data));
        let mut response = loads.run(answers.next()).await?;
        complete(&mut response, &selected);
        Some((response, selected))
    }
}

/// Prepares a document for execution with variables in canonical JSON: creates the context its
/// fields share, with the current time.
pub fn prepare(
    services: &Services,
    document: &Document,
    variables: &str,
    asker: Asker,
    entities: Entities,
) -> Result<Prepared, StoreError> {
    let now_ms = services.clock.now_ms();
    let facts = Arc::new(AnswerFacts::default());
    let stores = Stores {
        services: services.clone(),
        now_ms,
        entities,
        facts: Arc::clone(&facts),
        user: match &asker.caller {
            Caller::User(user) => Some(user.id.clone()),
            Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => None,
        },
    };
    let loads = Loads::default();
    let context = RequestContext {
        services: services.clone(),
        facts: Arc::clone(&facts),
        now_ms,
        asker,
        joined: OnceLock::new(),
        shared: document.operation.policy.is_shared(),
        loader: loads.loader(stores),
    };
    let variables = serde_json::from_str(variables)
        .map_err(|error| StoreError::corrupt("canonical variables", &error))?;
    let variables = Variables::from_json(variables);
    let Collected { document, selected } = collect(&document.parsed, &variables)
        .ok_or_else(|| StoreError::corrupt("document", &"it has no operation"))?;
    let parsed = without_absent(document, &variables);
    let mut request = Request::new(String::new())
        .variables(variables)
        .data(context);
    request.set_parsed_query(parsed);
    Ok(Prepared {
        request,
        loads,
        selected,
        facts,
        now_ms,
    })
}
