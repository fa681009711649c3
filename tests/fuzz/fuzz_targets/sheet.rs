//! Reads arbitrary bytes as a partner's file: every line is an edit or a refusal, and says the same again.
#![no_main]

use domain::catalogue::sheet::{lines::Line, table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(records) = table::read(input) else {
        return;
    };
    assert_eq!(table::read(input).as_ref(), Ok(&records));
    for record in &records {
        if let Ok(cells) = &record.cells {
            assert_eq!(Line::read(cells), Line::read(cells));
        }
    }
});
