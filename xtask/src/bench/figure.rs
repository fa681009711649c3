//! What a benchmark finds: one line of the table of `cargo xtask bench`.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// As a multiple of a peer's figure in the same run.
    pub(crate) ratio: Option<f64>,
    pub(crate) target: Option<Target>,
    /// Why it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_run: Option<String>,
}

/// What a figure or its ratio is to reach.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    RatioAtLeast(f64),
    RatioAtMost(f64),
    ValueBelow(f64),
}

impl Figure {
    /// A figure without a peer and without a target.
    pub(crate) fn plain(what: String, value: f64, unit: &str) -> Self {
        Self {
            what,
            value,
            unit: unit.to_owned(),
            ratio: None,
            target: None,
            not_run: None,
        }
    }

    /// A figure that was not measured.
    pub(crate) fn not_run(what: &str, why: &str) -> Self {
        Self {
            not_run: Some(why.to_owned()),
            ..Self::plain(what.to_owned(), f64::NAN, "")
        }
    }

    /// Whether the target is met; `None` without one. What is not a number meets nothing.
    pub(crate) fn is_met(&self) -> Option<bool> {
        let ratio = self.ratio.unwrap_or(f64::NAN);
        Some(match self.target? {
            Target::RatioAtLeast(least) => ratio >= least,
            Target::RatioAtMost(most) => ratio <= most,
            Target::ValueBelow(limit) => self.value < limit,
        })
    }
}

/// What stands above figures.
pub(crate) fn header() -> String {
    format!("{:<60} {:>16} {:>7}  target", "figure", "", "ratio")
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what, value, unit, ..
        } = self;
        if let Some(why) = &self.not_run {
            return write!(f, "{what:<60} not run: {why}");
        }
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}"));
        let target = self.target.map(|target| target.to_string());
        let (ratio, target) = (ratio.unwrap_or_default(), target.unwrap_or_default());
        let is_met = match self.is_met() {
            None => "",
            Some(true) => "met",
            Some(false) => "NOT met",
        };
        write!(
            f,
            "{what:<60} {value:>9.1} {unit:<6} {ratio:>7}  {target} {is_met}"
        )
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RatioAtLeast(least) => write!(f, "ratio ≥ {least}"),
            Self::RatioAtMost(most) => write!(f, "ratio ≤ {most}"),
            Self::ValueBelow(limit) => write!(f, "< {limit}"),
        }
    }
}

/// The variable that names the file to which a program that measures writes its figures: a JSON list.
pub(crate) const FILE: &str = "FIGURES";

/// Reads what such a program wrote.
pub(crate) fn read(file: &Path) -> Result<Vec<Figure>> {
    let json = fs::read_to_string(file).context("the program wrote no figures")?;
    serde_json::from_str(&json).with_context(|| format!("{} has no figures", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(value: f64, ratio: Option<f64>, target: Target) -> Option<bool> {
        let figure = Figure {
            ratio,
            target: Some(target),
            ..Figure::plain("hits".to_owned(), value, "a second")
        };
        figure.is_met()
    }

    #[test]
    fn a_target_is_met_at_its_limit_or_not() {
        for (value, ratio, target, expected) in [
            (1.0, Some(0.8), Target::RatioAtLeast(0.8), true),
            (1.0, Some(0.79), Target::RatioAtLeast(0.8), false),
            (1.0, Some(0.8), Target::RatioAtMost(0.8), true),
            (1.0, Some(0.81), Target::RatioAtMost(0.8), false),
            (24.9, None, Target::ValueBelow(25.0), true),
            (25.0, None, Target::ValueBelow(25.0), false),
            (1.0, None, Target::RatioAtLeast(0.0), false),
            (f64::NAN, None, Target::ValueBelow(25.0), false),
        ] {
            assert_eq!(met(value, ratio, target), Some(expected), "{target}");
        }
    }
}
