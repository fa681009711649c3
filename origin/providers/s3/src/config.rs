//! Where a bucket is, and who we are there.

use std::{fmt, time::Duration};

use url::Url;

/// How requests name the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// `https://bucket.endpoint/key`: Amazon's.
    VirtualHost,
    /// `https://endpoint/bucket/key`: most other servers'.
    Path,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    HttpsOnly,
    /// For developers' machines and tests.
    AlsoPlain,
}

/// An access key. Never printed.
#[derive(Clone)]
pub struct Credentials {
    id: String,
    secret: String,
}

impl Credentials {
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[derive(Clone, Debug)]
pub struct BucketConfig {
    /// Such as `https://s3.eu-west-3.amazonaws.com`.
    pub endpoint: String,
    pub transport: Transport,
    pub region: String,
    pub bucket: String,
    pub addressing: Addressing,
    pub credentials: Credentials,
    /// Of one request, with its body.
    pub timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("the endpoint is not an address with a host and without a path, a query or a user")]
    Endpoint,
    #[error("the endpoint must begin with https://")]
    NotHttps,
    #[error("the region is empty or has other characters than letters, digits and hyphens")]
    Region,
    #[error("the bucket's name breaks Amazon's rules, or has a dot that its certificate lacks")]
    Bucket,
    #[error("the access key is empty")]
    Credentials,
    #[error("the HTTP client could not be made")]
    Client,
}

impl BucketConfig {
    /// What [`Bucket::new`](crate::Bucket::new) would refuse.
    pub fn check(&self) -> Result<(), ConfigError> {
        address(self).map(drop)
    }
}

/// The address of the bucket, without the `/` before a key.
pub(crate) fn address(config: &BucketConfig) -> Result<Url, ConfigError> {
    let mut url = Url::parse(&config.endpoint).map_err(|_| ConfigError::Endpoint)?;
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().filter(|_| is_bare);
    let host = host.ok_or(ConfigError::Endpoint)?.to_owned();
    match (url.scheme(), config.transport) {
        ("https", _) | ("http", Transport::AlsoPlain) => {}
        ("http", Transport::HttpsOnly) => return Err(ConfigError::NotHttps),
        _ => return Err(ConfigError::Endpoint),
    }
    let is_plain = |text: &str, also: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || also.as_bytes().contains(&byte)
        })
    };
    if config.region.is_empty() || !is_plain(&config.region, "-") {
        return Err(ConfigError::Region);
    }
    let also = match config.addressing {
        Addressing::VirtualHost => "-",
        Addressing::Path => "-.",
    };
    let name = config.bucket.as_str();
    let has_edges =
        name.starts_with(['-', '.']) || name.ends_with(['-', '.']) || name.contains("..");
    if !(3..=63).contains(&name.len()) || !is_plain(name, also) || has_edges {
        return Err(ConfigError::Bucket);
    }
    if config.credentials.id.is_empty() || config.credentials.secret.is_empty() {
        return Err(ConfigError::Credentials);
    }
    match config.addressing {
        Addressing::VirtualHost => {
            let host = format!("{name}.{host}");
            url.set_host(Some(&host))
                .map_err(|_| ConfigError::Endpoint)?;
        }
        Addressing::Path => url.set_path(name),
    }
    Ok(url)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn config() -> BucketConfig {
        BucketConfig {
            endpoint: "https://s3.eu-west-3.amazonaws.com".to_owned(),
            transport: Transport::HttpsOnly,
            region: "eu-west-3".to_owned(),
            bucket: "yousoon-pictures".to_owned(),
            addressing: Addressing::VirtualHost,
            credentials: Credentials::new("AKIDEXAMPLE", "a-secret"),
            timeout: Duration::from_secs(5),
        }
    }

    #[test]
    fn a_bucket_has_an_address() {
        let at = |change: fn(&mut BucketConfig)| {
            let mut config = config();
            change(&mut config);
            address(&config).map(String::from)
        };
        let ok = |address: &str| Ok(address.to_owned());
        let plain = |config: &mut BucketConfig| {
            config.endpoint = "http://127.0.0.1:7070".to_owned();
            config.addressing = Addressing::Path;
        };
        let mut development = config();
        plain(&mut development);
        assert_eq!(address(&development), Err(ConfigError::NotHttps));
        development.transport = Transport::AlsoPlain;
        let found = address(&development).map(String::from);
        assert_eq!(found, ok("http://127.0.0.1:7070/yousoon-pictures"));
        assert_eq!(
            at(|_| ()),
            ok("https://yousoon-pictures.s3.eu-west-3.amazonaws.com/")
        );
        assert_eq!(
            at(|config| config.addressing = Addressing::Path),
            ok("https://s3.eu-west-3.amazonaws.com/yousoon-pictures")
        );
        let refused = [
            (
                at(|c| c.endpoint = "s3.amazonaws.com".into()),
                ConfigError::Endpoint,
            ),
            (
                at(|c| c.endpoint = "https://a.b/c".into()),
                ConfigError::Endpoint,
            ),
            (
                at(|c| c.endpoint = "https://u:p@a.b".into()),
                ConfigError::Endpoint,
            ),
            (
                at(|c| c.endpoint = "ftp://a.b".into()),
                ConfigError::Endpoint,
            ),
            (at(|c| c.region = String::new()), ConfigError::Region),
            (at(|c| c.region = "eu/west".into()), ConfigError::Region),
            (at(|c| c.bucket = "a.dot".into()), ConfigError::Bucket),
            (at(|c| c.bucket = "Upper".into()), ConfigError::Bucket),
            (at(|c| c.bucket = "../other".into()), ConfigError::Bucket),
            (
                at(|c| c.credentials = Credentials::new("id", "")),
                ConfigError::Credentials,
            ),
        ];
        for (found, expected) in refused {
            assert_eq!(found, Err(expected));
        }
    }

    #[test]
    fn keys_are_not_printed() {
        let printed = format!("{:?}", config());
        assert!(printed.contains("yousoon-pictures"));
        assert!(!printed.contains("AKIDEXAMPLE") && !printed.contains("a-secret"));
    }
}
