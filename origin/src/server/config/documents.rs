//! Which documents are executed.

use std::fmt;

use super::reader::Reader;

#[derive(Clone, Debug)]
pub struct DocumentsConfig {
    /// Which documents are executed, enforce | audit | off: `YOUSOON_DOCUMENT_MODE`, default enforce.
    pub mode: DocumentMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMode {
    /// Published ones only.
    Enforce,
    /// All; those that are not published are logged.
    Audit,
    /// All.
    Off,
}

impl DocumentsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mode = reader.or(
            "YOUSOON_DOCUMENT_MODE",
            DocumentMode::Enforce,
            |text| match text {
                "enforce" => Ok(DocumentMode::Enforce),
                "audit" => Ok(DocumentMode::Audit),
                "off" => Ok(DocumentMode::Off),
                other => Err(format!("{other:?} is none of enforce, audit and off")),
            },
        );
        Self { mode }
    }
}

impl fmt::Display for DocumentMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enforce => "enforce",
            Self::Audit => "audit",
            Self::Off => "off",
        })
    }
}
