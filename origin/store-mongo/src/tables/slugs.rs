//! The slugs of pages, in their rows: a unique index over the list keeps them apart.
//!
//! A row without slugs has no such field, and `slugless` instead, by which the job that names pages finds
//! it.

use std::collections::BTreeSet;

use domain::{
    WebPage,
    site::slugs::{Naming, PageKind, Slug, Slugs},
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use super::collections::{ESTABLISHMENTS, OFFERS, PARTNERS};
use crate::{
    documents::{moment_ms, object_id, optional, texts},
    error::MongoError,
    tx::Tx,
};

pub const fn collection(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Partner => PARTNERS,
        PageKind::Establishment => ESTABLISHMENTS,
        PageKind::Offer => OFFERS,
    }
}

/// A row's document with its page.
pub fn with_page(mut document: Document, page: &WebPage) -> Document {
    if page.slugs.is_empty() {
        document.insert("slugless", true);
    } else {
        document.insert("slugs", list(&page.slugs));
    }
    if page.updated_at_ms > 0 {
        document.insert("updatedAt", DateTime::from_millis(page.updated_at_ms));
    }
    document
}

/// The edit that sets these fields of a row, among them its page.
pub fn set(fields: Document) -> Document {
    if fields.contains_key("slugs") {
        doc! {"$set": fields, "$unset": {"slugless": ""}}
    } else {
        doc! {"$set": fields}
    }
}

pub fn page(stored: &Document) -> Result<WebPage, MongoError> {
    let slugs = optional(stored, "slugs", |_| read(stored))?;
    let updated = optional(stored, "updatedAt", |_| moment_ms(stored, "updatedAt"))?;
    Ok(WebPage {
        slugs: slugs.unwrap_or_default(),
        updated_at_ms: updated.unwrap_or(0),
    })
}

fn read(stored: &Document) -> Result<Slugs, MongoError> {
    let slugs = texts(stored, "slugs")?.into_iter().map(Slug::try_from);
    let slugs = slugs.collect::<Result<_, _>>();
    Ok(Slugs::new(
        slugs.map_err(|error| MongoError::corrupt("slugs", &error))?,
    ))
}

pub fn list(slugs: &Slugs) -> Vec<&str> {
    slugs.iter().map(Slug::as_str).collect()
}

/// The slugs of a page with this name. Another page that takes the same one meanwhile makes the unique
/// index say no, and the transaction is run again.
pub async fn named(
    tx: &mut Tx,
    kind: PageKind,
    id: &impl AsRef<str>,
    parts: &[&str],
    before: &Slugs,
) -> Result<Slugs, MongoError> {
    let Some(naming) = Naming::of(kind, id, parts, before) else {
        return Ok(before.clone());
    };
    let candidates: Vec<&str> = naming.candidates().iter().map(Slug::as_str).collect();
    let count = candidates.len();
    let have_one = doc! {"slugs": {"$in": candidates}};
    let fields = Some(doc! {"slugs": 1});
    let mut others = tx.find(collection(kind), have_one, fields, count).await?;
    let own = object_id(id)?;
    others.retain(|row| row.get_object_id("_id").is_ok_and(|id| id != own));
    Ok(naming.slugs(&taken(&others)?))
}

/// All slugs of these rows.
pub fn taken(rows: &[Document]) -> Result<BTreeSet<Slug>, MongoError> {
    let mut taken = BTreeSet::new();
    for row in rows {
        taken.extend(read(row)?.iter().cloned());
    }
    Ok(taken)
}

/// The statement of an `update` command that names a row unless another server named it meanwhile.
pub fn naming_statement(id: Bson, slugs: &Slugs, is_known: bool, now_ms: i64) -> Document {
    let mut fields = doc! {"slugs": list(slugs)};
    if !is_known {
        fields.insert("updatedAt", DateTime::from_millis(now_ms));
    }
    doc! {"q": {"_id": id, "slugs": {"$exists": false}}, "u": set(fields)}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_back_with_slugs_and_without() {
        let slugs = ["ana", "bob"].map(|text| Slug::parse(text).unwrap());
        let page = WebPage {
            slugs: Slugs::new(slugs.to_vec()),
            updated_at_ms: 7,
        };
        let stored = with_page(doc! {}, &page);
        let expected = doc! {"slugs": ["ana", "bob"], "updatedAt": DateTime::from_millis(7)};
        assert_eq!(stored, expected);
        assert_eq!(super::page(&stored).unwrap(), page);
        let unset = set(stored);
        assert_eq!(
            unset.get_document("$unset").unwrap(),
            &doc! {"slugless": ""}
        );
        let blank = with_page(doc! {}, &WebPage::default());
        assert_eq!(blank, doc! {"slugless": true});
        assert_eq!(super::page(&blank).unwrap(), WebPage::default());
        assert_eq!(set(blank.clone()), doc! {"$set": blank});
        assert!(super::page(&doc! {"slugs": ["A"]}).is_err());
    }
}
