//! The bucket of pictures, and where everybody reads them.

use std::time::Duration;

use api::environment::Environment;
use domain::secret::Secret;
use provider_http::Mode;
use s3::{Addressing, BucketConfig, ConfigError, Credentials, PublicBase, Transport};

use super::{
    reader::Reader,
    values::{callable, needed, word},
};

const BUCKET: &str = "YOUSOON_S3_BUCKET";
const REGION: &str = "YOUSOON_S3_REGION";
const URL: &str = "YOUSOON_S3_URL";
const KEY_ID: &str = "YOUSOON_S3_ACCESS_KEY_ID";
const SECRET: &str = "YOUSOON_S3_SECRET_KEY";
const PUBLIC: &str = "YOUSOON_PICTURES_URL";
const NO_UPLOADS: &str = "pictures cannot be uploaded";

/// Of one request to the bucket, with its body.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Of the work on one picture; a photo of a phone takes a second.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Pictures that wait for each that is processed, each with its file in memory.
const WAITING_PER_THREAD: usize = 8;

/// The bucket of pictures, if there is one.
#[derive(Clone, Debug)]
pub struct PicturesConfig {
    pub bucket: Option<PictureBucket>,
    /// `YOUSOON_PICTURE_THREADS` (default 1): how many pictures are processed at a time. Each may take
    /// `pictures::PEAK_BYTES` of memory.
    pub threads: usize,
}

#[derive(Clone, Debug)]
pub struct PictureBucket {
    /// `YOUSOON_S3_BUCKET`, `YOUSOON_S3_ACCESS_KEY_ID`, `YOUSOON_S3_SECRET_KEY`, `YOUSOON_S3_REGION`
    /// (default `eu-west-3`), and `YOUSOON_S3_URL` (default: the region's). Requests to another server
    /// than Amazon's name the bucket in the path.
    pub config: BucketConfig,
    /// `YOUSOON_PICTURES_URL`: where everybody reads what is in the bucket.
    pub public: PublicBase,
}

impl Default for PicturesConfig {
    fn default() -> Self {
        Self {
            bucket: None,
            threads: 1,
        }
    }
}

impl PicturesConfig {
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let mode = if environment.is_production() {
            Mode::Production
        } else {
            Mode::Development
        };
        let threads = reader.number("YOUSOON_PICTURE_THREADS", 1, 1..=16);
        Self {
            bucket: bucket(reader, mode),
            threads: usize::try_from(threads).unwrap_or(1),
        }
    }

    pub fn pool(&self) -> pictures::PicturesConfig {
        pictures::PicturesConfig {
            threads: self.threads,
            waiting: self.threads * WAITING_PER_THREAD,
            time_limit: TIME_LIMIT,
        }
    }
}

fn bucket(reader: &mut Reader<'_>, mode: Mode) -> Option<PictureBucket> {
    let name = reader.optional(BUCKET, NO_UPLOADS, |text| Ok(text.to_owned()));
    let region = reader.or(REGION, "eu-west-3".to_owned(), word);
    let url = reader.optional(URL, "the region's", |text| callable(text, mode));
    let key_id = reader.optional(KEY_ID, NO_UPLOADS, word);
    let secret = reader.secret(SECRET, NO_UPLOADS, |text| Ok(text.as_bytes().to_vec()));
    let public = reader.optional(PUBLIC, NO_UPLOADS, |text| {
        // Also in development: an edit takes https addresses only.
        let base = callable(text, Mode::Production)?;
        PublicBase::new(base.as_str()).map_err(|why| why.to_string())
    });
    let bucket = name?;
    let key_id = needed(reader, KEY_ID, key_id, BUCKET);
    let secret = needed(reader, SECRET, secret, BUCKET);
    let public = needed(reader, PUBLIC, public, BUCKET);
    if mode == Mode::Production
        && let Some(weakness) = secret.as_ref().and_then(Secret::weakness)
    {
        reader.refuse(
            SECRET,
            format!("{weakness}: production needs a random secret"),
        );
    }
    let (addressing, endpoint) = match url {
        Some(url) => (Addressing::Path, url.to_string()),
        None => (
            Addressing::VirtualHost,
            format!("https://s3.{region}.amazonaws.com"),
        ),
    };
    let secret = String::from_utf8_lossy(secret?.expose()).into_owned();
    let config = BucketConfig {
        endpoint,
        transport: match mode {
            Mode::Production => Transport::HttpsOnly,
            Mode::Development => Transport::AlsoPlain,
        },
        region,
        bucket,
        addressing,
        credentials: Credentials::new(key_id?, secret),
        timeout: TIMEOUT,
    };
    if let Err(why) = config.check() {
        let variable = match why {
            ConfigError::Endpoint | ConfigError::NotHttps | ConfigError::Client => URL,
            ConfigError::Region => REGION,
            ConfigError::Bucket => BUCKET,
            ConfigError::Credentials => SECRET,
        };
        reader.refuse(variable, why.to_string());
        return None;
    }
    Some(PictureBucket {
        config,
        public: public?,
    })
}
