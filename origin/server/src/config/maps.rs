//! Who looks addresses and ways up: Google Maps, or nobody.

use std::time::Duration;

use provider_http::Mode;

use super::{reader::Reader, values::callable};

/// Somebody waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(3);
const FAKE: &str = "YOUSOON_GOOGLE_URL";

/// `YOUSOON_GOOGLE_KEY`. `YOUSOON_GOOGLE_URL`: a fake of Google's services on a developer's machine.
pub(super) fn read(reader: &mut Reader<'_>, mode: Mode) -> Option<google::Config> {
    let without = "addresses are not looked up, and ways are estimated";
    let key = reader.secret("YOUSOON_GOOGLE_KEY", without, |text| {
        if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(text.as_bytes().to_vec())
        } else {
            Err("has characters that no key has".to_owned())
        }
    });
    let fake = reader.optional(FAKE, "Google's", |text| callable(text, Mode::Development));
    if fake.is_some() && mode == Mode::Production {
        reader.refuse(FAKE, "is for fakes, which production does not allow");
    }
    let base = |usual: &str| match &fake {
        Some(fake) => Some(fake.clone()),
        None => callable(usual, mode).ok(),
    };
    Some(google::Config {
        geocoding: base("https://geocode.googleapis.com")?,
        places: base("https://places.googleapis.com")?,
        routes: base("https://routes.googleapis.com")?,
        mode,
        timeout: TIMEOUT,
        key: key?,
    })
}
