//! Where everybody reads what is in a bucket: at a CloudFront distribution in front of it.

use url::Url;

use crate::{config::ConfigError, sign::encoded};

/// Such as `https://pictures.yousoon.com/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBase(Url);

impl PublicBase {
    pub fn new(base: &str) -> Result<Self, ConfigError> {
        let mut url = Url::parse(base).map_err(|_| ConfigError::Endpoint)?;
        let is_plain = url.has_host() && url.query().is_none() && url.fragment().is_none();
        if !is_plain || !url.username().is_empty() || !matches!(url.scheme(), "https" | "http") {
            return Err(ConfigError::Endpoint);
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    pub fn url(&self, key: &str) -> String {
        format!("{}{}", self.0, encoded(key, "/"))
    }

    /// What follows the base in an address, if the address is below it.
    pub fn below<'u>(&self, url: &'u str) -> Option<&'u str> {
        url.strip_prefix(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_public_address() {
        for base in [
            "https://d111.cloudfront.net",
            "https://d111.cloudfront.net/",
        ] {
            let base = PublicBase::new(base).unwrap();
            let url = base.url("pictures/9c/9cde/640.webp");
            assert_eq!(url, "https://d111.cloudfront.net/pictures/9c/9cde/640.webp");
        }
        let base = PublicBase::new("https://d111.cloudfront.net").unwrap();
        let below = [
            ("https://d111.cloudfront.net/a/b", Some("a/b")),
            ("https://d111.cloudfront.net.evil/a", None),
            ("http://d111.cloudfront.net/a", None),
        ];
        for (url, expected) in below {
            assert_eq!(base.below(url), expected, "{url}");
        }
        let deeper = PublicBase::new("https://yousoon.com/media").unwrap();
        assert_eq!(deeper.url("a b?"), "https://yousoon.com/media/a%20b%3F");
        for base in [
            "",
            "pictures",
            "https://a.b/?c",
            "ftp://a.b",
            "javascript:alert(1)",
        ] {
            assert_eq!(PublicBase::new(base), Err(ConfigError::Endpoint));
        }
    }
}
