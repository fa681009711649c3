//! Whether documents that were not published are executed: `YOUSOON_DOCUMENT_MODE`.

use api::documents::{DocumentMode, DocumentsConfig};

use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> DocumentsConfig {
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
    DocumentsConfig { mode }
}
