//! What is wrong, as a sentence that says what to do.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The tables and the workspace do not fit.
    Table,
    /// Something below uses something above, or beside it.
    Upward,
    CircleOfFiles,
    CircleOfBlocks,
    Impure,
    Word,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl Violation {
    pub(crate) fn new(kind: Kind, text: String) -> Self {
        Self { kind, text }
    }
}

/// What a folder's files use of another's, by example.
pub(crate) fn examples(mut uses: Vec<String>) -> String {
    const SHOWN: usize = 4;
    let more = uses.len().saturating_sub(SHOWN);
    uses.truncate(SHOWN);
    let shown = uses.join("; ");
    match more {
        0 => shown,
        more => format!("{shown}; and {more} more (`--edges`)"),
    }
}
