//! Who checks identity documents: Veriff, or nobody.

use std::time::Duration;

use access::pseudonyms::Pseudonyms;
use domain::secret::Secret;
use identity::Terms;
use provider_http::Mode;

use super::{
    reader::Reader,
    values::{callable, needed},
};

/// Somebody waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(5);
const WITHOUT: &str = "identities are not checked, and no offer can ask for one";
const KEY: &str = "YOUSOON_VERIFF_KEY";
const SECRET: &str = "YOUSOON_VERIFF_SECRET";
const PREVIOUS: &str = "YOUSOON_VERIFF_SECRET_PREVIOUS";
const PSEUDONYMS: &str = "YOUSOON_VERIFF_PSEUDONYM_KEY";
const CONSENT: &str = "YOUSOON_IDENTITY_CONSENT_VERSION";
const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Debug)]
pub struct IdentityConfig {
    /// `YOUSOON_VERIFF_KEY`, `YOUSOON_VERIFF_SECRET`, `YOUSOON_VERIFF_URL` (default
    /// `https://stationapi.veriff.com`) and `YOUSOON_VERIFF_PORTAL_URL` (default
    /// `https://station.veriff.com/verifications`).
    pub veriff: veriff::Config,
    /// The secrets with which reports may be signed: `YOUSOON_VERIFF_SECRET`, and
    /// `YOUSOON_VERIFF_SECRET_PREVIOUS` while it changes.
    pub report_secrets: Vec<Secret>,
    /// `YOUSOON_VERIFF_PSEUDONYM_KEY`: names people for Veriff.
    pub pseudonym_key: Secret,
    /// `YOUSOON_IDENTITY_CONSENT_VERSION`, and `YOUSOON_IDENTITY_VALID_DAYS` (default 730).
    pub terms: Terms,
}

impl IdentityConfig {
    pub fn pseudonyms(&self) -> Pseudonyms {
        Pseudonyms::new(self.pseudonym_key.clone())
    }

    pub fn webhook(&self) -> veriff::Webhook {
        veriff::Webhook::new(self.veriff.key.clone(), self.report_secrets.clone())
    }

    pub(super) fn read(reader: &mut Reader<'_>, mode: Mode) -> Option<Self> {
        let mut secret = |variable, without| {
            reader.secret(variable, without, |text| Ok(text.as_bytes().to_vec()))
        };
        let (key, current) = (secret(KEY, WITHOUT), secret(SECRET, WITHOUT));
        let previous = secret(PREVIOUS, "only one secret signs reports");
        let pseudonym_key = secret(PSEUDONYMS, WITHOUT);
        let base = address(
            reader,
            "YOUSOON_VERIFF_URL",
            "https://stationapi.veriff.com",
            mode,
        );
        let portal = address(
            reader,
            "YOUSOON_VERIFF_PORTAL_URL",
            "https://station.veriff.com/verifications",
            mode,
        );
        let consent_version = reader.optional(CONSENT, WITHOUT, |text| {
            if text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
                Ok(text.to_owned())
            } else {
                Err("has at most 40 visible ASCII characters".to_owned())
            }
        });
        let valid_days = reader.number("YOUSOON_IDENTITY_VALID_DAYS", 730, 1..=3_650);
        let key = key?;
        let current = needed(reader, SECRET, current, KEY);
        let pseudonym_key = needed(reader, PSEUDONYMS, pseudonym_key, KEY);
        let consent_version = needed(reader, CONSENT, consent_version, KEY);
        let current = current?;
        Some(Self {
            report_secrets: [current.clone()].into_iter().chain(previous).collect(),
            veriff: veriff::Config {
                base: base?,
                portal: portal?,
                mode,
                timeout: TIMEOUT,
                key,
                secret: current,
            },
            pseudonym_key: pseudonym_key?,
            terms: Terms {
                consent_version: consent_version?,
                valid_ms: i64::try_from(valid_days).unwrap_or(1) * DAY_MS,
            },
        })
    }
}

fn address(
    reader: &mut Reader<'_>,
    variable: &'static str,
    usual: &str,
    mode: Mode,
) -> Option<url::Url> {
    let usual = callable(usual, mode).ok()?;
    Some(reader.or(variable, usual, |text| callable(text, mode)))
}
