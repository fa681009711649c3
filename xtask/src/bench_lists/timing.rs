//! Asks for one list after the other, as one client does, and times the answers.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::bench;
use crate::http::{Answer, Connection};

/// The times of many answers, the shortest first.
#[derive(Debug)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    /// Asks for each path once; `check` says whether an answer counts, and has something in it. Places where
    /// nothing lies are asked about as well, but most lists have to have something.
    pub(super) fn ask(
        port: u16,
        paths: &[String],
        check: fn(&Answer) -> Result<bool, String>,
    ) -> Result<Self> {
        let mut connection = Connection::open(port)?;
        let (mut times, mut filled) = (Vec::new(), 0);
        for path in paths {
            let asked = Instant::now();
            let answer = connection.get(path)?;
            times.push(asked.elapsed());
            match check(&answer) {
                Ok(has_something) => filled += usize::from(has_something),
                Err(why) => bail!("{path}: {why}: {} {}", answer.status, answer.body),
            }
        }
        if filled * 2 < paths.len() {
            let all = paths.len();
            let example = paths.first().map_or("", String::as_str);
            bail!("{filled} of {all} lists have something in them, such as {example}");
        }
        times.sort_unstable();
        Ok(Self(times))
    }

    /// The nearest-rank percentile, in milliseconds.
    fn ms(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        let at_rank = self.0.get(rank - 1).map(Duration::as_secs_f64);
        at_rank.unwrap_or(f64::NAN) * 1e3
    }
}

/// A percentile of several rounds: the median, because the machine has other things to do as well.
pub(super) fn median_ms(rounds: &[Times], percent: usize) -> f64 {
    bench::median(rounds.iter().map(|times| times.ms(percent)).collect())
}

/// Whether it has something in it, if the origin has executed it without an error.
pub(super) fn is_executed(answer: &Answer) -> Result<bool, String> {
    let cache_status = answer.header("cache-status").unwrap_or_default();
    if cache_status.contains("; hit") {
        return Err(format!("a cache had it ({cache_status})"));
    }
    if answer.body.contains("\"errors\"") {
        return Err("it has errors".to_owned());
    }
    // Facets and clusters have numbers in place of distances.
    if answer.status == 200 && answer.body.contains("\"count\"") {
        return Ok(true);
    }
    is_list(answer)
}

/// Whether it has something in it, if it is a list.
pub(super) fn is_list(answer: &Answer) -> Result<bool, String> {
    if answer.status != 200 {
        return Err("it was refused".to_owned());
    }
    Ok(answer.body.contains("\"distance\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, cache_status: &str, body: &str) -> Answer {
        Answer {
            status,
            headers: vec![("Cache-Status".to_owned(), cache_status.to_owned())],
            body: body.to_owned(),
        }
    }

    #[test]
    fn hits_and_errors_do_not_count_and_empty_lists_are_told() {
        let list = r#"{"data":{"offers":{"edges":[{"distance":1}]}}}"#;
        let miss = "yousoon-origin; fwd=uri-miss";
        assert_eq!(is_executed(&answer(200, miss, list)), Ok(true));
        let empty = r#"{"data":{"offers":{"edges":[]}}}"#;
        assert_eq!(is_executed(&answer(200, miss, empty)), Ok(false));
        for (status, cache_status, body) in [
            (200, "yousoon-origin; hit; ttl=9; detail=l1", list),
            (503, miss, list),
            (
                200,
                miss,
                r#"{"data":{"offers":{"edges":[{"distance":1}]}},"errors":[]}"#,
            ),
        ] {
            assert!(is_executed(&answer(status, cache_status, body)).is_err());
        }
    }

    #[test]
    fn percentiles_are_nearest_rank_and_the_median_of_rounds_counts() {
        let round = |times: [u64; 4]| Times(times.map(Duration::from_millis).to_vec());
        let rounds = [
            round([1, 2, 3, 4]),
            round([10, 20, 30, 40]),
            round([2, 2, 2, 9]),
        ];
        assert!((rounds[0].ms(50) - 2.0).abs() < 1e-9);
        assert!((median_ms(&rounds, 95) - 9.0).abs() < 1e-9);
        assert!(median_ms(&[], 95).is_nan());
    }
}
