//! CORS (Fetch standard): which web sites' scripts may send requests and read answers, at edge and
//! origin. Credentials (cookies) are not allowed. Native apps send no `Origin` and are not affected.

/// The header that lets scripts of every site read an answer.
pub const ANY_SITE: (&str, &str) = (ALLOW_ORIGIN, "*");
/// The name of the header that says which site's scripts may read an answer.
pub const ALLOW_ORIGIN: &str = "access-control-allow-origin";
/// The header, on every answer, that says which other headers scripts may read.
pub const EXPOSE: (&str, &str) = (
    "access-control-expose-headers",
    "age, cache-status, etag, ratelimit, ratelimit-policy, retry-after, www-authenticate, yousoon-revision",
);
/// The request headers that scripts may send: the protocol's, and those that Apollo's clients,
/// OpenTelemetry and Sentry add by themselves. Configuration can add further ones.
const REQUEST_HEADERS: &str = "accept, accept-language, apollo-require-preflight, \
    apollographql-client-name, apollographql-client-version, authorization, baggage, \
    content-encoding, content-type, graphql-client-name, graphql-client-version, if-none-match, \
    last-event-id, sentry-trace, traceparent, tracestate, x-apollo-operation-id, \
    x-apollo-operation-name, x-apollo-operation-type, x-requested-with, yousoon-min-revision";

/// The request headers that scripts may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHeaders(String);

impl AllowedHeaders {
    /// The usual ones and `further`.
    pub fn with<'a>(further: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = REQUEST_HEADERS.to_owned();
        for name in further {
            all.push_str(", ");
            all.push_str(name);
        }
        Self(all)
    }

    /// Parses a comma-separated list of further ones.
    pub fn parse(further: Option<&str>) -> Self {
        let names = further.unwrap_or_default().split(',').map(str::trim);
        Self::with(names.filter(|name| is_header_name(name)))
    }

    /// The headers of the answer to a preflight, whose status is 204; which site may send the request
    /// is said by [`ALLOW_ORIGIN`].
    pub fn preflight(&self) -> [(&'static str, &str); 3] {
        [
            ("access-control-allow-methods", "GET, POST, OPTIONS"),
            ("access-control-allow-headers", &self.0),
            // A day; browsers shorten it.
            ("access-control-max-age", "86400"),
        ]
    }
}

/// Whether a text can be a header's name (RFC 9110 §5.6.2).
pub fn is_header_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

/// The sites whose scripts may read answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedSites {
    /// Every site.
    Any,
    /// The sites with these origins, as browsers send them in `Origin`.
    Origins(Vec<String>),
}

impl AllowedSites {
    /// Parses a comma-separated list of origins. `None` allows every site.
    pub fn parse(list: Option<&str>) -> Self {
        let Some(list) = list else {
            return Self::Any;
        };
        let origins = list.split(',').map(str::trim);
        let origins = origins.filter(|origin| !origin.is_empty());
        Self::Origins(origins.map(str::to_ascii_lowercase).collect())
    }

    /// The value of [`ALLOW_ORIGIN`] for a request with this `Origin`; `None` when its scripts may
    /// not read the answer.
    pub fn allow<'a>(&self, origin: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Any => Some(ANY_SITE.1),
            Self::Origins(known) => origin.filter(|origin| known.iter().any(|one| one == origin)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B8.
    #[test]
    fn scripts_may_send_what_their_clients_add() {
        let headers = AllowedHeaders::parse(Some("X-Mine, , bad name,x-other"));
        let [_, (_, list), _] = headers.preflight();
        let names: Vec<_> = list.split(", ").collect();
        for name in [
            "apollographql-client-name",
            "apollographql-client-version",
            "traceparent",
            "baggage",
            "sentry-trace",
            "accept-language",
            "content-type",
            "authorization",
            "yousoon-min-revision",
            "X-Mine",
            "x-other",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(names.iter().all(|name| is_header_name(name)), "{list}");
    }

    #[test]
    fn scripts_of_the_listed_sites_may_read_answers() {
        let any = AllowedSites::parse(None);
        assert_eq!(any.allow(None), Some("*"));
        let some = AllowedSites::parse(Some("https://Site.example, http://localhost:3000"));
        let table = [
            (Some("https://site.example"), true),
            (Some("http://localhost:3000"), true),
            (Some("https://site.example.evil"), false),
            (Some("null"), false),
            (None, false),
        ];
        for (origin, allowed) in table {
            assert_eq!(some.allow(origin), origin.filter(|_| allowed), "{origin:?}");
        }
        assert_eq!(AllowedSites::parse(Some("")).allow(Some("null")), None);
    }
}
