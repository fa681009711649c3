//! Is what is measured what is meant? The answer's bytes, and where they came from.

use anyhow::{Context, Result, bail};

use super::contender::{Asked, Contender, Proof, Workload};
use crate::http::{self, Answer};

/// Checks one answer of a contender.
pub(super) fn check(contender: &Contender, workload: &Workload) -> Result<()> {
    let asked = workload.0.first().context("nothing is asked for")?;
    check_answer(contender, asked)
}

/// Checks the answer to one path.
pub(super) fn check_answer(contender: &Contender, asked: &Asked) -> Result<()> {
    let label = contender.label;
    let answer = http::get(contender.port, &asked.path)?;
    if answer.status != 200 {
        bail!("{label} answers with status {}", answer.status);
    }
    if answer.body != asked.body {
        bail!(
            "{label} answers with other bytes ({} of {})",
            answer.body.len(),
            asked.body.len()
        );
    }
    prove(label, contender.proof, &answer)
}

fn prove(label: &str, proof: Proof, answer: &Answer) -> Result<()> {
    let header = |name: &str| answer.header(name).unwrap_or_default();
    match proof {
        Proof::Hit { cache, tier } => {
            let status = header("cache-status");
            if !is_hit(status, cache, tier) {
                bail!(
                    "{label} does not answer from {tier}: Cache-Status is {status:?}, wanted is \"{cache}; hit; …; detail={tier}\""
                );
            }
        }
        Proof::Varnish => {
            let ids = header("x-varnish");
            if ids.split_whitespace().count() != 2 {
                bail!("{label} does not answer from its cache: X-Varnish is {ids:?}");
            }
        }
        Proof::ResolverCalls { status_port, warm } => {
            let calls = http::get(status_port, "/resolver-calls")?.body;
            if calls != warm.to_string() {
                bail!("{label} called its resolvers {calls} times instead of {warm}");
            }
        }
        Proof::Obvious => {}
    }
    // The resolvers' counter belongs to a peer with its own idea of headers.
    if !matches!(proof, Proof::ResolverCalls { .. }) {
        for name in ["etag", "cache-control"] {
            answer
                .header(name)
                .with_context(|| format!("{label} answers without {name}"))?;
        }
    }
    Ok(())
}

/// Reads one member of RFC 9211's list, as `name; hit; ttl=9; detail=tier`.
fn is_hit(status: &str, cache: &str, tier: &str) -> bool {
    let mut words = status.split(';').map(str::trim);
    words.next() == Some(cache)
        && words.clone().any(|word| word == "hit")
        && words.any(|word| word.strip_prefix("detail=") == Some(tier))
}

#[cfg(test)]
mod tests {
    use super::is_hit;

    #[test]
    fn a_hit_is_one_of_this_cache_and_this_tier() {
        let hit = |status| is_hit(status, "edge", "kv");
        assert!(hit("edge; hit; ttl=9; detail=kv"));
        assert!(!hit("edge; hit; ttl=9; detail=kv-old"));
        assert!(!hit("edge; fwd=uri-miss; detail=kv"));
        assert!(!hit("origin; hit; detail=kv"));
        assert!(!hit(""));
    }
}
