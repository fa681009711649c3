//! Reads documents from a folder with one sub-folder per client, or from a manifest.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// A document before it is compiled.
#[derive(Debug)]
pub(crate) struct Source {
    /// The client that it was written for.
    pub(crate) client: Option<String>,
    /// Its file or name, for error messages.
    pub(crate) origin: String,
    /// Its exact bytes.
    pub(crate) body: String,
}

/// Reads all documents from a folder or a manifest.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Source>> {
    if path.is_dir() {
        return read_folder(path);
    }
    let manifest = crate::manifest(path)?;
    let sources = manifest.into_operations().into_iter();
    Ok(sources
        .map(|operation| Source {
            origin: operation.label(),
            client: operation.client_name,
            body: operation.body,
        })
        .collect())
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for client_folder in entries(folder)? {
        if !client_folder.is_dir() {
            if is_document(&client_folder) {
                bail!(
                    "{}: a document belongs in a client's sub-folder",
                    client_folder.display()
                );
            }
            continue;
        }
        let client = file_name(&client_folder)?;
        for file in documents(&client_folder)? {
            let body = crate::read(&file)?;
            sources.push(Source {
                client: Some(client.clone()),
                origin: file.display().to_string(),
                body,
            });
        }
    }
    if sources.is_empty() {
        bail!("{}: no .graphql files in its sub-folders", folder.display());
    }
    Ok(sources)
}

/// The documents of one client, including those in nested folders.
fn documents(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        if entry.is_dir() {
            found.extend(documents(&entry)?);
        } else if is_document(&entry) {
            found.push(entry);
        }
    }
    Ok(found)
}

fn is_document(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "graphql")
}

fn file_name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{}: the name is not UTF-8", path.display()))?;
    Ok(name.to_owned())
}

/// The folder's entries, sorted, because their order on disk differs between machines.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        paths.push(entry.with_context(context)?.path());
    }
    paths.sort();
    Ok(paths)
}
