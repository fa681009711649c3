//! The report as text: crates, circles, what is wrong, and a line that adds up.

use std::fmt::Write as _;

use super::blocks;
use super::crates::{self, list};
use super::files;
use super::modules::CrateSource;
use super::report::Report;
use super::rules::LARGEST_CIRCLE_OF_FILES;
use super::violation::Kind;
use super::workspace::Member;

pub(crate) fn report(report: &Report) {
    table(report);
    small_circles(report);
    for source in &report.crates {
        let modules = blocks::without_layer(source);
        if !modules.is_empty() {
            println!(
                "{}: in no layer, so not judged: {}",
                source.package,
                modules.join(", ")
            );
        }
    }
    for violation in &report.violations {
        println!("error: {}", violation.text);
    }
    println!("{}", summary(report));
}

fn table(report: &Report) {
    let header = ["crate", "folder", "files", "lines", "uses"].map(str::to_owned);
    let crates = report.members.iter().zip(&report.crates);
    let rows: Vec<[String; 5]> = std::iter::once(header)
        .chain(crates.map(|(member, source)| row(report, member, source)))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    for [name, folder, files, lines, uses] in &rows {
        println!(
            "{name:a$}  {folder:b$}  {files:>c$}  {lines:>d$}  {uses}",
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3]
        );
    }
}

fn row(report: &Report, member: &Member, source: &CrateSource) -> [String; 5] {
    let lines: usize = source.files.iter().map(|file| file.lines).sum();
    [
        member.name.clone(),
        member.folder.clone(),
        source.files.len().to_string(),
        lines.to_string(),
        uses(report, member),
    ]
}

/// What a crate uses of the workspace, what else it may use, and whether it is pure.
fn uses(report: &Report, member: &Member) -> String {
    let used = crates::used(member, &report.members);
    let used: Vec<&str> = used.iter().map(|other| other.name.as_str()).collect();
    let mut text = list(&used);
    if let Some(rule) = crates::rule_of(member) {
        let others = rule.may_use.iter().filter(|name| !used.contains(*name));
        let others: Vec<&str> = others.copied().collect();
        if !others.is_empty() {
            text.push_str("; may use ");
            text.push_str(&others.join(", "));
        }
        if rule.pure {
            text.push_str(" (pure)");
        }
    }
    text
}

/// Those that are allowed; the others are errors.
fn small_circles(report: &Report) {
    for (source, circles) in report.crates.iter().zip(&report.circles) {
        for circle in circles {
            if circle.files.len() <= LARGEST_CIRCLE_OF_FILES {
                println!(
                    "{}: {} files in a circle: {}",
                    source.package,
                    circle.files.len(),
                    circle.shortest.join("; ")
                );
            }
        }
    }
}

fn summary(report: &Report) -> String {
    let count = |kind| {
        let violations = report.violations.iter();
        violations
            .filter(|violation| violation.kind == kind)
            .count()
    };
    let circles = report.circles.iter().flatten();
    let largest = circles.map(|circle| circle.files.len()).max().unwrap_or(1);
    let mut text = format!(
        "{} crates, {} upward edges, largest circle of files {largest}, {} circles between blocks",
        report.crates.len(),
        count(Kind::Upward),
        count(Kind::CircleOfBlocks)
    );
    for (kind, what) in [
        (Kind::Impure, "things that are not pure"),
        (Kind::Word, "files with words of the domain"),
        (Kind::Table, "rows to mend"),
    ] {
        if count(kind) > 0 {
            let _ = write!(text, ", {} {what}", count(kind));
        }
    }
    text
}

/// `a.rs → b.rs  crate::b::B`, first those within the crate.
pub(crate) fn edges(report: &Report, package: usize) {
    let source = &report.crates[package];
    let within = files::within(&report.edges, package);
    for edge in &within {
        println!(
            "{} → {}  {}",
            source.files[edge.from.file].name, source.files[edge.to.file].name, edge.path
        );
    }
    let out = report.edges.iter();
    for edge in out.filter(|edge| edge.from.package == package && edge.to.package != package) {
        let other = &report.crates[edge.to.package];
        println!(
            "{} → {}: {}  {}",
            source.files[edge.from.file].name,
            other.package,
            other.files[edge.to.file].name,
            edge.path
        );
    }
    println!("{} edges within {}", within.len(), source.package);
}
