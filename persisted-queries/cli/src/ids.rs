//! Writes each client's hashes by name, for the client to send them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use pq_core::Manifest;

/// The files to write into the folder: `<client>.json`, a map from the names of operations to the
/// hashes of their documents.
pub(crate) fn files(manifest: &Manifest) -> anyhow::Result<BTreeMap<String, String>> {
    let mut ids: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for operation in manifest.operations() {
        let name = operation.name.as_str();
        ensure!(
            !operation.clients.is_empty(),
            "{name} is a document of an unknown client: `--client` names it"
        );
        for client in operation.clients.iter() {
            let of_client = ids.entry(client).or_default();
            if of_client.insert(name, operation.id.to_string()).is_some() {
                bail!(
                    "{client} has two documents of the name {name}: their hashes cannot be listed by name"
                );
            }
        }
    }
    let mut files = BTreeMap::new();
    for (client, ids) in ids {
        let name = format!("{client}.json");
        let is_name = Path::new(&name).file_name() == Some(name.as_ref());
        ensure!(
            is_name,
            "the client's name {client} cannot be a file's name"
        );
        files.insert(name, serde_json::to_string_pretty(&ids)? + "\n");
    }
    Ok(files)
}

/// Writes the files; creates the folder.
pub(crate) fn write(files: &BTreeMap<String, String>, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, json) in files {
        let path = folder.join(name);
        std::fs::write(&path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
