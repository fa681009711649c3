//! The blurhash: thirty characters that clients show until the picture is loaded.

use image::DynamicImage;

use crate::{Refused, process::scaled};

/// The longer side of what it is computed from: it only has a few waves.
const SIDE: u32 = 64;

pub(crate) fn blurhash(picture: &DynamicImage) -> Result<String, Refused> {
    let (width, height) = (picture.width(), picture.height());
    let longer = width.max(height);
    let side = |of: u32| (of * SIDE.min(longer) / longer).max(1);
    let small = scaled(picture, (0, 0, width, height), side(width), side(height))?;
    let mut small = small.into_rgba8();
    for pixel in small.pixels_mut() {
        // It has no transparency of its own: on white.
        let [colours @ .., alpha] = &mut pixel.0;
        for colour in colours {
            let mixed = u16::from(*colour) * u16::from(*alpha) / 255;
            *colour = u8::try_from(mixed)
                .unwrap_or(u8::MAX)
                .saturating_add(255 - *alpha);
        }
    }
    let (across, down) = match width.cmp(&height) {
        std::cmp::Ordering::Less => (3, 4),
        std::cmp::Ordering::Equal => (4, 4),
        std::cmp::Ordering::Greater => (4, 3),
    };
    blurhash::encode(across, down, small.width(), small.height(), small.as_raw())
        .map_err(|_| Refused::Unsupported)
}
