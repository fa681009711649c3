//! `cargo xtask deploy-check`: what deploy/ holds, and how the worker is deployed, is sound, as far as
//! this can be told without a cluster and without an account.

mod actions;
mod manifests;
mod monitoring;
mod toolbox;
mod worker;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::binaries::Profile;
use crate::deploy::toolbox::Toolbox;
use crate::{build_edge, checkout, progress, tools};

/// Azure's own kinds, of which no package brings a schema.
const WITHOUT_SCHEMA: &str = "ApplicationLoadBalancer,HealthCheckPolicy";

pub(crate) fn run() -> Result<ExitCode> {
    let violations = violations()?;
    if violations == 0 {
        println!("deploy/ and the worker's configuration are as they should be");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{violations} violations in deploy/ and the worker's configuration");
    Ok(ExitCode::FAILURE)
}

/// Runs every check, prints each violation, and returns how many there are.
pub(crate) fn violations() -> Result<u64> {
    let toolbox = Toolbox::ensure()?;
    let deploy = checkout::root().join("deploy");
    let mut found = monitoring::violations(&checkout::root())?;
    found.extend(actions::violations(&checkout::root())?);
    found.extend(worker::violations(&checkout::root())?);
    let built = checkout::target_dir()?.join("deploy");
    fs::create_dir_all(&built).with_context(|| format!("cannot create {}", built.display()))?;
    let page = |path: &str| fs::read_to_string(checkout::root().join(path));
    let documented =
        page("docs/configuration.md")? + &page("deploy/monitoring/adapter-values.yaml")?;
    for overlay in overlays(&deploy)? {
        let name = overlay
            .file_name()
            .unwrap_or_default()
            .display()
            .to_string();
        let text =
            progress::output_of(Command::new(&toolbox.kustomize).arg("build").arg(&overlay))?;
        fs::write(built.join(format!("{name}.yaml")), &text)?;
        let wrong = manifests::violations(&text, &documented)?;
        found.extend(wrong.iter().map(|why| format!("overlay {name}: {why}")));
        found.extend(worker::unlike_overlay(&checkout::root(), &name, &text)?);
    }
    found.extend(of_wrangler(&built)?);
    for violation in &found {
        eprintln!("error: {violation}");
    }
    let mut failed = 0;
    for (title, mut command) in commands(&toolbox, &deploy, &built) {
        if let Err(error) = progress::step(title, &mut command) {
            eprintln!("error: {error:#}");
            failed += 1;
        }
    }
    Ok(u64::try_from(found.len())? + failed)
}

/// What wrangler would not deploy, of the worker as it is deployed.
fn of_wrangler(built: &Path) -> Result<Vec<String>> {
    let tools = tools::ensure()?;
    if let Err(error) = build_edge::build(&tools, Profile::Release) {
        return Ok(vec![format!(
            "wrangler has no worker to look at: {error:#}"
        )]);
    }
    progress::announce("asking wrangler what it would deploy (about 10 s)");
    let mut found = Vec::new();
    for environment in worker::ENVIRONMENTS {
        let out = built.with_file_name("wrangler").join(environment);
        found.extend(worker::dry_run(&checkout::root(), environment, &out)?);
    }
    Ok(found)
}

/// The folders in kubernetes/overlays.
fn overlays(deploy: &Path) -> Result<Vec<PathBuf>> {
    let dir = deploy.join("kubernetes/overlays");
    let entries = fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut overlays = Vec::new();
    for entry in entries {
        overlays.push(entry?.path());
    }
    overlays.sort_unstable();
    ensure!(!overlays.is_empty(), "{} is empty", dir.display());
    Ok(overlays)
}

/// The programs that check files. None of them uses the network.
fn commands(toolbox: &Toolbox, deploy: &Path, built: &Path) -> [(&'static str, Command); 10] {
    let schemas = "schemas/{{.ResourceKind}}{{.KindSuffix}}.json";
    let mut kubeconform = Command::new(&toolbox.kubeconform);
    kubeconform
        .args(["-strict", "-skip", WITHOUT_SCHEMA, "-schema-location"])
        .arg(deploy.join(schemas))
        .arg(built);
    let mut checkov = Command::new(&toolbox.checkov);
    checkov
        .args(["--framework", "kubernetes", "--compact", "--quiet"])
        // It would ask its vendor for guidelines.
        .args(["--skip-download", "--directory"])
        .arg(built);
    let monitoring = deploy.join("monitoring");
    let promtool = |arguments: &[&str]| {
        let mut promtool = Command::new(&toolbox.promtool);
        promtool.args(arguments).current_dir(&monitoring);
        promtool
    };
    let mut amtool = Command::new(&toolbox.amtool);
    amtool
        .args(["check-config", "alertmanager.yaml"])
        .current_dir(&monitoring);
    let root = checkout::root();
    let mut actionlint = Command::new(&toolbox.actionlint);
    actionlint
        .arg("-shellcheck")
        .arg(&toolbox.shellcheck)
        .current_dir(&root);
    let mut zizmor = Command::new(&toolbox.zizmor);
    zizmor
        .args(["--offline", "--no-progress", "--quiet", ".github"])
        .current_dir(&root);
    let mut shellcheck = Command::new(&toolbox.shellcheck);
    shellcheck
        .args(["deploy/rollout.sh", ".ci/run"])
        .current_dir(&root);
    let mut hadolint = Command::new(&toolbox.hadolint);
    hadolint.arg(deploy.join("images/Dockerfile"));
    [
        ("checking the workflows with actionlint", actionlint),
        ("checking the workflows with zizmor", zizmor),
        ("checking the scripts with shellcheck", shellcheck),
        ("checking the Dockerfile with hadolint", hadolint),
        ("checking manifests with their schemas", kubeconform),
        ("checking manifests with checkov (about 5 s)", checkov),
        (
            "checking the rules of Prometheus",
            promtool(&["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"]),
        ),
        (
            "checking the configuration of Prometheus",
            promtool(&["check", "config", "--syntax-only", "prometheus.yaml"]),
        ),
        (
            "testing the rules of Prometheus",
            promtool(&["test", "rules", "rules.test.yaml"]),
        ),
        ("checking the configuration of Alertmanager", amtool),
    ]
}
