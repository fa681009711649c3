//! The `Picture` type, and the pictures that addresses show.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    pictures::picture::{self, Picture},
    sentence::Sentence,
};
use pq_core::ErrorCode;

use crate::{
    nodes::{
        directives::cache_control,
        moment::{DateTime, timestamp},
    },
    request::{
        context::RequestContext,
        errors::{failed, refused},
    },
};

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "picture::Purpose")]
pub enum PicturePurpose {
    /// Of a user: the square in its centre is kept. At least 200 × 200 pixels.
    Avatar,
    /// Of a partner, with its transparency. At least 200 × 200 pixels.
    Logo,
    /// At least 640 × 360 pixels, lying or standing.
    Establishment,
    /// At least 640 × 360 pixels, lying or standing.
    Offer,
}

/// A picture that was uploaded to Yousoon. It never changes: another picture has another id.
#[derive(Clone, Debug)]
pub struct PictureNode(pub Picture);

/// A picture that was uploaded.
#[Object(name = "Picture", directive = cache_control::apply(Some(86_400), None, None, None))]
impl PictureNode {
    async fn id(&self) -> ID {
        ID(self.0.id.as_str().to_owned())
    }

    /// The address of a WebP file, to show and to send as `images`, `logo` or `avatar`.
    #[expect(clippy::unused_async, reason = "fields of async-graphql are async")]
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The width of the place, in the screen's pixels: the smallest file that fills it. If it is \
                    not given, the largest file."
        )]
        width: Option<i32>,
    ) -> Result<String> {
        let uploads = RequestContext::of(ctx).services.uploads.as_ref();
        let uploads = uploads.ok_or("a picture without a bucket")?;
        let width = width.map(|width| u32::try_from(width).unwrap_or(0));
        Ok(uploads.url(&self.0, width))
    }

    /// Of the largest file, in pixels.
    async fn width(&self) -> i32 {
        i32::try_from(self.0.width).unwrap_or(i32::MAX)
    }

    /// Of the largest file, in pixels.
    async fn height(&self) -> i32 {
        i32::try_from(self.0.height).unwrap_or(i32::MAX)
    }

    /// What to show until the picture is loaded: a blurhash.
    async fn blurhash(&self) -> &str {
        &self.0.blurhash
    }
}

/// A form with which one file is uploaded: a POST of `multipart/form-data` to `url`, with these
/// fields in this order, and then the file as `file`.
#[derive(Clone, Debug, SimpleObject)]
pub struct UploadForm {
    /// For `completeUpload`, once the file is posted.
    upload_id: ID,
    url: String,
    fields: Vec<FormField>,
    /// The form takes no file afterwards. The upload can be completed for an hour.
    expires_at: DateTime,
}

/// A field of the form that uploads a file.
#[derive(Clone, Debug, SimpleObject)]
pub struct FormField {
    name: String,
    value: String,
}

impl UploadForm {
    pub fn new(
        id: &domain::UploadId,
        url: String,
        fields: Vec<(&'static str, String)>,
        expires_at_ms: i64,
    ) -> Self {
        let field = |(name, value): (&str, String)| FormField {
            name: name.to_owned(),
            value,
        };
        Self {
            upload_id: ID(id.to_string()),
            url,
            fields: fields.into_iter().map(field).collect(),
            expires_at: timestamp(expires_at_ms),
        }
    }
}

/// The pictures at these addresses, in their order. Addresses of other hosts show none.
pub async fn shown_at(ctx: &Context<'_>, addresses: &[String]) -> Result<Vec<PictureNode>> {
    let request = RequestContext::of(ctx);
    let Some(uploads) = &request.services.uploads else {
        return Ok(Vec::new());
    };
    let shown = addresses
        .iter()
        .filter_map(|address| uploads.shown_at(address));
    let ids: Vec<_> = shown.map(|(id, _width)| id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = request.loader.load_many(ids.clone()).await;
    let found = found.map_err(failed)?;
    let pictures = ids.iter().filter_map(|id| found.get(id).cloned());
    Ok(pictures.map(PictureNode).collect())
}

/// The first so many images, or all of them.
pub fn first_of(images: &[String], first: Option<i32>) -> Result<&[String]> {
    let Some(first) = first else {
        return Ok(images);
    };
    let first = usize::try_from(first).map_err(|_negative| {
        let message = Sentence::new("`first` doit être 0 ou plus", "`first` must be 0 or more");
        refused(ErrorCode::PAGE_SIZE_OUT_OF_RANGE, message)
    })?;
    Ok(&images[..images.len().min(first)])
}
