//! Reads an image in the form of OCI's image layout.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) digest: String,
    pub(super) config: Config,
    /// Compressed, in the order in which they are unpacked.
    pub(super) layers: Vec<PathBuf>,
    pub(super) compressed_bytes: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Config {
    pub(super) user: String,
    pub(super) entrypoint: Vec<String>,
    pub(super) cmd: Vec<String>,
    pub(super) env: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Blob>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Blob,
    layers: Vec<Blob>,
}

#[derive(Deserialize)]
struct ImageConfig {
    config: Config,
}

#[derive(Deserialize)]
struct Blob {
    digest: String,
    size: u64,
}

impl Blob {
    fn path(&self, dir: &Path) -> PathBuf {
        dir.join("blobs").join(self.digest.replace(':', "/"))
    }
}

impl Layout {
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let index: Index = read(&dir.join("index.json"))?;
        ensure!(index.manifests.len() == 1, "the layout has one image");
        let described = &index.manifests[0];
        let manifest: Manifest = read(&described.path(dir))?;
        let image: ImageConfig = read(&manifest.config.path(dir))?;
        Ok(Self {
            digest: described.digest.clone(),
            config: image.config,
            layers: manifest
                .layers
                .iter()
                .map(|layer| layer.path(dir))
                .collect(),
            compressed_bytes: manifest.layers.iter().map(|layer| layer.size).sum(),
        })
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let json = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("{} is not as OCI says", path.display()))
}
