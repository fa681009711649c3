//! What was measured: medians, because the machine has other things to do as well.

use anyhow::{Result, bail};

use super::contender::{Comparison, Contender};
use super::figure::{Figure, Target};
use super::wrk::Summary;

#[derive(Debug, Default)]
pub(crate) struct Rounds(Vec<Round>);

/// One measurement of one contender.
#[derive(Debug)]
struct Round {
    contender: &'static str,
    summary: Summary,
}

impl Rounds {
    pub(super) fn add(&mut self, contender: &'static str, summary: Summary) -> Result<()> {
        let Summary {
            refused,
            late,
            broken,
            ..
        } = summary;
        if refused + late + broken > 0 {
            bail!(
                "{contender}: {refused} requests were refused, {late} not answered in time, {broken} connections failed"
            );
        }
        self.0.push(Round { contender, summary });
        Ok(())
    }

    /// Prints a line per contender; `ratio` is what its comparison is called.
    pub(crate) fn print(&self, contenders: &[Contender], ratio: &str) {
        println!(
            "\n{:<40} {:>10} {:>9} {:>9} {ratio:>11}  target",
            "", "requests/s", "p50 ms", "p99 ms"
        );
        for Contender {
            name,
            label,
            comparison,
            ..
        } in contenders
        {
            let target = comparison.at_least.map(|target| format!("≥ {target}"));
            println!(
                "{label:<40} {:>10.0} {:>9.2} {:>9.2} {:>11.2}  {}",
                self.median(name, Summary::per_second),
                self.median(name, |summary| summary.p50_us) / 1e3,
                self.median(name, |summary| summary.p99_us) / 1e3,
                self.ratio(*comparison),
                target.unwrap_or_default()
            );
        }
    }

    /// A figure for each contender that is not compared with itself.
    pub(crate) fn figures(&self, contenders: &[Contender]) -> Vec<Figure> {
        let compared = contenders.iter().filter(|one| {
            let Comparison { of, over, .. } = one.comparison;
            of != over
        });
        let figure = |one: &Contender| {
            let Comparison { of, over, .. } = one.comparison;
            let per_second = self.median(of, Summary::per_second);
            Figure {
                ratio: Some(self.ratio(one.comparison)),
                target: one.comparison.at_least.map(Target::RatioAtLeast),
                ..Figure::plain(format!("{of} ÷ {over}"), per_second, "/s")
            }
        };
        compared.map(figure).collect()
    }

    /// An error that names every target that is missed.
    pub(crate) fn require_targets(&self, contenders: &[Contender]) -> Result<()> {
        let missed: Vec<String> = contenders
            .iter()
            .filter_map(|contender| {
                let comparison = contender.comparison;
                let (reached, at_least) = (self.ratio(comparison), comparison.at_least?);
                let Comparison { of, over, .. } = comparison;
                // What is not a number is no success either.
                (reached.is_nan() || reached < at_least).then(|| {
                    format!("{of} reaches {reached:.2} × {over} of the {at_least} aimed at")
                })
            })
            .collect();
        if !missed.is_empty() {
            bail!("{}", missed.join("; "));
        }
        Ok(())
    }

    /// The median over rounds of each round's own ratio, so that what slowed a whole round down
    /// counts for nothing.
    fn ratio(&self, comparison: Comparison) -> f64 {
        median(
            self.of(comparison.of)
                .zip(self.of(comparison.over))
                .map(|(of, over)| of.per_second() / over.per_second())
                .collect(),
        )
    }

    fn median(&self, contender: &str, value: impl Fn(&Summary) -> f64) -> f64 {
        median(self.of(contender).map(value).collect())
    }

    fn of<'a>(&'a self, contender: &'a str) -> impl Iterator<Item = &'a Summary> {
        self.0
            .iter()
            .filter(move |round| round.contender == contender)
            .map(|round| &round.summary)
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    match (values.get((values.len().max(1) - 1) / 2), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::super::contender::Proof;
    use super::*;

    const COMPARISON: Comparison = Comparison {
        of: "ours",
        over: "theirs",
        at_least: Some(1.5),
    };

    fn summary(requests: f64) -> Summary {
        Summary {
            requests,
            duration_us: 1e6,
            p50_us: 1.0,
            p99_us: 1.0,
            refused: 0,
            late: 0,
            broken: 0,
        }
    }

    fn rounds(measured: &[(&'static str, f64)]) -> Rounds {
        let mut rounds = Rounds::default();
        for (contender, requests) in measured {
            rounds.add(contender, summary(*requests)).unwrap();
        }
        rounds
    }

    #[test]
    fn a_round_is_compared_with_itself() {
        let rounds = rounds(&[
            ("ours", 200.0),
            ("theirs", 100.0),
            ("ours", 20.0),
            ("theirs", 10.0),
            ("ours", 10.0),
            ("theirs", 100.0),
        ]);
        assert!((rounds.ratio(COMPARISON) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_missed_target_is_named() {
        let contenders = [Contender {
            name: "theirs",
            label: "Theirs",
            port: 0,
            proof: Proof::Obvious,
            comparison: COMPARISON,
        }];
        let outcome = |ours, theirs| {
            rounds(&[("ours", ours), ("theirs", theirs)])
                .require_targets(&contenders)
                .map_err(|error| error.to_string())
        };
        assert_eq!(outcome(15.0, 10.0), Ok(()));
        assert_eq!(
            outcome(14.0, 10.0),
            Err("ours reaches 1.40 × theirs of the 1.5 aimed at".to_owned())
        );
        assert!(Rounds::default().require_targets(&contenders).is_err());
    }

    #[test]
    fn a_failed_request_fails_the_run() {
        let failed = Summary {
            late: 1,
            ..summary(10.0)
        };
        assert!(Rounds::default().add("ours", failed).is_err());
    }
}
