//! Other sizes of a picture.

use fast_image_resize::{MulDiv, ResizeOptions, Resizer};
use image::DynamicImage;

use crate::Refused;

/// Left, top, width and height.
pub(crate) type Part = (u32, u32, u32, u32);

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
pub(crate) fn scaled_in_place(
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

/// The length of a side when another one of `from` becomes `to`.
pub(crate) fn scaled_side(side: u32, to: u32, from: u32) -> u32 {
    let scaled = (u64::from(side) * u64::from(to) + u64::from(from) / 2) / u64::from(from);
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}
