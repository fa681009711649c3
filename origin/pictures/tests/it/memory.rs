//! How much memory the worst pictures take. libwebp allocates in C, so the system counts, in a
//! process for each picture.

use std::{fs, path::Path, process::Command};

use image::{DynamicImage, RgbaImage};
use pictures::{MAX_BYTES, PEAK_BYTES, Purpose, Stop, process};

use crate::making::{
    Coding, deflated_zeros, exif, grey_jpeg, png_chunk, png_of, webp, with_jpeg_segment,
    with_png_chunk,
};

/// Names the file that this process is to measure.
const FILE: &str = "PICTURES_TEST_FILE";

/// An all-black picture with as many pixels as are allowed, interlaced or not.
fn large_png(width: u32, height: u32, bits_and_colour: [u8; 2], bytes_a_pixel: u64) -> Vec<u8> {
    // Each row has a byte more, and an interlaced picture almost twice as many rows.
    let bytes = u64::from(height) * (2 + u64::from(width) * bytes_a_pixel);
    png_of(
        width,
        height,
        bits_and_colour,
        &[png_chunk(b"IDAT", &deflated_zeros(bytes))],
    )
}

fn interlaced(mut file: Vec<u8>) -> Vec<u8> {
    // The last byte of the header's content, and its checksum.
    file[28] = 1;
    let header = png_chunk(b"IHDR", &file[16..29]);
    file.splice(8..33, header);
    file
}

fn worst() -> Vec<(&'static str, Vec<u8>)> {
    let turned = [b"Exif\0\0", &exif(6)[..]].concat();
    let black = RgbaImage::new(8_000, 5_000);
    let mut longest = grey_jpeg(8_000, 5_000, 3, Coding::Progressive);
    longest.resize(MAX_BYTES, 0);
    vec![
        ("progressive JPEG of 10 MiB", longest),
        (
            "high progressive JPEG",
            grey_jpeg(3_992, 10_016, 3, Coding::Progressive),
        ),
        (
            "baseline JPEG",
            grey_jpeg(8_000, 5_000, 3, Coding::Baseline),
        ),
        (
            "turned JPEG",
            with_jpeg_segment(
                &grey_jpeg(10_016, 3_992, 3, Coding::Progressive),
                0xe1,
                &turned,
            ),
        ),
        ("high PNG", large_png(3_650, 10_950, [8, 6], 4)),
        ("deep PNG", large_png(2_580, 7_740, [16, 6], 8)),
        (
            "turned PNG",
            with_png_chunk(&large_png(10_950, 3_650, [8, 6], 4), b"eXIf", &exif(8)),
        ),
        (
            "interlaced PNG",
            interlaced(large_png(8_000, 5_000, [8, 6], 4)),
        ),
        ("WebP", webp(&DynamicImage::ImageRgba8(black))),
    ]
}

#[test]
fn the_worst_pictures_stay_within_the_bound() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("measured-picture");
    let mut over = Vec::new();
    for (name, bytes) in worst() {
        assert!(bytes.len() <= MAX_BYTES, "{name}: {} bytes", bytes.len());
        fs::write(&file, &bytes).unwrap();
        let measured = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "memory::processes_the_file_that_it_is_given",
                "--nocapture",
            ])
            .env(FILE, &file)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&measured.stdout).into_owned();
        assert!(measured.status.success(), "{name}: {output}");
        let line = output.lines().find_map(|line| line.split_once("peak: "));
        let peak: usize = line.expect(&output).1.parse().unwrap();
        println!("{name}: {} MiB", peak >> 20);
        if peak > PEAK_BYTES {
            over.push(name);
        }
    }
    fs::remove_file(&file).unwrap();
    assert!(
        over.is_empty(),
        "more than {} MiB: {over:?}",
        PEAK_BYTES >> 20
    );
}

/// Does nothing unless the test above starts it.
#[test]
fn processes_the_file_that_it_is_given() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let before = kib("VmRSS:") * 1024;
    let bytes = fs::read(file).unwrap();
    let begun = std::time::Instant::now();
    process(&bytes, Purpose::Logo, &Stop::default()).unwrap();
    println!("took {:?}", begun.elapsed());
    println!("peak: {}", kib("VmHWM:") * 1024 - before);
}

/// A line of what Linux says of this process.
fn kib(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}
