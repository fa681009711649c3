//! The origin's program and the data that it works on: what servers and commands share.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::given;

/// A place with an offer, as the importer reads it.
#[derive(Clone, Debug)]
pub struct Venue {
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lng: f64,
    /// A word that is part of the generated texts.
    pub cuisine: &'static str,
}

/// Removed with its owner.
#[derive(Debug)]
pub(crate) struct Store {
    bin: PathBuf,
    dir: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Store {
    /// An empty one; every server and command gets this environment.
    pub(crate) fn create(environment: Vec<(&'static str, String)>) -> Result<Self> {
        Ok(Self {
            bin: given("YOUSOON_BIN")?,
            dir: tempfile::tempdir()?,
            environment,
        })
    }

    /// A place beside the data.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `yousoon …` on this store.
    pub(crate) fn yousoon(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.bin);
        command
            .args(arguments)
            .env("YOUSOON_DATA_DIR", self.beside("store"))
            .envs(self.environment.iter().cloned());
        command
    }

    /// Runs `yousoon …` to its end; its output.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String> {
        run(&mut self.yousoon(arguments)).await
    }

    /// Imports places; one with the same line as before is not new.
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

/// Runs a command to its end; its output.
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
