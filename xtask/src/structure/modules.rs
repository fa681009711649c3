//! The modules of a crate, as `mod` declares them, and the files they are in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path as FilePath, PathBuf};

use anyhow::{Context, Result, bail};

use super::syntax::{self, Child, ModuleText, Path, Use};

/// How a file is read, or that there is none. Tests have their files in memory.
pub(crate) type ReadFile<'r> = &'r dyn Fn(&FilePath) -> Option<String>;

#[derive(Debug)]
pub(crate) struct CrateSource {
    /// As `cargo metadata` names it.
    pub(crate) package: String,
    /// What other crates write before `::`; a crate with a program only has none.
    pub(crate) library: Option<String>,
    /// Without tests.
    pub(crate) files: Vec<File>,
    pub(crate) modules: Vec<Module>,
    /// The module of `lib.rs`.
    pub(crate) library_root: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct File {
    /// From the folder of the crate's root file, with `/`.
    pub(crate) name: String,
    pub(crate) lines: usize,
    /// The first module from the root that it belongs to; the root itself has none.
    pub(crate) first_module: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Module {
    /// An index of `files`, as all below are of `modules`.
    pub(crate) file: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) root: usize,
    pub(crate) children: BTreeMap<String, usize>,
    pub(crate) uses: Vec<Use>,
    pub(crate) items: BTreeSet<String>,
    pub(crate) paths: Vec<Path>,
}

impl CrateSource {
    /// Reads a crate from its root files: `lib.rs`, `main.rs` or both.
    pub(crate) fn read(
        package: &str,
        library: Option<&FilePath>,
        programs: &[PathBuf],
        read_file: ReadFile<'_>,
    ) -> Result<Self> {
        let mut source = Self {
            package: package.to_owned(),
            library: library.map(|_| package.replace('-', "_")),
            files: Vec::new(),
            modules: Vec::new(),
            library_root: None,
        };
        for root in library
            .into_iter()
            .chain(programs.iter().map(PathBuf::as_path))
        {
            let module = Loader {
                folder: root.parent().unwrap_or(root),
                read_file,
                source: &mut source,
            }
            .file(root, None, &[], true)?;
            if Some(root) == library {
                source.library_root = Some(module);
            }
        }
        Ok(source)
    }

    pub(crate) fn is_below(&self, module: usize, ancestor: usize) -> bool {
        let mut at = self.modules[module].parent;
        while let Some(parent) = at {
            if parent == ancestor {
                return true;
            }
            at = self.modules[parent].parent;
        }
        false
    }
}

struct Loader<'l> {
    folder: &'l FilePath,
    read_file: ReadFile<'l>,
    source: &'l mut CrateSource,
}

/// Where a module stands, for the files of its children.
struct Place<'p> {
    file: usize,
    parent: Option<usize>,
    /// Its names from the root.
    names: &'p [String],
    /// Where `mod x;` looks for `x.rs`.
    children: PathBuf,
    /// Where the path of `#[path]` begins.
    path_attribute: PathBuf,
}

impl Loader<'_> {
    /// Reads a file and everything below it; returns its module. A root, a `mod.rs` and a file that
    /// `#[path]` names have their children beside them, others in a folder of their name.
    fn file(
        &mut self,
        path: &FilePath,
        parent: Option<usize>,
        names: &[String],
        children_beside: bool,
    ) -> Result<usize> {
        let text =
            (self.read_file)(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(self.folder).unwrap_or(path);
        self.source.files.push(File {
            name: name.to_string_lossy().replace('\\', "/"),
            lines: text.lines().count(),
            first_module: names.first().cloned(),
        });
        let file = self.source.files.len() - 1;
        let beside = path.parent().unwrap_or(path).to_owned();
        let place = Place {
            file,
            parent,
            names,
            children: if children_beside {
                beside.clone()
            } else {
                path.with_extension("")
            },
            path_attribute: beside,
        };
        let text =
            syntax::read(&text).with_context(|| format!("cannot read {}", path.display()))?;
        self.module(text, &place)
    }

    fn module(&mut self, text: ModuleText, place: &Place<'_>) -> Result<usize> {
        let index = self.source.modules.len();
        self.source.modules.push(Module {
            file: place.file,
            parent: place.parent,
            root: place
                .parent
                .map_or(index, |parent| self.source.modules[parent].root),
            children: BTreeMap::new(),
            uses: text.uses,
            items: text.items,
            paths: text.paths,
        });
        for child in text.children {
            let name = child.name.clone();
            if let Some(module) = self.child(child, index, place)? {
                self.source.modules[index].children.insert(name, module);
            }
        }
        Ok(index)
    }

    /// Nothing for a file of tests.
    fn child(&mut self, child: Child, parent: usize, place: &Place<'_>) -> Result<Option<usize>> {
        let names = [place.names, std::slice::from_ref(&child.name)].concat();
        if let Some(text) = child.inline {
            let children = place.children.join(&child.name);
            let place = Place {
                file: place.file,
                parent: Some(parent),
                names: &names,
                children: children.clone(),
                path_attribute: children,
            };
            return self.module(text, &place).map(Some);
        }
        if child.name == "tests" {
            return Ok(None);
        }
        if let Some(path) = child.file {
            let path = place.path_attribute.join(path);
            return self.file(&path, Some(parent), &names, true).map(Some);
        }
        let (file, in_folder) = (
            place.children.join(format!("{}.rs", child.name)),
            place.children.join(&child.name).join("mod.rs"),
        );
        if (self.read_file)(&file).is_some() {
            return self.file(&file, Some(parent), &names, false).map(Some);
        }
        if (self.read_file)(&in_folder).is_some() {
            return self.file(&in_folder, Some(parent), &names, true).map(Some);
        }
        bail!(
            "`mod {}` has no file: neither {} nor {}",
            child.name,
            file.display(),
            in_folder.display()
        )
    }
}
