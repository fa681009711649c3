//! The store trait of uploads and pictures.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;

use super::{
    picture::{Owner, Picture, PictureId, Purpose},
    refusal::Refusal,
    sweeping::{Usage, Verdict},
    upload::Upload,
};
use crate::{StoreError, UploadId, UserId};

/// The outcome of a new upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The account does not exist any more, or is disabled.
    NoAccount,
    /// The user has [`MOST_OPEN`](super::upload::MOST_OPEN) open uploads.
    TooManyOpen,
    /// The owner has as many pictures, or bytes, as it may have.
    Full,
    Done,
}

/// What a server finds that wants to complete an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// There is none, it is somebody else's, or it has expired.
    NotFound,
    /// Another server works on it.
    Held,
    /// It was completed before.
    Ready(Box<Picture>),
    Refused(Refusal, Purpose),
    /// It is this server's until the given time.
    Done(Box<Upload>),
}

/// The outcome of storing the row of a picture before its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The upload is not this holder's any more.
    Lost,
    /// The files of the same picture are being deleted: a little later they can be written.
    Erasing,
    Full,
    Done,
}

/// How the work on an upload ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Its files are in the bucket.
    Ready(PictureId),
    Refused(Refusal),
    /// It waits again, as if nothing had happened.
    Again,
}

/// The uploads and pictures in a database.
#[async_trait]
pub trait PictureStore: fmt::Debug + Send + Sync {
    async fn open(&self, upload: Upload, now_ms: i64) -> Result<Opened, StoreError>;

    async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, StoreError>;

    /// Gives an upload to a server, unless another one has it or it was completed.
    async fn begin(
        &self,
        id: &UploadId,
        user: &UserId,
        holder: &str,
        now_ms: i64,
    ) -> Result<Begun, StoreError>;

    /// Stores the row of a picture whose files are going to be written. If the same picture is
    /// stored, it stays, and is not deleted meanwhile.
    async fn name(
        &self,
        upload: &UploadId,
        holder: &str,
        picture: Picture,
        now_ms: i64,
    ) -> Result<Named, StoreError>;

    /// Ends the work on an upload; false if it is not this holder's any more.
    async fn end(
        &self,
        upload: &UploadId,
        holder: &str,
        end: End,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Those among `ids` whose files are there, also those that go soon.
    async fn by_ids(&self, ids: &[PictureId]) -> Result<HashMap<PictureId, Picture>, StoreError>;

    /// The owner's pictures among `ids` that are for this purpose. They count as used from now on:
    /// what shows them is stored next, and until then they are not deleted.
    async fn claim(
        &self,
        ids: &[PictureId],
        owner: &Owner,
        purpose: Purpose,
        now_ms: i64,
    ) -> Result<HashMap<PictureId, Picture>, StoreError>;

    /// Whether an account, partner, establishment or offer of its owner shows it; what is archived
    /// shows none.
    async fn usage(&self, picture: &Picture) -> Result<Usage, StoreError>;

    /// Marks a picture as deleted; false if it was before.
    async fn remove(&self, id: &PictureId, now_ms: i64) -> Result<bool, StoreError>;

    /// A user's own pictures, oldest first.
    async fn pictures_of(&self, user: &UserId) -> Result<Vec<Picture>, StoreError>;

    /// The uploads that a user asked for, oldest first.
    async fn uploads_of(&self, user: &UserId) -> Result<Vec<Upload>, StoreError>;

    /// Pictures that are to be looked at, those that are due longest first.
    async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<Picture>, StoreError>;

    /// Writes down what becomes of a picture, unless it has changed since it was read; returns
    /// whether it had not.
    async fn judged(&self, read: &Picture, verdict: Verdict) -> Result<bool, StoreError>;

    /// Removes the row of a picture whose files were deleted.
    async fn forget(&self, id: &PictureId) -> Result<(), StoreError>;

    /// Uploads that expired before this time, those longest expired first.
    async fn expired(&self, before_ms: i64, most: usize) -> Result<Vec<Upload>, StoreError>;

    /// Removes the rows of uploads whose files were deleted.
    async fn forget_uploads(&self, ids: &[UploadId]) -> Result<(), StoreError>;

    /// Makes `holder` the one server that sweeps until `until_ms`; returns whether it is.
    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Releases the lease, so that another server can take it at once.
    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError>;
}
