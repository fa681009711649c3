//! The programs that check deploy/, installed once.

use std::path::PathBuf;

use anyhow::Result;

use crate::{checkout, debian, golang, python};

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
        let requirements = checkout::root().join("deploy/requirements.txt");
        let python = python::ensure("checkers", &requirements, "about 1 min")?;
        Ok(Self {
            kustomize: golang::ensure("kustomize", KUSTOMIZE, "about 20 s")?,
            kubeconform: golang::ensure("kubeconform", KUBECONFORM, "about 20 s")?,
            checkov: python.join("checkov"),
            promtool: debian::ensure("promtool", "prometheus")?,
            amtool: debian::ensure("amtool", "prometheus-alertmanager")?,
            actionlint: golang::ensure("actionlint", ACTIONLINT, "about 20 s")?,
            shellcheck: debian::ensure("shellcheck", "shellcheck")?,
            zizmor: python.join("zizmor"),
            hadolint: python.join("hadolint"),
        })
    }
}
