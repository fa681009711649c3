//! What the files of figures have in common: the days that are asked for, and how rows become CSV.

use axum::body::Bytes;
use serde::Deserialize;

/// The first and the last day of a file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DaysQuery {
    pub(crate) from: String,
    pub(crate) to: String,
}

pub(crate) fn encoded<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> Bytes {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail.
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default().into()
}

/// A text that somebody typed, as a cell that no spreadsheet takes for a formula.
pub(crate) fn cell(text: &str) -> String {
    let is_formula = text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠',
    ]);
    if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("Deux galettes", "Deux galettes"),
            (
                "=HYPERLINK(\"https://a.example\")",
                "'=HYPERLINK(\"https://a.example\")",
            ),
            ("+33", "'+33"),
            ("-20 %", "'-20 %"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
        let row = [["a,b".to_owned(), cell("=1\"")]];
        assert_eq!(encoded(&row), "\"a,b\",\"'=1\"\"\"\n");
    }
}
