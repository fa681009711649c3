//! The origin's program and its data, which servers and commands share.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::given;

/// A venue with an offer, as a line for the importer.
#[derive(Clone, Debug)]
pub struct Venue {
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lng: f64,
    /// A word that appears in the generated texts.
    pub cuisine: &'static str,
}

/// A store in a temporary directory, which is removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Store {
    bin: PathBuf,
    dir: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Store {
    /// An empty store. Every server and command gets this environment.
    pub(crate) fn create(environment: Vec<(&'static str, String)>) -> Result<Self> {
        Ok(Self {
            bin: given("YOUSOON_BIN")?,
            dir: tempfile::tempdir()?,
            environment,
        })
    }

    /// A path in the same temporary directory.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command `yousoon …` on this store.
    pub(crate) fn yousoon(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.bin);
        command
            .args(arguments)
            .env("YOUSOON_DATA_DIR", self.beside("store"))
            .envs(self.environment.iter().cloned());
        command
    }

    /// Runs `yousoon …` on this store; returns its output.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String> {
        run(&mut self.yousoon(arguments)).await
    }

    /// Imports venues; a venue that was imported before is not new.
    pub(crate) async fn import(&self, venues: &[Venue]) -> Result<()> {
        let mut csv = "category,cuisine,latitude,longitude,district,postcode\n".to_owned();
        for Venue { lat, lng, cuisine } in venues {
            writeln!(
                csv,
                "RESTAURANT,{cuisine},{lat:.6},{lng:.6},Belleville,75020"
            )?;
        }
        let file = self.beside("venues.csv");
        tokio::fs::write(&file, csv).await?;
        self.run(&["import", &file.to_string_lossy()]).await?;
        Ok(())
    }
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a command; returns its output.
pub(crate) async fn run(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .await
        .with_context(|| format!("{command:?}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{command:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}
