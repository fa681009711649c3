//! Encoding. libwebp, because no free encoder in Rust writes lossy WebP: the lossless one makes files
//! of a photo about ten times as large. Only its encoder runs, and only on pixels that we made.

use image::DynamicImage;

use crate::{Refused, stop::Stop};

/// Of 100. Above it files grow faster than anybody sees.
const QUALITY: f32 = 80.0;
/// Effort, 0 to 6: each step above takes half as long again for about 2 % fewer bytes.
const METHOD: u8 = 4;

/// Of a picture with 8 bits for each of red, green, blue and perhaps alpha.
pub(crate) fn encode(picture: &DynamicImage, stop: &Stop) -> Result<Vec<u8>, Refused> {
    let (width, height) = (picture.width(), picture.height());
    let pixels = picture.as_bytes();
    let encoder = if picture.color().has_alpha() {
        webpx::Encoder::new_rgba(pixels, width, height)
    } else {
        webpx::Encoder::new_rgb(pixels, width, height)
    };
    let encoder = encoder.quality(QUALITY).method(METHOD);
    encoder.encode(stop.clone()).map_err(|_| {
        // It has no other reason to fail: the sizes are in bounds.
        match stop.check() {
            Err(stopped) => stopped,
            Ok(()) => Refused::Unsupported,
        }
    })
}
