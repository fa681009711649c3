mod secret_files;
mod third_parties;

use api::documents::DocumentMode;
use edge_core::cors::{AllowedHeaders, AllowedSites};

use super::*;

/// Set in every test, because production requires them. An empty text takes one away.
const ALWAYS: [(&str, &str); 11] = [
    ("YOUSOON_SITE_URL", "https://www.yousoon.example/"),
    (
        "YOUSOON_UNSUBSCRIBE_URL",
        "https://api.yousoon.example/unsubscribe",
    ),
    ("YOUSOON_PORTAL_URL", "https://partner.yousoon.example/"),
    ("YOUSOON_SES_FROM", "Yousoon <hello@yousoon.example>"),
    ("YOUSOON_SES_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("YOUSOON_SES_SECRET_KEY", SECRET),
    (
        "YOUSOON_TWILIO_ACCOUNT",
        "AC00000000000000000000000000000000",
    ),
    ("YOUSOON_TWILIO_SECRET", SECRET),
    (
        "YOUSOON_TWILIO_SENDER",
        "MG00000000000000000000000000000000",
    ),
    (
        "YOUSOON_ONESIGNAL_APP",
        "5eb5a37e-b458-11e3-ac11-000c2940e62c",
    ),
    ("YOUSOON_ONESIGNAL_KEY", SECRET),
];

fn lookup_in<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |wanted| {
        let mut all = variables.iter().chain(&ALWAYS);
        let found = all.find(|(name, _)| *name == wanted);
        found
            .map(|(_, value)| (*value).to_owned())
            .filter(|value| !value.is_empty())
    }
}

fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
    Config::from_lookup(&lookup_in(variables)).map_err(|error| error.to_string())
}

const TOKEN: &str = "c0ffee-7c1d5e2a9b3f4860";
const JWT_KEYS: &str = e2e::SIGNING_KEYS;
const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

#[test]
fn an_empty_environment_enforces_and_listens_on_loopback() {
    let config = read(&[]).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.documents.mode, DocumentMode::Enforce);
    assert!(config.admin.token.is_none() && config.edge.urls.is_empty());
    assert_eq!(config.metrics.listen, None);
}

#[test]
fn logs_and_traces_that_cannot_be_are_refused() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (
            &[("YOUSOON_LOG", "xml")],
            "YOUSOON_LOG: \"xml\" is neither text nor json",
        ),
        (
            &[("OTEL_TRACES_SAMPLER_ARG", "2")],
            "OTEL_TRACES_SAMPLER_ARG: \"2\" is not a number from 0 to 1",
        ),
        (
            &[("OTEL_EXPORTER_OTLP_PROTOCOL", "thrift")],
            "OTEL_EXPORTER_OTLP_PROTOCOL: \"thrift\" is none of grpc, http/protobuf, http/json",
        ),
        (
            &[(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://user:geheim@collector",
            )],
            "OTEL_EXPORTER_OTLP_ENDPOINT: has credentials in it: set OTEL_EXPORTER_OTLP_HEADERS",
        ),
        (
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector"),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ],
            "OTEL_EXPORTER_OTLP_PROTOCOL: has no TLS: use grpc for an endpoint with https",
        ),
        (
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")],
            "OTEL_EXPORTER_OTLP_ENDPOINT: has the scheme \"collector\", not http or https",
        ),
    ];
    for (variables, expected) in table {
        assert_eq!(read(variables).unwrap_err(), *expected);
    }
}

#[test]
fn a_contradiction_fails_with_one_line_that_names_the_variable() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (
            &[("YOUSOON_ENV", "prod")],
            "YOUSOON_ENV: \"prod\" is neither development nor production",
        ),
        (
            &[("YOUSOON_ROLES", "api,web")],
            "YOUSOON_ROLES: \"web\" is none of api,live,jobs,relay",
        ),
        (
            &[("YOUSOON_JWT_KEYS", "hunter2")],
            "YOUSOON_JWT_KEYS: is neither PEM nor a JWK set",
        ),
        (
            &[("YOUSOON_BCRYPT_COST", "3")],
            "YOUSOON_BCRYPT_COST: \"3\" is not a number from 4 to 15",
        ),
        (
            &[("YOUSOON_METRICS_LISTEN", "9090")],
            "YOUSOON_METRICS_LISTEN: \"9090\" is not an address and a port",
        ),
        (
            &[("YOUSOON_METRICS_LISTEN", "127.0.0.1:8080")],
            "YOUSOON_METRICS_LISTEN: is the same as YOUSOON_LISTEN: set another address or port",
        ),
        (
            &[("YOUSOON_LISTEN", "here")],
            "YOUSOON_LISTEN: \"here\" is not an address and a port",
        ),
        (
            &[("YOUSOON_DOCUMENT_MODE", "on")],
            "YOUSOON_DOCUMENT_MODE: \"on\" is none of enforce, audit and off",
        ),
        (
            &[("YOUSOON_ADMIN_TOKEN", "short")],
            "YOUSOON_ADMIN_TOKEN: has fewer than 16 bytes",
        ),
        (
            &[("YOUSOON_EDGE_URL", "ftp://x")],
            "YOUSOON_EDGE_URL: \"ftp://x\" is not an HTTP URL",
        ),
        (
            &[("YOUSOON_EDGE_SECRET", "zz")],
            "YOUSOON_EDGE_SECRET: is not hexadecimal",
        ),
        (
            &[("YOUSOON_EDGE_SECRET", "00ff")],
            "YOUSOON_EDGE_SECRET: has fewer than 16 bytes",
        ),
        (
            &[("YOUSOON_EDGE_URL", "http://x")],
            "YOUSOON_EDGE_SECRET: is required when YOUSOON_EDGE_URL is set",
        ),
        (
            &[("YOUSOON_REDIS_TIMEOUT_MS", "0")],
            "YOUSOON_REDIS_TIMEOUT_MS: \"0\" is not a number from 1 to 10000",
        ),
        (
            &[("YOUSOON_RATE_LIMIT_PER_IP", "0")],
            "YOUSOON_RATE_LIMIT_PER_IP: \"0\" is not a number of requests a minute",
        ),
        (
            &[("YOUSOON_RATE_LIMIT_TIMES_PER_48", "7")],
            "YOUSOON_RATE_LIMIT_TIMES_PER_48: is less than YOUSOON_RATE_LIMIT_TIMES_PER_56",
        ),
        (
            &[("YOUSOON_LIMIT_REGISTER_NETWORK", "many")],
            "YOUSOON_LIMIT_REGISTER_NETWORK: \"many\" is not a number of attempts",
        ),
        (
            &[("YOUSOON_SITE_ORIGINS", "https://site.example/page")],
            "YOUSOON_SITE_ORIGINS: \"https://site.example/page\" is not an origin such as https://example.org",
        ),
        (
            &[("YOUSOON_RATE_LIMITS", "no")],
            "YOUSOON_RATE_LIMITS: \"no\" is neither on nor off",
        ),
    ];
    for (variables, expected) in table {
        assert_eq!(read(variables).unwrap_err(), *expected);
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let said = read(&[("YOUSOON_LISTEN", "here"), ("YOUSOON_ENV", "prod")]).unwrap_err();
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_secret_is_not_printed() {
    let variables = [
        ("YOUSOON_ADMIN_TOKEN", TOKEN),
        ("YOUSOON_EDGE_SECRET", SECRET),
        ("YOUSOON_JWT_KEYS", JWT_KEYS),
        ("YOUSOON_REDIS_URL", "redis://:hunter2@redis:6379"),
    ];
    let config = read(&variables).unwrap();
    let report = check::Report::new(&lookup_in(&variables), [], None);
    let keys: serde_json::Value = serde_json::from_str(JWT_KEYS).unwrap();
    let private = keys["keys"][0]["d"].as_str().unwrap();
    for printed in [
        format!("{:?} {:?} {:?}", config.admin, config.edge, config.auth),
        report.to_string(),
    ] {
        for secret in [TOKEN, SECRET, "hunter2", private] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

/// A configuration that production accepts.
const SOUND: [(&str, &str); 6] = [
    ("YOUSOON_ENV", "production"),
    ("YOUSOON_JWT_KEYS", JWT_KEYS),
    ("YOUSOON_QR_KEYS", JWT_KEYS),
    ("YOUSOON_ADMIN_TOKEN", TOKEN),
    ("YOUSOON_EDGE_URL", "https://edge.example"),
    ("YOUSOON_EDGE_SECRET", SECRET),
];

#[test]
fn production_refuses_what_is_for_development() {
    assert_eq!(read(&SOUND).map(drop), Ok(()));
    let dev_secret = hex::encode("dev-0123456789abcdef");
    let table = [
        ("YOUSOON_DOCUMENT_MODE", "off"),
        ("YOUSOON_RATE_LIMITS", "off"),
        ("YOUSOON_ADMIN_TOKEN", ""),
        ("YOUSOON_JWT_KEYS", ""),
        ("YOUSOON_QR_KEYS", ""),
        ("YOUSOON_ADMIN_TOKEN", "dev-0123456789abcdef"),
        ("YOUSOON_ADMIN_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("YOUSOON_EDGE_SECRET", &dev_secret),
        ("YOUSOON_EDGE_SECRET", "00000000000000000000000000000000"),
        ("YOUSOON_EDGE_URL", "http://edge.example"),
        ("YOUSOON_GOOGLE_KEY", "dev-google-maps-key"),
        ("YOUSOON_GOOGLE_URL", "http://127.0.0.1:8025/google"),
        ("YOUSOON_AMPLITUDE_URL", "http://127.0.0.1:8025/amplitude"),
        ("YOUSOON_SITE_ORIGINS", "https://a.example,http://b.example"),
        ("YOUSOON_PORTAL_ORIGINS", "http://portal.example"),
    ];
    for (variable, value) in table {
        let others = SOUND.into_iter().filter(|(name, _)| *name != variable);
        let variables: Vec<_> = others.chain([(variable, value)]).collect();
        let said = read(&variables).expect_err(variable);
        assert!(
            said.starts_with(variable) && said.lines().count() == 1,
            "{said}"
        );
        let development: Vec<_> = variables
            .into_iter()
            .filter(|(name, _)| *name != "YOUSOON_ENV")
            .collect();
        assert_eq!(read(&development).map(drop), Ok(()), "{variable}");
    }
}

#[test]
fn pages_of_the_sites_that_are_named_may_read() {
    let sites = |variables: &[(&str, &str)]| read(variables).unwrap().cors.sites;
    assert_eq!(sites(&[]), AllowedSites::Any);
    assert_eq!(sites(&SOUND), AllowedSites::Origins(vec![]));
    let named = [
        (
            "YOUSOON_SITE_ORIGINS",
            "https://Site.example/, http://localhost:3000",
        ),
        ("YOUSOON_PORTAL_ORIGINS", "https://portal.example:443"),
    ];
    let expected = ["https://site.example", "http://localhost:3000"];
    // Browsers leave the scheme's default port out of `Origin`.
    assert!(read(&named).is_err());
    let origins = expected.map(str::to_owned).to_vec();
    assert_eq!(sites(&named[..1]), AllowedSites::Origins(origins));
}

#[test]
fn pages_may_send_the_headers_that_are_named() {
    let headers = [("YOUSOON_CORS_HEADERS", "x-mine, X-Other")];
    let config = read(&headers).unwrap().cors;
    assert_eq!(
        config.headers,
        AllowedHeaders::with(["yousoon-partner", "x-mine", "X-Other"])
    );
    assert!(read(&[("YOUSOON_CORS_HEADERS", "no name")]).is_err());
}

#[test]
fn the_report_tells_what_is_set_what_holds_instead_and_what_is_wrong() {
    let variables = [
        ("YOUSOON_ENV", "production"),
        ("YOUSOON_DOCUMENT_MODE", "off"),
        ("YOUSOON_EDGE_SECRET", SECRET),
    ];
    let names = ["YOUSOON_DOCUMENT_MDOE", "YOUSOON_DATA_DIR", "PATH"].map(str::to_owned);
    let report = check::Report::new(&lookup_in(&variables), names, None);
    assert_eq!(report.wrong(), 4);
    let text = report.to_string();
    let words = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let lines: Vec<String> = words.map(|words| words.join(" ")).collect();
    for expected in [
        "YOUSOON_ENV set production",
        "YOUSOON_LISTEN default 127.0.0.1:8080",
        "YOUSOON_DOCUMENT_MODE REFUSED is off, which production does not allow",
        "YOUSOON_ADMIN_TOKEN MISSING is required in production",
        "YOUSOON_JWT_KEYS MISSING is required in production",
        "YOUSOON_QR_KEYS MISSING is required in production",
        "YOUSOON_EDGE_SECRET set (given, 32 characters)",
        "YOUSOON_DOCUMENT_MDOE unknown nothing reads it",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(expected)),
            "{expected}\n{text}"
        );
    }
    assert!(
        !text.contains("PATH") && !text.contains("DATA_DIR"),
        "{text}"
    );
}

/// The private keys of tokens and codes, both random, made for this test.
const OTHER_KEYS: [&str; 2] = [
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","d":"JggWABdaYHjCgotniy45FTO47bhqSj3ljR-EiiXFbC4","x":"edoVE_ElAa4tXxUpQOOozRruxjdy1IQUKZcxJiD7ai0"}]}"#,
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","d":"-QDrrYvD36drVQ04L1iAm9tXTUXTTdoNoB-WYI3FMCI","x":"z_D3BYuhJTxlcASatLwimjjKSJICWm_MnUs16NUqpMY"}]}"#,
];
/// A configuration that may be rolled out.
const FIT: [(&str, &str); 13] = [
    ("YOUSOON_S3_BUCKET", "yousoon-pictures"),
    ("YOUSOON_S3_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("YOUSOON_S3_SECRET_KEY", SECRET),
    ("YOUSOON_PICTURES_URL", "https://pictures.yousoon.example"),
    ("YOUSOON_ENV", "production"),
    ("YOUSOON_JWT_KEYS", OTHER_KEYS[0]),
    ("YOUSOON_QR_KEYS", OTHER_KEYS[1]),
    ("YOUSOON_ADMIN_TOKEN", TOKEN),
    ("YOUSOON_EDGE_URL", "https://edge.example"),
    ("YOUSOON_EDGE_SECRET", SECRET),
    ("YOUSOON_METRICS_LISTEN", "0.0.0.0:9090"),
    (
        "YOUSOON_MONGODB_URL",
        "mongodb+srv://user:geh31m@db.example.com/yousoon",
    ),
    ("YOUSOON_REDIS_URL", "rediss://:geh31m@redis.example:10000"),
];
const ROLLOUT: Rollout = Rollout {
    replicas: 2,
    plain_redis: PlainRedis::Refused,
};

/// The lines of what is wrong when `FIT` has another value of `variable`.
fn unfit(variable: &str, value: &str, rollout: Rollout) -> Vec<String> {
    let others = FIT.into_iter().filter(|(name, _)| *name != variable);
    let variables: Vec<_> = others.chain([(variable, value)]).collect();
    let names = variables.iter().map(|(name, _)| (*name).to_owned());
    let report = check::Report::new(&lookup_in(&variables), names, Some(rollout));
    let text = report.to_string();
    assert!(!text.contains("geh31m"), "{text}");
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let wrong: Vec<String> = lines
        .filter(|line| line.contains(" REFUSED ") || line.contains(" MISSING "))
        .collect();
    assert_eq!(report.wrong(), wrong.len(), "{text}");
    wrong
}

#[test]
fn a_rollout_refuses_what_must_not_be_in_production() {
    assert_eq!(
        unfit("YOUSOON_ENV", "production", ROLLOUT),
        Vec::<String>::new()
    );
    let table = [
        ("YOUSOON_ENV", "development", "REFUSED should be production"),
        ("YOUSOON_ENV", "", "REFUSED should be production"),
        ("YOUSOON_JWT_KEYS", JWT_KEYS, "REFUSED has a test key"),
        ("YOUSOON_QR_KEYS", JWT_KEYS, "REFUSED has a test key"),
        ("YOUSOON_QR_KEYS", OTHER_KEYS[0], "REFUSED shares a key"),
        ("YOUSOON_QR_KEYS", "", "MISSING is required"),
        ("YOUSOON_EDGE_URL", "", "MISSING is required"),
        (
            "YOUSOON_EDGE_URL",
            "http://edge.example",
            "REFUSED must be an https URL",
        ),
        ("YOUSOON_EDGE_SECRET", "", "MISSING is required"),
        (
            "YOUSOON_ADMIN_TOKEN",
            "dev-0123456789abcdef",
            "REFUSED is a development secret",
        ),
        ("YOUSOON_METRICS_LISTEN", "", "MISSING is required"),
        ("YOUSOON_BCRYPT_COST", "9", "REFUSED should be at least 10"),
        (
            "YOUSOON_MONGODB_URL",
            "",
            "MISSING is required for more than one server",
        ),
        (
            "YOUSOON_MONGODB_URL",
            "mongodb://u:geh31m@db/x",
            "REFUSED should be encrypted",
        ),
        ("YOUSOON_MONGODB_URL", "db", "REFUSED is not a MongoDB URL"),
        (
            "YOUSOON_REDIS_URL",
            "",
            "MISSING is required for more than one server",
        ),
        (
            "YOUSOON_REDIS_URL",
            "redis://:geh31m@redis",
            "REFUSED should begin with rediss://",
        ),
        (
            "YOUSOON_REDIS_URL",
            "rediss://redis",
            "REFUSED should have a password",
        ),
        (
            "YOUSOON_REDIS_URL",
            "rediss://:geh31m@redis/#insecure",
            "REFUSED should verify",
        ),
        (
            "YOUSOON_SITE_ORIGINS",
            "http://site.example",
            "REFUSED \"http://site.example\" must",
        ),
        ("YOUSOON_RATE_LIMIT", "off", "REFUSED nothing reads it"),
        ("YOUSOON_S3_BUCKET", "", "MISSING is required in production"),
    ];
    for (variable, value, why) in table {
        let wrong = unfit(variable, value, ROLLOUT);
        let expected = format!("{variable} {why}");
        let [line] = wrong.as_slice() else {
            panic!("{variable}={value}: {wrong:?}");
        };
        assert!(line.starts_with(&expected), "{line}");
    }
}

#[test]
fn a_rollout_of_one_server_may_do_with_less() {
    let plain = Rollout {
        plain_redis: PlainRedis::Allowed,
        ..ROLLOUT
    };
    let allowed = unfit("YOUSOON_REDIS_URL", "redis://:geh31m@valkey:6379", plain);
    assert_eq!(allowed, Vec::<String>::new());
    assert_eq!(
        unfit("YOUSOON_REDIS_URL", "redis://valkey:6379", plain).len(),
        1
    );
    let one = Rollout {
        replicas: 1,
        ..ROLLOUT
    };
    assert_eq!(unfit("YOUSOON_MONGODB_URL", "", one), Vec::<String>::new());
    // MongoDB has no purge log.
    assert_eq!(unfit("YOUSOON_REDIS_URL", "", one).len(), 1);
}

#[test]
fn a_role_needs_only_its_own_secrets_in_production() {
    let roles = |roles: &'static str| [("YOUSOON_ENV", "production"), ("YOUSOON_ROLES", roles)];
    for (given, missing) in [
        ("api", 3),
        ("live", 2),
        ("jobs", 1),
        ("jobs, relay", 1),
        ("relay", 0),
    ] {
        let said = read(&roles(given)).err().unwrap_or_default();
        assert_eq!(said.lines().count(), missing, "{given}: {said}");
    }
    // Only who sends messages needs to know where their links lead.
    for (given, missing) in [("jobs", 7), ("relay", 0)] {
        let mut variables = roles(given).to_vec();
        variables.extend(ALWAYS.map(|(name, _)| (name, "")));
        let said = read(&variables).err().unwrap_or_default();
        assert_eq!(said.lines().count(), missing, "{given}: {said}");
    }
    for bad in [
        "http://www.yousoon.example",
        "yousoon",
        "https://a@b.example/",
    ] {
        for variable in ["YOUSOON_SITE_URL", "YOUSOON_UNSUBSCRIBE_URL"] {
            assert!(read(&[(variable, bad)]).is_err(), "{variable} {bad}");
        }
    }
    let config = read(&[("YOUSOON_ROLES", "relay, jobs")]).unwrap();
    assert_eq!(config.roles.to_string(), "jobs,relay");
    assert!(!config.roles.has(Role::Api) && !config.roles.serves_clients());
    assert_eq!(read(&[]).unwrap().roles, Roles::all());
}

/// A bucket on a developer's machine.
const A_BUCKET: [(&str, &str); 5] = [
    ("YOUSOON_S3_BUCKET", "pictures"),
    ("YOUSOON_S3_URL", "http://127.0.0.1:7070"),
    ("YOUSOON_S3_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("YOUSOON_S3_SECRET_KEY", SECRET),
    ("YOUSOON_PICTURES_URL", "https://pictures.yousoon.example/"),
];
