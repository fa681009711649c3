//! Functional blocks and layers inside a crate: who may use whom.

use std::collections::BTreeMap;

use super::circles::{circles, shortest_way_round};
use super::edges::Edge;
use super::files;
use super::modules::CrateSource;
use super::rules::{BLOCKS, LAYERS, Layer, SIDEWAYS};
use super::violation::{Kind, Violation, examples};

/// The edges between blocks, by the names of both.
type Sideways<'e> = BTreeMap<(&'static str, &'static str), Vec<&'e Edge>>;

pub(crate) fn judge(source: &CrateSource, edges: &[&Edge]) -> Vec<Violation> {
    let sideways = sideways(source, edges);
    let allowed = SIDEWAYS.iter().find(|(name, _)| *name == source.package);
    let mut found = match allowed {
        Some((_, allowed)) => not_allowed(source, &sideways, allowed),
        None => circles_of_blocks(source, &sideways),
    };
    found.extend(upward(source, edges));
    found
}

fn block_of(source: &CrateSource, file: usize) -> Option<&'static str> {
    let module = source.files[file].first_module.as_deref()?;
    let (_, block) = BLOCKS.iter().find(|(name, _)| *name == module)?;
    Some(block)
}

fn sideways<'e>(source: &CrateSource, edges: &[&'e Edge]) -> Sideways<'e> {
    let mut found = Sideways::new();
    for edge in edges {
        if let Some(from) = block_of(source, edge.from.file)
            && let Some(to) = block_of(source, edge.to.file)
            && from != to
        {
            found.entry((from, to)).or_default().push(edge);
        }
    }
    found
}

fn not_allowed(
    source: &CrateSource,
    sideways: &Sideways<'_>,
    allowed: &[(&str, &str)],
) -> Vec<Violation> {
    let pairs = sideways.iter();
    pairs
        .filter(|(pair, _)| !allowed.contains(pair))
        .map(|((from, to), edges)| {
            let uses = edges.iter().map(|edge| files::sentence(source, edge));
            let text = format!(
                "{}: the block {from} uses the block {to}, and may not. Move what both need below \
                 the blocks, or pass it as an argument: {}.",
                source.package,
                examples(uses.collect())
            );
            Violation::new(Kind::Upward, text)
        })
        .collect()
}

fn circles_of_blocks(source: &CrateSource, sideways: &Sideways<'_>) -> Vec<Violation> {
    let mut names: Vec<&str> = sideways
        .keys()
        .flat_map(|(from, to)| [*from, *to])
        .collect();
    names.sort_unstable();
    names.dedup();
    let index = |name: &str| names.iter().position(|other| *other == name);
    let pairs: Vec<(usize, usize)> = sideways
        .keys()
        .filter_map(|(from, to)| Some((index(from)?, index(to)?)))
        .collect();
    let found = circles(names.len(), &pairs);
    found
        .into_iter()
        .map(|circle| {
            let way = shortest_way_round(&circle, &pairs);
            let steps = (0..way.len()).map(|at| (names[way[at]], names[way[(at + 1) % way.len()]]));
            let steps = steps.filter_map(|(from, to)| {
                let edges = sideways.get(&(from, to))?;
                let uses = edges.iter().map(|edge| files::sentence(source, edge));
                Some(format!("{from} → {to}: {}", examples(uses.collect())))
            });
            let steps: Vec<String> = steps.collect();
            let blocks: Vec<&str> = circle.iter().map(|block| names[*block]).collect();
            let text = format!(
                "{}: the blocks {} use each other in a circle. Cut one direction:\n    {}",
                source.package,
                blocks.join(", "),
                steps.join("\n    ")
            );
            Violation::new(Kind::CircleOfBlocks, text)
        })
        .collect()
}

/// The layers of a crate that has some.
fn layers_of(source: &CrateSource) -> Option<&'static [Layer]> {
    let (_, layers) = LAYERS.iter().find(|(name, _)| *name == source.package)?;
    Some(layers)
}

fn layer_of(source: &CrateSource, layers: &[Layer], file: usize) -> Option<usize> {
    let module = source.files[file].first_module.as_deref()?;
    let named = |layer: &Layer| matches!(layer, Layer::Module(name) if *name == module);
    layers.iter().position(named).or_else(|| {
        block_of(source, file)?;
        layers.iter().position(|layer| *layer == Layer::Blocks)
    })
}

fn upward(source: &CrateSource, edges: &[&Edge]) -> Vec<Violation> {
    let Some(layers) = layers_of(source) else {
        return Vec::new();
    };
    let layer = |file| layer_of(source, layers, file);
    let edges = edges.iter();
    edges
        .filter_map(|edge| {
            let (from, to) = (layer(edge.from.file)?, layer(edge.to.file)?);
            (from < to).then(|| {
                let text = format!(
                    "{}: {}, but `{}` is below `{}`. Move the item down, or its user up.",
                    source.package,
                    files::sentence(source, edge),
                    layers[from].name(),
                    layers[to].name()
                );
                Violation::new(Kind::Upward, text)
            })
        })
        .collect()
}

/// The first-level modules that no layer names, of a crate that has layers.
pub(crate) fn without_layer(source: &CrateSource) -> Vec<&str> {
    let Some(layers) = layers_of(source) else {
        return Vec::new();
    };
    let files = source.files.iter().enumerate();
    let mut names: Vec<&str> = files
        .filter(|(index, _)| layer_of(source, layers, *index).is_none())
        .filter_map(|(_, file)| file.first_module.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::Module(name) => name,
            Self::Blocks => "the blocks",
        }
    }
}
