//! `yousoon config check --production`: refuses what a server would start with, and what must not be
//! rolled out to production.

use access::keys::KeySet;
use domain::secret::MIN_SECRET_BYTES;
use redis::ConnectionAddr;
use store_mongo::database::MongoUrl;
use stripe::Livemode;

use super::{Config, Role, reader::Reader};

/// The public halves of Ed25519 keys whose private halves are printed in RFC 8032 (section 7.1, tests
/// 1 to 3) and RFC 8037: anybody can sign with them.
const PUBLISHED_KEYS: [&str; 3] = [
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
    "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU",
];
/// The least cost of a password's hash.
const LEAST_COST: u32 = 10;

/// What is rolled out.
#[derive(Clone, Copy, Debug)]
pub struct Rollout {
    /// How many servers share the configuration.
    pub replicas: u32,
    pub plain_redis: PlainRedis,
}

/// Whether connections to Redis may be without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainRedis {
    Refused,
    Allowed,
}

pub(super) fn refuse(
    config: &Config,
    mongodb: Option<&MongoUrl>,
    rollout: Rollout,
    reader: &mut Reader<'_>,
) {
    match mongodb {
        Some(url) => {
            if let Some(weakness) = url.weakness() {
                reader.refuse("YOUSOON_MONGODB_URL", weakness);
            }
        }
        None if rollout.replicas > 1 => reader.require(
            "YOUSOON_MONGODB_URL",
            "is required for more than one server: only one can use the embedded store",
        ),
        None => {}
    }
    match &config.cache.redis {
        Some(client) => {
            if let Some(weakness) = redis_weakness(client, rollout.plain_redis) {
                reader.refuse("YOUSOON_REDIS_URL", weakness);
            }
        }
        None if rollout.replicas > 1 || mongodb.is_some() => reader.require(
            "YOUSOON_REDIS_URL",
            "is required for more than one server and with MongoDB: the purge log and the rate limits are in it",
        ),
        None => {}
    }
    if config.edge.urls.is_empty() {
        reader.require(
            "YOUSOON_EDGE_URL",
            "is required in production: without it no edge learns of purges",
        );
    }
    if config.edge.secret.is_none() {
        reader.require(
            "YOUSOON_EDGE_SECRET",
            format!(
                "is required in production: at least {MIN_SECRET_BYTES} random bytes, in hexadecimal"
            ),
        );
    }
    if config.pictures.bucket.is_none()
        && (config.roles.has(Role::Api) || config.roles.has(Role::Jobs))
    {
        reader.require(
            "YOUSOON_S3_BUCKET",
            "is required in production: without it nobody can upload a picture, and none is deleted",
        );
    }
    let payments = config.providers.payments.as_ref();
    if payments.is_some_and(|payments| payments.livemode == Livemode::Test) {
        reader.refuse(
            "YOUSOON_STRIPE_SECRET_KEY",
            "is a test key: guests would pay no money",
        );
    }
    keys(config, reader);
    if config.auth.passwords.cost < LEAST_COST {
        reader.refuse(
            "YOUSOON_BCRYPT_COST",
            format!("should be at least {LEAST_COST} in production"),
        );
    }
    if config.metrics.listen.is_none() {
        reader.require(
            "YOUSOON_METRICS_LISTEN",
            "is required in production: alerts are computed from metrics",
        );
    }
}

fn redis_weakness(client: &redis::Client, plain: PlainRedis) -> Option<&'static str> {
    let connection = client.get_connection_info();
    match connection.addr() {
        ConnectionAddr::TcpTls { insecure: true, .. } => {
            return Some("should verify the server's certificate: leave out #insecure");
        }
        ConnectionAddr::Tcp(..) if plain == PlainRedis::Refused => {
            return Some("should begin with rediss://, or be allowed by --allow-plain-redis");
        }
        _ => {}
    }
    let password = connection.redis_settings().password();
    password
        .is_none_or(str::is_empty)
        .then_some("should have a password, as in rediss://:password@host:port")
}

fn keys(config: &Config, reader: &mut Reader<'_>) {
    let (tokens, codes) = (
        public_keys(&config.auth.tokens.keys),
        public_keys(&config.qr_keys),
    );
    for (variable, keys) in [("YOUSOON_JWT_KEYS", &tokens), ("YOUSOON_QR_KEYS", &codes)] {
        if keys
            .iter()
            .any(|key| PUBLISHED_KEYS.contains(&key.as_str()))
        {
            reader.refuse(
                variable,
                "has a test key that is published: make one with openssl genpkey -algorithm ed25519",
            );
        }
    }
    if codes.iter().any(|key| tokens.contains(key)) {
        reader.refuse(
            "YOUSOON_QR_KEYS",
            "shares a key with YOUSOON_JWT_KEYS: each should have keys of its own",
        );
    }
}

/// The `x` of each key's JWK.
fn public_keys(keys: &KeySet) -> Vec<String> {
    let jwks = keys.jwks();
    let keys = jwks["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| key["x"].as_str().map(str::to_owned))
        .collect()
}
