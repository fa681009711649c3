//! What web pages may do (CORS). The mobile app is not a web page, so CORS does not apply to it.

use access::caller::Chosen;
use api::environment::Environment;
use edge_core::cors::{AllowedHeaders, AllowedSites, is_header_name};
use reqwest::Url;

use super::reader::Reader;

/// What web pages may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsConfig {
    /// The sites whose pages may send requests and read answers.
    pub sites: AllowedSites,
    /// The request headers that they may send.
    pub headers: AllowedHeaders,
}

impl CorsConfig {
    /// Every site, and the usual headers.
    pub fn any_site() -> Self {
        Self {
            sites: AllowedSites::Any,
            headers: with_own([]),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        Self {
            sites: sites(reader, environment),
            headers: headers(reader),
        }
    }
}

/// Reads the origins of the showcase site (`YOUSOON_SITE_ORIGINS`) and of the partner portal
/// (`YOUSOON_PORTAL_ORIGINS`), both comma-separated, default none. If both are empty, every site may
/// read in development and none in production.
fn sites(reader: &mut Reader<'_>, environment: Environment) -> AllowedSites {
    let without = match environment {
        Environment::Development => {
            "pages of any site may read answers, if the other list is empty too"
        }
        Environment::Production => "no site of this kind may read answers",
    };
    let is_refused = |origin: &str| environment.is_production() && !origin.starts_with("https://");
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
        Environment::Development if origins.is_empty() => AllowedSites::Any,
        Environment::Development | Environment::Production => AllowedSites::Origins(origins),
    }
}

/// Reads further request headers that pages may send (`YOUSOON_CORS_HEADERS`), comma-separated,
/// default none.
fn headers(reader: &mut Reader<'_>) -> AllowedHeaders {
    let name = |text: &str| {
        if is_header_name(text) {
            Ok(text.to_owned())
        } else {
            Err(format!("{text:?} is not the name of a header"))
        }
    };
    let further = reader.list("YOUSOON_CORS_HEADERS", "none beside the usual ones", name);
    with_own(further.iter().map(String::as_str))
}

/// The usual headers, this API's own, and further ones.
fn with_own<'a>(further: impl IntoIterator<Item = &'a str>) -> AllowedHeaders {
    AllowedHeaders::with([Chosen::HEADER_NAME].into_iter().chain(further))
}

/// The text as browsers write an origin. None unless it is an HTTP scheme, a host and a port in
/// exactly that spelling (a trailing slash and letter case are ignored).
fn written_as_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = url.origin().ascii_serialization();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_web && text.trim_end_matches('/').eq_ignore_ascii_case(&origin)).then_some(origin)
}
