//! Which file uses which: every path is followed to the module that it names.

use std::collections::{BTreeMap, HashMap};

use super::modules::{CrateSource, Module};
use super::syntax::{Path, Use};

/// Imports of imports are followed this far. No source has more, and a loop ends.
const MOST_HOPS: usize = 8;

/// One file uses another, in its crate or in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: FileOf,
    pub(crate) to: FileOf,
    /// The first path that makes it, as it is written.
    pub(crate) path: String,
}

/// An index of the crates and one of the crate's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileOf {
    pub(crate) package: usize,
    pub(crate) file: usize,
}

/// A module, likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ModuleOf {
    package: usize,
    module: usize,
}

pub(crate) struct Resolver<'c> {
    crates: &'c [CrateSource],
    libraries: HashMap<&'c str, ModuleOf>,
}

impl<'c> Resolver<'c> {
    pub(crate) fn new(crates: &'c [CrateSource]) -> Self {
        let libraries = crates.iter().enumerate().filter_map(|(package, source)| {
            let module = source.library_root?;
            Some((source.library.as_deref()?, ModuleOf { package, module }))
        });
        Self {
            crates,
            libraries: libraries.collect(),
        }
    }

    /// One edge for each pair of files, in the order of their names.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut found: BTreeMap<(FileOf, FileOf), String> = BTreeMap::new();
        for (package, source) in self.crates.iter().enumerate() {
            for (module, text) in source.modules.iter().enumerate() {
                let at = ModuleOf { package, module };
                for used in &text.uses {
                    if let Some(to) = self.follow(at, &used.path, 0)
                        && !self.is_map(at, used, to)
                    {
                        self.note(at, to, &used.path, &mut found);
                    }
                }
                for path in &text.paths {
                    if let Some(to) = self.follow(at, path, 0) {
                        self.note(at, to, path, &mut found);
                    }
                }
            }
        }
        let edges = found.into_iter();
        edges
            .map(|((from, to), path)| Edge { from, to, path })
            .collect()
    }

    /// A path with its first name replaced by what a `use` of the module says it is.
    pub(crate) fn expand(module: &Module, path: &Path) -> Path {
        let mut path = path.clone();
        for _ in 0..MOST_HOPS {
            let import = module.uses.iter().find(|import| {
                import.name.as_ref() == path.first() && import.path.first() != path.first()
            });
            match import {
                Some(import) => path = [&import.path[..], &path[1..]].concat(),
                None => break,
            }
        }
        path
    }

    /// `pub use child::…` says where things are; the parent does not depend on it.
    fn is_map(&self, at: ModuleOf, used: &Use, to: ModuleOf) -> bool {
        used.reexport
            && at.package == to.package
            && self.crates[at.package].is_below(to.module, at.module)
    }

    fn note(
        &self,
        from: ModuleOf,
        to: ModuleOf,
        path: &Path,
        into: &mut BTreeMap<(FileOf, FileOf), String>,
    ) {
        let (from, to) = (self.file_of(from), self.file_of(to));
        if from != to {
            into.entry((from, to))
                .or_insert_with(|| path.join("::").replace("::::", "::"));
        }
    }

    fn file_of(&self, at: ModuleOf) -> FileOf {
        FileOf {
            package: at.package,
            file: self.module(at).file,
        }
    }

    fn module(&self, at: ModuleOf) -> &'c Module {
        &self.crates[at.package].modules[at.module]
    }

    /// The module that the longest prefix of a path names.
    fn follow(&self, at: ModuleOf, path: &Path, hops: usize) -> Option<ModuleOf> {
        let module = self.module(at);
        let path = Self::expand(module, path);
        let here = |module| ModuleOf {
            package: at.package,
            module,
        };
        let (start, rest) = match path.first()?.as_str() {
            "::" => (*self.libraries.get(path.get(1)?.as_str())?, &path[2..]),
            "crate" => (here(module.root), &path[1..]),
            "self" => (at, &path[1..]),
            "super" => (here(module.parent?), &path[1..]),
            first => {
                if let Some(child) = module.children.get(first) {
                    (here(*child), &path[1..])
                } else if let Some(library) = self.libraries.get(first) {
                    (*library, &path[1..])
                } else {
                    return self.follow_globs(at, &path, hops);
                }
            }
        };
        let (to, rest) = self.descend(start, rest);
        Some(self.through_map(to, rest, hops).unwrap_or(to))
    }

    /// Where a name really is that a module only hands on from below it with `pub use`: else an
    /// import through the root would hide what it uses.
    fn through_map(&self, at: ModuleOf, rest: &[String], hops: usize) -> Option<ModuleOf> {
        let name = rest.first()?;
        if hops == MOST_HOPS {
            return None;
        }
        let maps = self.module(at).uses.iter().filter(|used| used.reexport);
        maps.filter(|used| used.path.first() != Some(name))
            .find_map(|used| {
                if used.is_glob() {
                    let from = self.follow(at, &used.path, hops + 1)?;
                    let from = self.is_map(at, used, from).then_some(from)?;
                    let is_own = self.module(from).items.contains(name);
                    return self
                        .through_map(from, rest, hops + 1)
                        .or_else(|| is_own.then_some(from));
                }
                if used.name.as_ref() != Some(name) {
                    return None;
                }
                let path = [&used.path[..], &rest[1..]].concat();
                let to = self.follow(at, &path, hops + 1)?;
                self.is_map(at, used, to).then_some(to)
            })
    }

    /// A name that may come from `use super::*`.
    fn follow_globs(&self, at: ModuleOf, path: &Path, hops: usize) -> Option<ModuleOf> {
        if hops == MOST_HOPS {
            return None;
        }
        let globs = self.module(at).uses.iter().filter(|used| used.is_glob());
        globs
            .filter(|used| used.path != *path)
            .filter_map(|used| self.follow(at, &used.path, MOST_HOPS))
            .filter(|from| *from != at)
            .find_map(|from| self.follow(from, path, hops + 1))
    }

    fn descend<'p>(&self, start: ModuleOf, rest: &'p [String]) -> (ModuleOf, &'p [String]) {
        let (mut at, mut left) = (start, rest);
        for name in rest {
            let module = self.module(at);
            let next = if name == "super" {
                module.parent
            } else {
                module.children.get(name).copied()
            };
            match next {
                Some(module) => at.module = module,
                None => break,
            }
            left = &left[1..];
        }
        (at, left)
    }
}
