//! Files of each format, down to the byte.

use std::io::{Cursor, Read, Write};

use flate2::{Compression, Crc, write::ZlibEncoder};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// Something like a photo: soft gradients, edges and noise.
pub(crate) fn photo(width: u32, height: u32) -> DynamicImage {
    let mut random = 1_u32;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(random >> 29) - 3.5;
        let (across, down) = (
            f64::from(x) / f64::from(width),
            f64::from(y) / f64::from(height),
        );
        let waves = (across * 40.0).sin() * (down * 23.0).cos() * 40.0;
        let is_roof = (across - 0.5).abs() < down - 0.3;
        let light = if is_roof { 60.0 } else { 190.0 - down * 90.0 };
        let colour = |part: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float becomes the nearest byte"
            )]
            let byte = (light * part + waves + noise) as u8;
            byte
        };
        Rgb([
            colour(1.0),
            colour(0.85 + 0.2 * across),
            colour(0.7 + 0.4 * down),
        ])
    });
    DynamicImage::ImageRgb8(picture)
}

/// Red, green and blue in thirds from the top, on one column that is the left half; the rest is
/// white.
pub(crate) fn flag(width: u32, height: u32) -> DynamicImage {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        match (x < width / 2, y * 3 / height) {
            (false, _) => Rgb([255; 3]),
            (true, 0) => Rgb([255, 0, 0]),
            (true, 1) => Rgb([0, 255, 0]),
            (true, _) => Rgb([0, 0, 255]),
        }
    });
    DynamicImage::ImageRgb8(picture)
}

pub(crate) fn logo(side: u32) -> DynamicImage {
    let picture = RgbaImage::from_fn(side, side, |x, y| {
        let is_inside = x.abs_diff(side / 2) + y.abs_diff(side / 2) < side / 3;
        Rgba(if is_inside {
            [200, 30, 60, 255]
        } else {
            [0; 4]
        })
    });
    DynamicImage::ImageRgba8(picture)
}

pub(crate) fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub(crate) fn jpeg(picture: &DynamicImage) -> Vec<u8> {
    file(picture, ImageFormat::Jpeg)
}

pub(crate) fn png(picture: &DynamicImage) -> Vec<u8> {
    file(picture, ImageFormat::Png)
}

pub(crate) fn webp(picture: &DynamicImage) -> Vec<u8> {
    file(picture, ImageFormat::WebP)
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes).unwrap();
    zlib.finish().unwrap()
}

/// So many zeros, a part at a time.
pub(crate) fn deflated_zeros(bytes: u64) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(bytes), &mut zlib).unwrap();
    zlib.finish().unwrap()
}

pub(crate) fn png_chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let mut checksum = Crc::new();
    checksum.update(kind);
    checksum.update(content);
    let length = u32::try_from(content.len()).unwrap();
    [
        &length.to_be_bytes(),
        kind,
        content,
        &checksum.sum().to_be_bytes(),
    ]
    .concat()
}

/// A PNG of these chunks between its header (of 8-bit RGB, unless it says otherwise) and its end.
pub(crate) fn png_of(
    width: u32,
    height: u32,
    bits_and_colour: [u8; 2],
    chunks: &[Vec<u8>],
) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend(bits_and_colour);
    header.extend([0; 3]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(png_chunk(b"IHDR", &header));
    file.extend(chunks.concat());
    file.extend(png_chunk(b"IEND", &[]));
    file
}

/// Puts chunks behind a PNG's header.
pub(crate) fn with_png_chunk(file: &[u8], kind: &[u8], content: &[u8]) -> Vec<u8> {
    let (header, rest) = file.split_at(8 + 12 + 13);
    [header, &png_chunk(kind, content), rest].concat()
}

pub(crate) fn jpeg_segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker], &length.to_be_bytes()[..], content].concat()
}

/// Puts a segment behind a JPEG's first two bytes.
pub(crate) fn with_jpeg_segment(file: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    [&file[..2], &jpeg_segment(marker, content), &file[2..]].concat()
}

/// How a JPEG stores its coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Baseline,
    /// The first scan alone; more may follow.
    Progressive,
}

/// A grey JPEG of any size and number of components, without subsampling: each block is a bit or two.
pub(crate) fn grey_jpeg(width: u16, height: u16, components: u8, coding: Coding) -> Vec<u8> {
    let (frame_marker, bits_a_block, spectrum) = match coding {
        Coding::Baseline => (0xc0, 2, [0, 63, 0]),
        Coding::Progressive => (0xc2, 1, [0, 0, 0]),
    };
    let mut frame = vec![8];
    frame.extend(height.to_be_bytes());
    frame.extend(width.to_be_bytes());
    frame.push(components);
    let mut scan = vec![components];
    for component in 1..=components {
        frame.extend([component, 0x11, 0]);
        scan.extend([component, 0]);
    }
    scan.extend(spectrum);
    // One code, `0`: no difference to the block before; in the other table, the end of a block.
    let table = |class: u8| {
        let mut table = vec![class << 4, 1];
        table.extend([0; 15]);
        table.push(0);
        table
    };
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    let bits = blocks * usize::from(components) * bits_a_block;
    let mut compressed = vec![0; bits / 8];
    // The last byte is filled up with ones.
    compressed.push(u8::MAX >> (bits % 8));
    if bits % 8 == 0 {
        compressed.pop();
    }
    [
        vec![0xff, 0xd8],
        jpeg_segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        jpeg_segment(frame_marker, &frame),
        jpeg_segment(0xc4, &table(0)),
        jpeg_segment(0xc4, &table(1)),
        jpeg_segment(0xda, &scan),
        compressed,
        vec![0xff, 0xd9],
    ]
    .concat()
}

pub(crate) fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut content = b"WEBP".to_vec();
    for (kind, chunk) in chunks {
        content.extend(*kind);
        content.extend(u32::try_from(chunk.len()).unwrap().to_le_bytes());
        content.extend(*chunk);
        content.resize(content.len().next_multiple_of(2), 0);
    }
    let length = u32::try_from(content.len()).unwrap();
    [b"RIFF", &length.to_le_bytes()[..], &content].concat()
}

/// An EXIF block (TIFF, big-endian) with an orientation and a position.
pub(crate) fn exif(orientation: u16) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut entry = Vec::new();
        entry.extend(tag.to_be_bytes());
        entry.extend(kind.to_be_bytes());
        entry.extend(count.to_be_bytes());
        entry.extend(value);
        entry
    };
    let short = |value: u16| {
        let [high, low] = value.to_be_bytes();
        [high, low, 0, 0]
    };
    let gps_at = 8 + 2 + 2 * 12 + 4;
    let latitude_at: u32 = gps_at + 2 + 2 * 12 + 4;
    let mut block = b"MM\0\x2a\0\0\0\x08".to_vec();
    block.extend([0, 2]);
    block.extend(entry(0x0112, 3, 1, short(orientation)));
    block.extend(entry(0x8825, 4, 1, gps_at.to_be_bytes()));
    block.extend([0; 4]);
    block.extend([0, 2]);
    block.extend(entry(1, 2, 2, *b"N\0\0\0"));
    block.extend(entry(2, 5, 3, latitude_at.to_be_bytes()));
    block.extend([0; 4]);
    for (count, of) in [(48_u32, 1_u32), (51, 1), (GPS_SECONDS, 1000)] {
        block.extend(count.to_be_bytes());
        block.extend(of.to_be_bytes());
    }
    block
}

/// Found in a file, it is the position.
pub(crate) const GPS_SECONDS: u32 = 0x5345_4352;
