//! Who takes product events: Amplitude's data centre in the EU, or nobody.

use std::time::Duration;

use access::pseudonyms::Pseudonyms;
use domain::secret::Secret;
use provider_http::Mode;

use super::{
    reader::Reader,
    values::{callable, needed},
};

const TIMEOUT: Duration = Duration::from_secs(10);
const WITHOUT: &str = "product events are not sent";
const KEY: &str = "YOUSOON_AMPLITUDE_KEY";
const SECRET: &str = "YOUSOON_AMPLITUDE_SECRET";
const PSEUDONYMS: &str = "YOUSOON_AMPLITUDE_PSEUDONYM_KEY";
const FAKE: &str = "YOUSOON_AMPLITUDE_URL";

#[derive(Clone, Debug)]
pub struct EventsConfig {
    /// `YOUSOON_AMPLITUDE_KEY`, `YOUSOON_AMPLITUDE_SECRET`. `YOUSOON_AMPLITUDE_URL`: a fake of Amplitude on a
    /// developer's machine.
    pub amplitude: amplitude::Config,
    /// `YOUSOON_AMPLITUDE_PSEUDONYM_KEY`: names people for Amplitude. It must never change.
    pub pseudonym_key: Secret,
}

impl EventsConfig {
    pub fn pseudonyms(&self) -> Pseudonyms {
        Pseudonyms::new(self.pseudonym_key.clone())
    }

    pub(super) fn read(reader: &mut Reader<'_>, mode: Mode) -> Option<Self> {
        let mut secret =
            |variable| reader.secret(variable, WITHOUT, |text| Ok(text.as_bytes().to_vec()));
        let (key, secret, pseudonym_key) = (secret(KEY), secret(SECRET), secret(PSEUDONYMS));
        let fake = reader.optional(FAKE, "Amplitude's", |text| {
            callable(text, Mode::Development)
        });
        if fake.is_some() && mode == Mode::Production {
            reader.refuse(FAKE, "is for fakes, which production does not allow");
        }
        let key = key?;
        let secret = needed(reader, SECRET, secret, KEY);
        let pseudonym_key = needed(reader, PSEUDONYMS, pseudonym_key, KEY);
        let base = |usual: &str| match &fake {
            Some(fake) => Some(fake.clone()),
            None => callable(usual, mode).ok(),
        };
        Some(Self {
            amplitude: amplitude::Config {
                events: base("https://api.eu.amplitude.com")?,
                privacy: base("https://analytics.eu.amplitude.com")?,
                mode,
                timeout: TIMEOUT,
                key,
                secret: secret?,
            },
            pseudonym_key: pseudonym_key?,
        })
    }
}
