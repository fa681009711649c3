//! Makes a picture of an uploaded file.
//!
//! The row of the picture is stored before its files are written, and they are in the bucket before
//! the upload is ready: whatever a crash leaves behind has a row, by which it is done again or deleted.

use std::time::Duration;

use domain::{
    StoreError, UploadId, UserId,
    error_chain::chain,
    pictures::{
        picture::{Owner, Picture, PictureId, Purpose, State},
        refusal::Refusal,
        store::{Begun, End, Named},
        upload::Upload,
    },
};
use pictures::{PictureError, Processed};
use s3::BucketError;
use tokio::time::{Instant, timeout};

use crate::{
    addresses::file_key,
    refusing::{purpose, refusal},
    shared::{Uploads, holder, upload_key},
};

/// How long reading, making and writing may take together: less than a server has the upload to itself
/// (`HELD_MS`), so that no two write.
const WITHIN: Duration = Duration::from_secs(90);
/// How long a request waits for it: less than a request may take (`pq_core::limits::EXECUTION`), so
/// that its answer says that the work goes on.
const PATIENCE: Duration = Duration::from_secs(8);
const WEBP: &str = "image/webp";

/// Why an upload was not completed.
#[derive(Debug, thiserror::Error)]
pub enum NotCompleted {
    #[error("there is no such upload")]
    NotFound,
    #[error("no file was uploaded yet")]
    NotUploaded,
    #[error("the file is refused: {}", .0.as_str())]
    Refused(Refusal, Purpose),
    #[error("the owner has as many pictures as it may have")]
    Full,
    /// The same request may succeed later.
    #[error("the picture cannot be made now")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Our settings or our code.
    #[error("the bucket cannot be used")]
    Bucket(#[source] BucketError),
    #[error("the work on the picture was interrupted")]
    Interrupted,
}

impl NotCompleted {
    /// For metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotUploaded => "missing",
            Self::Refused(..) => "refused",
            Self::Full => "full",
            Self::Busy => "busy",
            Self::Store(_) | Self::Bucket(_) | Self::Interrupted => "failed",
        }
    }
}

impl From<BucketError> for NotCompleted {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Later(_) => {
                tracing::warn!(error = chain(&error), "the bucket does not answer");
                Self::Busy
            }
            BucketError::NotFound
            | BucketError::TooLarge
            | BucketError::Refused { .. }
            | BucketError::Unreadable
            | BucketError::Key => Self::Bucket(error),
        }
    }
}

impl Uploads {
    /// Makes a picture of a user's upload, or answers what became of it before. The work goes on when
    /// its caller is dropped, and after `Busy` because it takes long.
    pub async fn complete(&self, user: &UserId, id: &UploadId) -> Result<Picture, NotCompleted> {
        let (this, user, id) = (self.clone(), user.clone(), id.clone());
        let work = self.0.parts.tasks.spawn(async move {
            let outcome = this.completed(&user, &id).await;
            this.0.metrics.completed(match &outcome {
                Ok(_) => "done",
                Err(why) => why.word(),
            });
            outcome
        });
        match timeout(PATIENCE, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                self.0.metrics.completed(NotCompleted::Interrupted.word());
                Err(NotCompleted::Interrupted)
            }
            Err(_) => Err(NotCompleted::Busy),
        }
    }

    async fn completed(&self, user: &UserId, id: &UploadId) -> Result<Picture, NotCompleted> {
        let parts = &self.0.parts;
        let holder = holder();
        let begun = parts.store.begin(id, user, &holder, (parts.now)()).await?;
        let upload = match begun {
            Begun::NotFound => return Err(NotCompleted::NotFound),
            Begun::Held => return Err(NotCompleted::Busy),
            Begun::Ready(picture) => return Ok(*picture),
            Begun::Refused(refusal, purpose) => {
                return Err(NotCompleted::Refused(refusal, purpose));
            }
            Begun::Done(upload) => upload,
        };
        let start = Instant::now();
        let made = timeout(WITHIN, self.make(&upload, &holder)).await;
        let made = made.unwrap_or(Err(NotCompleted::Busy));
        let (end, is_over) = match &made {
            Ok(picture) => (End::Ready(picture.id.clone()), true),
            Err(NotCompleted::Refused(refusal, _)) => (End::Refused(*refusal), true),
            Err(_) => (End::Again, false),
        };
        let ended = parts.store.end(id, &holder, end, (parts.now)()).await?;
        if !ended {
            // The account was erased meanwhile.
            return Err(NotCompleted::NotFound);
        }
        if made.is_ok() {
            self.0.metrics.made(start.elapsed());
        }
        if is_over && let Err(error) = parts.bucket.delete(&upload_key(id)).await {
            // The sweeper does it when the upload has expired.
            tracing::warn!(error = chain(&error), "an uploaded file stays for a day");
        }
        made
    }

    async fn make(&self, upload: &Upload, holder: &str) -> Result<Picture, NotCompleted> {
        let parts = &self.0.parts;
        // Before the file is in memory.
        let place = parts.pool.admit().map_err(|_| NotCompleted::Busy)?;
        let refused = |refusal| NotCompleted::Refused(refusal, upload.purpose);
        let most = usize::try_from(upload.bytes).unwrap_or(0);
        let bytes = match parts.bucket.get(&upload_key(&upload.id), most).await {
            Ok(bytes) => bytes,
            Err(BucketError::NotFound) => return Err(NotCompleted::NotUploaded),
            Err(BucketError::TooLarge) => return Err(refused(Refusal::TooManyBytes)),
            Err(error) if error.is_denied() => {
                // An operator's mistake, if the key may not read what is there either.
                let error = chain(&error);
                tracing::warn!(error, "reading an upload is denied; taken as not uploaded");
                return Err(NotCompleted::NotUploaded);
            }
            Err(error) => return Err(error.into()),
        };
        let processed = parts.pool.process(place, bytes, purpose(upload.purpose));
        let processed = match processed.await {
            Ok(processed) => processed,
            Err(PictureError::Refused(reason)) => {
                return Err(refusal(reason).map_or(NotCompleted::Busy, refused));
            }
            Err(PictureError::Busy | PictureError::Late) => return Err(NotCompleted::Busy),
            Err(PictureError::Failed) => {
                tracing::error!(upload = %upload.id, "a decoder panicked");
                return Err(refused(Refusal::Broken));
            }
        };
        let picture = picture(upload, &processed, (parts.now)())?;
        let named = parts
            .store
            .name(&upload.id, holder, picture.clone(), (parts.now)());
        match named.await? {
            Named::Lost => return Err(NotCompleted::NotFound),
            Named::Erasing => return Err(NotCompleted::Busy),
            Named::Full => return Err(NotCompleted::Full),
            Named::Done => {}
        }
        for variant in processed.variants {
            let key = file_key(&picture.id, variant.width);
            parts.bucket.put(&key, WEBP, variant.webp).await?;
        }
        Ok(picture)
    }
}

/// The picture that an upload became.
fn picture(upload: &Upload, processed: &Processed, now_ms: i64) -> Result<Picture, NotCompleted> {
    let owner = match (&upload.partner, &upload.user) {
        (Some(partner), _) => Owner::Partner(partner.clone()),
        (None, Some(user)) => Owner::User(user.clone()),
        (None, None) => return Err(NotCompleted::NotFound),
    };
    let hash = processed.hash.of_owner(&match &owner {
        Owner::User(user) => format!("user:{user}"),
        Owner::Partner(partner) => format!("partner:{partner}"),
    });
    let id = PictureId::parse(&hash.to_string()).ok_or(NotCompleted::Interrupted)?;
    let variants = &processed.variants;
    let largest = variants.last().ok_or(NotCompleted::Interrupted)?;
    let bytes: usize = variants.iter().map(|variant| variant.webp.len()).sum();
    Ok(Picture {
        id,
        purpose: upload.purpose,
        owner: Some(owner),
        width: largest.width,
        height: largest.height,
        widths: variants.iter().map(|variant| variant.width).collect(),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        blurhash: processed.blurhash.clone(),
        state: State::Making,
        created_at_ms: now_ms,
        unused_since_ms: None,
        due_ms: now_ms,
    })
}
