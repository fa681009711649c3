//! What a picture says of itself, checked before anything is allocated for its pixels.

use crate::{
    Format, Purpose, Refused, containers,
    format::{refuse_polyglot, sniff},
};

/// Of an uploaded file.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Pixels of either side.
pub const MAX_SIDE: u32 = 12_000;
pub const MAX_PIXELS: u32 = 40_000_000;
/// Each takes twice the memory.
pub const MAX_PIXELS_16_BIT: u32 = MAX_PIXELS / 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub format: Format,
    /// As stored: a camera's file may say that it is to be turned.
    pub width: u32,
    pub height: u32,
    pub depth: Depth,
}

/// Bits for each colour of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    UpTo8,
    Of16,
}

impl Depth {
    const fn max_pixels(self) -> u32 {
        match self {
            Self::UpTo8 => MAX_PIXELS,
            Self::Of16 => MAX_PIXELS_16_BIT,
        }
    }
}

/// Walks the whole file, decodes no pixel and allocates nothing.
pub fn inspect(bytes: &[u8], purpose: Purpose) -> Result<Header, Refused> {
    if bytes.len() > MAX_BYTES {
        return Err(Refused::TooManyBytes);
    }
    let format = sniff(bytes)?;
    let walked = match format {
        Format::Jpeg => containers::jpeg::walk(bytes),
        Format::Png => containers::png::walk(bytes),
        Format::WebP => containers::webp::walk(bytes),
    };
    // A page behind a picture's first bytes is better named than called a broken picture.
    let frame = walked.or_else(|why| {
        refuse_polyglot(bytes, bytes.len())?;
        Err(why)
    })?;
    refuse_polyglot(bytes, frame.end)?;
    containers::check_trailing(format, &bytes[frame.end..])?;
    let header = Header {
        format,
        width: frame.width,
        height: frame.height,
        depth: frame.depth,
    };
    check_size(&header, purpose)?;
    Ok(header)
}

fn check_size(header: &Header, purpose: Purpose) -> Result<(), Refused> {
    let longer = header.width.max(header.height);
    let shorter = header.width.min(header.height);
    if longer > MAX_SIDE {
        return Err(Refused::SideTooLong);
    }
    // Within 32 bits, because each side is.
    if longer * shorter > header.depth.max_pixels() {
        return Err(Refused::TooManyPixels);
    }
    if longer < purpose.min_longer() || shorter < purpose.min_shorter() {
        return Err(Refused::TooSmall(purpose));
    }
    if longer > shorter * purpose.max_ratio() {
        return Err(Refused::TooNarrow(purpose));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_sizes() {
        let check = |purpose, width, height, depth| {
            let header = Header {
                format: Format::Png,
                width,
                height,
                depth,
            };
            check_size(&header, purpose)
        };
        let eight = |purpose, width, height| check(purpose, width, height, Depth::UpTo8);
        for purpose in Purpose::ALL {
            assert_eq!(eight(purpose, 8_000, 5_000), Ok(()));
            assert_eq!(eight(purpose, 8_000, 5_001), Err(Refused::TooManyPixels));
            assert_eq!(eight(purpose, 12_001, 300), Err(Refused::SideTooLong));
            assert_eq!(
                eight(purpose, u32::MAX, u32::MAX),
                Err(Refused::SideTooLong)
            );
            let sixteen = check(purpose, 5_001, 4_000, Depth::Of16);
            assert_eq!(sixteen, Err(Refused::TooManyPixels));
            assert_eq!(check(purpose, 5_000, 4_000, Depth::Of16), Ok(()));
            let small = Err(Refused::TooSmall(purpose));
            assert_eq!(eight(purpose, 640, 199), small);
            let narrow = Err(Refused::TooNarrow(purpose));
            assert_eq!(eight(purpose, 1_000, 5_001), narrow);
        }
        assert_eq!(eight(Purpose::Avatar, 200, 200), Ok(()));
        assert_eq!(eight(Purpose::Logo, 200, 1_000), Ok(()));
        let small = Err(Refused::TooSmall(Purpose::Offer));
        assert_eq!(eight(Purpose::Offer, 639, 400), small);
        assert_eq!(eight(Purpose::Offer, 640, 359), small);
        assert_eq!(eight(Purpose::Offer, 360, 640), Ok(()));
        let narrow = Err(Refused::TooNarrow(Purpose::Establishment));
        assert_eq!(eight(Purpose::Establishment, 1_081, 360), narrow);
    }
}
