//! Reads documents from a folder with one sub-folder per client, from the folder of one client, or
//! from a manifest.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use pq_core::compile::folder::{self, Form};

/// How many names a note lists.
const LISTED: usize = 5;

/// A document before it is compiled.
#[derive(Debug)]
pub(crate) struct Source {
    /// The client that it was written for.
    pub(crate) client: Option<String>,
    /// Its file or name, for error messages.
    pub(crate) origin: String,
    /// The text that clients send.
    pub(crate) body: String,
    /// Whether Apollo Client would add `__typename` to the text.
    pub(crate) lacks_typename: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) documents: Vec<Source>,
    /// What is wrong with the files, one line each.
    pub(crate) refusals: Vec<String>,
    /// What somebody may not expect.
    pub(crate) warnings: Vec<String>,
}

/// Reads all documents from a folder or a manifest. With `client`, all of them are of this client.
pub(crate) fn read(path: &Path, client: Option<&str>, form: Form) -> anyhow::Result<Sources> {
    if !path.is_dir() {
        return read_manifest(path, client);
    }
    let mut files = Files::default();
    let mut read = Sources::default();
    if let Some(client) = client {
        files.find(path)?;
        read.add_folder(client, std::mem::take(&mut files.documents), form)?;
    } else {
        for entry in entries(path)? {
            if entry.is_dir() {
                files.find(&entry)?;
                let documents = std::mem::take(&mut files.documents);
                read.add_folder(&file_name(&entry)?, documents, form)?;
            } else if is_document(&entry) {
                bail!(
                    "{}: a document belongs in a client's sub-folder",
                    entry.display()
                );
            } else {
                files.passed_over(&entry);
            }
        }
    }
    read.warn_of(&files.others, "they are not .graphql or .gql files");
    ensure!(
        !read.documents.is_empty() || !read.refusals.is_empty(),
        "{}: no .graphql or .gql files{}",
        path.display(),
        if client.is_some() {
            ""
        } else {
            " in its sub-folders"
        }
    );
    Ok(read)
}

fn read_manifest(path: &Path, client: Option<&str>) -> anyhow::Result<Sources> {
    let mut read = Sources::default();
    for operation in crate::manifest(path)?.into_operations() {
        let origin = operation.label();
        let mut clients: Vec<Option<String>> = operation
            .clients
            .iter()
            .map(|name| Some(name.to_owned()))
            .collect();
        if let Some(client) = client {
            let is_others = clients.iter().flatten().any(|name| name != client);
            ensure!(!is_others, "{origin} is not a document of {client}");
            clients = vec![Some(client.to_owned())];
        } else if clients.is_empty() {
            clients.push(None);
        }
        read.documents
            .extend(clients.into_iter().map(|client| Source {
                client,
                origin: origin.clone(),
                body: operation.body.clone(),
                lacks_typename: false,
            }));
    }
    Ok(read)
}

impl Sources {
    /// Adds the documents of one client's files.
    fn add_folder(&mut self, client: &str, paths: Vec<PathBuf>, form: Form) -> anyhow::Result<()> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            files.push(folder::File {
                text: crate::read(&path)?,
                path: path.display().to_string(),
            });
        }
        let made = match folder::documents(files, form) {
            Ok(made) => made,
            Err(errors) => {
                self.refusals.extend(errors.iter().map(ToString::to_string));
                return Ok(());
            }
        };
        self.warn_of(&made.passed_over, "they ask the server for nothing");
        let verbatim = made.documents.iter().filter(|one| one.is_verbatim);
        let with_cr: Vec<&str> = verbatim
            .filter(|document| document.body.contains('\r'))
            .map(|document| document.path.as_str())
            .collect();
        if !with_cr.is_empty() {
            self.warnings.push(format!(
                "carriage returns (CRLF), which change the hash, in documents ({}); \
                 `*.graphql text eol=lf` in .gitattributes keeps git from adding them:\n  {}",
                with_cr.len(),
                with_cr.join("\n  ")
            ));
        }
        self.documents
            .extend(made.documents.into_iter().map(|document| Source {
                client: Some(client.to_owned()),
                origin: document.path,
                body: document.body,
                lacks_typename: document.lacks_typename,
            }));
        Ok(())
    }

    fn warn_of(&mut self, passed_over: &[String], why: &str) {
        if passed_over.is_empty() {
            return;
        }
        let shown = passed_over.iter().take(LISTED).map(String::as_str);
        let mut shown: Vec<&str> = shown.collect();
        if passed_over.len() > LISTED {
            shown.push("…");
        }
        self.warnings.push(format!(
            "passed over, because {why} ({}): {}",
            passed_over.len(),
            shown.join(", ")
        ));
    }
}

/// The files of a folder, including those in nested folders.
#[derive(Debug, Default)]
struct Files {
    documents: Vec<PathBuf>,
    others: Vec<String>,
}

impl Files {
    fn find(&mut self, folder: &Path) -> anyhow::Result<()> {
        for entry in entries(folder)? {
            if entry.is_dir() {
                self.find(&entry)?;
            } else if is_document(&entry) {
                self.documents.push(entry);
            } else {
                self.passed_over(&entry);
            }
        }
        Ok(())
    }

    fn passed_over(&mut self, path: &Path) {
        self.others.push(path.display().to_string());
    }
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["graphql", "gql"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn file_name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(OsStr::to_str);
    let name = name.with_context(|| format!("{}: the name is not UTF-8", path.display()))?;
    Ok(name.to_owned())
}

/// The folder's entries without hidden ones, sorted, because their order on disk differs between
/// machines.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}
