//! Rules on small made-up crates; the files are in memory.

mod judging;
mod reading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::edges::{Edge, Resolver};
use super::files;
use super::modules::CrateSource;
use super::violation::{Kind, Violation};

/// A library of these files; `lib.rs` is one.
fn library(package: &str, files: &[(&str, &str)]) -> CrateSource {
    let folder = Path::new("/src");
    let texts: BTreeMap<PathBuf, &str> = files
        .iter()
        .map(|(name, text)| (folder.join(name), *text))
        .collect();
    let read_file = |path: &Path| texts.get(path).map(|text| (*text).to_owned());
    CrateSource::read(package, Some(&folder.join("lib.rs")), &[], &read_file).unwrap()
}

/// All edges as `from → to`; files of other crates have the crate's name before them.
fn edges_between(crates: &[CrateSource]) -> Vec<String> {
    let edges = Resolver::new(crates).edges();
    let edges = edges.into_iter().map(|Edge { from, to, .. }| {
        let name = |at: super::edges::FileOf| &crates[at.package].files[at.file].name;
        if from.package == to.package {
            format!("{} → {}", name(from), name(to))
        } else {
            let other = &crates[to.package].package;
            format!("{} → {other}: {}", name(from), name(to))
        }
    });
    edges.collect()
}

fn edges_of(files: &[(&str, &str)]) -> Vec<String> {
    edges_between(&[library("sample", files)])
}

/// What is wrong with the files and blocks of a crate.
fn violations(package: &str, files: &[(&str, &str)]) -> Vec<Violation> {
    let crates = [library(package, files)];
    let edges = Resolver::new(&crates).edges();
    let within = files::within(&edges, 0);
    let circles = files::circles_of_files(&crates[0], &within);
    let mut found = files::judge(&crates[0], &circles);
    found.extend(super::blocks::judge(&crates[0], &within));
    found
}

fn kinds(violations: &[Violation]) -> Vec<Kind> {
    violations.iter().map(|violation| violation.kind).collect()
}
