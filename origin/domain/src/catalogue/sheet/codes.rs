//! Error codes of imports: of a file as a whole, and of one of its lines.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of imports.
pub const ALL: &[ErrorCode] = &[
    IMPORT_UNREADABLE,
    IMPORT_LINE_MALFORMED,
    IMPORT_LINE_REPEATED,
    IMPORT_POSTPONED,
];

pub const IMPORT_UNREADABLE: ErrorCode = ErrorCode {
    word: "IMPORT_UNREADABLE",
    status: 400,
    layer: Layer::Field,
    meaning: "The file of an import cannot be read as a whole: it is no table, a column is unknown or there \
              twice, `externalId` is missing, or it has more than 20,000 lines.",
    remedy: "Correct the file as the message says, and send it again. docs/import.md lists the columns.",
};

pub const IMPORT_LINE_MALFORMED: ErrorCode = ErrorCode {
    word: "IMPORT_LINE_MALFORMED",
    status: 400,
    layer: Layer::Field,
    meaning: "A line of an import has another shape than the file's first line, or neither an establishment's \
              nor an offer's `kind`.",
    remedy: "Correct the line, and send the file again: what was imported stays as it is.",
};

pub const IMPORT_LINE_REPEATED: ErrorCode = ErrorCode {
    word: "IMPORT_LINE_REPEATED",
    status: 409,
    layer: Layer::Field,
    meaning: "An earlier line of the same import has the same `kind` and `externalId`.",
    remedy: "Leave one of the lines out.",
};

pub const IMPORT_POSTPONED: ErrorCode = ErrorCode {
    word: "IMPORT_POSTPONED",
    status: 503,
    layer: Layer::Field,
    meaning: "There was no time left for this line of an import; the lines before it are imported.",
    remedy: "Send the same file again.",
};
