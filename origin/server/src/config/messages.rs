//! Where the links of messages lead, and which numbers SMS are sent to.

use api::environment::Environment;
use domain::messages::sms_countries::SmsCountries;
use templates::Links;
use url::Url;

use super::{Role, Roles, reader::Reader};

/// For developers' machines, where no site runs.
const NO_SITE: &str = "https://www.yousoon.test/";
const NO_PORTAL: &str = "https://partner.yousoon.test/";

#[derive(Clone, Debug)]
pub struct MessagesConfig {
    /// The addresses of the site and of the partner portal: `YOUSOON_SITE_URL` and
    /// `YOUSOON_PORTAL_URL`, required in production where messages are sent.
    pub links: Links,
    /// The https address of this server's `/unsubscribe`, as people and mail programs reach it:
    /// `YOUSOON_UNSUBSCRIBE_URL`, required in production where messages are sent. Without it e-mails
    /// lead to the settings.
    pub unsubscribe: Option<Url>,
    /// The prefixes of phone numbers that SMS are sent to, separated by commas:
    /// `YOUSOON_SMS_COUNTRIES`, default France and the European Union.
    pub sms_countries: SmsCountries,
}

impl MessagesConfig {
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment, roles: Roles) -> Self {
        let is_required = environment.is_production() && roles.has(Role::Jobs);
        let site = address(reader, "YOUSOON_SITE_URL", NO_SITE, is_required);
        let portal = address(reader, "YOUSOON_PORTAL_URL", NO_PORTAL, is_required);
        Self {
            links: Links::new(&site, &portal).unwrap_or_else(|_| Self::default().links),
            unsubscribe: unsubscribe(reader, is_required),
            sms_countries: reader.or(
                "YOUSOON_SMS_COUNTRIES",
                SmsCountries::default(),
                SmsCountries::parse,
            ),
        }
    }
}

impl Default for MessagesConfig {
    fn default() -> Self {
        Self {
            links: Links::new(NO_SITE, NO_PORTAL).expect("both are https addresses"),
            unsubscribe: None,
            sms_countries: SmsCountries::default(),
        }
    }
}

fn address(
    reader: &mut Reader<'_>,
    variable: &'static str,
    default: &str,
    is_required: bool,
) -> String {
    let given = reader.optional(variable, default, |text| {
        Links::new(text, text)
            .map(|_| text.to_owned())
            .map_err(|error| error.to_string())
    });
    if given.is_none() && is_required {
        reader.require(
            variable,
            "is required in production: links of messages lead there",
        );
    }
    given.unwrap_or_else(|| default.to_owned())
}

fn unsubscribe(reader: &mut Reader<'_>, is_required: bool) -> Option<Url> {
    let variable = "YOUSOON_UNSUBSCRIBE_URL";
    let given = reader.optional(variable, "e-mails lead to the settings", |text| {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        // As the links of messages: plain, https, and without a query.
        Links::new(text, text).map_err(|error| error.to_string())?;
        Ok(url)
    });
    if given.is_none() && is_required {
        reader.require(
            variable,
            "is required in production: e-mails that can be switched off name it",
        );
    }
    given
}
