//! Where MongoDB is: parsed at the border, and never shown whole.

use std::fmt;

use mongodb::options::{ConnectionString, HostInfo, Tls};

/// A MongoDB URL that names a database. It has a password: neither `Debug` nor `Display` shows it.
#[derive(Clone)]
pub struct MongoUrl {
    text: String,
    /// For people: hosts and database.
    shown: String,
    database: String,
    weakness: Option<&'static str>,
}

/// What is wrong with a URL; never the URL itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MongoUrlError {
    #[error("is not a MongoDB URL such as mongodb://user:password@host:27017/database")]
    NotAUrl,
    #[error("names no database: its path must, as in mongodb://host:27017/yousoon")]
    NoDatabase,
    #[error("has a database name that is not allowed: use 1 to 63 of A-Z a-z 0-9 _ -")]
    BadDatabase,
    #[error("has an option that the driver does not know: socketTimeoutMS")]
    SocketTimeout,
}

impl MongoUrl {
    pub fn parse(text: &str) -> Result<Self, MongoUrlError> {
        let text = text.trim();
        if path(text).is_some_and(|path| !path.is_empty() && !is_name(path)) {
            return Err(MongoUrlError::BadDatabase);
        }
        // The driver's own words may quote the URL.
        let parsed = ConnectionString::parse(text).map_err(|_| MongoUrlError::NotAUrl)?;
        if text.contains("socketTimeoutMS=") {
            return Err(MongoUrlError::SocketTimeout);
        }
        let weakness = weakness(&parsed);
        let database = parsed.default_database.ok_or(MongoUrlError::NoDatabase)?;
        let hosts = match &parsed.host_info {
            HostInfo::HostIdentifiers(hosts) => hosts
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(","),
            HostInfo::DnsRecord(name) => name.clone(),
            _ => "?".to_owned(),
        };
        Ok(Self {
            shown: format!("{hosts}/{database}"),
            text: text.to_owned(),
            database,
            weakness,
        })
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    /// What the URL should be, if it is not fit for production.
    pub const fn weakness(&self) -> Option<&'static str> {
        self.weakness
    }

    /// All of it, for the driver.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

fn weakness(parsed: &ConnectionString) -> Option<&'static str> {
    match &parsed.tls {
        None | Some(Tls::Disabled) => {
            return Some("should be encrypted: add tls=true, or use mongodb+srv://");
        }
        Some(Tls::Enabled(options)) if options.allow_invalid_certificates == Some(true) => {
            return Some(
                "should verify the server's certificate: leave out tlsInsecure and tlsAllowInvalidCertificates",
            );
        }
        Some(_) => {}
    }
    parsed
        .credential
        .is_none()
        .then_some("should have a user, as in mongodb+srv://user:password@host/database")
}

/// What stands between the hosts and the options, if it is there.
fn path(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let before_options = rest.split('?').next()?;
    // A password may have a slash by mistake.
    let from_hosts = before_options.rsplit('@').next()?;
    from_hosts.split_once('/').map(|(_, path)| path)
}

fn is_name(database: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    database.len() <= 63 && database.bytes().all(fits)
}

impl fmt::Display for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MongoUrl({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "geh31m";

    #[test]
    fn a_url_names_its_database() {
        let url = MongoUrl::parse("mongodb://u:p@a,b:7/yousoon?tls=true").unwrap();
        assert_eq!(url.database(), "yousoon");
        assert_eq!(url.to_string(), "a:27017,b:7/yousoon");
        let srv = MongoUrl::parse("mongodb+srv://u:p@cluster.example.com/yousoon").unwrap();
        assert_eq!(srv.to_string(), "cluster.example.com/yousoon");
    }

    #[test]
    fn production_needs_tls_and_a_user() {
        for (text, expected) in [
            ("mongodb+srv://u:p@h.example.com/x", None),
            ("mongodb://u:p@h/x?tls=true", None),
            ("mongodb://u:p@h/x", Some("should be encrypted")),
            (
                "mongodb+srv://u:p@h.example.com/x?tls=false",
                Some("should be encrypted"),
            ),
            (
                "mongodb://u:p@h/x?tls=true&tlsInsecure=true",
                Some("should verify"),
            ),
            ("mongodb+srv://h.example.com/x", Some("should have a user")),
        ] {
            let weakness = MongoUrl::parse(text).unwrap().weakness();
            let begins = weakness
                .zip(expected)
                .is_some_and(|(found, begin)| found.starts_with(begin));
            assert!(
                begins || (weakness, expected) == (None, None),
                "{text}: {weakness:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (tail, expected) in [
            ("host", MongoUrlError::NoDatabase),
            ("host/", MongoUrlError::NoDatabase),
            ("host/?tls=true", MongoUrlError::NoDatabase),
            ("host/a%20b", MongoUrlError::BadDatabase),
            ("host/x?socketTimeoutMS=5", MongoUrlError::SocketTimeout),
            ("host:port/x", MongoUrlError::NotAUrl),
            ("host/x?tls=perhaps", MongoUrlError::NotAUrl),
            ("host/x?retryWrites=geh31m", MongoUrlError::NotAUrl),
        ] {
            let error = MongoUrl::parse(&format!("mongodb://u:{PASSWORD}@{tail}")).unwrap_err();
            assert_eq!(error, expected, "{tail}");
            assert!(!format!("{error} {error:?}").contains(PASSWORD), "{tail}");
        }
        for text in ["", "host/x", "http://u:geh31m@host/x"] {
            assert_eq!(MongoUrl::parse(text).unwrap_err(), MongoUrlError::NotAUrl);
        }
        let url = MongoUrl::parse(&format!("mongodb://u:{PASSWORD}@host/x")).unwrap();
        assert!(!format!("{url} {url:?}").contains(PASSWORD));
    }
}
