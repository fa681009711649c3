//! Which crate uses which, and whether the pure ones are pure.

use super::edges::Resolver;
use super::modules::CrateSource;
use super::rules::{CRATES, CrateRule, IMPURE_CRATES, IMPURE_PATHS};
use super::syntax::Path;
use super::violation::{Kind, Violation};
use super::workspace::Member;

const TABLE: &str = "xtask/src/structure/rules.rs";

pub(crate) fn rule_of(member: &Member) -> Option<&'static CrateRule> {
    CRATES.iter().find(|rule| names(rule.name, member))
}

/// Whether an entry of the table means a crate: by its name, or by its folder.
fn names(entry: &str, member: &Member) -> bool {
    match entry.strip_suffix("/*") {
        Some(folder) => member
            .folder
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/')),
        None => member.name == entry,
    }
}

/// The crates of the workspace that a crate depends on.
pub(crate) fn used<'m>(member: &Member, members: &'m [Member]) -> Vec<&'m Member> {
    let others = members.iter();
    others
        .filter(|other| member.dependencies.contains(&other.name))
        .collect()
}

/// Judges the dependencies that the manifests name.
pub(crate) fn judge_manifests(members: &[Member]) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in members {
        let name = &member.name;
        let Some(rule) = rule_of(member) else {
            let text = format!("{name}: no row in {TABLE} says what it may use. Add one.");
            found.push(Violation::new(Kind::Table, text));
            continue;
        };
        for other in used(member, members) {
            if !rule.may_use.iter().any(|entry| names(entry, other)) {
                let other = &other.name;
                let text = format!(
                    "{name} depends on {other}, and may not. Move what it needs of {other} to a \
                     crate that both may use, or what needs it to a crate above; {name} may use: {}.",
                    list(rule.may_use)
                );
                found.push(Violation::new(Kind::Upward, text));
            }
        }
        if rule.pure {
            found.extend(impure_dependencies(member));
        }
    }
    found
}

/// Finds rows of the table that name no crate of the workspace.
pub(crate) fn stale_rows(members: &[Member]) -> Vec<Violation> {
    let rows = CRATES.iter().filter(|rule| {
        !rule.name.ends_with("/*") && !members.iter().any(|member| names(rule.name, member))
    });
    rows.map(|rule| {
        let text = format!(
            "{}: {TABLE} has a row, but there is no crate. Remove the row.",
            rule.name
        );
        Violation::new(Kind::Table, text)
    })
    .collect()
}

fn impure_dependencies(member: &Member) -> Vec<Violation> {
    let dependencies = member.dependencies.iter();
    dependencies
        .filter(|name| IMPURE_CRATES.contains(&name.as_str()))
        .map(|dependency| {
            let text = format!(
                "{} depends on {dependency}, but is pure: no I/O, no clock, no randomness. Take the \
                 result as an argument, or move the code to a crate above.",
                member.name
            );
            Violation::new(Kind::Impure, text)
        })
        .collect()
}

/// Judges the paths that a pure crate writes.
pub(crate) fn judge_purity(source: &CrateSource) -> Vec<Violation> {
    let mut found = Vec::new();
    for module in &source.modules {
        let uses = module.uses.iter().map(|used| &used.path);
        for path in uses.chain(&module.paths) {
            let path = Resolver::expand(module, path);
            if let Some((impure, instead)) =
                IMPURE_PATHS.iter().find(|(impure, _)| has(&path, impure))
            {
                let text = format!(
                    "{} is pure, but {} has `{impure}`: {instead}.",
                    source.package, source.files[module.file].name
                );
                found.push(Violation::new(Kind::Impure, text));
            }
        }
    }
    found.dedup();
    found
}

fn has(path: &Path, segments: &str) -> bool {
    let segments: Vec<&str> = segments.split("::").collect();
    path.windows(segments.len())
        .any(|window| window == segments)
}

pub(crate) fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}
