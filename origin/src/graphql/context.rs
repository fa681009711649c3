//! What the fields of one request share.

use std::sync::Arc;

use async_graphql::{
    Context,
    dataloader::{DataLoader, HashMapCache},
};

use super::{caller::Caller, facts::AnswerFacts, loaders::Stores};
use crate::state::AppState;

/// One per request: nothing that was read for one request answers another.
pub struct RequestContext {
    pub state: AppState,
    pub facts: Arc<AnswerFacts>,
    /// One moment for the whole answer.
    pub now_ms: i64,
    /// Who asks. Fields of public documents do not look at it.
    pub caller: Caller,
    /// Whether a shared cache may keep the answer, so that its end is worth knowing.
    pub shared: bool,
    pub loader: DataLoader<Stores, HashMapCache>,
}

impl std::fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestContext")
            .field("now_ms", &self.now_ms)
            .finish_non_exhaustive()
    }
}

impl RequestContext {
    /// Of a field's context; `execute` puts it there.
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }
}
