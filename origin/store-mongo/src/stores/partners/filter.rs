//! What a list of partners leaves out, as query documents.

use domain::partners::store::{PartnerCursor, PartnerQuery, Shown};
use mongodb::bson::{Document, doc};

use crate::{documents::object_id, error::MongoError, words};

/// The conditions of a query but for its place; none when nothing can match.
pub(super) fn of(query: &PartnerQuery) -> Option<Document> {
    let mut filter = match query.shown {
        Shown::Public => doc! {"listed": true},
        Shown::All => doc! {},
    };
    if let Some(category) = query.category {
        filter.insert("category", category.as_str());
    }
    if let Some(search) = &query.search {
        let fields = ["folded.name", "folded.description"];
        if !words::require(&mut filter, search, &fields) {
            return None;
        }
    }
    if query.category.is_none() && query.search.is_none() {
        // Every name: it is counted in the index, not in the collection.
        filter.insert("nameFolded", doc! {"$gte": ""});
    }
    Some(filter)
}

/// `filter`, after a place in the order of names. The lower bound is one range of the index.
pub(super) fn after(mut filter: Document, cursor: &PartnerCursor) -> Result<Document, MongoError> {
    let (name, id) = (&cursor.name_folded, object_id(&cursor.id)?);
    filter.insert("nameFolded", doc! {"$gte": name});
    filter.insert(
        "$or",
        [
            doc! {"nameFolded": {"$gt": name}},
            doc! {"nameFolded": name, "_id": {"$gt": id}},
        ]
        .to_vec(),
    );
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use domain::{Category, PartnerId};

    use super::*;

    #[test]
    fn a_search_is_its_words_and_nothing_without_one() {
        let searched = |search: &str| PartnerQuery {
            search: Some(search.into()),
            ..PartnerQuery::default()
        };
        let filter = of(&searched("Bar")).unwrap();
        assert_eq!(filter.get("$text"), Some(&doc! {"$search": "bar"}.into()));
        assert_eq!(of(&searched("--")), None);
    }

    #[test]
    fn a_category_narrows_and_nothing_given_is_every_name() {
        let bars = PartnerQuery {
            category: Some(Category::Bar),
            ..PartnerQuery::default()
        };
        let listed_bars = doc! {"listed": true, "category": "BAR"};
        assert_eq!(of(&bars), Some(listed_bars));
        let listed = doc! {"listed": true, "nameFolded": {"$gte": ""}};
        assert_eq!(of(&PartnerQuery::default()), Some(listed));
        let all = PartnerQuery {
            shown: Shown::All,
            ..PartnerQuery::default()
        };
        assert_eq!(of(&all), Some(doc! {"nameFolded": {"$gte": ""}}));
    }

    #[test]
    fn a_cursor_is_a_place_by_name_then_id() {
        let id = PartnerId::derive("partner", "1");
        let cursor = PartnerCursor {
            name_folded: "bar".into(),
            id: id.clone(),
        };
        let id = object_id(&id).unwrap();
        let after = |filter| after(filter, &cursor).unwrap();
        let place = doc! {
            "nameFolded": {"$gte": "bar"},
            "$or": [
                {"nameFolded": {"$gt": "bar"}},
                {"nameFolded": "bar", "_id": {"$gt": id}},
            ],
        };
        assert_eq!(after(doc! {"nameFolded": {"$gte": ""}}), place);
        let mut bars = doc! {"category": "BAR"};
        bars.extend(place);
        assert_eq!(after(doc! {"category": "BAR"}), bars);
    }
}
