//! How each format arranges a file. Nothing here decodes a pixel; everything here reads bytes that
//! anybody may have made.

pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod webp;

use crate::{Format, Refused, header::Depth};

/// A picture in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) depth: Depth,
    /// The offset after its last byte.
    pub(crate) end: usize,
}

/// Reads from the front; the file's end is `Truncated`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refused::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Refused::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }
}

/// A length in a file, as this machine counts.
pub(crate) fn length(count: u32) -> Result<usize, Refused> {
    usize::try_from(count).map_err(|_| Refused::Truncated)
}

/// Phones write more behind a JPEG: the brightness of an HDR picture and previews as further JPEGs, a
/// short film, Samsung's notes. It is left behind; anything else is refused.
pub(crate) fn check_trailing(format: Format, trailing: &[u8]) -> Result<(), Refused> {
    let is_known = match format {
        Format::Jpeg => {
            let padding = trailing.iter().take_while(|byte| **byte == 0).count();
            let rest = &trailing[padding..];
            let is_film = trailing.get(4..8) == Some(b"ftyp");
            rest.is_empty()
                || rest.starts_with(&[0xff, 0xd8, 0xff])
                || is_film
                || trailing.ends_with(b"SEFT")
        }
        Format::Png | Format::WebP => trailing.is_empty(),
    };
    if is_known {
        Ok(())
    } else {
        Err(Refused::TrailingData)
    }
}
