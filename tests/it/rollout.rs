//! `deploy/rollout.sh`, with a kubectl that writes down what it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KUBECTL: &str = r#"#!/bin/sh
if [ "$1" = kustomize ]; then cat "$MANIFESTS"; exit; fi
echo "$*" | sed "s# -f [^ ]*##" >> "$CALLS"
for word in "$@"; do
  case "$word" in -f) f=yes ;; *) if [ "$f" = yes ]; then cp "$word" "$APPLIED"; f=; fi ;; esac
done
if [ -n "$FAILS" ]; then case "$*" in *"$FAILS"*) exit 1 ;; esac; fi
"#;

const DIGEST: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

struct Cluster {
    dir: tempfile::TempDir,
}

impl Cluster {
    /// Its overlay has the origin's image with this digest.
    fn new(digest: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let kubectl = dir.path().join("kubectl");
        fs::write(&kubectl, KUBECTL).unwrap();
        fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755)).unwrap();
        let manifests = format!(
            "kind: Deployment\nmetadata:\n  name: api\nspec:\n  image: registry.example/yousoon@sha256:{digest}\n\
             ---\nkind: Deployment\nmetadata:\n  name: jobs\n  image: registry.example/rclone@sha256:{DIGEST}\n"
        );
        fs::write(dir.path().join("overlay.yaml"), manifests).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn roll_out(&self, arguments: &[&str], fails: &str) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/rollout.sh");
        let path = std::env::var("PATH").unwrap();
        Command::new("bash")
            .arg(script)
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.dir.path().display()))
            .env("MANIFESTS", self.path("overlay.yaml"))
            .env("CALLS", self.path("calls"))
            .env("APPLIED", self.path("applied"))
            .env("FAILS", fails)
            .output()
            .unwrap()
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }
}

#[test]
fn each_step_ends_before_the_next_begins() {
    let cluster = Cluster::new(DIGEST);
    let output = cluster.roll_out(&["production"], "");
    assert!(output.status.success(), "{output:?}");
    let expected = "\
apply -l app.kubernetes.io/component in (settings)
-n yousoon delete job migrate documents --ignore-not-found
apply -l app.kubernetes.io/component in (migrate)
-n yousoon wait --for=condition=complete --timeout=30m job/migrate
apply -l app.kubernetes.io/component in (servers, gateway, export)
-n yousoon rollout status deployment/api --timeout=15m
-n yousoon rollout status deployment/jobs --timeout=15m
apply -l app.kubernetes.io/component in (documents)
-n yousoon wait --for=condition=complete --timeout=10m job/documents
";
    assert_eq!(cluster.calls(), expected);
}

#[test]
fn servers_stay_as_they_are_when_the_migration_fails() {
    let cluster = Cluster::new(DIGEST);
    let output = cluster.roll_out(&["production"], "job/migrate");
    assert!(!output.status.success());
    assert!(
        cluster.calls().ends_with("job/migrate\n"),
        "{}",
        cluster.calls()
    );
}

#[test]
fn documents_are_not_published_before_all_servers_run() {
    let cluster = Cluster::new(DIGEST);
    let output = cluster.roll_out(&["production"], "deployment/jobs");
    assert!(!output.status.success());
    assert!(
        !cluster.calls().contains("(documents)"),
        "{}",
        cluster.calls()
    );
}

#[test]
fn a_given_image_replaces_the_origins_and_no_other() {
    let cluster = Cluster::new(ZEROS);
    let image = format!("other.example/yousoon@sha256:{OTHER}");
    let output = cluster.roll_out(&["staging", &image], "");
    assert!(output.status.success(), "{output:?}");
    let applied = fs::read_to_string(cluster.path("applied")).unwrap();
    assert!(applied.contains(&format!("image: {image}\n")), "{applied}");
    assert!(
        applied.contains(&format!("rclone@sha256:{DIGEST}")),
        "{applied}"
    );
}

#[test]
fn what_cannot_be_rolled_out_changes_nothing() {
    for (digest, arguments) in [
        // The overlay as the repository has it.
        (ZEROS, vec!["production"]),
        (DIGEST, vec!["nowhere"]),
        (
            DIGEST,
            vec!["production", "registry.example/yousoon:latest"],
        ),
        (
            DIGEST,
            vec![
                "production",
                "registry.example/yousoon@sha256:12 --privileged",
            ],
        ),
        (DIGEST, vec![]),
    ] {
        let cluster = Cluster::new(digest);
        let output = cluster.roll_out(&arguments, "");
        assert!(!output.status.success(), "{arguments:?}");
        assert_eq!(cluster.calls(), "", "{arguments:?}");
    }
}
