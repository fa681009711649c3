//! Why a file is not taken as a picture. `origin/pictures` finds it out; here are the words that are
//! stored, and what people read.

use pq_core::ErrorCode;

use super::{codes, picture::Purpose};
use crate::{sentence::Sentence, words::words};

words! {
    Refusal {
        Empty = "PICTURE_EMPTY",
        TooManyBytes = "PICTURE_TOO_MANY_BYTES",
        NotAPicture = "NOT_A_PICTURE",
        Svg = "PICTURE_IS_SVG",
        Gif = "PICTURE_IS_GIF",
        Pdf = "PICTURE_IS_PDF",
        Html = "PICTURE_IS_HTML",
        Avif = "PICTURE_IS_AVIF",
        Heic = "PICTURE_IS_HEIC",
        Polyglot = "PICTURE_POLYGLOT",
        TrailingData = "PICTURE_TRAILING_DATA",
        Truncated = "PICTURE_TRUNCATED",
        Broken = "PICTURE_BROKEN",
        Unsupported = "PICTURE_UNSUPPORTED",
        TooManyScans = "PICTURE_TOO_MANY_SCANS",
        Animated = "PICTURE_ANIMATED",
        Cmyk = "PICTURE_CMYK",
        SideTooLong = "PICTURE_SIDE_TOO_LONG",
        TooManyPixels = "PICTURE_TOO_MANY_PIXELS",
        TooSmall = "PICTURE_TOO_SMALL",
        TooNarrow = "PICTURE_TOO_NARROW",
    }
}

impl Refusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Empty => codes::PICTURE_EMPTY,
            Self::TooManyBytes => codes::PICTURE_TOO_MANY_BYTES,
            Self::NotAPicture => codes::NOT_A_PICTURE,
            Self::Svg => codes::PICTURE_IS_SVG,
            Self::Gif => codes::PICTURE_IS_GIF,
            Self::Pdf => codes::PICTURE_IS_PDF,
            Self::Html => codes::PICTURE_IS_HTML,
            Self::Avif => codes::PICTURE_IS_AVIF,
            Self::Heic => codes::PICTURE_IS_HEIC,
            Self::Polyglot => codes::PICTURE_POLYGLOT,
            Self::TrailingData => codes::PICTURE_TRAILING_DATA,
            Self::Truncated => codes::PICTURE_TRUNCATED,
            Self::Broken => codes::PICTURE_BROKEN,
            Self::Unsupported => codes::PICTURE_UNSUPPORTED,
            Self::TooManyScans => codes::PICTURE_TOO_MANY_SCANS,
            Self::Animated => codes::PICTURE_ANIMATED,
            Self::Cmyk => codes::PICTURE_CMYK,
            Self::SideTooLong => codes::PICTURE_SIDE_TOO_LONG,
            Self::TooManyPixels => codes::PICTURE_TOO_MANY_PIXELS,
            Self::TooSmall => codes::PICTURE_TOO_SMALL,
            Self::TooNarrow => codes::PICTURE_TOO_NARROW,
        }
    }

    pub fn sentence(self, purpose: Purpose) -> Sentence {
        match self {
            Self::Empty => Sentence::new("le fichier est vide", "the file is empty"),
            Self::TooManyBytes => Sentence::new(
                "le fichier dépasse 10 Mio, ou la taille annoncée",
                "the file has more than 10 MiB, or more than was declared",
            ),
            Self::NotAPicture => Sentence::new(
                "le fichier n’est pas une image JPEG, PNG ou WebP",
                "the file is not a JPEG, PNG or WebP picture",
            ),
            Self::Svg => Sentence::new(
                "les fichiers SVG ne sont pas acceptés : ils peuvent contenir des programmes",
                "SVG is not accepted: it can contain programs",
            ),
            Self::Gif => Sentence::new(
                "les fichiers GIF ne sont pas acceptés",
                "GIF is not accepted",
            ),
            Self::Pdf => Sentence::new(
                "les fichiers PDF ne sont pas acceptés",
                "PDF is not accepted",
            ),
            Self::Html => Sentence::new("le fichier est une page web", "the file is a web page"),
            Self::Avif => Sentence::new(
                "les fichiers AVIF ne sont pas acceptés",
                "AVIF is not accepted",
            ),
            Self::Heic => Sentence::new(
                "les fichiers HEIC ne sont pas acceptés",
                "HEIC is not accepted",
            ),
            Self::Polyglot => Sentence::new(
                "le fichier est à la fois une image et autre chose",
                "the file is a picture and also a file of another kind",
            ),
            Self::TrailingData => Sentence::new(
                "il y a des données après la fin de l’image",
                "there is data after the end of the picture",
            ),
            Self::Truncated => Sentence::new(
                "le fichier s’arrête avant la fin de l’image",
                "the file ends before the picture does",
            ),
            Self::Broken => Sentence::new(
                "le fichier ne respecte pas son format",
                "the file breaks the rules of its format",
            ),
            Self::Unsupported => Sentence::new(
                "cette variante du format n’est pas acceptée",
                "this variety of the format is not accepted",
            ),
            Self::TooManyScans => Sentence::new(
                "l’image JPEG compte trop de passes",
                "the JPEG has too many scans",
            ),
            Self::Animated => Sentence::new(
                "les images animées ne sont pas acceptées",
                "animated pictures are not accepted",
            ),
            Self::Cmyk => Sentence::new(
                "les images pour imprimeurs (CMJN) ne sont pas acceptées",
                "pictures for printers (CMYK) are not accepted",
            ),
            Self::SideTooLong => Sentence::new(
                "un côté de l’image dépasse 12 000 pixels",
                "a side of the picture is longer than 12,000 pixels",
            ),
            Self::TooManyPixels => Sentence::new(
                "l’image dépasse 40 mégapixels, ou 20 avec 16 bits par couleur",
                "the picture has more than 40 megapixels, or 20 with 16 bits for each colour",
            ),
            Self::TooSmall => match purpose {
                Purpose::Avatar | Purpose::Logo => Sentence::new(
                    "l’image compte au moins 200 × 200 pixels",
                    "the picture has at least 200 × 200 pixels",
                ),
                Purpose::Establishment | Purpose::Offer => Sentence::new(
                    "l’image compte au moins 640 × 360 pixels",
                    "the picture has at least 640 × 360 pixels",
                ),
            },
            Self::TooNarrow => match purpose {
                Purpose::Logo => Sentence::new(
                    "le plus long côté de l’image vaut au plus 5 fois l’autre",
                    "the longer side of the picture is at most 5 times the other",
                ),
                Purpose::Avatar | Purpose::Establishment | Purpose::Offer => Sentence::new(
                    "le plus long côté de l’image vaut au plus 3 fois l’autre",
                    "the longer side of the picture is at most 3 times the other",
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_the_code() {
        for refusal in Refusal::ALL {
            assert_eq!(refusal.as_str(), refusal.code().as_str());
        }
    }
}
