//! Why a file is not taken as a picture.

use crate::{
    Purpose,
    header::{MAX_BYTES, MAX_PIXELS, MAX_SIDE},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {MAX_BYTES} bytes")]
    TooManyBytes,
    #[error("the file is not a JPEG, PNG or WebP picture")]
    NotAPicture,
    #[error("SVG is not accepted: it can contain programs")]
    Svg,
    #[error("GIF is not accepted")]
    Gif,
    #[error("PDF is not accepted")]
    Pdf,
    #[error("the file is a web page")]
    Html,
    #[error("AVIF is not accepted")]
    Avif,
    #[error("HEIC is not accepted")]
    Heic,
    #[error("the file is a picture and also a file of another kind")]
    Polyglot,
    #[error("there is data after the end of the picture")]
    TrailingData,
    #[error("the file ends before the picture does")]
    Truncated,
    #[error("the file breaks the rules of its format")]
    Broken,
    #[error("this variety of the format is not accepted")]
    Unsupported,
    #[error("the picture is made of more scans than any program writes")]
    TooManyScans,
    #[error("animated pictures are not accepted")]
    Animated,
    #[error("pictures for printers (CMYK) are not accepted")]
    Cmyk,
    #[error("a side of the picture is longer than {MAX_SIDE} pixels")]
    SideTooLong,
    #[error(
        "the picture has more than {MAX_PIXELS} pixels, or half as many with 16 bits for each colour"
    )]
    TooManyPixels,
    #[error("the picture is smaller than {} × {} pixels", .0.min_longer(), .0.min_shorter())]
    TooSmall(Purpose),
    #[error("the picture is more than {} times as long as wide", .0.max_ratio())]
    TooNarrow(Purpose),
    #[error("the work on the picture was stopped")]
    Stopped,
}

impl Refused {
    /// What clients compare.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "PICTURE_EMPTY",
            Self::TooManyBytes => "PICTURE_TOO_MANY_BYTES",
            Self::NotAPicture => "NOT_A_PICTURE",
            Self::Svg => "PICTURE_IS_SVG",
            Self::Gif => "PICTURE_IS_GIF",
            Self::Pdf => "PICTURE_IS_PDF",
            Self::Html => "PICTURE_IS_HTML",
            Self::Avif => "PICTURE_IS_AVIF",
            Self::Heic => "PICTURE_IS_HEIC",
            Self::Polyglot => "PICTURE_POLYGLOT",
            Self::TrailingData => "PICTURE_TRAILING_DATA",
            Self::Truncated => "PICTURE_TRUNCATED",
            Self::Broken => "PICTURE_BROKEN",
            Self::Unsupported => "PICTURE_UNSUPPORTED",
            Self::TooManyScans => "PICTURE_TOO_MANY_SCANS",
            Self::Animated => "PICTURE_ANIMATED",
            Self::Cmyk => "PICTURE_CMYK",
            Self::SideTooLong => "PICTURE_SIDE_TOO_LONG",
            Self::TooManyPixels => "PICTURE_TOO_MANY_PIXELS",
            Self::TooSmall(_) => "PICTURE_TOO_SMALL",
            Self::TooNarrow(_) => "PICTURE_TOO_NARROW",
            Self::Stopped => "PICTURE_STOPPED",
        }
    }
}
