use super::*;
use crate::seed;

const NOW_MS: i64 = 1_790_000_000_000;

async fn seeded() -> (tempfile::TempDir, EmbeddedDb, PartnerStore) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    seed::seed(&db, 500, NOW_MS, &|_, _| ()).await.unwrap();
    let store = PartnerStore::new(db.clone());
    (dir, db, store)
}

async fn all_pages(store: &PartnerStore, mut query: PartnerQuery) -> (Vec<Partner>, u64) {
    let mut partners: Vec<Partner> = Vec::new();
    loop {
        let page = store.list(&query).await.unwrap();
        partners.extend(page.items);
        if !page.has_next_page {
            return (partners, page.total);
        }
        let cursor = PartnerCursor::of(partners.last().unwrap());
        query.after = PartnerCursor::decode(&cursor.encode());
        assert_eq!(query.after, Some(cursor));
    }
}

fn query(first: usize) -> PartnerQuery {
    PartnerQuery {
        first,
        ..PartnerQuery::default()
    }
}

#[tokio::test]
async fn pages_by_name_have_no_duplicates_and_no_holes() {
    let (_dir, _db, store) = seeded().await;
    let (partners, total) = all_pages(&store, query(9)).await;
    assert_eq!(total, partners.len() as u64);
    assert!(partners.is_sorted_by_key(PartnerCursor::of_key));
    let (at_once, _) = all_pages(&store, query(10_000)).await;
    assert_eq!(partners, at_once);
}

impl PartnerCursor {
    fn of_key(partner: &Partner) -> (String, PartnerId) {
        let Self { name_folded, id } = Self::of(partner);
        (name_folded, id)
    }
}

#[tokio::test]
async fn category_and_search_narrow_the_list() {
    let (_dir, _db, store) = seeded().await;
    let (all, _) = all_pages(&store, query(10_000)).await;
    let bars = PartnerQuery {
        category: Some(PartnerCategory::Bar),
        ..query(5)
    };
    let (found, total) = all_pages(&store, bars).await;
    assert_eq!(
        found.len(),
        all.iter()
            .filter(|p| p.category == PartnerCategory::Bar)
            .count()
    );
    assert_eq!(total, found.len() as u64);
    let creperies = PartnerQuery {
        search: Some("creperie".into()),
        ..query(5)
    };
    let (found, _) = all_pages(&store, creperies).await;
    assert_eq!(
        found.len(),
        all.iter().filter(|p| p.name.contains("Crêperie")).count()
    );
    assert!(!found.is_empty());
    for search in ["", "\0", "\"*\""] {
        let nothing = PartnerQuery {
            search: Some(search.into()),
            ..query(5)
        };
        assert_eq!(store.list(&nothing).await.unwrap(), PartnerPage::default());
    }
}

#[tokio::test]
async fn look_ups_by_id_agree() {
    let (_dir, _db, store) = seeded().await;
    let (all, _) = all_pages(&store, query(100)).await;
    let mut ids: Vec<PartnerId> = all.iter().map(|partner| partner.id.clone()).collect();
    ids.push(PartnerId::derive("nobody", ""));
    let found = store.partners_by_ids(&ids).await.unwrap();
    assert_eq!(found.len(), all.len());
    assert!(all.iter().all(|partner| found[&partner.id] == *partner));
    let places = store.establishments_of(&ids).await.unwrap();
    assert_eq!(places.len(), all.len());
    assert!(places.values().all(|list| (1..=3).contains(&list.len())));
    let place_ids: Vec<EstablishmentId> = places
        .values()
        .flatten()
        .map(|place| place.id.clone())
        .collect();
    let by_id = store.establishments_by_ids(&place_ids).await.unwrap();
    assert_eq!(by_id.len(), place_ids.len());
    assert!(
        places
            .values()
            .flatten()
            .all(|place| by_id[&place.id] == *place)
    );
}

#[test]
fn a_cursor_of_offers_or_a_forged_one_is_refused() {
    let cursor = PartnerCursor {
        name_folded: "creperie".into(),
        id: PartnerId::derive("partner", "1"),
    };
    let text = cursor.encode();
    assert_eq!(PartnerCursor::decode(&text), Some(cursor));
    assert_eq!(PartnerCursor::decode(&text[..text.len() - 1]), None);
    let foreign = crate::offers::store::OfferCursor::Newest {
        created_at_ms: 1,
        id: crate::domain::OfferId::derive("offer", "1"),
    };
    assert_eq!(PartnerCursor::decode(&foreign.encode()), None);
    assert_eq!(crate::offers::store::OfferCursor::decode(&text), None);
}
