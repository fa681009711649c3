//! The programs that check deploy/, installed once. A folder's name has the version, so that a new
//! version is installed anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{checkout, debian, progress};

const KUSTOMIZE: (&str, &str) = ("sigs.k8s.io/kustomize/kustomize/v5", "v5.7.1");
const KUBECONFORM: (&str, &str) = ("github.com/yannh/kubeconform/cmd/kubeconform", "v0.7.0");
/// The version in deploy/requirements.txt, which also names all that it needs.
const CHECKOV: &str = "3.3.30";

#[derive(Debug)]
pub(super) struct Toolbox {
    pub(super) kustomize: PathBuf,
    pub(super) kubeconform: PathBuf,
    pub(super) checkov: PathBuf,
    pub(super) promtool: PathBuf,
    pub(super) amtool: PathBuf,
}

impl Toolbox {
    pub(super) fn ensure() -> Result<Self> {
        let tools = checkout::tools_dir()?;
        Ok(Self {
            kustomize: go_program(&tools, "kustomize", KUSTOMIZE)?,
            kubeconform: go_program(&tools, "kubeconform", KUBECONFORM)?,
            checkov: checkov(&tools)?,
            promtool: debian::ensure("promtool", "prometheus")?,
            amtool: debian::ensure("amtool", "prometheus-alertmanager")?,
        })
    }
}

fn go_program(tools: &Path, name: &str, (package, version): (&str, &str)) -> Result<PathBuf> {
    let dir = tools.join(format!("{name}-{version}"));
    let program = dir.join(name);
    if !program.is_file() {
        let go = debian::ensure("go", "golang-go")?;
        progress::step(
            &format!("installing {name} {version} (about 20 s)"),
            Command::new(go)
                .args(["install", &format!("{package}@{version}")])
                .env("GOBIN", &dir),
        )?;
    }
    Ok(program)
}

fn checkov(tools: &Path) -> Result<PathBuf> {
    let dir = tools.join(format!("checkov-{CHECKOV}"));
    let program = dir.join("bin/checkov");
    if !program.is_file() {
        let python = debian::ensure("python3", "python3-venv")?;
        progress::step(
            "making a virtual environment of Python",
            Command::new(python).args(["-m", "venv"]).arg(&dir),
        )?;
        progress::step(
            &format!("installing checkov {CHECKOV} (about 1 min)"),
            Command::new(dir.join("bin/pip"))
                .args(["install", "--quiet", "--requirement"])
                .arg(checkout::root().join("deploy/requirements.txt")),
        )?;
    }
    Ok(program)
}
