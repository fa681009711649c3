//! Partners and their establishments.

use domain::catalogue::sample;
use domain::{
    Category, EstablishmentId, Partner, PartnerId,
    catalogue::Family,
    partners::store::{PartnerCursor, PartnerPage, PartnerQuery},
};
use yousoon::database::Database;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS};

tests! {
    pages_by_name_have_no_duplicates_and_no_holes: [],
    a_category_narrows_the_list: [],
    a_search_narrows_the_list: [Text],
    look_ups_by_id_give_what_was_stored: [],
}

async fn filled(fresh: &Fresh) -> Vec<Family> {
    let families: Vec<Family> = sample::families(500, NOW_MS).collect();
    fresh.fill(families.clone()).await;
    families
}

fn query(first: usize) -> PartnerQuery {
    PartnerQuery {
        first,
        ..PartnerQuery::default()
    }
}

fn place_of(partner: &Partner) -> (String, PartnerId) {
    let PartnerCursor { name_folded, id } = PartnerCursor::of(partner);
    (name_folded, id)
}

/// The partners that are kept, in the order of lists.
fn expected(families: &[Family], keep: impl Fn(&Partner) -> bool) -> Vec<Partner> {
    let mut partners: Vec<Partner> = families.iter().map(|f| f.partner.clone()).collect();
    partners.retain(keep);
    partners.sort_by_key(place_of);
    assert!(!partners.is_empty());
    partners
}

async fn assert_list(db: &Database, mut query: PartnerQuery, expected: &[Partner]) {
    let mut partners: Vec<Partner> = Vec::new();
    loop {
        let page = db.partners.list(&query).await.unwrap();
        assert_eq!(page.total, expected.len() as u64);
        partners.extend(page.items);
        if !page.has_next_page {
            break;
        }
        let cursor = PartnerCursor::of(partners.last().unwrap());
        query.after = PartnerCursor::decode(&cursor.encode());
        assert_eq!(query.after, Some(cursor));
    }
    assert_eq!(partners, expected);
}

async fn pages_by_name_have_no_duplicates_and_no_holes(fresh: Fresh) {
    let families = filled(&fresh).await;
    let all = expected(&families, |_| true);
    for first in [9, 10_000] {
        assert_list(&fresh.db, query(first), &all).await;
    }
}

async fn a_category_narrows_the_list(fresh: Fresh) {
    let families = filled(&fresh).await;
    let bars = PartnerQuery {
        category: Some(Category::Bar),
        ..query(5)
    };
    let expected = expected(&families, |p| p.category == Category::Bar);
    assert_list(&fresh.db, bars, &expected).await;
}

async fn a_search_narrows_the_list(fresh: Fresh) {
    let families = filled(&fresh).await;
    let creperies = PartnerQuery {
        search: Some("creperie".into()),
        ..query(5)
    };
    let expected = expected(&families, |p| p.name.contains("Crêperie"));
    assert_list(&fresh.db, creperies, &expected).await;
    for search in ["", "\0", "\"*\""] {
        let nothing = PartnerQuery {
            search: Some(search.into()),
            ..query(5)
        };
        let page = fresh.db.partners.list(&nothing).await.unwrap();
        assert_eq!(page, PartnerPage::default());
    }
}

async fn look_ups_by_id_give_what_was_stored(fresh: Fresh) {
    let mut families = filled(&fresh).await;
    let store = &fresh.db.partners;
    let mut ids: Vec<PartnerId> = families.iter().map(|f| f.partner.id.clone()).collect();
    ids.push(PartnerId::derive("nobody", ""));
    let partners = store.partners_by_ids(&ids).await.unwrap();
    let places = store.establishments_of(&ids).await.unwrap();
    assert_eq!(
        (partners.len(), places.len()),
        (families.len(), families.len())
    );
    let mut place_ids = vec![EstablishmentId::derive("nobody", "")];
    for family in &mut families {
        family.establishments.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(partners[&family.partner.id], family.partner);
        assert_eq!(places[&family.partner.id], family.establishments);
        place_ids.extend(family.establishments.iter().map(|place| place.id.clone()));
    }
    let by_id = store.establishments_by_ids(&place_ids).await.unwrap();
    assert_eq!(by_id.len(), place_ids.len() - 1);
    for place in families.iter().flat_map(|family| &family.establishments) {
        assert_eq!(by_id[&place.id], *place);
    }
}
