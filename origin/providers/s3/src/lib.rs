//! A bucket of Amazon S3, or of a server that speaks its protocol.
//!
//! 1. `config.rs` checks where the bucket is and who we are there.
//! 2. `sign.rs` signs requests and forms (AWS Signature Version 4).
//! 3. `form.rs` makes the form with which a client uploads one file, without our server in between.
//! 4. `bucket.rs` reads, writes, deletes and lists objects.
//! 5. `public.rs` says where everybody reads them: at CloudFront, in front of the bucket.

mod bucket;
mod config;
mod error;
mod form;
mod listing;
mod public;
mod sign;

pub use bucket::Bucket;
pub use config::{Addressing, BucketConfig, ConfigError, Credentials, Transport};
pub use error::{BucketError, LaterReason};
pub use form::{UploadForm, UploadRules};
pub use listing::{Listed, Page};
pub use public::PublicBase;
