use super::{CONFIGURATION, Needs, RUNTIME, judge, unlike, violations};
use crate::checkout;

const SOURCE: &str = r#"
    env
        .var("ORIGIN_URL")?; env.secret("EDGE_SECRET")?; env.secret("SENTRY_DSN"); optional("ALLOWED_ORIGINS");
    env.var("FAULT_INJECTION"); optional("PURGE_LOG_JURISDICTION")
    const BINDING: &str = "KV";
    const BINDING: &str = "PURGE_LOG";
    const BINDING: &str = "RATE_LIMITER";
    pub const PERIOD_S: u32 = 10;
"#;
const OPTIONS: &str = "export const COMPATIBILITY_DATE = \"2026-04-01\";";
const SOUND: &str = r#"
// A comment.
{
  "compatibility_date": "2026-04-01",
  "no_bundle": true,
  "workers_dev": false,
  "preview_urls": false,
  "limits": { "cpu_ms": 1000 },
  "observability": { "logs": { "invocation_logs": false } },
  "migrations": [{ "tag": "v1", "new_sqlite_classes": ["PurgeLog"] }],
  "env": {
    "production": {
      "main": "build/index.js",
      "routes": [{ "pattern": "api.example.com" }],
      "ratelimits": [{ "name": "RATE_LIMITER", "namespace_id": "2", "simple": { "period": 10 } }],
      "kv_namespaces": [{ "binding": "KV", "id": "2" }],
      "durable_objects": { "bindings": [{ "name": "PURGE_LOG", "class_name": "PurgeLog" }] },
      "vars": { "ORIGIN_URL": "https://o.example.com", "ALLOWED_ORIGINS": "", "PURGE_LOG_JURISDICTION": "eu" },
      "secrets": { "required": ["EDGE_SECRET"] }
    },
    "staging": {
      "main": "build/index.js",
      "routes": [{ "pattern": "api.staging.example.com" }],
      "ratelimits": [{ "name": "RATE_LIMITER", "namespace_id": "1", "simple": { "period": 10 } }],
      "kv_namespaces": [{ "binding": "KV", "id": "1" }],
      "durable_objects": { "bindings": [{ "name": "PURGE_LOG", "class_name": "PurgeLog" }] },
      "vars": { "ORIGIN_URL": "https://o.staging.example.com", "ALLOWED_ORIGINS": "", "PURGE_LOG_JURISDICTION": "eu" },
      "secrets": { "required": ["EDGE_SECRET"] }
    }
  }
}
"#;

fn found(configuration: &str, runtime: &str) -> Vec<String> {
    judge(configuration, &Needs::read(SOURCE), runtime).expect("JSON")
}

#[test]
fn the_workers_own_configuration_gives_it_what_it_reads() {
    let found = violations(&checkout::root()).expect("files");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_the_worker_reads_is_found_in_its_source() {
    let root = checkout::root();
    let source = super::sources(&root.join(super::FOLDER).join("src")).expect("the worker");
    let needs = Needs::read(&source);
    assert!(
        needs.secrets.iter().eq(["EDGE_SECRET", "SENTRY_DSN"]),
        "{needs:?}"
    );
    for name in ["ORIGIN_URL", "ALLOWED_ORIGINS", "TRACED_SHARE"] {
        assert!(needs.variables.contains(name), "{name}: {needs:?}");
    }
    assert!(needs.bindings.contains("PURGE_LOG"), "{needs:?}");
    for path in [CONFIGURATION, RUNTIME] {
        assert!(root.join(path).is_file(), "{path}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of faults")]
fn each_fault_is_found() {
    assert_eq!(found(SOUND, OPTIONS), Vec::<String>::new());
    let cases = [
        (
            r#""ALLOWED_ORIGINS": "", "#,
            r#""ALLOWED_ORIGINS": "", "EDGE_SECRET": "6d1f", "#,
            "production: EDGE_SECRET is a secret",
        ),
        (
            r#""ALLOWED_ORIGINS": "", "#,
            r#""ALLOWED_ORIGINS": "", "SENTRY_DSN": "https://1@o1.example.com/7", "#,
            "production: SENTRY_DSN is a secret",
        ),
        (
            r#""ALLOWED_ORIGINS": "", "#,
            "",
            "production: the variable ALLOWED_ORIGINS is missing",
        ),
        (
            r#""ALLOWED_ORIGINS": "", "#,
            r#""ALLOWED_ORIGINS": "", "FAULT_INJECTION": "on", "#,
            "staging: the worker reads no variable FAULT_INJECTION",
        ),
        (
            r#"["EDGE_SECRET"]"#,
            "[]",
            "staging: the required secret EDGE_SECRET is missing",
        ),
        (
            r#""PURGE_LOG_JURISDICTION": "eu""#,
            r#""PURGE_LOG_JURISDICTION": """#,
            "production: the purge log's copy may leave the EU: PURGE_LOG_JURISDICTION is not `eu`",
        ),
        (
            "https://o.example.com",
            "http://o.example.com",
            "production: ORIGIN_URL does not begin with https://",
        ),
        (
            r#""binding": "KV""#,
            r#""binding": "CACHE""#,
            "staging: the binding KV is missing",
        ),
        (
            r#""name": "RATE_LIMITER""#,
            r#""name": "LIMITER""#,
            "production: the binding RATE_LIMITER is missing",
        ),
        (
            r#""period": 10"#,
            r#""period": 60"#,
            "staging: RATE_LIMITER counts in another period than clients are told, 10 s",
        ),
        (
            r#""namespace_id": "2""#,
            r#""namespace_id": "1""#,
            "production and staging share 1 at /ratelimits/*/namespace_id",
        ),
        (
            r#""id": "2""#,
            r#""id": "1""#,
            "production and staging share 1 at /kv_namespaces/*/id",
        ),
        (
            "https://o.staging.example.com",
            "https://o.example.com",
            "production and staging share https://o.example.com at /vars/ORIGIN_URL",
        ),
        (
            r#"["PurgeLog"]"#,
            r#"["PurgeLogs"]"#,
            "production: no migration makes the class PurgeLog",
        ),
        (
            r#""invocation_logs": false"#,
            r#""invocation_logs": true"#,
            "staging: its logs have the clients' URLs: observability.logs.invocation_logs is not false",
        ),
        (
            r#""staging": {"#,
            r#""staging": { "workers_dev": true,"#,
            "staging: an address of Cloudflare's leads to it: workers_dev or preview_urls is not false",
        ),
        (
            r#""staging": {"#,
            r#""test": {"#,
            r#"its environments are not ["production", "staging"]"#,
        ),
        (
            r#""no_bundle": true"#,
            r#""main": "build/index.js", "no_bundle": true"#,
            "the top level has a `main`, so it can be deployed",
        ),
        (
            r#""limits": { "cpu_ms": 1000 },"#,
            "",
            "a request may compute for as long as it likes: limits.cpu_ms is missing",
        ),
    ];
    for (sound, wrong, violation) in cases {
        let configuration = SOUND.replace(sound, wrong);
        assert_ne!(configuration, SOUND, "{sound}");
        let found = found(&configuration, OPTIONS);
        assert!(
            found.iter().any(|one| one == violation),
            "{wrong}: {found:?}"
        );
    }
    let other_date = OPTIONS.replace("2026-04-01", "2026-05-01");
    let found = found(SOUND, &other_date);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("compatibility_date"), "{found:?}");
}

#[test]
fn a_name_that_the_overlay_does_not_have_is_found() {
    let environment = serde_json::json!({
        "routes": [{"pattern": "api.example.com"}],
        "vars": {
            "ORIGIN_URL": "https://origin.example.com",
            "ALLOWED_ORIGINS": "https://www.example.com,https://partners.example.com",
        },
    });
    let built = "  YOUSOON_EDGE_URL: https://api.example.com
  YOUSOON_PORTAL_ORIGINS: https://partners.example.com
  YOUSOON_SITE_ORIGINS: https://www.example.com
    hostname: origin.example.com
";
    assert_eq!(unlike(&environment, built), Vec::<String>::new());
    for name in ["api", "partners", "www", "origin"] {
        let other = built.replace(&format!("{name}.example"), "other.example");
        let found = unlike(&environment, &other);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(found[0].contains(name), "{name}: {found:?}");
    }
}
