//! Reads arbitrary bytes as a CSV file of places: every line must be a place or be counted as left
//! out, and how lines end must not matter.
#![no_main]

use domain::catalogue::import::Places;
use libfuzzer_sys::fuzz_target;

/// Any moment: families are made for it.
const NOW_MS: i64 = 1_790_000_000_000;

fuzz_target!(|input: &[u8]| {
    let Ok(read) = Places::read(input) else {
        return;
    };
    assert!(read.bad_lines.is_sorted_by(|(a, _), (b, _)| a < b));
    if let Some(place) = read.places.first() {
        assert_eq!(place.family(NOW_MS), place.family(NOW_MS));
    }
    // Line ends of UTF-16 are two bytes each.
    if input.contains(&b'\r') || read.format.encoding.starts_with("UTF-16") {
        return;
    }
    let lines = input.split(|byte| *byte == b'\n').count() as u64;
    let found = read.places.len() as u64 + read.left_out();
    assert!(found < lines, "more lines than the file has");
    let crlf: Vec<u8> = input
        .split(|byte| *byte == b'\n')
        .collect::<Vec<_>>()
        .join(&b"\r\n"[..]);
    assert_eq!(Places::read(&crlf).as_ref(), Ok(&read));
});
