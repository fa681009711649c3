//! The memory of origin and workerd while the same hostile requests come again and again: whatever
//! each of them leaves behind shows as growth.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use e2e::Target;
use tokio::time::Instant;

use super::scale::Scale;
use super::tally::Tally;
use super::{mutated, parallel};
use crate::people::{PASSWORD, Person, anonymous, answer, credentials, data};

/// The pause between two measurements; a round of requests runs in each.
const EVERY: Duration = Duration::from_secs(30);
/// How many measurements say something about growth.
const ENOUGH: usize = 12;
/// By how much the middle of the last quarter may exceed that of the second quarter. The first
/// quarter fills the caches.
const GROWTH: f64 = 1.10;
/// What allocators keep of a burst, in kilobytes.
const SLACK_KB: f64 = 16.0 * 1_024.0;

/// The memory of one process, at every measurement, in kilobytes.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    name: &'static str,
    rss_kb: Vec<u64>,
}

impl Course {
    /// The middle values of the second and of the last quarter.
    fn ends(&self) -> (f64, f64) {
        let quarter = self.rss_kb.len() / 4;
        let middle = |part: &[u64]| {
            let mut sorted = part.to_vec();
            sorted.sort_unstable();
            let at = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
            f64::from(u32::try_from(at).unwrap_or(u32::MAX))
        };
        let last = self.rss_kb.len() - quarter;
        (
            middle(&self.rss_kb[quarter..2 * quarter]),
            middle(&self.rss_kb[last..]),
        )
    }

    /// Whether it stays where it is; too few measurements say nothing.
    fn is_flat(&self) -> bool {
        let (early, late) = self.ends();
        self.rss_kb.len() < ENOUGH || late <= early * GROWTH + SLACK_KB
    }
}

/// Each measurement in MiB.
impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib: Vec<_> = self
            .rss_kb
            .iter()
            .map(|kb| (kb / 1_024).to_string())
            .collect();
        write!(f, "{}: {}", self.name, mib.join(" "))
    }
}

/// Sends rounds of requests for as long as the scale says, and measures after each. The memory must
/// not grow.
pub(crate) async fn watch(
    target: &mut Target,
    tally: &Arc<Tally>,
    people: [&str; 3],
    scale: Scale,
) {
    let mut courses = ["origin", "edge"].map(|name| Course {
        name,
        rss_kb: Vec::new(),
    });
    let end = Instant::now() + scale.watched;
    let mut seed = scale.seed;
    while Instant::now() < end {
        let next = Instant::now() + EVERY;
        seed += 1;
        let round = Scale {
            in_parallel: 1_000,
            mutated: 500,
            seed,
            ..scale
        };
        // Access tokens end after a quarter of an hour.
        let [ana, ben, mallory] = people.map(|name| signed_in(target, name));
        let (ana, ben, mallory) = tokio::join!(ana, ben, mallory);
        parallel::ask(target, tally, [&ana, &ben], round).await;
        mutated::send(target, tally, &mallory, round).await;
        tokio::time::sleep_until(next).await;
        let vitals = target.vitals().unwrap();
        for (course, vitals) in courses.iter_mut().zip(&vitals) {
            course.rss_kb.push(vitals.rss_kb);
        }
    }
    for course in &courses {
        if !course.rss_kb.is_empty() {
            println!("MiB every {} s, {course}", EVERY.as_secs());
        }
        tally.holds(course.is_flat(), || {
            let (early, late) = course.ends();
            format!("{} grew from {early} KB to {late} KB", course.name)
        });
    }
}

async fn signed_in(target: &Target, name: &str) -> Person {
    let login = target.ask("Login", credentials(name, PASSWORD));
    let seen = answer(anonymous(&target.client, &target.edge_url, &login)).await;
    Person::of(&data(&seen)["login"])
}

#[test]
fn a_leak_is_told_from_a_cache_that_fills() {
    let course = |rss_kb: Vec<u64>| Course {
        name: "origin",
        rss_kb,
    };
    let fills = (0..40).map(|minute| 80_000 + 1_000 * u64::min(minute, 10));
    assert!(course(fills.collect()).is_flat());
    let leaks = (0..40).map(|minute| 80_000 + 2_000 * minute);
    assert!(!course(leaks.collect()).is_flat());
    assert!(course(vec![1, 1_000_000]).is_flat());
    let shown = course(vec![2_048, 4_096]).to_string();
    assert_eq!(shown, "origin: 2 4");
}
