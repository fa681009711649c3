//! The errors in an SDL or a document.

use std::fmt;

use apollo_compiler::validation::DiagnosticList;

use crate::limits::TooMuch;

/// Why an SDL or a document cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The SDL breaks GraphQL's rules.
    #[error("the schema is not valid: {}", Listed(.0))]
    Schema(Vec<Problem>),
    /// One of our directives is used with invalid values or in the wrong place.
    #[error("the schema's {coordinate} {why}")]
    Directive {
        /// `Type`, `Type.field` or `Type.field(argument)`.
        coordinate: String,
        /// What is wrong with it.
        why: String,
    },
    /// The document breaks GraphQL's rules, or does not fit the schema.
    #[error("the document is not valid: {}", Listed(.0))]
    Document(Vec<Problem>),
    /// The document does not have exactly one operation.
    #[error("a document has exactly one operation, this one has {0}")]
    OperationCount(usize),
    /// The operation has no name.
    #[error("the document's operation has no name")]
    Anonymous,
    /// The document exceeds one of [`DOCUMENT`](crate::limits::DOCUMENT).
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

/// One error in an SDL or a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, counted from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

/// The parser's or validator's errors.
pub(super) fn problems(diagnostics: &DiagnosticList) -> Vec<Problem> {
    diagnostics
        .iter()
        .map(|diagnostic| Problem {
            at: diagnostic
                .line_column_range()
                .map(|range| (range.start.line, range.start.column)),
            message: diagnostic.error.to_string(),
        })
        .collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.at {
            write!(f, "{line}:{column} ")?;
        }
        f.write_str(&self.message)
    }
}

/// Displays problems on one line.
struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}
