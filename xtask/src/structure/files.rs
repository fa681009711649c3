//! Circles between the files of a crate.

use super::circles::{circles, shortest_way_round};
use super::edges::{Edge, FileOf};
use super::modules::CrateSource;
use super::rules::LARGEST_CIRCLE_OF_FILES;
use super::violation::{Kind, Violation};

/// Files of one crate that use each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CircleOfFiles {
    pub(crate) files: Vec<String>,
    /// The shortest way round: one of its edges has to go. Each is `a.rs uses crate::b::B (b.rs)`.
    pub(crate) shortest: Vec<String>,
}

/// The edges between the files of one crate.
pub(crate) fn within(edges: &[Edge], package: usize) -> Vec<&Edge> {
    let edges = edges.iter();
    edges
        .filter(|edge| edge.from.package == package && edge.to.package == package)
        .collect()
}

pub(crate) fn circles_of_files(source: &CrateSource, edges: &[&Edge]) -> Vec<CircleOfFiles> {
    let pairs: Vec<(usize, usize)> = edges
        .iter()
        .map(|edge| (edge.from.file, edge.to.file))
        .collect();
    let found = circles(source.files.len(), &pairs);
    found
        .into_iter()
        .map(|circle| {
            let way = shortest_way_round(&circle, &pairs);
            let steps = (0..way.len()).map(|at| (way[at], way[(at + 1) % way.len()]));
            let shortest = steps.filter_map(|step| {
                let edge = edges
                    .iter()
                    .find(|edge| (edge.from.file, edge.to.file) == step)?;
                Some(sentence(source, edge))
            });
            let shortest = shortest.collect();
            let files = circle.iter().map(|file| source.files[*file].name.clone());
            CircleOfFiles {
                files: files.collect(),
                shortest,
            }
        })
        .collect()
}

pub(crate) fn sentence(source: &CrateSource, edge: &Edge) -> String {
    let name = |at: FileOf| &source.files[at.file].name;
    format!("{} uses {} ({})", name(edge.from), edge.path, name(edge.to))
}

pub(crate) fn judge(source: &CrateSource, circles: &[CircleOfFiles]) -> Vec<Violation> {
    let circles = circles.iter();
    circles
        .filter(|circle| circle.files.len() > LARGEST_CIRCLE_OF_FILES)
        .map(|circle| {
            let text = format!(
                "{}: {} files use each other in a circle; at most {LARGEST_CIRCLE_OF_FILES} may. Cut one \
                 of these, for example by moving the item to a file below both:\n    {}\n  The files: {}",
                source.package,
                circle.files.len(),
                circle.shortest.join("\n    "),
                circle.files.join(", ")
            );
            Violation::new(Kind::CircleOfFiles, text)
        })
        .collect()
}
