//! WebP (RFC 9649): RIFF chunks.

use super::{Bytes, Frame, length};
use crate::{Refused, header::Depth};

/// In the flags of an extended header.
const ANIMATION: u8 = 0b10;

pub(crate) fn walk(bytes: &[u8]) -> Result<Frame, Refused> {
    let mut rest = Bytes(bytes);
    let _riff = rest.take(4)?;
    let size = length(u32::from_le_bytes(rest.array()?))?;
    let mut chunks = Bytes(rest.take(size)?);
    let end = bytes.len() - rest.0.len();
    let _webp = chunks.take(4)?;

    let mut canvas = None;
    let mut picture = None;
    let mut is_first = true;
    while !chunks.0.is_empty() {
        let (kind, content) = chunk(&mut chunks)?;
        match kind {
            b"VP8X" if is_first => canvas = Some(extended(content)?),
            b"VP8 " | b"VP8L" if picture.is_none() => {
                picture = Some(match kind {
                    b"VP8L" => lossless(content)?,
                    _ => lossy(content)?,
                });
            }
            b"VP8X" | b"VP8 " | b"VP8L" => return Err(Refused::Broken),
            b"ANIM" | b"ANMF" => return Err(Refused::Animated),
            _ => {}
        }
        is_first = false;
    }
    let (width, height) = picture.ok_or(Refused::Broken)?;
    if canvas.is_some_and(|canvas| canvas != (width, height)) || width == 0 || height == 0 {
        return Err(Refused::Broken);
    }
    Ok(Frame {
        width,
        height,
        depth: Depth::UpTo8,
        end,
    })
}

fn chunk<'a>(rest: &mut Bytes<'a>) -> Result<(&'a [u8], &'a [u8]), Refused> {
    let kind = rest.take(4)?;
    let count = length(u32::from_le_bytes(rest.array()?))?;
    let content = rest.take(count)?;
    // Chunks begin at even offsets.
    if count % 2 == 1 {
        let _padding = rest.take(1)?;
    }
    Ok((kind, content))
}

fn extended(content: &[u8]) -> Result<(u32, u32), Refused> {
    let mut rest = Bytes(content);
    let [flags, ..] = rest.array::<4>()?;
    if flags & ANIMATION != 0 {
        return Err(Refused::Animated);
    }
    let mut side = || -> Result<u32, Refused> {
        let [low, middle, high] = rest.array()?;
        Ok(u32::from_le_bytes([low, middle, high, 0]) + 1)
    };
    Ok((side()?, side()?))
}

/// RFC 6386, section 9.1: a key frame's tag, its start code and two sizes of 14 bits.
fn lossy(content: &[u8]) -> Result<(u32, u32), Refused> {
    let mut rest = Bytes(content);
    let [tag, ..] = rest.array::<3>()?;
    let is_key_frame = tag & 1 == 0;
    if !is_key_frame || rest.array()? != [0x9d, 0x01, 0x2a] {
        return Err(Refused::Broken);
    }
    let mut side =
        || -> Result<u32, Refused> { Ok(u32::from(u16::from_le_bytes(rest.array()?) & 0x3fff)) };
    Ok((side()?, side()?))
}

/// RFC 9649, section 3.4: a signature and two sizes of 14 bits, less one.
fn lossless(content: &[u8]) -> Result<(u32, u32), Refused> {
    let mut rest = Bytes(content);
    if rest.array()? != [0x2f] {
        return Err(Refused::Broken);
    }
    let bits = u32::from_le_bytes(rest.array()?);
    Ok(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}
