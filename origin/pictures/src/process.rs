//! From an uploaded file to what clients are shown.

use std::io::Cursor;

use fast_image_resize::{MulDiv, ResizeOptions, Resizer};
use image::{
    DynamicImage, ImageDecoder, ImageError, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use moxcms::{ColorProfile, Layout, TransformOptions};

use crate::{
    Format, Purpose, Refused, containers,
    header::{Header, MAX_SIDE, inspect},
    key::ContentHash,
    preview::blurhash,
    stop::Stop,
    webp,
};

/// Of the variants. A picture is never enlarged: its own width is the last one if it is smaller.
pub const WIDTHS: [u32; 4] = [320, 640, 1280, 1920];

/// The most memory that one call of `process` holds at a time, the uploaded file included. A deep PNG
/// and a progressive JPEG (its coefficients are kept besides its pixels) come near to it:
/// `tests/it/memory.rs` measures them.
pub const PEAK_BYTES: usize = 384 * 1024 * 1024;

/// What decoders may allocate besides the pixels: profiles, tables, rows.
const DECODER_BYTES: u64 = 32 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processed {
    /// By width, the smallest first; at least one.
    pub variants: Vec<Variant>,
    pub blurhash: String,
    pub hash: ContentHash,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Variant {
    pub width: u32,
    pub height: u32,
    /// The file, without any metadata.
    pub webp: Vec<u8>,
}

impl std::fmt::Debug for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.webp.len();
        write!(f, "{} × {}, {bytes} bytes", self.width, self.height)
    }
}

/// Seconds of work for a large picture: not for a thread that serves requests (`Pictures`).
pub fn process(bytes: &[u8], purpose: Purpose, stop: &Stop) -> Result<Processed, Refused> {
    let header = inspect(bytes, purpose)?;
    stop.check()?;
    let decoded = decode(bytes, &header)?;
    stop.check()?;
    let largest = largest(decoded, purpose)?;
    stop.check()?;
    let blurhash = blurhash(&largest)?;
    let variants = variants(&largest, stop)?;
    Ok(Processed {
        hash: ContentHash::of(purpose, &variants),
        variants,
        blurhash,
    })
}

struct Decoded {
    pixels: DynamicImage,
    orientation: Orientation,
    /// An ICC profile: what the numbers of the pixels mean.
    profile: Option<Vec<u8>>,
}

fn decode(bytes: &[u8], header: &Header) -> Result<Decoded, Refused> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(DECODER_BYTES);
    match header.format {
        Format::Jpeg => read(JpegDecoder::new(Cursor::new(bytes)), header, limits),
        Format::Png => {
            let file = Cursor::new(containers::png::essential(bytes)?);
            read(
                PngDecoder::with_limits(file, limits.clone()),
                header,
                limits,
            )
        }
        Format::WebP => read(WebPDecoder::new(Cursor::new(bytes)), header, limits),
    }
}

fn read(
    decoder: Result<impl ImageDecoder, ImageError>,
    header: &Header,
    mut limits: Limits,
) -> Result<Decoded, Refused> {
    let mut decoder = decoder.map_err(|error| refused(&error))?;
    // Two readers of one header that disagree: what was checked is not what would be decoded.
    if decoder.dimensions() != (header.width, header.height) {
        return Err(Refused::Broken);
    }
    limits.max_alloc = Some(DECODER_BYTES + decoder.total_bytes());
    decoder
        .set_limits(limits)
        .map_err(|error| refused(&error))?;
    // Without what it cannot read of them, a picture is shown as it lies and in sRGB.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or(None);
    let pixels = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    Ok(Decoded {
        pixels,
        orientation,
        profile,
    })
}

fn refused(error: &ImageError) -> Refused {
    match error {
        ImageError::Unsupported(_) => Refused::Unsupported,
        ImageError::Limits(_) => Refused::TooManyPixels,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => Refused::Broken,
    }
}

/// The picture as the largest variant shows it: cropped, scaled, upright, in sRGB.
fn largest(decoded: Decoded, purpose: Purpose) -> Result<DynamicImage, Refused> {
    let Decoded {
        pixels,
        orientation,
        profile,
    } = decoded;
    let kept = purpose.kept(pixels.width(), pixels.height());
    let (_, _, width, height) = kept;
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    // Scaled before it is turned, while there is a large picture in memory.
    let shown_width = if is_turned { height } else { width };
    let most = WIDTHS[WIDTHS.len() - 1].min(shown_width);
    let side = |of: u32| scaled_side(of, most, shown_width);
    let mut picture = if (side(width), side(height)) == (pixels.width(), pixels.height()) {
        pixels
    } else {
        scaled_in_place(pixels, kept, side(width), side(height))?
    };
    picture.apply_orientation(orientation);
    let mut picture = if has_transparency(&picture) {
        DynamicImage::ImageRgba8(picture.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    };
    if let Some(profile) = profile {
        picture = in_srgb(picture, &profile);
    }
    Ok(picture)
}

/// The length of a side when another one of `from` becomes `to`.
fn scaled_side(side: u32, to: u32, from: u32) -> u32 {
    let scaled = (u64::from(side) * u64::from(to) + u64::from(from) / 2) / u64::from(from);
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

fn has_transparency(picture: &DynamicImage) -> bool {
    let some_below = |samples: &[u8], channels: usize| {
        let mut alphas = samples.iter().skip(channels - 1).step_by(channels);
        alphas.any(|alpha| *alpha < u8::MAX)
    };
    match picture {
        DynamicImage::ImageLumaA8(pixels) => some_below(pixels, 2),
        DynamicImage::ImageRgba8(pixels) => some_below(pixels, 4),
        other => other.color().has_alpha(),
    }
}

/// Left, top, width and height.
type Part = (u32, u32, u32, u32);

/// A part of a picture in another size.
pub(crate) fn scaled(
    picture: &DynamicImage,
    part: Part,
    width: u32,
    height: u32,
) -> Result<DynamicImage, Refused> {
    let mut to = DynamicImage::new(width, height, picture.color());
    let resized = Resizer::new().resize(picture, &mut to, &options(part));
    resized.map_err(|_| Refused::Unsupported)?;
    Ok(to)
}

/// The same for a picture that nobody needs afterwards. Colours are weighed by their alpha, and
/// `scaled` does that in a copy of all pixels.
fn scaled_in_place(
    mut picture: DynamicImage,
    part: Part,
    width: u32,
    height: u32,
) -> Result<DynamicImage, Refused> {
    if !picture.color().has_alpha() {
        return scaled(&picture, part, width, height);
    }
    let alpha = MulDiv::new();
    let failed = |_| Refused::Unsupported;
    alpha.multiply_alpha_inplace(&mut picture).map_err(failed)?;
    let mut to = DynamicImage::new(width, height, picture.color());
    let weighed = options(part).use_alpha(false);
    let resized = Resizer::new().resize(&picture, &mut to, &weighed);
    resized.map_err(|_| Refused::Unsupported)?;
    alpha.divide_alpha_inplace(&mut to).map_err(failed)?;
    Ok(to)
}

fn options((left, top, width, height): Part) -> ResizeOptions {
    ResizeOptions::new().crop(left.into(), top.into(), width.into(), height.into())
}

/// The same colours in the numbers of sRGB, as browsers take a picture without a profile. Phones
/// write Display P3, cameras Adobe RGB; a profile of a printer or one that is broken is dropped.
fn in_srgb(picture: DynamicImage, profile: &[u8]) -> DynamicImage {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else {
        return picture;
    };
    if !profile.is_matrix_shaper() {
        return picture;
    }
    let layout = if picture.color().has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, options) else {
        return picture;
    };
    let mut converted = DynamicImage::new(picture.width(), picture.height(), picture.color());
    let done = match &mut converted {
        DynamicImage::ImageRgb8(pixels) => transform.transform(picture.as_bytes(), pixels),
        DynamicImage::ImageRgba8(pixels) => transform.transform(picture.as_bytes(), pixels),
        _ => return picture,
    };
    match done {
        Ok(()) => converted,
        Err(_) => picture,
    }
}

fn variants(largest: &DynamicImage, stop: &Stop) -> Result<Vec<Variant>, Refused> {
    let (own_width, own_height) = (largest.width(), largest.height());
    let smaller = WIDTHS.into_iter().filter(|width| *width < own_width);
    let mut variants = Vec::with_capacity(WIDTHS.len());
    for width in smaller {
        stop.check()?;
        let height = scaled_side(own_height, width, own_width);
        let picture = scaled(largest, (0, 0, own_width, own_height), width, height)?;
        variants.push(variant(&picture, stop)?);
    }
    stop.check()?;
    variants.push(variant(largest, stop)?);
    Ok(variants)
}

fn variant(picture: &DynamicImage, stop: &Stop) -> Result<Variant, Refused> {
    Ok(Variant {
        width: picture.width(),
        height: picture.height(),
        webp: webp::encode(picture, stop)?,
    })
}
