//! Makes documents of the files of one client, as Apollo's manifest generator does
//! (`@apollo/generate-persisted-query-manifest`): a document may use the fragments of all files.

use std::collections::{BTreeMap, HashSet};

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Selection};
use apollo_compiler::parser::Parser;

use super::error::problems;
use super::{CompileError, apollo, print};

/// A file of a client.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path, for error messages.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Which text of a document clients send, and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// The file's exact text. A document that uses fragments of other files has none, so it gets the
    /// one of [`Form::Apollo`].
    #[default]
    File,
    /// The text that Apollo Client sends: with the fragments of other files, with `__typename` in
    /// every selection set below the root, without what only the client reads, and printed as
    /// graphql-js does.
    Apollo,
}

/// A document of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The path of the operation's file.
    pub path: String,
    /// The text that clients send.
    pub body: String,
    /// Whether the text is the file's own, byte by byte.
    pub is_verbatim: bool,
    /// Whether Apollo Client would add `__typename` to this text.
    pub lacks_typename: bool,
}

/// The documents of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Documents {
    /// In the order of the files.
    pub documents: Vec<Document>,
    /// The paths of files without any document or fragment, and of documents that ask the server for
    /// nothing.
    pub passed_over: Vec<String>,
}

/// Why the files of a folder make no documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// A file is not GraphQL.
    #[error("{path}: {source}")]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong.
        source: CompileError,
    },
    /// Two files, or two places of one file, define the same.
    #[error("{second}: the {what} {name} is defined in {first} already")]
    Twice {
        /// `operation` or `fragment`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The file of the first definition.
        first: String,
        /// The file of the second definition.
        second: String,
    },
}

/// A file and its definitions.
struct Parsed {
    file: File,
    definitions: Vec<Definition>,
}

/// The files of one client.
struct Folder {
    files: Vec<Parsed>,
    /// By name: the fragment's file and its place there.
    fragments: BTreeMap<Name, (usize, usize)>,
}

/// Makes the documents of one client's files.
///
/// # Errors
/// All that is wrong, in the order of the files. Operations are not validated.
pub fn documents(files: Vec<File>, form: Form) -> Result<Documents, Vec<FolderError>> {
    let folder = Folder::read(files)?;
    let mut made = Documents::default();
    for parsed in &folder.files {
        match folder.document(parsed, form) {
            Made::Document(document) => made.documents.push(document),
            Made::Fragments => {}
            Made::Nothing => made.passed_over.push(parsed.file.path.clone()),
        }
    }
    Ok(made)
}

/// What a file is.
enum Made {
    Document(Document),
    /// Only fragments, for other files.
    Fragments,
    Nothing,
}

impl Folder {
    fn read(files: Vec<File>) -> Result<Self, Vec<FolderError>> {
        let (mut parsed, mut errors) = (Vec::new(), Vec::new());
        for file in files {
            match Parser::new().parse_ast(&file.text, &file.path) {
                Ok(ast) => parsed.push(Parsed {
                    file,
                    definitions: ast.definitions,
                }),
                Err(invalid) => errors.push(FolderError::Syntax {
                    path: file.path,
                    source: CompileError::Document(problems(&invalid.errors)),
                }),
            }
        }
        let mut folder = Self {
            files: parsed,
            fragments: BTreeMap::new(),
        };
        errors.extend(folder.find_names());
        if errors.is_empty() {
            Ok(folder)
        } else {
            Err(errors)
        }
    }

    /// Finds all fragments; returns the names that are not unique.
    fn find_names(&mut self) -> Vec<FolderError> {
        let mut errors = Vec::new();
        let mut operations: BTreeMap<&Name, usize> = BTreeMap::new();
        for (at, parsed) in self.files.iter().enumerate() {
            for (place, definition) in parsed.definitions.iter().enumerate() {
                let (what, name, first) = match definition {
                    Definition::FragmentDefinition(fragment) => {
                        let name = &fragment.name;
                        let first = self.fragments.get(name).map(|(file, _)| *file);
                        self.fragments.entry(name.clone()).or_insert((at, place));
                        ("fragment", name, first)
                    }
                    Definition::OperationDefinition(operation) => {
                        let Some(name) = &operation.name else {
                            continue;
                        };
                        let first = operations.get(name).copied();
                        operations.entry(name).or_insert(at);
                        ("operation", name, first)
                    }
                    _type_system => continue,
                };
                if let Some(first) = first {
                    errors.push(FolderError::Twice {
                        what,
                        name: name.to_string(),
                        first: self.files[first].file.path.clone(),
                        second: parsed.file.path.clone(),
                    });
                }
            }
        }
        errors
    }

    fn document(&self, parsed: &Parsed, form: Form) -> Made {
        let is_operation = |one: &Definition| matches!(one, Definition::OperationDefinition(_));
        let is_fragment = |one: &Definition| matches!(one, Definition::FragmentDefinition(_));
        let definitions = &parsed.definitions;
        if !definitions.iter().any(is_operation) {
            return if definitions.iter().any(is_fragment) {
                Made::Fragments
            } else {
                Made::Nothing
            };
        }
        let mut composed: Vec<(Definition, &str)> = Vec::new();
        let text = parsed.file.text.as_str();
        composed.extend(definitions.iter().map(|own| (own.clone(), text)));
        self.add_fragments(&mut composed);
        let is_verbatim = form == Form::File && composed.len() == definitions.len();
        let mut lacks_typename = false;
        for (definition, _) in &mut composed {
            lacks_typename |= apollo::add_typename(definition);
        }
        let body = if is_verbatim {
            text.to_owned()
        } else if apollo::remove_client_parts(&mut composed) {
            print_sorted(composed)
        } else {
            return Made::Nothing;
        };
        Made::Document(Document {
            path: parsed.file.path.clone(),
            body,
            is_verbatim,
            lacks_typename: is_verbatim && lacks_typename,
        })
    }

    /// Adds the fragments of other files that the definitions use, also through other fragments.
    fn add_fragments<'a>(&'a self, composed: &mut Vec<(Definition, &'a str)>) {
        let defined = composed
            .iter()
            .filter_map(|(definition, _)| match definition {
                Definition::FragmentDefinition(fragment) => Some(fragment.name.clone()),
                _ => None,
            });
        let mut known: HashSet<Name> = defined.collect();
        let mut next = 0;
        while let Some((definition, _)) = composed.get(next) {
            let mut names = Vec::new();
            match definition {
                Definition::OperationDefinition(one) => spreads(&one.selection_set, &mut names),
                Definition::FragmentDefinition(one) => spreads(&one.selection_set, &mut names),
                _type_system => {}
            }
            for name in names {
                if known.insert(name.clone())
                    && let Some((file, place)) = self.fragments.get(&name)
                {
                    let parsed = &self.files[*file];
                    composed.push((parsed.definitions[*place].clone(), &parsed.file.text));
                }
            }
            next += 1;
        }
    }
}

fn spreads(selections: &[Selection], names: &mut Vec<Name>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => spreads(&field.selection_set, names),
            Selection::InlineFragment(fragment) => spreads(&fragment.selection_set, names),
            Selection::FragmentSpread(spread) => names.push(spread.fragment_name.clone()),
        }
    }
}

/// Operations first, each kind by name, as Apollo's `sortTopLevelDefinitions` does.
fn print_sorted(mut definitions: Vec<(Definition, &str)>) -> String {
    definitions.sort_by_key(|(definition, _)| match definition {
        Definition::OperationDefinition(operation) => {
            (0, operation.name.as_ref().map(ToString::to_string))
        }
        Definition::FragmentDefinition(fragment) => (1, Some(fragment.name.to_string())),
        _type_system => (2, None),
    });
    let printed = definitions
        .iter()
        .map(|(definition, text)| print::definition(definition, text));
    printed.collect::<Vec<_>>().join("\n\n")
}
