//! The programs that check deploy/, installed once. A folder's name has the version, so that a new
//! version is installed anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{checkout, debian, progress, python};

const KUSTOMIZE: (&str, &str) = ("sigs.k8s.io/kustomize/kustomize/v5", "v5.7.1");
const ACTIONLINT: (&str, &str) = ("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12");
const KUBECONFORM: (&str, &str) = ("github.com/yannh/kubeconform/cmd/kubeconform", "v0.7.0");

#[derive(Debug)]
pub(super) struct Toolbox {
    pub(super) kustomize: PathBuf,
    pub(super) kubeconform: PathBuf,
    pub(super) checkov: PathBuf,
    pub(super) promtool: PathBuf,
    pub(super) amtool: PathBuf,
    pub(super) actionlint: PathBuf,
    pub(super) shellcheck: PathBuf,
    pub(super) zizmor: PathBuf,
    pub(super) hadolint: PathBuf,
}

impl Toolbox {
    pub(super) fn ensure() -> Result<Self> {
        let tools = checkout::tools_dir()?;
        let requirements = checkout::root().join("deploy/requirements.txt");
        let python = python::ensure("checkers", &requirements, "about 1 min")?;
        Ok(Self {
            kustomize: go_program(&tools, "kustomize", KUSTOMIZE)?,
            kubeconform: go_program(&tools, "kubeconform", KUBECONFORM)?,
            checkov: python.join("checkov"),
            promtool: debian::ensure("promtool", "prometheus")?,
            amtool: debian::ensure("amtool", "prometheus-alertmanager")?,
            actionlint: go_program(&tools, "actionlint", ACTIONLINT)?,
            shellcheck: debian::ensure("shellcheck", "shellcheck")?,
            zizmor: python.join("zizmor"),
            hadolint: python.join("hadolint"),
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
