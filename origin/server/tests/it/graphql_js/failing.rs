//! Makes fields and items fail, by a rule that `tests/graphql-js/compare.mjs` has as well.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_graphql::{
    PathSegment, ServerError, ServerResult, Value,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo},
};
use serde_json::Value as Json;

/// Which values fail: of 1,000 paths about `rate`, or ten times as many where null is allowed. Most
/// other failures leave nothing of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) seed: u32,
    pub(crate) rate: u32,
}

impl Rule {
    fn fails(self, path: &str, may_be_null: bool) -> bool {
        let hash = format!("{} {path}", self.seed)
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
            });
        let rate = if may_be_null {
            10 * self.rate
        } else {
            self.rate
        };
        hash % 1_000 < rate
    }
}

/// What the executor does under the rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failing(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rule: Rule,
    /// The names of fields that may be null.
    nullable: HashSet<String>,
    executed: HashSet<String>,
    executed_twice: Vec<String>,
}

impl Failing {
    pub(crate) fn of(nullable: &[String]) -> Self {
        let failing = Self::default();
        failing.0.lock().unwrap().nullable = nullable.iter().cloned().collect();
        failing
    }

    pub(crate) fn begin(&self, rule: Rule) {
        let mut state = self.0.lock().unwrap();
        state.rule = rule;
        state.executed.clear();
    }

    /// The paths that were executed more than once in one request.
    pub(crate) fn executed_twice(&self) -> Vec<String> {
        self.0.lock().unwrap().executed_twice.clone()
    }

    fn fails(&self, path: String, name: Option<&str>) -> bool {
        let mut state = self.0.lock().unwrap();
        let name = name.map(|key| key.strip_prefix("a_").unwrap_or(key));
        let may_be_null = name.is_some_and(|name| state.nullable.contains(name));
        let fails = state.rule.fails(&path, may_be_null);
        if !state.executed.insert(path.clone()) {
            state.executed_twice.push(path);
        }
        fails
    }
}

impl ExtensionFactory for Failing {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Extension for Failing {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let path = serde_json::to_value(info.path_node).unwrap();
        let segments = path.as_array().unwrap();
        let name = segments.last().and_then(Json::as_str);
        if self.fails(path.to_string(), name) {
            let path = segments.iter().map(segment).collect();
            return Err(ServerError::new("failed", None).with_path(path));
        }
        next.run(ctx, info).await
    }
}

fn segment(segment: &Json) -> PathSegment {
    match segment.as_u64() {
        Some(index) => PathSegment::Index(index.try_into().unwrap()),
        None => PathSegment::Field(segment.as_str().unwrap().to_owned()),
    }
}
