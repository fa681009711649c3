//! Rows, for people as a table whose columns fit their content, for programs as JSON.

use clap::Args;
use serde_json::Value;

/// For whom a command prints.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Print JSON, one object per line.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Format {
    /// Prints each of `all` as a row under `heading`, or as an object.
    pub(crate) fn print<T>(
        self,
        all: &[T],
        heading: &[&str],
        row: impl Fn(&T) -> Vec<String>,
        object: impl Fn(&T) -> Value,
    ) {
        if self.json {
            for one in all {
                println!("{}", object(one));
            }
        } else {
            let rows: Vec<_> = all.iter().map(row).collect();
            print!("{}", table(heading, &rows, heading.len()));
        }
    }
}

/// Formats `rows` under `heading`. The first `left` columns are left-aligned, the others, which are
/// numbers, right-aligned.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .chain([heading[column].chars().count()])
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let heading: Vec<String> = heading.iter().map(|&word| word.to_owned()).collect();
    let mut text = String::new();
    for row in [&heading].into_iter().chain(rows) {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, cell)| {
            let (cell, &width) = cell;
            if column < left {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_on_the_left_and_numbers_on_the_right() {
        let rows = [
            vec!["Détail".into(), "1".into()],
            vec!["a".into(), "1000".into()],
        ];
        assert_eq!(
            table(&["name", "n"], &rows, 1),
            "name       n\nDétail     1\na       1000\n"
        );
    }
}
