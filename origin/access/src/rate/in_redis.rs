//! The numbers in Redis, one atomic step for all rules of a request: servers count together.

use cache_tiered::{Link, LinkError};
use redis::Script;

use super::{gcra::Standing, rule::Rule};

/// Keys: one for each rule. Arguments: each one's interval and window, microseconds. Gives whether
/// all admit, now, and the arrivals after that. The arithmetic is that of [`super::gcra`]; the
/// clock is Redis' own, the one that all servers share. A double holds microseconds until 2255.
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
    link: Link,
    prefix: String,
    take: Script,
}

impl InRedis {
    pub(super) fn new(link: Link, prefix: &str) -> Self {
        Self {
            link,
            // In braces: a cluster keeps together what one script touches.
            prefix: format!("{{{prefix}}}"),
            take: Script::new(TAKE),
        }
    }

    /// Takes one by every rule, or by none.
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
