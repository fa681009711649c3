//! The files in `docs` that the program prints are committed as it prints them.

use std::{fs, path::Path};

#[test]
fn the_committed_schema_is_current() {
    assert_is_current("schema.graphql", &api::schema::sdl(), "schema");
}

#[test]
fn the_committed_page_of_error_codes_is_current() {
    assert_is_current("errors.md", &yousoon::error_page::markdown(), "errors");
}

fn assert_is_current(file: &str, printed: &str, command: &str) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let committed = fs::read_to_string(docs.join(file)).unwrap_or_default();
    if committed == printed {
        return;
    }
    let same = committed.lines().zip(printed.lines());
    let line = 1 + same.take_while(|(old, new)| old == new).count();
    panic!(
        "docs/{file} is out of date from line {line} on. Renew it with:\n\
         cargo run -p yousoon -- {command} > docs/{file}"
    );
}
