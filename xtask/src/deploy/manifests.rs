//! What no manifest may have: a secret in clear, an image without digest, a container that may do
//! more than it must, a setting that nothing reads.

use anyhow::{Context, Result};
use serde::Deserialize as _;
use serde_json::Value;

/// Words at the end of a variable's name that holds a secret.
const SECRET_ENDINGS: [&str; 8] = [
    "_TOKEN",
    "_SECRET",
    "_KEY",
    "_KEYS",
    "_PASSWORD",
    "_CREDENTIALS",
    "_MONGODB_URL",
    "_REDIS_URL",
];
/// The token that the overlay `local` shows on purpose.
const KNOWN_TOKEN: &str = "admin-token";
const DIGEST_DIGITS: usize = 64;

/// Reads what kustomize built. `documented` is the text that names every variable
/// and every metric by which Kubernetes may scale.
pub(super) fn violations(built: &str, documented: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for document in serde_norway::Deserializer::from_str(built) {
        let manifest = Value::deserialize(document).context("kustomize built no YAML")?;
        let wrong = of_manifest(&manifest, documented);
        let kind = text(&manifest["kind"]);
        let name = text(&manifest["metadata"]["name"]);
        found.extend(wrong.iter().map(|why| format!("{kind} {name}: {why}")));
    }
    Ok(found)
}

fn of_manifest(manifest: &Value, documented: &str) -> Vec<String> {
    let pod = match text(&manifest["kind"]) {
        "ConfigMap" => return of_settings(&manifest["data"], documented),
        "Secret" => return of_secret(manifest),
        "HorizontalPodAutoscaler" => return of_scaling(manifest, documented),
        "CronJob" => &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        _ => &manifest["spec"]["template"]["spec"],
    };
    ["initContainers", "containers"]
        .into_iter()
        .flat_map(|key| items(&pod[key]))
        .flat_map(|container| of_container(pod, container))
        .collect()
}

fn of_settings(settings: &Value, documented: &str) -> Vec<String> {
    let settings = settings.as_object().into_iter().flatten();
    settings
        .filter_map(|(name, value)| {
            if is_secret(name, text(value)) {
                return Some(format!("{name} is a secret"));
            }
            let is_ours = name.starts_with("YOUSOON_");
            (is_ours && !documented.contains(&format!("`{name}`")))
                .then(|| format!("{name} is not in docs/configuration.md"))
        })
        .collect()
}

/// Scaling by a metric that nothing has is scaling by CPU alone, and only events say so.
fn of_scaling(scaler: &Value, documented: &str) -> Vec<String> {
    items(&scaler["spec"]["metrics"])
        .filter_map(|metric| {
            let name = metric["external"]["metric"]["name"].as_str()?;
            (!documented.contains(&format!("{{as: {name}}}")))
                .then(|| format!("{name} is not in adapter-values.yaml"))
        })
        .collect()
}

/// The cluster gets its secrets from the vault; only the overlay `local` has one, for everybody.
fn of_secret(secret: &Value) -> Vec<String> {
    let names = secret["data"].as_object().into_iter().flatten();
    names
        .filter(|(name, value)| {
            *name != KNOWN_TOKEN || !text(value).starts_with("ZGV2LWxvY2FsLXRva2Vu")
        })
        .map(|(name, _)| format!("{name} is in the repository"))
        .collect()
}

pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let has_password = value
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next())
        .is_some_and(|authority| authority.contains('@'));
    has_password
        || value.contains("PRIVATE KEY")
        || ["sk_", "rk_", "whsec_"].iter().any(|of_stripe| value.starts_with(of_stripe))
        // Apps are given it.
        || !(name.ends_with("_PUBLISHABLE_KEY") && value.starts_with("pk_"))
            && SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn of_container(pod: &Value, container: &Value) -> Vec<String> {
    let security = &container["securityContext"];
    // A container's own setting overrides its pod's.
    let effective = |key: &str| match &security[key] {
        Value::Null => pod["securityContext"][key].clone(),
        own => own.clone(),
    };
    let drops_all = items(&security["capabilities"]["drop"]).any(|dropped| dropped == "ALL");
    let adds_any = items(&security["capabilities"]["add"]).next().is_some();
    let user = effective("runAsUser").as_u64();
    let checks = [
        (
            has_digest(text(&container["image"])),
            "its image has no digest",
        ),
        (
            effective("runAsNonRoot") == true && user.is_some_and(|user| user > 0),
            "it may run as root",
        ),
        (
            effective("seccompProfile")["type"] == "RuntimeDefault",
            "it has no seccomp profile",
        ),
        (
            security["readOnlyRootFilesystem"] == true,
            "it may write to its root file system",
        ),
        (
            security["allowPrivilegeEscalation"] == false,
            "it may gain privileges",
        ),
        (drops_all && !adds_any, "it has capabilities"),
        (
            !items(&container["env"])
                .any(|variable| is_secret(text(&variable["name"]), text(&variable["value"]))),
            "it has a secret as a variable",
        ),
    ];
    let name = text(&container["name"]);
    let wrong = checks.iter().filter(|(is_right, _)| !is_right);
    wrong.map(|(_, why)| format!("{name}: {why}")).collect()
}

fn has_digest(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(name, digest)| {
        !name.is_empty()
            && digest.len() == DIGEST_DIGITS
            && digest.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::violations;

    const SOUND: &str = "
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: api
          image: registry/yousoon@sha256:0000000000000000000000000000000000000000000000000000000000000000
          env: [{name: YOUSOON_ADMIN_TOKEN_FILE, value: /secrets/admin-token}]
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
---
kind: ConfigMap
metadata: {name: settings}
data: {YOUSOON_LOG: json, RCLONE: 'https://s3.example.com'}
---
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec: {metrics: [{type: External, external: {metric: {name: in_flight}}}]}
";

    #[test]
    fn a_sound_manifest_has_no_violations() {
        assert_eq!(found(SOUND), Vec::<String>::new());
    }

    #[test]
    fn each_violation_is_found() {
        let cases = [
            (
                "@sha256:0",
                ":latest#",
                "Deployment api: api: its image has no digest",
            ),
            (
                "runAsUser: 10001",
                "runAsUser: 0",
                "Deployment api: api: it may run as root",
            ),
            (
                "runAsNonRoot: true",
                "runAsNonRoot: false",
                "Deployment api: api: it may run as root",
            ),
            (
                "runAsNonRoot: true, ",
                "",
                "Deployment api: api: it may run as root",
            ),
            (
                "drop: [ALL]",
                "drop: [NET_RAW]",
                "Deployment api: api: it has capabilities",
            ),
            (
                "drop: [ALL]",
                "drop: [ALL], add: [NET_RAW]",
                "Deployment api: api: it has capabilities",
            ),
            (
                "RuntimeDefault",
                "Unconfined",
                "Deployment api: api: it has no seccomp profile",
            ),
            (
                "Escalation: false",
                "Escalation: true",
                "Deployment api: api: it may gain privileges",
            ),
            (
                "Filesystem: true",
                "Filesystem: false",
                "Deployment api: api: it may write to its root file system",
            ),
            (
                "YOUSOON_ADMIN_TOKEN_FILE, value: /secrets/admin-token",
                "YOUSOON_ADMIN_TOKEN, valueFrom: {secretKeyRef: {name: yousoon, key: TOKEN}}",
                "Deployment api: api: it has a secret as a variable",
            ),
            (
                "YOUSOON_LOG: json",
                "YOUSOON_EDGE_SECRET: ab",
                "ConfigMap settings: YOUSOON_EDGE_SECRET is a secret",
            ),
            (
                "YOUSOON_LOG: json",
                "YOUSOON_STRIPE_PUBLISHABLE_KEY: sk_live_1",
                "ConfigMap settings: YOUSOON_STRIPE_PUBLISHABLE_KEY is a secret",
            ),
            (
                "YOUSOON_LOG: json",
                "URL: 'redis://:password@redis'",
                "ConfigMap settings: URL is a secret",
            ),
            (
                "YOUSOON_LOG",
                "YOUSOON_LOGS",
                "ConfigMap settings: YOUSOON_LOGS is not in docs/configuration.md",
            ),
            (
                "name: in_flight",
                "name: in_flights",
                "HorizontalPodAutoscaler api: in_flights is not in adapter-values.yaml",
            ),
            (
                "kind: ConfigMap",
                "kind: Secret",
                "Secret settings: YOUSOON_LOG is in the repository",
            ),
        ];
        for (sound, wrong, violation) in cases {
            let manifests = SOUND.replace(sound, wrong);
            assert_ne!(manifests, SOUND, "{sound}");
            let found = found(&manifests);
            assert!(
                found.iter().any(|found| found == violation),
                "{wrong}: {found:?}"
            );
        }
    }

    fn found(manifests: &str) -> Vec<String> {
        violations(manifests, "| `YOUSOON_LOG` | text | name: {as: in_flight}").expect("YAML")
    }
}
