//! Which format a file has, by its bytes. The name and the type that came with it say nothing.

use crate::Refused;

/// A format that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// Of what a client says that it is going to upload.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let is_it = |format: &Self| format.media_type().eq_ignore_ascii_case(media_type);
        Self::ALL.into_iter().find(is_it)
    }
}

pub(crate) const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// How many bytes browsers look at to guess a type (and PDF readers, to find their header).
const SNIFFED: usize = 1024;

/// Whatever makes a browser take bytes for a page or for SVG.
const MARKUP: [(&[u8], Refused); 7] = [
    (b"<svg", Refused::Svg),
    (b"<!doctype html", Refused::Html),
    (b"<html", Refused::Html),
    (b"<head", Refused::Html),
    (b"<body", Refused::Html),
    (b"<script", Refused::Html),
    (b"<iframe", Refused::Html),
];

/// The format by the first bytes. Whether the rest belongs to them is `inspect`'s question.
pub fn sniff(bytes: &[u8]) -> Result<Format, Refused> {
    match bytes {
        [] => Err(Refused::Empty),
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Ok(Format::WebP),
        [b'G', b'I', b'F', b'8', ..] => Err(Refused::Gif),
        [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] => Err(of_brands(brands)),
        _ if bytes.starts_with(PNG_SIGNATURE) => Ok(Format::Png),
        _ if has_pdf_header(bytes) => Err(Refused::Pdf),
        _ => Err(markup(head(bytes)).unwrap_or(Refused::NotAPicture)),
    }
}

/// Of a file in boxes, as HEIC, AVIF and films are: the first brand is the file's, and others
/// follow that it also conforms to.
fn of_brands(brands: &[u8]) -> Refused {
    let listed = || brands.chunks_exact(4).take(16);
    if listed().any(|brand| matches!(brand, b"avif" | b"avis")) {
        return Refused::Avif;
    }
    let is_heic = |brand: &[u8]| brand.starts_with(b"hei") || brand.starts_with(b"hev");
    if listed().any(|brand| is_heic(brand) || matches!(brand, b"mif1" | b"msf1")) {
        Refused::Heic
    } else {
        Refused::NotAPicture
    }
}

/// Refuses a picture that other programs would take for something else. `end` is where the
/// picture ends.
pub(crate) fn refuse_polyglot(bytes: &[u8], end: usize) -> Result<(), Refused> {
    let trailing = bytes.get(end..).unwrap_or_default();
    let is_markup = markup(head(bytes)).is_some() || markup(trailing).is_some();
    if is_markup || has_pdf_header(bytes) || ends_as_zip(bytes) {
        Err(Refused::Polyglot)
    } else {
        Ok(())
    }
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(SNIFFED)]
}

fn has_pdf_header(bytes: &[u8]) -> bool {
    head(bytes).windows(5).any(|five| five == b"%PDF-")
}

fn markup(bytes: &[u8]) -> Option<Refused> {
    let mut tags = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'<')
        .map(|(at, _)| &bytes[at..]);
    tags.find_map(|rest| {
        let is_it = |tag: &[u8]| {
            let first = rest.get(..tag.len());
            first.is_some_and(|first| first.eq_ignore_ascii_case(tag))
        };
        MARKUP
            .iter()
            .find(|(tag, _)| is_it(tag))
            .map(|(_, why)| *why)
    })
}

/// A ZIP archive (also JAR, APK, DOCX) is read from its end: a record of 22 bytes and a comment
/// of up to 65,535.
fn ends_as_zip(bytes: &[u8]) -> bool {
    const RECORD: usize = 22;
    let from = bytes.len().saturating_sub(RECORD + usize::from(u16::MAX));
    let end = &bytes[from..];
    end.windows(RECORD).enumerate().any(|(at, record)| {
        let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
        // An archive may itself be followed by something: readers accept a comment that is cut.
        record.starts_with(b"PK\x05\x06") && at + RECORD + comment >= end.len().saturating_sub(64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_first_bytes() {
        let cases: [(&[u8], Result<Format, Refused>); 17] = [
            (b"\xff\xd8\xff\xe0", Ok(Format::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Ok(Format::Png)),
            (b"RIFF\0\0\0\0WEBP", Ok(Format::WebP)),
            (b"", Err(Refused::Empty)),
            (b"\xff", Err(Refused::NotAPicture)),
            (b"RIFF\0\0\0\0WAVE", Err(Refused::NotAPicture)),
            (b"GIF89a", Err(Refused::Gif)),
            (b"%PDF-1.7", Err(Refused::Pdf)),
            (b"junk before %PDF-1.7", Err(Refused::Pdf)),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", Err(Refused::Avif)),
            (b"\0\0\0\x1cftypmif1\0\0\0\0avif", Err(Refused::Avif)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1", Err(Refused::Heic)),
            (b"\0\0\0\x18ftypisom\0\0\0\0mp42", Err(Refused::NotAPicture)),
            (
                b"<?xml version='1.0'?>\n<svg onload='alert(1)'/>",
                Err(Refused::Svg),
            ),
            (b"\xef\xbb\xbf  <!DOCTYPE HTML><p>", Err(Refused::Html)),
            (b"<SCRIPT>alert(1)</SCRIPT>", Err(Refused::Html)),
            (b"PK\x03\x04", Err(Refused::NotAPicture)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(
                sniff(bytes),
                expected,
                "{:?}",
                bytes.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn a_declared_type_names_a_format() {
        for format in Format::ALL {
            assert_eq!(Format::of_media_type(format.media_type()), Some(format));
        }
        assert_eq!(Format::of_media_type("IMAGE/JPEG"), Some(Format::Jpeg));
        assert_eq!(Format::of_media_type("image/svg+xml"), None);
    }

    #[test]
    fn an_archive_is_found_at_the_end() {
        let mut bytes = b"anything".to_vec();
        bytes.extend(b"PK\x05\x06");
        bytes.extend([0; 16]);
        bytes.extend([5, 0]);
        bytes.extend(b"hello");
        assert!(ends_as_zip(&bytes));
        // The same four bytes by chance, somewhere in a picture.
        bytes.extend([1; 200]);
        assert!(!ends_as_zip(&bytes));
        assert!(!ends_as_zip(b"PK"));
    }
}
