//! Which web origins may read answers (CORS). The mobile app is not a web page, so CORS does not
//! apply to it.

use api::environment::Environment;
use reqwest::Url;

use super::reader::Reader;

/// The web origins that may read answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsConfig {
    /// Every origin: development, when none is configured.
    AnySite,
    /// Only these origins, each spelt as browsers send it in `Origin`.
    Origins(Vec<String>),
}

impl CorsConfig {
    /// Reads the origins of the showcase site (`YOUSOON_SITE_ORIGINS`) and of the partner portal
    /// (`YOUSOON_PORTAL_ORIGINS`), both comma-separated, default none. If both are empty, every
    /// origin may read in development and none in production.
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let without = match environment {
            Environment::Development => {
                "pages of any site may read answers, if the other list is empty too"
            }
            Environment::Production => "no site of this kind may read answers",
        };
        let is_refused =
            |origin: &str| environment.is_production() && !origin.starts_with("https://");
        let origin = |text: &str| match written_as_origin(text) {
            None => Err(format!(
                "{text:?} is not an origin such as https://example.org"
            )),
            Some(origin) if is_refused(&origin) => {
                Err(format!("{text:?} must begin with https:// in production"))
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

/// The text as browsers write an origin. None unless it is an HTTP scheme, a host and a port in
/// exactly that spelling (a trailing slash and letter case are ignored).
fn written_as_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = url.origin().ascii_serialization();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_web && text.trim_end_matches('/').eq_ignore_ascii_case(&origin)).then_some(origin)
}
