//! Texts that administrators changed, in MongoDB: `_id` is kind, language and part. The queries are in
//! `crate::queries`.

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
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, moment_ms, optional_text, text, whole},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tx::Tx,
};

const TEMPLATES: &str = "templates";
/// More than there are kinds, languages and parts.
const MOST: usize = 1_000;

/// The texts of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoTemplates {
    db: MongoDb,
}

impl MongoTemplates {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl TemplateStore for MongoTemplates {
    async fn all(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        let templates = self.db.collection::<Document>(TEMPLATES);
        let found = self.db.run(async move {
            // By the index of `_id`, in its order.
            let found = templates
                .find(doc! {"_id": {"$gt": ""}})
                .sort(doc! {"_id": 1});
            let found = found.batch_size(batch(MOST));
            collect(found.max_time(SERVER_WITHIN).await?).await
        });
        let found = found.await?;
        let all: Result<Vec<_>, MongoError> = found.iter().map(read).collect();
        Ok(all?.into_iter().flatten().collect())
    }

    async fn edit(&self, edit: TemplateEdit) -> Result<Edited, StoreError> {
        let edited = self.db.transaction_that_adds(move |tx| {
            let edit = edit.clone();
            Box::pin(async move { write(tx, edit).await })
        });
        Ok(edited.await?)
    }
}

async fn write(tx: &mut Tx, edit: TemplateEdit) -> Result<Edited, MongoError> {
    let (key, now_ms) = (edit.key, edit.now_ms);
    let this = doc! {"_id": id(key)};
    let known = tx.find_one(TEMPLATES, this.clone()).await?;
    let is_there = known.is_some();
    let known = known.as_ref().map(read).transpose()?.flatten();
    let (stored, purge) = match edit.apply(known) {
        Editing::Conflict { version } => return Ok(Edited::Conflict { version }),
        Editing::Same(stored) => return Ok(Edited::Done(stored)),
        Editing::Changed(stored, purge) => (stored, purge),
    };
    let changes = doc! {
        "source": &stored.source,
        "version": stored.version,
        "changedAt": DateTime::from_millis(stored.changed_at_ms),
    };
    if is_there {
        tx.update_one(TEMPLATES, this, doc! {"$set": changes})
            .await?;
    } else {
        let mut document = doc! {
            "_id": id(key),
            "kind": key.kind.as_str(),
            "language": key.language.as_str(),
            "part": key.part.as_str(),
        };
        document.extend(changes);
        tx.insert_one(TEMPLATES, document).await?;
    }
    outbox::push(tx, &purge, now_ms).await?;
    Ok(Edited::Done(stored))
}

fn id(key: TemplateKey) -> Bson {
    let words = [key.kind.as_str(), key.language.as_str(), key.part.as_str()];
    words.join(":").into()
}

/// None if another version of the program stored what this one does not know.
fn read(stored: &Document) -> Result<Option<StoredTemplate>, MongoError> {
    let words = (
        Kind::parse(&text(stored, "kind")?),
        Language::parse(&text(stored, "language")?),
        Part::parse(&text(stored, "part")?),
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
        source: optional_text(stored, "source")?,
        version: whole(stored, "version")?,
        changed_at_ms: moment_ms(stored, "changedAt")?,
    }))
}
