//! The networks from which somebody signed in to an account lately. There, attempts at the account
//! are not held back by what others try elsewhere: its owner is not locked out.
//!
//! Only hashes are stored: in Redis, or in this process when Redis is not configured. While Redis
//! cannot be reached no network is known.

use std::sync::{Arc, Mutex, PoisonError};

use cache_core::{CacheKey, KeyBuilder};
use cache_tiered::{Link, LinkError};
use redis::Script;

use super::generations::Generations;

/// How long a network is known after the last sign-in or refresh there, in milliseconds.
const LIFE_MS: u64 = 30 * 86_400_000;
/// The most networks of an account: the one that was used longest ago is forgotten.
const MOST: usize = 8;
/// The maximum number of accounts in one generation in this process, about 8 MB.
const ACCOUNTS: usize = 20_000;

/// KEYS: the account. ARGV: the network, the time, the maximum number, the lifetime.
const REMEMBER: &str = "
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
";

#[derive(Debug)]
pub(super) enum KnownNetworks {
    Redis {
        link: Arc<Link>,
        prefix: String,
        remember: Script,
    },
    /// For each account its networks and when they were last used, most recently used last.
    Process(Mutex<Generations<Vec<(CacheKey, u64)>>>),
}

fn hash(parts: &[&str]) -> CacheKey {
    let key = KeyBuilder::new().part(b"known networks");
    let key = parts
        .iter()
        .fold(key, |key, part| key.part(part.as_bytes()));
    key.finish()
}

impl KnownNetworks {
    pub(super) fn new(link: Option<Arc<Link>>, prefix: &str) -> Self {
        match link {
            Some(link) => Self::Redis {
                link,
                prefix: format!("{prefix}:known"),
                remember: Script::new(REMEMBER),
            },
            None => Self::Process(Mutex::new(Generations::of_size(ACCOUNTS))),
        }
    }

    pub(super) async fn remember(
        &self,
        account: &str,
        network: &str,
        now_ms: u64,
    ) -> Result<(), LinkError> {
        let (account, network) = (hash(&[account]), hash(&[account, network]));
        match self {
            Self::Redis {
                link,
                prefix,
                remember,
            } => {
                let mut invocation = remember.prepare_invoke();
                invocation
                    .key(format!("{prefix}:{account}"))
                    .arg(network.to_string())
                    .arg(now_ms)
                    .arg(MOST)
                    .arg(LIFE_MS);
                link.call("remember_network", async |mut connection| {
                    invocation.invoke_async(&mut connection).await
                })
                .await
            }
            Self::Process(accounts) => {
                let mut accounts = accounts.lock().unwrap_or_else(PoisonError::into_inner);
                let mut known = accounts.get(&account).cloned().unwrap_or_default();
                known.retain(|(other, _)| *other != network);
                if known.len() >= MOST {
                    known.remove(0);
                }
                known.push((network, now_ms));
                accounts.put(account, known);
                Ok(())
            }
        }
    }

    pub(super) async fn knows(
        &self,
        account: &str,
        network: &str,
        now_ms: u64,
    ) -> Result<bool, LinkError> {
        let (account, network) = (hash(&[account]), hash(&[account, network]));
        let used_at_ms = match self {
            Self::Redis { link, prefix, .. } => {
                let (key, member) = (format!("{prefix}:{account}"), network.to_string());
                let score: Option<f64> = link
                    .call("known_network", async |mut connection| {
                        redis::cmd("ZSCORE")
                            .arg(&key)
                            .arg(&member)
                            .query_async(&mut connection)
                            .await
                    })
                    .await?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a moment that was written as a whole number"
                )]
                score.map(|score| score as u64)
            }
            Self::Process(accounts) => {
                let accounts = accounts.lock().unwrap_or_else(PoisonError::into_inner);
                let known = accounts.get(&account).into_iter().flatten();
                let mut same = known.filter(|(other, _)| *other == network);
                same.next().map(|(_, at_ms)| *at_ms)
            }
        };
        Ok(used_at_ms.is_some_and(|at_ms| now_ms < at_ms.saturating_add(LIFE_MS)))
    }

    pub(super) async fn forget(&self, account: &str) -> Result<(), LinkError> {
        let account = hash(&[account]);
        match self {
            Self::Redis { link, prefix, .. } => {
                let key = format!("{prefix}:{account}");
                link.call("forget_networks", async |mut connection| {
                    redis::cmd("DEL")
                        .arg(&key)
                        .query_async(&mut connection)
                        .await
                })
                .await
            }
            Self::Process(accounts) => {
                let mut accounts = accounts.lock().unwrap_or_else(PoisonError::into_inner);
                accounts.remove(&account);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E2. What is remembered is bounded and has an end.
    #[tokio::test]
    async fn a_network_is_known_until_it_is_old_or_pushed_out_or_forgotten() {
        let known = KnownNetworks::new(None, "test");
        let is_known = async |account: &str, network: &str, now_ms| {
            known.knows(account, network, now_ms).await.unwrap()
        };
        known.remember("ana", "home", 0).await.unwrap();
        assert!(is_known("ana", "home", LIFE_MS - 1).await);
        assert!(!is_known("ana", "home", LIFE_MS).await);
        assert!(!is_known("ana", "elsewhere", 1).await);
        assert!(!is_known("ben", "home", 1).await);
        for number in 1..MOST {
            let network = format!("network {number}");
            known.remember("ana", &network, 1).await.unwrap();
        }
        assert!(is_known("ana", "home", 1).await);
        known.remember("ana", "one more", 2).await.unwrap();
        assert!(!is_known("ana", "home", 2).await);
        assert!(is_known("ana", "one more", 2).await);
        known.forget("ana").await.unwrap();
        assert!(!is_known("ana", "one more", 2).await);
    }
}
