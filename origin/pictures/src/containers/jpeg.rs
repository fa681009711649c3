//! JPEG (ITU-T T.81, annex B): segments, each behind a marker, and compressed data between them.

use super::{Bytes, Frame};
use crate::{Refused, header::Depth};

/// Each scan of a progressive picture costs a pass over all of its pixels, however few bytes it
/// has. Programs write about ten.
const MAX_SCANS: u32 = 64;

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

pub(crate) fn walk(bytes: &[u8]) -> Result<Frame, Refused> {
    let mut rest = Bytes(bytes);
    let mut frame = None;
    let mut scans = 0;
    let _start = rest.take(2)?;
    loop {
        match marker(&mut rest)? {
            END => break,
            // Restarts and a private use of arithmetic coding: no segment.
            0x01 | 0xd0..=0xd7 => {}
            // A second start.
            0x00 | 0xd8 => return Err(Refused::Broken),
            0xc0..=0xc2 => {
                let found = start_of_frame(segment(&mut rest)?)?;
                if frame.replace(found).is_some() {
                    return Err(Refused::Broken);
                }
            }
            // Lossless, hierarchical and arithmetic ones; 0xc4 and 0xcc are tables, 0xc8 is reserved.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(Refused::Unsupported),
            SCAN => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(Refused::TooManyScans);
                }
                if frame.is_none() {
                    return Err(Refused::Broken);
                }
                segment(&mut rest)?;
                skip_compressed(&mut rest)?;
            }
            _ => {
                segment(&mut rest)?;
            }
        }
    }
    let (width, height) = frame.ok_or(Refused::Broken)?;
    if scans == 0 {
        return Err(Refused::Broken);
    }
    Ok(Frame {
        width,
        height,
        depth: Depth::UpTo8,
        end: bytes.len() - rest.0.len(),
    })
}

/// The byte after any number of 0xff, at least one.
fn marker(rest: &mut Bytes<'_>) -> Result<u8, Refused> {
    let [first] = rest.array()?;
    if first != 0xff {
        return Err(Refused::Broken);
    }
    loop {
        let [code] = rest.array()?;
        if code != 0xff {
            return Ok(code);
        }
    }
}

/// A segment's content. Its length counts the length's own two bytes.
fn segment<'a>(rest: &mut Bytes<'a>) -> Result<&'a [u8], Refused> {
    let length = usize::from(u16::from_be_bytes(rest.array()?));
    rest.take(length.checked_sub(2).ok_or(Refused::Broken)?)
}

fn start_of_frame(content: &[u8]) -> Result<(u32, u32), Refused> {
    let mut rest = Bytes(content);
    let [precision] = rest.array()?;
    let height = u16::from_be_bytes(rest.array()?);
    let width = u16::from_be_bytes(rest.array()?);
    let [components] = rest.array()?;
    if rest.0.len() != usize::from(components) * 3 {
        return Err(Refused::Broken);
    }
    // A height of 0 comes in a later segment (DNL), in theory.
    if width == 0 || height == 0 {
        return Err(Refused::Broken);
    }
    match (precision, components) {
        (8, 1 | 3) => Ok((width.into(), height.into())),
        (8, 4) => Err(Refused::Cmyk),
        _ => Err(Refused::Unsupported),
    }
}

/// Up to the next marker: within compressed data 0xff is followed by 0, or is a restart.
fn skip_compressed(rest: &mut Bytes<'_>) -> Result<(), Refused> {
    loop {
        let at = rest.0.iter().position(|byte| *byte == 0xff);
        let at = at.ok_or(Refused::Truncated)?;
        match rest.0.get(at + 1) {
            None => return Err(Refused::Truncated),
            Some(0x00 | 0xd0..=0xd7) => rest.0 = &rest.0[at + 2..],
            Some(0xff) => rest.0 = &rest.0[at + 1..],
            Some(_) => {
                rest.0 = &rest.0[at..];
                return Ok(());
            }
        }
    }
}
