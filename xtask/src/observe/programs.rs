//! The programs beside the system, installed once. A folder's name has the version, so that a new
//! version is installed anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{checkout, debian, progress};

#[derive(Debug)]
pub(crate) struct Programs {
    pub(super) jaeger: PathBuf,
    pub(super) prometheus: PathBuf,
    pub(super) victoria_logs: PathBuf,
}

/// A program in Go.
struct Source {
    name: &'static str,
    module: &'static str,
    version: &'static str,
    package: &'static str,
    /// On two cores.
    duration: &'static str,
}

const JAEGER: Source = Source {
    name: "jaeger",
    module: "github.com/jaegertracing/jaeger",
    version: "v1.76.0",
    package: "./cmd/jaeger",
    duration: "about 5 min",
};

const VICTORIA_LOGS: Source = Source {
    name: "victoria-logs",
    module: "github.com/VictoriaMetrics/VictoriaLogs",
    version: "v1.52.1",
    package: "./app/victoria-logs",
    duration: "about 1 min",
};

impl Programs {
    pub(crate) fn ensure() -> Result<Self> {
        let tools = checkout::tools_dir()?;
        Ok(Self {
            // The package may start a service of its own: nothing here uses it.
            prometheus: debian::ensure("prometheus", "prometheus")?,
            victoria_logs: VICTORIA_LOGS.ensure(&tools)?,
            jaeger: JAEGER.ensure(&tools)?,
        })
    }
}

impl Source {
    fn ensure(&self, tools: &Path) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let program = tools.join(format!("{name}-{version}")).join(name);
        if program.is_file() {
            return Ok(program);
        }
        let go = debian::ensure("go", "golang-go")?;
        // The modules and objects of one build are gigabytes, and nobody needs them twice.
        let scratch = tools.join(format!("{name}-{version}-build"));
        let go = || {
            let mut go = Command::new(&go);
            go.env("GOMODCACHE", scratch.join("modules"))
                .env("GOCACHE", scratch.join("objects"))
                // Otherwise modules could not be deleted.
                .env("GOFLAGS", "-modcacherw")
                .env("CGO_ENABLED", "0");
            go
        };
        // `go install` refuses modules that replace others. In its own folder a module is built with
        // its own go.sum.
        let module = format!("{}@{version}", self.module);
        let found = progress::output_of(go().args(["mod", "download", "-json", &module]))?;
        let found: Value = serde_json::from_str(&found)?;
        let dir = found["Dir"].as_str().context("Go names no folder")?;
        progress::step(
            &format!("installing {name} {version} ({})", self.duration),
            go().args(["build", "-trimpath", "-ldflags", "-s -w", "-o"])
                .arg(&program)
                .arg(self.package)
                .current_dir(dir),
        )?;
        fs::remove_dir_all(&scratch)
            .with_context(|| format!("cannot delete {}", scratch.display()))?;
        Ok(program)
    }
}
