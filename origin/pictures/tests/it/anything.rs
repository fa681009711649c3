//! Bytes that nobody thought of.

use image::DynamicImage;
use pictures::{MAX_SIDE, Purpose, Stop, inspect, process};
use proptest::{collection::vec, prelude::*};

use crate::making::{exif, flag, jpeg, logo, png, webp, with_jpeg_segment, with_png_chunk};

/// Small files of each kind, with metadata.
fn samples() -> Vec<Vec<u8>> {
    let picture = flag(204, 201);
    let exif = exif(6);
    vec![
        with_jpeg_segment(&jpeg(&picture), 0xe1, &[b"Exif\0\0", &exif[..]].concat()),
        jpeg(&picture.grayscale()),
        with_png_chunk(&png(&picture), b"eXIf", &exif),
        png(&DynamicImage::ImageRgba16(logo(201).into_rgba16())),
        webp(&picture),
        webp(&logo(201)),
    ]
}

/// Whatever comes out, it comes out, and is within bounds.
fn check(bytes: &[u8]) {
    for purpose in [Purpose::Avatar, Purpose::Logo] {
        let Ok(header) = inspect(bytes, purpose) else {
            continue;
        };
        assert!(header.width <= MAX_SIDE && header.height <= MAX_SIDE);
        if let Ok(processed) = process(bytes, purpose, &Stop::default()) {
            assert!(!processed.variants.is_empty());
        }
    }
}

#[derive(Clone, Debug)]
enum Change {
    Byte(usize, u8),
    Cut(usize),
    Twice(usize, usize),
    Insert(usize, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<usize>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        // Headers are at the front.
        4 => (0_usize..64, any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => at().prop_map(Change::Cut),
        1 => (at(), at()).prop_map(|(from, to)| Change::Twice(from, to)),
        1 => (at(), vec(any::<u8>(), 0..20)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

fn changed(mut file: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if file.is_empty() {
            break;
        }
        let within = |at: usize| at % file.len();
        match change {
            Change::Byte(at, byte) => {
                let at = within(*at);
                file[at] = *byte;
            }
            Change::Cut(at) => file.truncate(within(*at)),
            Change::Twice(from, to) => {
                let (from, to) = (within(*from), within(*to));
                let part = file[from.min(to)..from.max(to)].to_vec();
                file.splice(to..to, part);
            }
            Change::Insert(at, bytes) => {
                let at = within(*at);
                file.splice(at..at, bytes.iter().copied());
            }
        }
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn no_bytes_behind_a_signature_panic(
        which in 0_usize..3,
        bytes in vec(any::<u8>(), 0..400),
    ) {
        let signature: [&[u8]; 3] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"RIFF\x80\0\0\0WEBPVP8 "];
        check(&[signature[which], &bytes].concat());
    }

    #[test]
    fn no_changed_picture_panics(which in 0_usize..6, changes in vec(change(), 1..6)) {
        check(&changed(samples().swap_remove(which), &changes));
    }
}
