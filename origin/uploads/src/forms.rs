//! The form with which a client uploads one file.

use std::time::Duration;

use chrono::DateTime;
use domain::pictures::upload::{FORM_MS, Upload};
use s3::{BucketError, UploadForm, UploadRules};

use crate::shared::{Uploads, upload_key};

impl Uploads {
    /// The form takes the file of this upload, of no more bytes than were declared, and nothing else.
    pub fn form(&self, upload: &Upload) -> Result<UploadForm, BucketError> {
        let rules = UploadRules {
            key: &upload_key(&upload.id),
            media_type: &upload.content_type,
            max_bytes: upload.bytes.unsigned_abs(),
            valid_for: Duration::from_millis(FORM_MS.unsigned_abs()),
        };
        let created = DateTime::from_timestamp_millis(upload.created_at_ms);
        self.0
            .parts
            .bucket
            .upload_form(&rules, created.unwrap_or_default())
    }
}
