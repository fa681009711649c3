//! A system in which days pass while a test runs: a test moves the clocks of origin and edge. Redis keeps the
//! true time, which it uses for lifetimes only.

use e2e::{Answer, Ask, Durability, Options, Redis, Stack, Venue, Way};
use serde_json::Value;

use crate::{
    messages::{World, kept},
    people::data,
    telling::Clock,
};

pub(crate) const MINUTE_S: i64 = 60;
pub(crate) const HOUR_S: i64 = 60 * MINUTE_S;
/// A purge reaches the edge after about a second; a slow machine may take longer.
const SOON: std::time::Duration = std::time::Duration::from_secs(10);

/// Origin, edge and Redis, and the clock of the first two.
pub(crate) struct Passing {
    pub(crate) world: World,
    clock: Clock,
    ahead_s: i64,
    _redis: Redis,
}

impl Passing {
    /// None where no clock can be moved; that is printed.
    pub(crate) async fn start(venues: Vec<Venue>) -> Option<Self> {
        let (clock, mut variables) = Clock::new()?;
        let redis = Redis::start(Durability::Memory).await.unwrap();
        variables.push(("YOUSOON_REDIS_URL", kept(redis.url())));
        let options = Options {
            venues,
            origin: variables,
            way: Way::Direct,
            ..Options::default()
        };
        let world = World::with(options).await;
        Some(Self {
            world,
            clock,
            ahead_s: 0,
            _redis: redis,
        })
    }

    pub(crate) const fn stack(&self) -> &Stack {
        &self.world.stack
    }

    /// The time of origin and edge, in seconds since the epoch.
    pub(crate) fn now_s(&self) -> i64 {
        chrono::Utc::now().timestamp() + self.ahead_s
    }

    /// Moves origin and edge to this moment. The edge starts again, so subscriptions end; access tokens
    /// expire.
    pub(crate) async fn go_to(&mut self, at_s: i64) {
        self.ahead_s += at_s - self.now_s();
        self.clock.set(self.ahead_s);
        let stack = &mut self.world.stack;
        stack.restart_edge_ahead(self.ahead_s).await.unwrap();
    }

    /// What everybody sees of a public document, by the edge.
    pub(crate) async fn shown(&self, document: &str, variables: Value) -> Value {
        let ask = self.stack().ask(document, variables);
        data(&self.get(&ask).await)
    }

    async fn get(&self, ask: &Ask) -> Answer {
        let stack = self.stack();
        ask.get(&stack.client, &stack.edge_url).await.unwrap()
    }

    /// Waits until everybody sees this of a public document; returns what they see.
    pub(crate) async fn until_shown(
        &self,
        document: &str,
        variables: Value,
        is_right: impl Fn(&Value) -> bool,
    ) -> Value {
        let stack = self.stack();
        let ask = stack.ask(document, variables);
        let done = |answer: &Answer| is_right(&answer.json()["data"]);
        let shown = ask.until(&stack.client, &stack.edge_url, SOON, done).await;
        match shown {
            Ok((answer, _)) => data(&answer),
            Err(why) => panic!("{document}: {why}\n{}", self.get(&ask).await.text),
        }
    }
}

/// A moment of an answer, in seconds since the epoch.
pub(crate) fn moment_s(moment: &Value) -> i64 {
    let moment = moment.as_str().unwrap_or_else(|| panic!("{moment}"));
    let moment = chrono::DateTime::parse_from_rfc3339(moment).unwrap();
    moment.timestamp()
}

/// A moment as an argument.
pub(crate) fn moment(at_s: i64) -> String {
    let moment = chrono::DateTime::from_timestamp(at_s, 0).unwrap();
    moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
