//! What is made of pictures that are accepted.

use image::{DynamicImage, GenericImageView, ImageFormat, ImageReader, Rgb, Rgba};
use pictures::{Processed, Purpose, Refused, Stop, Variant, key, process};

use crate::making::{
    Coding, GPS_SECONDS, deflated, exif, flag, grey_jpeg, jpeg, logo, photo, png, riff, webp,
    with_jpeg_segment, with_png_chunk,
};

fn processed(bytes: &[u8], purpose: Purpose) -> Processed {
    process(bytes, purpose, &Stop::default()).unwrap()
}

fn shown(variant: &Variant) -> DynamicImage {
    let file = std::io::Cursor::new(&variant.webp);
    let picture = ImageReader::with_format(file, ImageFormat::WebP)
        .decode()
        .unwrap();
    assert_eq!(picture.dimensions(), (variant.width, variant.height));
    picture
}

fn last(processed: &Processed) -> &Variant {
    processed.variants.last().unwrap()
}

fn sizes(processed: &Processed) -> Vec<(u32, u32)> {
    let size = |variant: &Variant| (variant.width, variant.height);
    processed.variants.iter().map(size).collect()
}

/// At a part of the width and of the height.
fn colour(picture: &DynamicImage, across: f64, down: f64) -> [u8; 4] {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a length is a pixel"
    )]
    let at = |part: f64, length: u32| (part * f64::from(length)) as u32;
    picture
        .get_pixel(at(across, picture.width()), at(down, picture.height()))
        .0
}

#[track_caller]
fn assert_near(found: [u8; 4], expected: [u8; 3]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.abs_diff(expected) < 24,
            "{found:?} is not {expected:?}"
        );
    }
}

#[test]
fn each_format_becomes_the_same_variants() {
    let picture = photo(2_000, 1_500);
    for file in [jpeg(&picture), png(&picture), webp(&picture)] {
        let processed = processed(&file, Purpose::Offer);
        assert_eq!(
            sizes(&processed),
            [(320, 240), (640, 480), (1280, 960), (1920, 1440)]
        );
        for variant in &processed.variants {
            let shown = shown(variant);
            for (across, down) in [(0.1, 0.1), (0.5, 0.8), (0.9, 0.5)] {
                let [expected @ .., _] = colour(&picture, across, down);
                assert_near(colour(&shown, across, down), expected);
            }
        }
    }
}

#[test]
fn nothing_is_enlarged() {
    let cases = [
        ((200, 200), vec![(200, 200)]),
        ((320, 200), vec![(320, 200)]),
        ((321, 200), vec![(320, 199), (321, 200)]),
        ((1_000, 300), vec![(320, 96), (640, 192), (1_000, 300)]),
        ((300, 1_000), vec![(300, 1_000)]),
    ];
    for ((width, height), expected) in cases {
        let file = png(&flag(width, height));
        assert_eq!(sizes(&processed(&file, Purpose::Logo)), expected);
    }
}

#[test]
fn an_avatar_is_the_square_in_the_centre() {
    let lying = processed(&png(&flag(900, 600)), Purpose::Avatar);
    assert_eq!(sizes(&lying), [(320, 320), (600, 600)]);
    let picture = shown(last(&lying));
    // The border between colours and white stays in the middle; a fourth of the width is gone.
    assert_near(colour(&picture, 0.4, 0.1), [255, 0, 0]);
    assert_near(colour(&picture, 0.6, 0.1), [255, 255, 255]);
    let standing = processed(&png(&flag(400, 1_000)), Purpose::Avatar);
    assert_eq!(sizes(&standing), [(320, 320), (400, 400)]);
    let picture = shown(last(&standing));
    // From 30 % to 70 % of the height.
    assert_near(colour(&picture, 0.2, 0.02), [255, 0, 0]);
    assert_near(colour(&picture, 0.2, 0.5), [0, 255, 0]);
    assert_near(colour(&picture, 0.2, 0.98), [0, 0, 255]);
}

#[test]
fn a_camera_held_upright_gives_an_upright_picture_without_its_position() {
    let exif = exif(6);
    let as_stored = flag(900, 600);
    let in_jpeg = [b"Exif\0\0", &exif[..]].concat();
    let mut canvas = vec![0b1000, 0, 0, 0];
    canvas.extend([0x83, 3, 0, 0x57, 2, 0]);
    let pixels = &webp(&as_stored)[20..];
    let files = [
        with_jpeg_segment(&jpeg(&as_stored), 0xe1, &in_jpeg),
        with_png_chunk(&png(&as_stored), b"eXIf", &exif),
        riff(&[(b"VP8X", &canvas), (b"VP8L", pixels), (b"EXIF", &exif)]),
    ];
    let secret = GPS_SECONDS.to_be_bytes();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|some| some == part);
    for file in files {
        assert!(has(&file, &secret));
        let processed = processed(&file, Purpose::Offer);
        assert_eq!(sizes(&processed), [(320, 480), (600, 900)]);
        let picture = shown(last(&processed));
        // Turned clockwise: what was the left half, from the bottom, is on top.
        assert_near(colour(&picture, 0.1, 0.2), [0, 0, 255]);
        assert_near(colour(&picture, 0.5, 0.2), [0, 255, 0]);
        assert_near(colour(&picture, 0.9, 0.2), [255, 0, 0]);
        assert_near(colour(&picture, 0.5, 0.8), [255, 255, 255]);
        for variant in &processed.variants {
            assert!(!has(&variant.webp, &secret));
            for kind in [b"EXIF", b"Exif", b"XMP ", b"ICCP"] {
                assert!(!has(&variant.webp, kind), "{kind:?}");
            }
        }
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    let upright = flag(900, 600);
    // What a camera stores when it must be turned so.
    let stored = [
        (1, upright.clone()),
        (2, upright.fliph()),
        (3, upright.rotate180()),
        (4, upright.flipv()),
        (5, upright.rotate90().fliph()),
        (6, upright.rotate270()),
        (7, upright.rotate270().fliph()),
        (8, upright.rotate90()),
    ];
    for (orientation, stored) in stored {
        let file = with_png_chunk(&png(&stored), b"eXIf", &exif(orientation));
        let processed = processed(&file, Purpose::Offer);
        assert_eq!(sizes(&processed), [(320, 213), (640, 427), (900, 600)]);
        let picture = shown(last(&processed));
        assert_near(colour(&picture, 0.2, 0.1), [255, 0, 0]);
        assert_near(colour(&picture, 0.2, 0.9), [0, 0, 255]);
        assert_near(colour(&picture, 0.8, 0.5), [255, 255, 255]);
    }
}

#[test]
fn transparency_stays_where_there_is_some() {
    let with = shown(last(&processed(&png(&logo(400)), Purpose::Logo)));
    assert_eq!(colour(&with, 0.02, 0.02)[3], 0);
    assert_eq!(colour(&with, 0.5, 0.5)[3], 255);
    assert_near(colour(&with, 0.5, 0.5), [200, 30, 60]);
    let opaque = DynamicImage::ImageRgba8(flag(400, 400).into_rgba8());
    assert!(
        !shown(last(&processed(&png(&opaque), Purpose::Logo)))
            .color()
            .has_alpha()
    );
}

#[test]
fn deep_and_grey_pictures_are_taken() {
    let grey = photo(800, 600).grayscale();
    let deep = DynamicImage::ImageRgba16(photo(800, 600).into_rgba16());
    let deep_grey = DynamicImage::ImageLumaA16(photo(2_400, 1_800).into_luma_alpha16());
    for picture in [grey, deep, deep_grey] {
        let shown = shown(&processed(&png(&picture), Purpose::Offer).variants[1]);
        let expected = DynamicImage::ImageRgb8(picture.into_rgb8());
        let [expected @ .., _] = colour(&expected, 0.5, 0.8);
        assert_near(colour(&shown, 0.5, 0.8), expected);
    }
    for coding in [Coding::Baseline, Coding::Progressive] {
        for components in [1, 3] {
            let file = grey_jpeg(801, 603, components, coding);
            let shown = shown(last(&processed(&file, Purpose::Offer)));
            assert_near(colour(&shown, 0.5, 0.5), [128; 3]);
        }
    }
}

/// Display P3, as telephones write it, made by the crate that also reads it.
#[test]
fn a_profile_is_converted_and_a_broken_one_dropped() {
    let red = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(700, 400, Rgb([200, 60, 60])));
    let with = |profile: &[u8]| {
        let content = [b"p\0\0", &deflated(profile)[..]].concat();
        let file = with_png_chunk(&png(&red), b"iCCP", &content);
        colour(&shown(last(&processed(&file, Purpose::Offer))), 0.5, 0.5)
    };
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let [converted @ .., _] = with(&p3);
    // The same red has a greater number in sRGB, whose own red is less red.
    assert!(converted[0] > 208 && converted[1] < 56, "{converted:?}");
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    for same in [&srgb[..], b"no profile", &p3[..200]] {
        assert_near(with(same), [200, 60, 60]);
    }
}

/// Texts of a picture, compressed a thousandfold.
#[test]
fn texts_are_not_read() {
    let bomb = [b"Comment\0\0", &deflated(&vec![b'x'; 50_000_000])[..]].concat();
    let plain = png(&flag(300, 300));
    let file = with_png_chunk(&plain, b"zTXt", &bomb);
    assert_eq!(
        processed(&file, Purpose::Logo),
        processed(&plain, Purpose::Logo)
    );
}

#[test]
fn the_same_picture_has_the_same_key_and_blurhash() {
    let file = png(&photo(800, 600));
    let (first, again) = (
        processed(&file, Purpose::Offer),
        processed(&file, Purpose::Offer),
    );
    assert_eq!(first, again);
    insta::assert_snapshot!(first.blurhash, @"LcFO_dn9xuo2~njIayj[xrjtNGbF");
    let other = processed(&file, Purpose::Establishment);
    assert_ne!(other.hash, first.hash);
    assert_eq!(other.variants, first.variants);
    let key = key(&first.hash, 640);
    let hash = first.hash.to_string();
    assert_eq!(key, format!("pictures/{}/{hash}/640.webp", &hash[..2]));
}

/// Clients draw these: another version of the crate may not change them.
#[test]
fn a_gradient_has_this_blurhash() {
    let gradient = |width: u32, height: u32| {
        let picture = image::RgbaImage::from_fn(width, height, |x, y| {
            let part = |of: u32, length: u32| u8::try_from(of * 255 / length).unwrap();
            Rgba([part(x, width), part(y, height), 128, 255])
        });
        processed(&png(&DynamicImage::ImageRgba8(picture)), Purpose::Logo).blurhash
    };
    insta::assert_snapshot!(gradient(640, 400), @"L#HV9Z2Y$5Sgl}azjtf7gJfjfQfj");
    insta::assert_snapshot!(gradient(400, 640), @"T#HV9Z2swxhpazjtgcfjfQi~a|jt");
    insta::assert_snapshot!(gradient(400, 400), @"U#HV9a2Y$5Sghpazjtf7gcfjfQfji~a|jtfQ");
    // Transparent is white.
    insta::assert_snapshot!(processed(&png(&logo(400)), Purpose::Logo).blurhash, @"UnSFLys:.mt7s:fQj[fQ.mj[H?ayt7fQayfQ");
}

#[test]
fn stopped_work_ends() {
    let stop = Stop::default();
    stop.stop();
    let stopped = process(&png(&flag(300, 300)), Purpose::Logo, &stop);
    assert_eq!(stopped, Err(Refused::Stopped));
}
