//! How large a picture may be.

/// Of an uploaded file.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Pixels of either side.
pub const MAX_SIDE: u32 = 12_000;
pub const MAX_PIXELS: u32 = 40_000_000;
/// Each takes twice the memory.
pub const MAX_PIXELS_16_BIT: u32 = MAX_PIXELS / 2;

/// Bits for each colour of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    UpTo8,
    Of16,
}

impl Depth {
    pub(crate) const fn max_pixels(self) -> u32 {
        match self {
            Self::UpTo8 => MAX_PIXELS,
            Self::Of16 => MAX_PIXELS_16_BIT,
        }
    }
}
