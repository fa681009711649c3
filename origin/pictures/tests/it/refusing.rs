//! Every file that is refused, and why.

use std::time::{Duration, Instant};

use image::{DynamicImage, GrayImage, ImageFormat};
use pictures::{MAX_BYTES, Purpose, Refused, Stop, inspect, process, sniff};

use crate::making::{
    Coding, deflated, file, flag, grey_jpeg, jpeg, jpeg_segment, photo, png, png_chunk, png_of,
    riff, webp, with_jpeg_segment, with_png_chunk,
};

const RGB_8: [u8; 2] = [8, 2];

fn refused(bytes: &[u8]) -> Refused {
    let why = process(bytes, Purpose::Logo, &Stop::default());
    why.expect_err("this file was taken")
}

/// Refused without a look at a pixel.
fn refused_by_header(bytes: &[u8]) -> Refused {
    let why = inspect(bytes, Purpose::Logo).expect_err("this header was taken");
    assert_eq!(refused(bytes), why);
    why
}

fn appended(file: &[u8], more: &[u8]) -> Vec<u8> {
    [file, more].concat()
}

#[test]
fn what_is_too_short_or_too_long_is_refused() {
    assert_eq!(refused_by_header(b""), Refused::Empty);
    for byte in [0x00, 0x89, 0xff, b'<', b'R'] {
        assert_eq!(refused_by_header(&[byte]), Refused::NotAPicture);
    }
    let mut long = jpeg(&flag(300, 300));
    // As long as it may be: more bytes are no picture, but not too many.
    long.resize(MAX_BYTES, 0);
    assert!(inspect(&long, Purpose::Logo).is_ok());
    long.push(0);
    assert_eq!(refused_by_header(&long), Refused::TooManyBytes);
}

#[test]
fn a_picture_that_ends_early_is_refused_wherever_it_ends() {
    let picture = flag(300, 300);
    for whole in [jpeg(&picture), png(&picture), webp(&picture)] {
        let format = sniff(&whole);
        for length in (12..whole.len()).step_by(7).chain([whole.len() - 1]) {
            let why = refused_by_header(&whole[..length]);
            assert_eq!(why, Refused::Truncated, "{length} bytes of {format:?}");
        }
    }
}

#[test]
fn a_file_that_declares_a_huge_picture_is_refused_by_its_header() {
    let bomb = png_of(60_000, 60_000, RGB_8, &[png_chunk(b"IDAT", &[])]);
    assert!(bomb.len() < 80);
    assert_eq!(refused_by_header(&bomb), Refused::SideTooLong);
    let bomb = png_of(u32::MAX, 1, RGB_8, &[png_chunk(b"IDAT", &[])]);
    assert_eq!(refused_by_header(&bomb), Refused::SideTooLong);
    let many = png_of(12_000, 12_000, RGB_8, &[png_chunk(b"IDAT", &[])]);
    assert_eq!(refused_by_header(&many), Refused::TooManyPixels);
    let deep = png_of(5_000, 5_000, [16, 2], &[png_chunk(b"IDAT", &[])]);
    assert_eq!(refused_by_header(&deep), Refused::TooManyPixels);
    let nothing = png_of(0, 300, RGB_8, &[png_chunk(b"IDAT", &[])]);
    assert_eq!(refused_by_header(&nothing), Refused::Broken);
    let mut header = b"\x2f".to_vec();
    header.extend((16_383_u32 | 16_383 << 14).to_le_bytes());
    let huge = riff(&[(b"VP8L", &header)]);
    assert_eq!(refused_by_header(&huge), Refused::SideTooLong);
    let small = png(&flag(199, 300));
    assert_eq!(refused_by_header(&small), Refused::TooSmall(Purpose::Logo));
}

/// 100 MB of zeros are 100 KB of a file.
#[test]
fn pixels_without_end_are_not_inflated_without_end() {
    let bomb = png_chunk(b"IDAT", &deflated(&vec![0; 100_000_000]));
    assert!(bomb.len() < 200_000);
    let begun = Instant::now();
    let many = bomb.repeat(50);
    let file = png_of(300, 300, RGB_8, &[many]);
    // The decoder stops after the last row; what the file shows is a black square.
    let taken = process(&file, Purpose::Logo, &Stop::default());
    assert!(matches!(taken, Ok(_) | Err(Refused::Broken)), "{taken:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    // Too few pixels.
    let short = png_of(
        300,
        300,
        RGB_8,
        &[png_chunk(b"IDAT", &deflated(&[0; 1000]))],
    );
    assert_eq!(refused(&short), Refused::Broken);
    let garbage = png_of(300, 300, RGB_8, &[png_chunk(b"IDAT", b"no zlib")]);
    assert_eq!(refused(&garbage), Refused::Broken);
}

#[test]
fn animations_are_refused() {
    let picture = png(&flag(300, 300));
    let frames = with_png_chunk(&picture, b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    assert_eq!(refused_by_header(&frames), Refused::Animated);

    let mut canvas = vec![0b10, 0, 0, 0];
    canvas.extend([43, 1, 0, 43, 1, 0]);
    let announced = riff(&[(b"VP8X", &canvas), (b"ANIM", &[0; 6])]);
    assert_eq!(refused_by_header(&announced), Refused::Animated);
    canvas[0] = 0;
    let unannounced = riff(&[(b"VP8X", &canvas), (b"ANMF", &[0; 24])]);
    assert_eq!(refused_by_header(&unannounced), Refused::Animated);
    assert_eq!(
        refused_by_header(b"GIF89a\x2c\x01\x2c\x01\0\0\0;"),
        Refused::Gif
    );
}

#[test]
fn colours_for_printers_are_refused() {
    let cmyk = grey_jpeg(300, 300, 4, Coding::Baseline);
    assert_eq!(refused_by_header(&cmyk), Refused::Cmyk);
    let two = grey_jpeg(300, 300, 2, Coding::Baseline);
    assert_eq!(refused_by_header(&two), Refused::Unsupported);
}

#[test]
fn other_kinds_of_files_are_refused_by_name() {
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    assert_eq!(refused_by_header(svg), Refused::Svg);
    // Whatever its name and declared type were.
    let html = b"<!DOCTYPE html><html><script src=//example.org></script></html>";
    assert_eq!(refused_by_header(html), Refused::Html);
    assert_eq!(refused_by_header(b"%PDF-1.4\n%\xe2\xe3"), Refused::Pdf);
    assert_eq!(
        refused_by_header(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1"),
        Refused::Avif
    );
    assert_eq!(
        refused_by_header(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        Refused::Heic
    );
    let gradient = DynamicImage::ImageLuma8(GrayImage::new(300, 300));
    let bitmap = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0";
    assert_eq!(refused_by_header(bitmap), Refused::NotAPicture);
    assert!(inspect(&file(&gradient, ImageFormat::Png), Purpose::Logo).is_ok());
}

#[test]
fn a_picture_that_is_also_something_else_is_refused() {
    let picture = flag(300, 300);
    let archive = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0\x40\0\0\0\0\0";
    for whole in [jpeg(&picture), png(&picture), webp(&picture)] {
        let page = appended(&whole, b"<html><script>alert(1)</script>");
        assert_eq!(refused_by_header(&page), Refused::Polyglot);
        let zip = appended(&whole, archive);
        assert_eq!(refused_by_header(&zip), Refused::Polyglot);
        let unknown = appended(&whole, b"anything else");
        assert_eq!(refused_by_header(&unknown), Refused::TrailingData);
    }
    let header_and_page = b"\xff\xd8\xff\xe0<!DOCTYPE html><script>alert(1)</script>";
    assert_eq!(refused_by_header(header_and_page), Refused::Polyglot);
    let comment = with_jpeg_segment(&jpeg(&picture), 0xfe, b"<script>alert(1)</script>");
    assert_eq!(refused_by_header(&comment), Refused::Polyglot);
    let document = with_jpeg_segment(&jpeg(&picture), 0xfe, b"%PDF-1.4\n1 0 obj");
    assert_eq!(refused_by_header(&document), Refused::Polyglot);
    let text = with_png_chunk(&png(&picture), b"tEXt", b"Comment\0<svg onload=alert(1)>");
    assert_eq!(refused_by_header(&text), Refused::Polyglot);
    // An archive that readers find although a JPEG is behind it.
    let hidden = [&jpeg(&picture)[..], archive, &[0xff, 0xd8, 0xff, 0xd9]].concat();
    assert_ne!(refused_by_header(&hidden), Refused::Broken);
    // Its length says where a WebP ends.
    let mut short = webp(&picture);
    let length = u32::from_le_bytes(short[4..8].try_into().unwrap()) + 2;
    short[4..8].copy_from_slice(&length.to_le_bytes());
    assert_eq!(refused_by_header(&short), Refused::Truncated);
    let long = appended(&webp(&picture), &[0, 0]);
    assert_eq!(refused_by_header(&long), Refused::TrailingData);
}

#[test]
fn a_file_that_breaks_its_format_is_refused() {
    let picture = flag(300, 300);
    let png = png(&picture);
    let twice = with_png_chunk(&png, b"IHDR", &png[16..29]);
    assert_eq!(refused_by_header(&twice), Refused::Broken);
    assert_eq!(
        refused_by_header(&png_of(300, 300, RGB_8, &[])),
        Refused::Broken
    );
    assert_eq!(
        refused_by_header(&png_of(300, 300, [9, 2], &[])),
        Refused::Broken
    );

    let jpeg = jpeg(&picture);
    assert_eq!(
        refused_by_header(&appended(&jpeg[..2], &jpeg)),
        Refused::Broken
    );
    let no_scan = [&[0xff, 0xd8][..], &jpeg_segment(0xfe, b"x"), &[0xff, 0xd9]].concat();
    assert_eq!(refused_by_header(&no_scan), Refused::Broken);
    let lossless = with_jpeg_segment(&jpeg, 0xc3, &[0; 9]);
    assert_eq!(refused_by_header(&lossless), Refused::Unsupported);

    let mut canvas = vec![0; 4];
    canvas.extend([43, 1, 0, 44, 1, 0]);
    let pixels = &webp(&picture)[20..];
    let other_canvas = riff(&[(b"VP8X", &canvas), (b"VP8L", pixels)]);
    assert_eq!(refused_by_header(&other_canvas), Refused::Broken);
}

/// Each scan costs a pass over all pixels, for twenty bytes.
#[test]
fn a_jpeg_of_a_thousand_scans_is_refused() {
    let mut file = grey_jpeg(4_000, 4_000, 3, Coding::Progressive);
    file.truncate(file.len() - 2);
    let empty_scan = [&jpeg_segment(0xda, &[1, 1, 0, 1, 63, 0])[..], &[0x7f; 100]].concat();
    for _ in 0..1000 {
        file.extend(&empty_scan);
    }
    file.extend([0xff, 0xd9]);
    assert_eq!(refused_by_header(&file), Refused::TooManyScans);
}

#[test]
fn what_phones_write_behind_a_picture_is_left_behind() {
    let whole = jpeg(&photo(400, 300));
    let film = b"\0\0\0\x18ftypisom\0\0\0\0mp42 and frames";
    let samsung = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1533000000000SEFHk\0\0\0SEFT";
    for more in [&whole[..], film, samsung, &[0; 100], b""] {
        let taken = process(&appended(&whole, more), Purpose::Logo, &Stop::default());
        let alone = process(&whole, Purpose::Logo, &Stop::default());
        assert_eq!(taken, alone);
    }
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let all = [
        Refused::Empty,
        Refused::TooManyBytes,
        Refused::NotAPicture,
        Refused::Svg,
        Refused::Gif,
        Refused::Pdf,
        Refused::Html,
        Refused::Avif,
        Refused::Heic,
        Refused::Polyglot,
        Refused::TrailingData,
        Refused::Truncated,
        Refused::Broken,
        Refused::Unsupported,
        Refused::TooManyScans,
        Refused::Animated,
        Refused::Cmyk,
        Refused::SideTooLong,
        Refused::TooManyPixels,
        Refused::TooSmall(Purpose::Offer),
        Refused::TooNarrow(Purpose::Offer),
        Refused::Stopped,
    ];
    let page = include_str!("../../../../docs/pictures.md");
    let mut codes = std::collections::HashSet::new();
    for why in all {
        assert!(codes.insert(why.code()), "{}", why.code());
        let is_there = page.contains(&format!("`{}`", why.code()));
        assert!(is_there, "docs/pictures.md lacks {}", why.code());
    }
    assert_eq!(
        Refused::TooSmall(Purpose::Offer).to_string(),
        "the picture is smaller than 640 × 360 pixels"
    );
}
