//! CORS (Fetch standard): which web sites' scripts may read the edge's answers. Credentials
//! (cookies) are not allowed. Native apps send no `Origin` and are not affected.

/// The header that lets scripts of every site read an answer.
pub const ANY_SITE: (&str, &str) = (ALLOW_ORIGIN, "*");
/// The name of the header that says which site's scripts may read an answer.
pub const ALLOW_ORIGIN: &str = "access-control-allow-origin";
/// The header, on every answer, that says which other headers scripts may read.
pub const EXPOSE: (&str, &str) = (
    "access-control-expose-headers",
    "age, cache-status, etag, ratelimit, ratelimit-policy, retry-after, yousoon-revision",
);
/// The headers of the answer to a preflight request.
pub const PREFLIGHT: [(&str, &str); 5] = [
    ANY_SITE,
    ("access-control-allow-methods", "GET, POST, OPTIONS"),
    (
        "access-control-allow-headers",
        "accept, accept-language, apollo-require-preflight, authorization, content-type, if-none-match, yousoon-min-revision",
    ),
    ("access-control-max-age", "86400"),
    ("vary", "origin"),
];

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
