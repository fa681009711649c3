//! Mutations of uploads and pictures.

use access::random;
use async_graphql::{Context, Error, ID, InputObject, Object, Result};
use domain::{
    PartnerId, UploadId, UserId,
    broken::{BrokenField, Reading},
    pictures::{
        codes::{
            PICTURE_IN_USE, PICTURE_LIMIT, PICTURES_BUSY, PICTURES_UNAVAILABLE, UPLOAD_LIMIT,
            UPLOAD_MISSING, UPLOAD_NOT_FOUND,
        },
        picture::{Owner, PictureId, State as PictureState},
        store::Opened,
        sweeping::Usage,
        upload::{self, FORM_MS, MOST_OPEN, OPEN_MS, State, Upload},
    },
    sentence::Sentence,
};
use uploads::{NotCompleted, Uploads};

use crate::{
    nodes::picture::{PictureNode, PicturePurpose, UploadForm},
    request::{
        attempts::{Attempt, count_attempt},
        authorise::{self, About},
        context::{RequestContext, gone},
        errors::{broken, failed, failed_with, refused},
    },
};

/// The file that will be uploaded.
#[derive(Clone, Debug, InputObject)]
pub struct UploadInput {
    purpose: PicturePurpose,
    /// Whose picture it will be. Only for an avatar there is none.
    partner_id: Option<ID>,
    /// `image/jpeg`, `image/png` or `image/webp`.
    content_type: String,
    /// Bytes of the file, at most 10 MiB. The form takes no more.
    size: i32,
}

impl UploadInput {
    fn read(self, user: &UserId, now_ms: i64) -> Result<Upload, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let purpose = self.purpose.into();
        let partner = self.partner_id.as_ref().map(|id| id.as_str());
        let upload = Upload {
            id: UploadId::from_bytes(random::bytes()),
            user: Some(user.clone()),
            purpose,
            partner: reading.take(upload::partner(purpose, partner)),
            content_type: reading.take(upload::content_type(&self.content_type)),
            bytes: reading.take(upload::size(self.size)),
            state: State::Waiting,
            refusal: None,
            picture: None,
            holder: None,
            held_until_ms: None,
            created_at_ms: now_ms,
            expires_at_ms: now_ms + OPEN_MS,
        };
        reading.end(upload)
    }
}

#[derive(Debug, Default)]
pub struct PictureMutations;

#[Object]
impl PictureMutations {
    /// Begins an upload: answers the form with which the client posts one file to the bucket. For
    /// oneself (`AVATAR`), or for a partner, by its managers.
    /// Refusals: `PICTURES_UNAVAILABLE`, `UPLOAD_LIMIT`, `PICTURE_LIMIT`, `BAD_USER_INPUT`.
    async fn request_upload(&self, ctx: &Context<'_>, input: UploadInput) -> Result<UploadForm> {
        const ACTION: &str = "requestUpload";
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let upload = input.read(user, request.now_ms).map_err(broken)?;
        permit(request, ACTION, user, upload.partner.as_ref())?;
        let uploads = bucket(request)?;
        count_attempt(request, Attempt::RequestUpload(user)).await?;
        let form = uploads.form(&upload).map_err(failed_with)?;
        let id = upload.id.clone();
        let opened = request.services.pictures.open(upload, request.now_ms).await;
        match opened.map_err(failed)? {
            Opened::NoAccount => Err(gone()),
            Opened::TooManyOpen => Err(refused(
                UPLOAD_LIMIT,
                Sentence::with(
                    format!("au plus {MOST_OPEN} envois peuvent être en cours"),
                    format!("at most {MOST_OPEN} uploads may be under way"),
                ),
            )),
            Opened::Full => Err(full()),
            Opened::Done => {
                let ends_ms = request.now_ms + FORM_MS;
                Ok(UploadForm::new(&id, form.url, form.fields, ends_ms))
            }
        }
    }

    /// Makes a picture of the file that was posted with the form of this upload. A repeated call
    /// returns the same picture, or the same refusal.
    /// Refusals: `UPLOAD_NOT_FOUND`, `UPLOAD_MISSING`, `PICTURES_BUSY`, `PICTURE_LIMIT`,
    /// `PICTURES_UNAVAILABLE`, `NOT_A_PICTURE` and the other codes of files.
    async fn complete_upload(&self, ctx: &Context<'_>, id: ID) -> Result<PictureNode> {
        const ACTION: &str = "completeUpload";
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        let uploads = bucket(request)?;
        let id = UploadId::parse(&id).ok_or_else(no_upload)?;
        count_attempt(request, Attempt::CompleteUpload(user)).await?;
        let found = request.services.pictures.upload(&id).await;
        let upload = found.map_err(failed)?.ok_or_else(no_upload)?;
        if upload.user.as_ref() != Some(user) {
            return Err(no_upload());
        }
        // They may have left the team since they asked.
        permit(request, ACTION, user, upload.partner.as_ref())?;
        let completed = uploads.complete(user, &id).await;
        completed.map(PictureNode).map_err(not_completed)
    }

    /// Deletes a picture. Users may delete their avatars, and a partner's managers its pictures. False if
    /// there is no such picture. While an offer, an establishment, a partner or a profile shows the
    /// picture, it is refused: remove it there first.
    /// Refusals: `PICTURE_IN_USE`.
    async fn delete_image(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        const ACTION: &str = "deleteImage";
        let request = RequestContext::of(ctx);
        let pictures = &request.services.pictures;
        let Some(id) = PictureId::parse(&id) else {
            return Ok(false);
        };
        let mut found = pictures
            .by_ids(std::slice::from_ref(&id))
            .await
            .map_err(failed)?;
        let Some(picture) = found.remove(&id) else {
            return Ok(false);
        };
        let about = match &picture.owner {
            Some(Owner::User(user)) => About::User(user),
            Some(Owner::Partner(partner)) => About::Partner(partner),
            None => return Ok(false),
        };
        authorise::field(&request.asker.caller, "Mutation", ACTION, about)?;
        if picture.state == PictureState::Removed {
            return Ok(false);
        }
        // An edit that shows it meanwhile wins: the sweeper looks once more before files go.
        match pictures.usage(&picture).await.map_err(failed)? {
            Usage::Used => Err(refused(
                PICTURE_IN_USE,
                Sentence::new(
                    "cette image est encore affichée : retirez-la d’abord",
                    "this picture is still shown: remove it there first",
                ),
            )),
            Usage::Unused => pictures.remove(&id, request.now_ms).await.map_err(failed),
        }
    }
}

/// Authorises the caller for an upload for a partner, or for themselves.
fn permit(
    request: &RequestContext,
    action: &'static str,
    user: &UserId,
    partner: Option<&PartnerId>,
) -> Result<()> {
    let about = partner.map_or(About::User(user), About::Partner);
    authorise::field(&request.asker.caller, "Mutation", action, about)
}

fn bucket(request: &RequestContext) -> Result<&Uploads> {
    request.services.uploads.as_ref().ok_or_else(|| {
        refused(
            PICTURES_UNAVAILABLE,
            Sentence::new(
                "ce serveur ne peut pas recevoir d’images",
                "this server cannot take pictures",
            ),
        )
    })
}

fn no_upload() -> Error {
    refused(
        UPLOAD_NOT_FOUND,
        Sentence::new(
            "cet envoi n’existe pas, ou plus",
            "there is no upload with this id, or not any more",
        ),
    )
}

fn full() -> Error {
    refused(
        PICTURE_LIMIT,
        Sentence::new(
            "il y a autant d’images que possible : supprimez-en d’abord",
            "there are as many pictures as there can be: delete some first",
        ),
    )
}

fn not_completed(why: NotCompleted) -> Error {
    match why {
        NotCompleted::NotFound => no_upload(),
        NotCompleted::NotUploaded => refused(
            UPLOAD_MISSING,
            Sentence::new(
                "le fichier n’a pas encore été envoyé",
                "the file was not posted yet",
            ),
        ),
        NotCompleted::Refused(refusal, purpose) => {
            refused(refusal.code(), refusal.sentence(purpose))
        }
        NotCompleted::Full => full(),
        NotCompleted::Busy => refused(
            PICTURES_BUSY,
            Sentence::new(
                "l’image ne peut pas être préparée maintenant : réessayez dans quelques secondes",
                "the picture cannot be made now: try again in a few seconds",
            ),
        ),
        NotCompleted::Store(error) => failed(error),
        error @ (NotCompleted::Bucket(_) | NotCompleted::Interrupted) => failed_with(error),
    }
}
