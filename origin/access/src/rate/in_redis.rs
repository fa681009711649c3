//! Rate limit state in Redis, shared by all servers; one atomic script counts all rules of a
//! request.

use std::sync::Arc;

use cache_tiered::{Link, LinkError};
use redis::Script;

use super::{gcra::Standing, rule::Rule};

/// KEYS: one for each rule. ARGV: each rule's interval and window in microseconds. Returns whether
/// all rules admit, the current time, and the arrival times afterwards. The arithmetic is that of
/// [`super::gcra`]; the clock is Redis' own, which all servers share. A double holds microseconds
/// exactly until 2255.
const TAKE: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local admitted = 1
local arrivals = {}
for i, key in ipairs(KEYS) do
  local interval, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local arrival = tonumber(redis.call('GET', key)) or now
  arrival = math.min(math.max(arrival, now), now + window)
  if arrival - now + interval > window then admitted = 0 end
  arrivals[i] = arrival
end
if admitted == 1 then
  for i, key in ipairs(KEYS) do
    arrivals[i] = arrivals[i] + tonumber(ARGV[2 * i - 1])
    local lives = math.ceil((arrivals[i] - now) / 1000)
    redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', lives)
  end
end
return {admitted, now, unpack(arrivals)}
";

#[derive(Debug)]
pub(super) struct InRedis {
    link: Arc<Link>,
    prefix: String,
    take: Script,
}

impl InRedis {
    pub(super) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self {
            link,
            // The braces are a hash tag: Redis Cluster keeps all keys of one script on one node.
            prefix: format!("{{{prefix}}}"),
            take: Script::new(TAKE),
        }
    }

    /// Counts one request under every rule, or under none.
    pub(super) async fn take(&self, rules: &[Rule<'_>]) -> Result<Vec<Standing>, LinkError> {
        let mut invocation = self.take.prepare_invoke();
        for rule in rules {
            let pace = rule.pace();
            invocation
                .key(format!("{}:{}", self.prefix, rule.slot()))
                .arg(pace.interval_us)
                .arg(pace.window_us);
        }
        let numbers: Vec<u64> = self
            .link
            .call("rate_limit", async |mut connection| {
                invocation.invoke_async(&mut connection).await
            })
            .await?;
        let [admitted, now_us, arrivals @ ..] = numbers.as_slice() else {
            return Err(strange());
        };
        if arrivals.len() != rules.len() {
            return Err(strange());
        }
        let standings = rules.iter().zip(arrivals).map(|(rule, arrival_us)| {
            let pace = rule.pace();
            let wait_us = match admitted {
                1 => None,
                _ => pace.wait_us(pace.settle(Some(*arrival_us), *now_us), *now_us),
            };
            pace.standing(*arrival_us, *now_us, wait_us)
        });
        Ok(standings.collect())
    }
}

fn strange() -> LinkError {
    LinkError::Answer("not one arrival for each rule".to_owned())
}
