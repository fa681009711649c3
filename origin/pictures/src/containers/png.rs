//! PNG (ISO/IEC 15948, clause 5): a signature and chunks, each with its length, kind and checksum.

use super::{Bytes, Frame, length};
use crate::{Refused, format::PNG_SIGNATURE, header::Depth};

struct Chunk<'a> {
    kind: &'a [u8],
    content: &'a [u8],
    /// With its length, kind and checksum.
    whole: &'a [u8],
}

fn chunk<'a>(rest: &mut Bytes<'a>) -> Result<Chunk<'a>, Refused> {
    let from = rest.0;
    let count = length(u32::from_be_bytes(rest.array()?))?;
    let kind = rest.take(4)?;
    let content = rest.take(count)?;
    let _checksum = rest.take(4)?;
    Ok(Chunk {
        kind,
        content,
        whole: &from[..from.len() - rest.0.len()],
    })
}

pub(crate) fn walk(bytes: &[u8]) -> Result<Frame, Refused> {
    let mut rest = Bytes(bytes);
    let _signature = rest.take(PNG_SIGNATURE.len())?;
    let first = chunk(&mut rest)?;
    if first.kind != b"IHDR" {
        return Err(Refused::Broken);
    }
    let (width, height, depth) = header(first.content)?;
    let mut has_pixels = false;
    loop {
        let next = chunk(&mut rest)?;
        match next.kind {
            b"IDAT" => has_pixels = true,
            b"acTL" => return Err(Refused::Animated),
            b"IHDR" => return Err(Refused::Broken),
            b"IEND" => break,
            _ => {}
        }
    }
    if !has_pixels {
        return Err(Refused::Broken);
    }
    Ok(Frame {
        width,
        height,
        depth,
        end: bytes.len() - rest.0.len(),
    })
}

fn header(content: &[u8]) -> Result<(u32, u32, Depth), Refused> {
    let mut rest = Bytes(content);
    let width = u32::from_be_bytes(rest.array()?);
    let height = u32::from_be_bytes(rest.array()?);
    let [bits, ..] = rest.array::<5>()?;
    if !rest.0.is_empty() || width == 0 || height == 0 {
        return Err(Refused::Broken);
    }
    let depth = match bits {
        1 | 2 | 4 | 8 => Depth::UpTo8,
        16 => Depth::Of16,
        _ => return Err(Refused::Broken),
    };
    Ok((width, height, depth))
}

/// The file with those chunks only that change how it looks. Texts may be compressed a thousandfold, and
/// the decoder would keep them.
pub(crate) fn essential(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = Bytes(bytes);
    kept.extend(rest.take(PNG_SIGNATURE.len())?);
    loop {
        let next = chunk(&mut rest)?;
        if let b"IHDR" | b"PLTE" | b"tRNS" | b"iCCP" | b"eXIf" | b"IDAT" | b"IEND" = next.kind {
            kept.extend(next.whole);
        }
        if next.kind == b"IEND" {
            return Ok(kept);
        }
    }
}
