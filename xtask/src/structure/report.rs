//! Reads the workspace and judges it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::edges::{Edge, Resolver};
use super::files::{self, CircleOfFiles};
use super::modules::CrateSource;
use super::violation::Violation;
use super::workspace::{self, Member};
use super::{blocks, crates, words};

/// The workspace as it is, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) members: Vec<Member>,
    /// In the order of the members.
    pub(crate) crates: Vec<CrateSource>,
    pub(crate) edges: Vec<Edge>,
    /// Of each crate, the largest first.
    pub(crate) circles: Vec<Vec<CircleOfFiles>>,
    pub(crate) violations: Vec<Violation>,
}

impl Report {
    pub(crate) fn read() -> Result<Self> {
        let members = workspace::members()?;
        let read_file = |path: &Path| fs::read_to_string(path).ok();
        let crates = members
            .iter()
            .map(|member| {
                let library = member.library.as_deref();
                CrateSource::read(&member.name, library, &member.programs, &read_file)
                    .with_context(|| format!("the crate {}", member.name))
            })
            .collect::<Result<Vec<_>>>()?;
        let edges = Resolver::new(&crates).edges();
        let mut violations = crates::stale_rows(&members);
        violations.extend(crates::judge_manifests(&members));
        let mut circles = Vec::new();
        for (package, (member, source)) in members.iter().zip(&crates).enumerate() {
            if crates::rule_of(member).is_some_and(|rule| rule.pure) {
                violations.extend(crates::judge_purity(source));
            }
            let within = files::within(&edges, package);
            let found = files::circles_of_files(source, &within);
            violations.extend(files::judge(source, &found));
            violations.extend(blocks::judge(source, &within));
            circles.push(found);
        }
        violations.extend(words::judge(&members)?);
        Ok(Self {
            members,
            crates,
            edges,
            circles,
            violations,
        })
    }
}
