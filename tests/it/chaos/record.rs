//! Records what readers and writers observed, by the fault that was active.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use e2e::{Oracle, Tier};

/// How many complaints of one kind are kept.
const KEPT: usize = 5;

/// The observations during one fault of the script.
#[derive(Debug, Default)]
struct Phase {
    name: &'static str,
    /// The number of answers by tier and `Cache-Status` (without its `ttl`).
    answers: BTreeMap<(&'static str, String), u64>,
    worst: BTreeMap<&'static str, Duration>,
}

/// The numbers of writes by outcome.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Writes {
    /// Acknowledged with the revision of their purge.
    pub(super) with_revision: u64,
    /// Acknowledged without a revision, because the purge log could not be reached.
    pub(super) without_revision: u64,
    /// Attempts that failed at one origin, and were repeated at another one.
    pub(super) lost: u64,
    /// Those of `lost` that failed although the origin was running.
    pub(super) refused: u64,
    /// Writes that failed at all origins.
    pub(super) failed: u64,
}

/// The answers to partly private documents at the edge.
#[derive(Debug, Default)]
pub(super) struct Private {
    /// With all fields.
    pub(super) answered: u64,
    /// Those of `answered` whose public part was a hit.
    pub(super) with_a_hit: u64,
    /// With the public part, and errors in place of the private fields: by code.
    pub(super) failed: BTreeMap<String, u64>,
}

/// Everything that is asserted and printed at the end.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) oracle: Oracle,
    pub(super) writes: Writes,
    /// The number of answers that say which version the catalogue index knows.
    pub(super) searches: u64,
    pub(super) private: Private,
    /// How often a guest signed in again.
    pub(super) signed_in: u64,
    /// How often an origin made its hottest answers anew.
    pub(super) warmed: u64,
    /// The number of answers that are more stale than their bound.
    pub(super) too_stale: u64,
    /// The number of answers that are wrong in another way.
    pub(super) wrong: u64,
    complaints: BTreeMap<&'static str, Vec<String>>,
    phases: Vec<Phase>,
}

impl Record {
    pub(super) fn new(oracle: Oracle) -> Self {
        Self {
            oracle,
            writes: Writes::default(),
            searches: 0,
            private: Private::default(),
            signed_in: 0,
            warmed: 0,
            too_stale: 0,
            wrong: 0,
            complaints: BTreeMap::new(),
            phases: vec![Phase {
                name: "no fault",
                ..Phase::default()
            }],
        }
    }

    /// Begins the next fault.
    pub(super) fn begin_phase(&mut self, name: &'static str) {
        self.phases.push(Phase {
            name,
            ..Phase::default()
        });
    }

    /// Counts an answer.
    pub(super) fn saw(&mut self, tier: Tier, cache_status: &str, stale: Duration) {
        let Some(phase) = self.phases.last_mut() else {
            return;
        };
        let sight = (tier.as_str(), without_ttl(cache_status));
        *phase.answers.entry(sight).or_default() += 1;
        let worst = phase.worst.entry(tier.as_str()).or_default();
        *worst = stale.max(*worst);
    }

    /// Notes details of something that makes the test fail.
    pub(super) fn complain(&mut self, kind: &'static str, about: &str) {
        let during = self.phases.last().map_or("", |phase| phase.name);
        let known = self.complaints.entry(kind).or_default();
        if known.len() < KEPT {
            known.push(format!("{kind} [{during}] {about}"));
        }
    }

    /// The number of a tier's answers whose `Cache-Status` has all of these words.
    pub(super) fn seen(&self, tier: Tier, words: &[&str]) -> u64 {
        self.phases
            .iter()
            .map(|phase| phase.seen(tier, words))
            .sum()
    }

    /// The same, during one kind of fault.
    pub(super) fn seen_during(&self, fault: &str, tier: Tier, words: &[&str]) -> u64 {
        let phases = self.phases.iter().filter(|phase| phase.name == fault);
        phases.map(|phase| phase.seen(tier, words)).sum()
    }

    /// The same, since the last fault ended.
    pub(super) fn seen_in_the_end(&self, tier: Tier, words: &[&str]) -> u64 {
        self.phases
            .last()
            .map_or(0, |phase| phase.seen(tier, words))
    }

    /// The first complaints of each kind, one per line.
    pub(super) fn complaints(&self) -> String {
        let all: Vec<&str> = self
            .complaints
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        all.join("\n")
    }

    /// The summary, on one line.
    pub(super) fn figures(&self, ran: Duration) -> String {
        let Writes {
            with_revision,
            without_revision,
            lost,
            refused,
            failed,
        } = self.writes;
        format!(
            "chaos, {} s: edge: {}; pod: {}; {} writes ({without_revision} of them without a revision, {lost} repeated), {refused} refused, {failed} failed; {} searches for a new title; {} private answers, without their private fields {:?}, {} times signed in again; made warm {} times",
            ran.as_secs(),
            self.oracle.figures(Tier::Edge),
            self.oracle.figures(Tier::Pod),
            with_revision + without_revision,
            self.searches,
            self.private.answered,
            self.private.failed,
            self.signed_in,
            self.warmed,
        )
    }
}

impl Phase {
    fn seen(&self, tier: Tier, words: &[&str]) -> u64 {
        let wanted = self.answers.iter().filter(|((of, status), _)| {
            *of == tier.as_str() && words.iter().all(|word| status.contains(word))
        });
        wanted.map(|(_, count)| count).sum()
    }
}

/// All observations, to investigate a failure.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for phase in &self.phases {
            writeln!(f, "{}:", phase.name)?;
            for (tier, worst) in &phase.worst {
                writeln!(f, "  {tier}: stale by {} ms at worst", worst.as_millis())?;
            }
            for ((tier, status), count) in &phase.answers {
                writeln!(f, "  {tier}: {count:>6} × {status}")?;
            }
        }
        Ok(())
    }
}

fn without_ttl(cache_status: &str) -> String {
    let kept: Vec<&str> = cache_status
        .split(';')
        .filter(|part| !part.trim_start().starts_with("ttl="))
        .collect();
    kept.join(";")
}
