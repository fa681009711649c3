//! Pages of which sites may read answers (the Fetch standard's CORS protocol). Nobody's cookies are
//! sent along; the mobile app is no page, and nothing is asked of it.

/// On every answer, when pages of any site may read it.
pub const ANY_SITE: (&str, &str) = (ALLOW_ORIGIN, "*");
/// Names the site whose pages may read an answer.
pub const ALLOW_ORIGIN: &str = "access-control-allow-origin";
/// On every answer.
pub const EXPOSE: (&str, &str) = (
    "access-control-expose-headers",
    "age, cache-status, etag, ratelimit, ratelimit-policy, retry-after, yousoon-revision",
);
/// On the answer to a preflight.
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

/// Whose pages may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Those of every site.
    AnySite,
    /// Those of these origins, as browsers write them.
    Origins(Vec<String>),
}

impl Readers {
    /// Reads a list of origins, separated by commas. Without one it is every site.
    pub fn parse(list: Option<&str>) -> Self {
        let Some(list) = list else {
            return Self::AnySite;
        };
        let origins = list.split(',').map(str::trim);
        let origins = origins.filter(|origin| !origin.is_empty());
        Self::Origins(origins.map(str::to_ascii_lowercase).collect())
    }

    /// What [`ALLOW_ORIGIN`] says to a page of `origin`; nothing when it may not read.
    pub fn allow<'a>(&self, origin: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::AnySite => Some(ANY_SITE.1),
            Self::Origins(known) => origin.filter(|origin| known.iter().any(|one| one == origin)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_sites_that_are_named_may_read() {
        let any = Readers::parse(None);
        assert_eq!(any.allow(None), Some("*"));
        let some = Readers::parse(Some("https://Site.example, http://localhost:3000"));
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
        assert_eq!(Readers::parse(Some("")).allow(Some("null")), None);
    }
}
