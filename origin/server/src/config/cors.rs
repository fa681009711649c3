//! Which sites' pages may read answers. The mobile app is no page: nothing is asked of it.

use api::environment::Environment;
use reqwest::Url;

use super::reader::Reader;

/// Who may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsConfig {
    /// Every site: development, when no site is named.
    AnySite,
    /// These origins, as browsers write them.
    Origins(Vec<String>),
}

impl CorsConfig {
    /// The origins of the showcase site and of the partner portal, comma-separated:
    /// `YOUSOON_SITE_ORIGINS` and `YOUSOON_PORTAL_ORIGINS`, default none. That is every site in
    /// development, and no site in production.
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let without = match environment {
            Environment::Development => "any site, if no other is named",
            Environment::Production => "no page of it may read",
        };
        let is_refused =
            |origin: &str| environment.is_production() && !origin.starts_with("https://");
        let origin = |text: &str| match written_as_origin(text) {
            None => Err(format!(
                "{text:?} is not an origin such as https://example.org"
            )),
            Some(origin) if is_refused(&origin) => {
                Err(format!("{text:?}: production is read over https alone"))
            }
            Some(origin) => Ok(origin),
        };
        let mut origins = reader.list("YOUSOON_SITE_ORIGINS", without, origin);
        origins.extend(reader.list("YOUSOON_PORTAL_ORIGINS", without, origin));
        match environment {
            Environment::Development if origins.is_empty() => Self::AnySite,
            Environment::Development | Environment::Production => Self::Origins(origins),
        }
    }
}

/// Scheme, host and port, and nothing after it.
fn written_as_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = url.origin().ascii_serialization();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_web && text.trim_end_matches('/').eq_ignore_ascii_case(&origin)).then_some(origin)
}
