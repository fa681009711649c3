use super::*;
use crate::{
    domain::{GeoPoint, OfferCategory, Quota},
    embedded::{
        EmbeddedDb,
        outbox::{OutboxRow, outbox_pending},
    },
    offers::{
        edit::{Edit, QuotaEdit},
        store::{Columns, ListFields, Near, OfferQuery, Visibility},
    },
    seed,
};

const NOW_MS: i64 = 1_790_000_000_000;

/// A store with one offer that everybody sees, of 10 with 5 left.
async fn started() -> (tempfile::TempDir, EmbeddedDb, OfferStore, Offer) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    seed::seed(&db, 1, NOW_MS, &|_, _| ()).await.unwrap();
    let template = db
        .read(|c| {
            rows::query(
                c,
                &format!("SELECT {} FROM offers o", rows::COLUMNS),
                vec![],
            )
        })
        .await
        .unwrap()
        .remove(0);
    let offer = Offer {
        id: OfferId::derive("offer", "mine"),
        title: "Deux galettes".into(),
        description: "À table".into(),
        category: OfferCategory::Restaurant,
        valid_from_ms: 0,
        valid_until_ms: i64::MAX,
        is_active: true,
        quota: Some(Quota {
            total: 10,
            remaining: 5,
        }),
        location: GeoPoint::new(-60.0, 10.0).unwrap(),
        ..template
    };
    let stored = offer.clone();
    db.write(move |tx| {
        rows::insert(tx, &stored)?;
        // What seeding left is not of interest here.
        Ok(tx.execute("DELETE FROM outbox", [])?)
    })
    .await
    .unwrap();
    let store = OfferStore::new(db.clone());
    (dir, db, store, offer)
}

fn author() -> Author {
    Author {
        actor: "test".into(),
        action: "edit",
    }
}

async fn pending(db: &EmbeddedDb) -> Vec<OutboxRow> {
    db.read(|c| outbox_pending(c, 99)).await.unwrap()
}

fn query(near: Option<Near>, search: Option<&str>) -> OfferQuery {
    OfferQuery {
        near,
        categories: vec![],
        min_discount: None,
        search: search.map(ToOwned::to_owned),
        partner: None,
        include_inactive: Visibility::All,
        first: 20,
        after: None,
        now_ms: NOW_MS,
        columns: Columns::Edges,
        fields: ListFields::ALL,
    }
}

async fn count(store: &OfferStore, query: OfferQuery) -> usize {
    store.list(&query).await.unwrap().items.len()
}

#[tokio::test]
async fn a_write_and_its_purge_are_one() {
    let (_dir, db, store, offer) = started().await;
    let edit = OfferEdit {
        title: Edit::Set("Crêpe".into()),
        ..OfferEdit::default()
    };
    let updated = store
        .update(offer.id.clone(), edit, author(), NOW_MS)
        .await
        .unwrap();
    let expected = Offer {
        title: "Crêpe".into(),
        ..offer.clone()
    };
    assert_eq!(
        updated,
        Updated::Done(Box::new(expected.clone()), Purging::Pending)
    );
    // The process may die here: nothing but the commit is needed for the purge to be known.
    let rows = pending(&db).await;
    assert_eq!(rows.len(), 1);
    let change = OfferChange {
        before: Some(offer.clone()),
        after: Some(expected.clone()),
    };
    assert_eq!(rows[0].purge.tags, tags_of(&change));
    assert_eq!(
        (
            rows[0].purge.actor.as_str(),
            rows[0].purge.reason.as_str(),
            rows[0].at_ms
        ),
        ("test", "edit: title", NOW_MS)
    );
    let ids = [offer.id.clone()];
    assert_eq!(store.by_ids(&ids).await.unwrap()[&offer.id], expected);
    assert_eq!(count(&store, query(None, Some("crepe table"))).await, 1);
    assert_eq!(count(&store, query(None, Some("galettes table"))).await, 0);
}

#[tokio::test]
async fn what_is_refused_unknown_or_the_same_writes_nothing() {
    let (_dir, db, store, offer) = started().await;
    let quota = |total, remaining| OfferEdit {
        title: Edit::Set(offer.title.clone()),
        quota: Edit::Set(Some(QuotaEdit { total, remaining })),
        ..OfferEdit::default()
    };
    let update = async |id: &OfferId, edit| {
        let updated = store.update(id.clone(), edit, author(), NOW_MS);
        updated.await.unwrap()
    };
    let refused = update(&offer.id, quota(Some(4), None)).await;
    assert!(matches!(refused, Updated::Refused(rule) if rule.field == "quota.remaining"));
    let nobody = OfferId::derive("offer", "nobody");
    assert_eq!(update(&nobody, quota(None, None)).await, Updated::NotFound);
    let same = update(&offer.id, quota(Some(10), Some(5))).await;
    assert_eq!(
        same,
        Updated::Done(Box::new(offer.clone()), Purging::Nothing)
    );
    let booked = update(&offer.id, quota(None, Some(4))).await;
    assert!(matches!(booked, Updated::Done(offer, Purging::Nothing)
        if offer.quota.map(|quota| quota.remaining) == Some(4)));
    assert!(pending(&db).await.is_empty());
}

#[tokio::test]
async fn edits_of_different_fields_do_not_undo_each_other() {
    let (_dir, _db, store, offer) = started().await;
    let quota = |total, remaining| OfferEdit {
        quota: Edit::Set(Some(QuotaEdit { total, remaining })),
        ..OfferEdit::default()
    };
    let raise = store.update(offer.id.clone(), quota(Some(20), None), author(), NOW_MS);
    let book = store.update(offer.id.clone(), quota(None, Some(4)), author(), NOW_MS);
    let (raised, booked) = tokio::join!(raise, book);
    assert!(raised.is_ok() && booked.is_ok());
    let ids = [offer.id.clone()];
    assert_eq!(
        store.by_ids(&ids).await.unwrap()[&offer.id].quota,
        Some(Quota {
            total: 20,
            remaining: 4
        })
    );
}

#[tokio::test]
async fn a_replaced_offer_is_found_where_it_is_now() {
    let (_dir, db, store, offer) = started().await;
    let at = |lat, lng| {
        let near = Near {
            centre: GeoPoint::new(lat, lng).unwrap(),
            max_distance_km: 5.0,
        };
        query(Some(near), None)
    };
    assert_eq!(count(&store, at(-60.0, 10.0)).await, 1);
    let moved = Offer {
        location: GeoPoint::new(-61.0, 179.99).unwrap(),
        ..offer.clone()
    };
    db.write(move |tx| {
        let (row, before) = rows::by_id(tx, &offer.id)?.expect("it is stored");
        rows::replace(tx, row, &before, &moved)
    })
    .await
    .unwrap();
    assert_eq!(count(&store, at(-60.0, 10.0)).await, 0);
    assert_eq!(count(&store, at(-61.0, 179.99)).await, 1);
    assert_eq!(count(&store, query(None, Some("galettes"))).await, 1);
}

#[tokio::test]
async fn what_is_left_is_known_of_those_with_a_quota() {
    let (_dir, db, store, offer) = started().await;
    let without = Offer {
        id: OfferId::derive("offer", "without"),
        quota: None,
        ..offer.clone()
    };
    let ids = [
        offer.id.clone(),
        without.id.clone(),
        OfferId::derive("offer", "nobody"),
    ];
    db.write(move |tx| rows::insert(tx, &without))
        .await
        .unwrap();
    let remaining = store.remaining(&ids).await.unwrap();
    assert_eq!(remaining.into_iter().collect::<Vec<_>>(), [(offer.id, 5)]);
    assert!(store.remaining(&[]).await.unwrap().is_empty());
}
