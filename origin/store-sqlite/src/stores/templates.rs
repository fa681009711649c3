//! Texts that administrators changed, in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError,
    messages::{
        kind::Kind,
        part::Part,
        templates::{Edited, Editing, StoredTemplate, TemplateEdit, TemplateKey, TemplateStore},
    },
    sentence::Language,
};
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params};

use crate::{database::EmbeddedDb, error::SqliteError, outbox::outbox_push};

const COLUMNS: &str = "SELECT kind, language, part, source, version, changed_at_ms FROM templates";

/// The texts of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedTemplates {
    db: EmbeddedDb,
}

impl EmbeddedTemplates {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl TemplateStore for EmbeddedTemplates {
    async fn all(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        let all = self.db.read(|c| {
            let mut statement =
                c.prepare_cached(&format!("{COLUMNS} ORDER BY kind, language, part"))?;
            let rows = statement.query_map([], read)?;
            let all: Vec<Option<StoredTemplate>> = rows.collect::<Result<_, _>>()?;
            Ok(all.into_iter().flatten().collect())
        });
        all.await
    }

    async fn edit(&self, edit: TemplateEdit) -> Result<Edited, StoreError> {
        self.db.write(move |tx| write(tx, edit)).await
    }
}

fn write(tx: &Transaction<'_>, edit: TemplateEdit) -> Result<Edited, SqliteError> {
    let (key, now_ms) = (edit.key, edit.now_ms);
    let known = tx
        .prepare_cached(&format!(
            "{COLUMNS} WHERE kind = ?1 AND language = ?2 AND part = ?3"
        ))?
        .query_row(
            (key.kind.as_str(), key.language.as_str(), key.part.as_str()),
            read,
        )
        .optional()?;
    let (stored, purge) = match edit.apply(known.flatten()) {
        Editing::Conflict { version } => return Ok(Edited::Conflict { version }),
        Editing::Same(stored) => return Ok(Edited::Done(stored)),
        Editing::Changed(stored, purge) => (stored, purge),
    };
    tx.prepare_cached(
        "INSERT OR REPLACE INTO templates(kind, language, part, source, version, changed_at_ms)
         VALUES (:kind, :language, :part, :source, :version, :at)",
    )?
    .execute(named_params! {
        ":kind": key.kind.as_str(),
        ":language": key.language.as_str(),
        ":part": key.part.as_str(),
        ":source": stored.source,
        ":version": stored.version,
        ":at": stored.changed_at_ms,
    })?;
    outbox_push(tx, &purge, now_ms)?;
    Ok(Edited::Done(stored))
}

/// None if another version of the program stored what this one does not know.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<StoredTemplate>> {
    let (kind, language, part): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let words = (
        Kind::parse(&kind),
        Language::parse(&language),
        Part::parse(&part),
    );
    let (Some(kind), Some(language), Some(part)) = words else {
        return Ok(None);
    };
    Ok(Some(StoredTemplate {
        key: TemplateKey {
            kind,
            language,
            part,
        },
        source: row.get(3)?,
        version: row.get(4)?,
        changed_at_ms: row.get(5)?,
    }))
}
