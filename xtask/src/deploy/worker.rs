//! wrangler.jsonc says how the worker is deployed: it must give the worker all that it reads, nothing
//! else, and no secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::manifests::{is_secret, items, text};
use crate::{checkout, progress};

/// From the root of the checkout.
pub(super) const FOLDER: &str = "edge/worker";
pub(super) const ENVIRONMENTS: [&str; 2] = ["production", "staging"];
const CONFIGURATION: &str = "edge/worker/wrangler.jsonc";
/// What runs the worker in tests.
const RUNTIME: &str = "edge/dev/options.mjs";
/// What the worker tells a client over the limit.
const LIMIT: &str = "edge/core/src/limit.rs";
/// Variables that only tests set.
const FOR_TESTS: [&str; 1] = ["FAULT_INJECTION"];
/// Secrets that the worker does without.
const OPTIONAL_SECRETS: [&str; 1] = ["SENTRY_DSN"];
const JURISDICTION: (&str, &str) = ("PURGE_LOG_JURISDICTION", "eu");
/// What the two environments must not share: one would write what the other reads, or count for it.
const OWN: [&str; 4] = [
    "/kv_namespaces/*/id",
    "/ratelimits/*/namespace_id",
    "/routes/*/pattern",
    "/vars/ORIGIN_URL",
];

/// What the worker reads from its environment.
#[derive(Debug, Default)]
struct Needs {
    /// The period of the rate limiter, in seconds, which clients are told.
    period_s: Option<u64>,
    variables: BTreeSet<String>,
    secrets: BTreeSet<String>,
    bindings: BTreeSet<String>,
}

impl Needs {
    fn read(source: &str) -> Self {
        let named = |before| all_after(source, before);
        let mut variables: BTreeSet<String> = named(".var(\"").collect();
        variables.extend(named("optional(\""));
        for name in FOR_TESTS {
            variables.remove(name);
        }
        let period_s = source.split_once("PERIOD_S: u32 = ");
        let period_s = period_s.and_then(|(_, rest)| rest.split_once(';'));
        Self {
            period_s: period_s.and_then(|(period_s, _)| period_s.parse().ok()),
            variables,
            secrets: named(".secret(\"").collect(),
            bindings: named("const BINDING: &str = \"").collect(),
        }
    }
}

/// The texts in quotes after each `before`, which ends with a quote.
fn all_after(source: &str, before: &str) -> impl Iterator<Item = String> {
    let parts = source.split(before).skip(1);
    parts.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
}

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let source = sources(&root.join(FOLDER).join("src"))? + &read(LIMIT)?;
    let found = judge(
        &read(CONFIGURATION)?,
        &Needs::read(&source),
        &read(RUNTIME)?,
    )?;
    let found = found
        .into_iter()
        .map(|why| format!("wrangler.jsonc: {why}"));
    Ok(found.collect())
}

/// What an environment calls otherwise than the overlay of the same name, which is for the origin.
pub(super) fn unlike_overlay(root: &Path, name: &str, built: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join(CONFIGURATION))?;
    let found = unlike(&parse(&text)?["env"][name], built).into_iter();
    Ok(found
        .map(|why| format!("wrangler.jsonc and overlay {name}: {why}"))
        .collect())
}

fn unlike(environment: &Value, built: &str) -> Vec<String> {
    let vars = &environment["vars"];
    let edges = values_at(environment, "/routes/*/pattern").into_iter();
    let edges = edges.map(|host| format!("YOUSOON_EDGE_URL: https://{host}"));
    let origin = text(&vars["ORIGIN_URL"]).strip_prefix("https://");
    let origin = origin.map(|host| format!("hostname: {host}"));
    let sites = text(&vars["ALLOWED_ORIGINS"]).split(',');
    let sites = sites.filter(|site| !site.is_empty());
    let sites = sites.map(|site| format!("_ORIGINS: {site}"));
    let expected = edges.chain(origin).chain(sites);
    let missing =
        expected.filter(|line| !built.lines().any(|known| known.ends_with(line.as_str())));
    missing
        .map(|line| format!("the overlay has no `{line}`"))
        .collect()
}

/// The texts of all Rust files below a folder, one after the other.
fn sources(dir: &Path) -> Result<String> {
    let texts = checkout::sources(dir)?.into_iter();
    Ok(texts
        .map(fs::read_to_string)
        .collect::<std::io::Result<_>>()?)
}

fn judge(configuration: &str, needs: &Needs, runtime: &str) -> Result<Vec<String>> {
    let configuration = parse(configuration)?;
    let mut found = of_top_level(&configuration, runtime);
    let environments = configuration["env"].as_object();
    let names = environments.into_iter().flat_map(Map::keys);
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    if names != ENVIRONMENTS.into() {
        found.push(format!("its environments are not {ENVIRONMENTS:?}"));
    }
    for (name, environment) in environments.into_iter().flatten() {
        let wrong = of_environment(environment, &configuration, needs);
        found.extend(wrong.iter().map(|why| format!("{name}: {why}")));
    }
    found.extend(shared(environments.into_iter().flatten()));
    Ok(found)
}

/// JSON with comments on lines of their own.
fn parse(text: &str) -> Result<Value> {
    let lines = text.lines();
    let without_comments: Vec<&str> = lines
        .map(|line| {
            let is_comment = line.trim_start().starts_with("//");
            if is_comment { "" } else { line }
        })
        .collect();
    serde_json::from_str(&without_comments.join("\n"))
        .with_context(|| format!("{CONFIGURATION} is not JSON with comments on their own lines"))
}

/// It is safe: nothing of it can be deployed without an environment, and no address of Cloudflare's
/// leads to the worker.
fn of_top_level(top: &Value, runtime: &str) -> Vec<String> {
    let date = text(&top["compatibility_date"]);
    let tested = runtime.contains(&format!("COMPATIBILITY_DATE = \"{date}\""));
    let checks = [
        (
            top["main"].is_null(),
            "the top level has a `main`, so it can be deployed",
        ),
        (
            top["vars"].is_null(),
            "the top level has variables, which no environment inherits",
        ),
        (
            !date.is_empty() && tested,
            "its compatibility_date is not the one that tests run with (edge/dev/options.mjs)",
        ),
        (
            top["limits"]["cpu_ms"].is_u64(),
            "a request may compute for as long as it likes: limits.cpu_ms is missing",
        ),
        (
            top["no_bundle"] == true,
            "wrangler would bundle what is bundled: no_bundle is not true",
        ),
    ];
    failed(&checks)
}

fn failed(checks: &[(bool, &str)]) -> Vec<String> {
    let wrong = checks.iter().filter(|(is_right, _)| !is_right);
    wrong.map(|(_, why)| (*why).to_owned()).collect()
}

fn of_environment(environment: &Value, top: &Value, needs: &Needs) -> Vec<String> {
    // A key of the environment replaces that of the top level.
    let effective = |key: &str| match &environment[key] {
        Value::Null => &top[key],
        own => own,
    };
    let vars = &environment["vars"];
    let (variable, place) = JURISDICTION;
    let checks = [
        (
            *effective("workers_dev") == false && *effective("preview_urls") == false,
            "an address of Cloudflare's leads to it: workers_dev or preview_urls is not false",
        ),
        (
            effective("observability")["logs"]["invocation_logs"] == false,
            "its logs have the clients' URLs: observability.logs.invocation_logs is not false",
        ),
        (
            text(&vars["ORIGIN_URL"]).starts_with("https://"),
            "ORIGIN_URL does not begin with https://",
        ),
        (
            vars[variable] == place,
            "the purge log's copy may leave the EU: PURGE_LOG_JURISDICTION is not `eu`",
        ),
    ];
    let mut found = failed(&checks);
    for limiter in items(&environment["ratelimits"]) {
        if limiter["simple"]["period"].as_u64() != needs.period_s {
            let (name, told) = (text(&limiter["name"]), needs.period_s.unwrap_or_default());
            found.push(format!(
                "{name} counts in another period than clients are told, {told} s"
            ));
        }
    }
    let variables = vars.as_object().into_iter().flatten();
    let secret = variables
        .filter(|(name, value)| needs.secrets.contains(*name) || is_secret(name, text(value)));
    found.extend(secret.map(|(name, _)| format!("{name} is a secret")));
    found.extend(unlike_needs(environment, needs));
    found.extend(classes_without_migration(
        environment,
        effective("migrations"),
    ));
    found
}

/// What the worker reads and does not get, or gets and does not read.
fn unlike_needs(environment: &Value, needs: &Needs) -> Vec<String> {
    let variables = environment["vars"].as_object();
    let variables = variables.into_iter().flat_map(Map::keys).cloned().collect();
    let secrets = items(&environment["secrets"]["required"]);
    let secrets = secrets.map(|name| text(name).to_owned()).collect();
    let mut required = needs.secrets.clone();
    for name in OPTIONAL_SECRETS {
        required.remove(name);
    }
    [
        difference("variable", &needs.variables, &variables),
        difference("required secret", &required, &secrets),
        difference("binding", &needs.bindings, &bindings(environment)),
    ]
    .concat()
}

fn classes_without_migration(environment: &Value, migrations: &Value) -> Vec<String> {
    let made: BTreeSet<&str> = items(migrations)
        .flat_map(|migration| items(&migration["new_sqlite_classes"]))
        .map(text)
        .collect();
    let classes = items(&environment["durable_objects"]["bindings"]);
    let classes = classes.map(|binding| text(&binding["class_name"]));
    let without = classes.filter(|class| !made.contains(class));
    without
        .map(|class| format!("no migration makes the class {class}"))
        .collect()
}

fn bindings(environment: &Value) -> BTreeSet<String> {
    let kinds = [
        (&environment["kv_namespaces"], "binding"),
        (&environment["durable_objects"]["bindings"], "name"),
        (&environment["ratelimits"], "name"),
    ];
    let of_kind = |(kind, key)| items(kind).map(move |binding| text(&binding[key]).to_owned());
    kinds.into_iter().flat_map(of_kind).collect()
}

/// What is missing, and what the worker does not read.
fn difference(what: &str, needed: &BTreeSet<String>, given: &BTreeSet<String>) -> Vec<String> {
    let missing = needed.difference(given);
    let missing = missing.map(|name| format!("the {what} {name} is missing"));
    let unread = given.difference(needed);
    let unread = unread.map(|name| format!("the worker reads no {what} {name}"));
    missing.chain(unread).collect()
}

/// The values of [`OWN`] that two environments have.
fn shared<'a>(environments: impl Iterator<Item = (&'a String, &'a Value)>) -> Vec<String> {
    let mut owners: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (name, environment) in environments {
        for place in OWN {
            for value in values_at(environment, place) {
                owners.entry((place, value)).or_default().push(name);
            }
        }
    }
    let twice = owners.into_iter().filter(|(_, names)| names.len() > 1);
    let shown = |((place, value), names): ((_, _), Vec<&str>)| {
        format!("{} share {value} at {place}", names.join(" and "))
    };
    twice.map(shown).collect()
}

/// The texts at a path; `*` is each item of a list.
fn values_at<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    let Some((list, key)) = path.split_once("/*/") else {
        return value
            .pointer(path)
            .and_then(Value::as_str)
            .into_iter()
            .collect();
    };
    let list = value.pointer(list).unwrap_or(&Value::Null);
    items(list).filter_map(|item| item[key].as_str()).collect()
}

/// What wrangler says about an environment when it does everything but deploy. It needs no account and
/// no network.
pub(super) fn dry_run(root: &Path, environment: &str, out: &Path) -> Result<Vec<String>> {
    let output = Command::new(root.join("edge/node_modules/.bin/wrangler"))
        .args(["deploy", "--dry-run", "--env", environment, "--outdir"])
        .arg(out)
        .current_dir(root.join(FOLDER))
        .env("CI", "true")
        .env("NO_COLOR", "1")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("WRANGLER_LOG_PATH", out.join("logs"))
        .env("WRANGLER_SEND_METRICS", "false")
        .output()
        .context("wrangler does not start: run `npm ci` in edge/")?;
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    let wrong = if output.status.success() {
        // It only warns of keys that it does not know.
        let unknown = printed
            .lines()
            .filter(|line| line.contains("Unexpected fields found"));
        unknown.map(|line| line.trim().to_owned()).collect()
    } else {
        vec![progress::tail(&printed)]
    };
    let named = |why: String| format!("wrangler, environment {environment}: {why}");
    Ok(wrong.into_iter().map(named).collect())
}

#[cfg(test)]
mod tests;
