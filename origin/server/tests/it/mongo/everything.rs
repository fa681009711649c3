//! Everything that the stores can be asked, each query at least once.

use cache_core::{LogId, PurgeKind, Revision, Tip};
use domain::catalogue::sample;
use domain::{
    Category, Offer,
    catalogue::{Announce, Reach},
    documents::Record,
    offers::{
        edit::{Edit, OfferEdit, QuotaEdit},
        store::{Author, Near, Sample, Visibility},
    },
    partners::store::{PartnerCursor, PartnerQuery, Shown},
    purges::{AuditFilter, AuditRow, Moved, PendingPurge, Proof, TakenOut},
    rows::Collection,
};
use pq_core::DocumentHash;
use yousoon::{database::Database, transfer::KINDS};

use crate::fixtures::NOW_MS;

/// In this time offers begin and end.
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

pub(super) async fn ask(db: &Database) {
    let announce = Announce {
        reach: Reach::Everything {
            instead_of: Some(99),
        },
        reason: "filled".into(),
        actor: "test".into(),
    };
    let families: Vec<_> = sample::families(200, NOW_MS).collect();
    let offers: Vec<Offer> = families.iter().flat_map(|f| f.offers.clone()).collect();
    assert!(db.catalogue.is_empty().await.unwrap());
    db.catalogue.add(families, announce, NOW_MS).await.unwrap();
    ask_offers(db, &offers).await;
    ask_partners(db, &offers[0]).await;
    ask_documents(db).await;
    ask_purges(db).await;
    super::bookings::ask(db, &offers).await;
    super::accounts::ask(db).await;
    super::portal::ask(db, &offers[0]).await;
    ask_moving(db).await;
}

async fn ask_offers(db: &Database, offers: &[Offer]) {
    let one = &offers[0];
    let ids = [one.id.clone()];
    db.offers.by_ids(&ids).await.unwrap();
    db.offers.remaining(&ids).await.unwrap();
    let partners = [one.partner_id.clone()];
    for visibility in [Visibility::Public, Visibility::Portal, Visibility::All] {
        let of_them = db.offers.of_partners(&partners, visibility, 3, NOW_MS);
        of_them.await.unwrap();
    }
    for after in [None, Some(&one.id)] {
        db.offers.listing_after(after).await.unwrap();
    }
    db.offers.all_listings().next(9).await.unwrap();
    db.offers.listings_of(&ids).await.unwrap();
    let near = Near {
        centre: one.location,
        max_distance_km: 5.0,
    };
    for sample in [Sample::Near(near), Sample::Word("profitez".to_owned())] {
        db.offers.sample(&sample, 9, NOW_MS).await.unwrap();
    }
    // The first time it only notes up to where it has told.
    for until_ms in [NOW_MS, NOW_MS + YEAR_MS] {
        db.offers.tell_of_turns(until_ms).await.unwrap();
    }
    let edit = OfferEdit {
        title: Edit::Set("Autre".into()),
        quota: Edit::Set(Some(QuotaEdit { total: Some(99) })),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "edit",
    };
    let updated = db.offers.update(one.id.clone(), edit, author, NOW_MS);
    updated.await.unwrap();
}

async fn ask_partners(db: &Database, one: &Offer) {
    let (partner, place) = (one.partner_id.clone(), one.establishment_id.clone());
    let store = &db.partners;
    let found = store.partners_by_ids(std::slice::from_ref(&partner)).await;
    let found = found.unwrap().remove(&partner).unwrap();
    store.establishments_by_ids(&[place]).await.unwrap();
    store.establishments_of(&[partner]).await.unwrap();
    for (category, search) in [
        (None, None),
        (Some(Category::Bar), None),
        (None, Some("bar".to_owned())),
    ] {
        for after in [None, Some(PartnerCursor::of(&found))] {
            for shown in [Shown::Public, Shown::All] {
                let query = PartnerQuery {
                    shown,
                    category,
                    search: search.clone(),
                    first: 20,
                    after: after.clone(),
                };
                store.list(&query).await.unwrap();
            }
        }
    }
}

async fn ask_documents(db: &Database) {
    let hash = DocumentHash::of("query A { a }");
    for json in ["{}", "{\"changed\": true}"] {
        let record = Record {
            hash,
            name: "A".into(),
            json: json.into(),
        };
        db.documents.publish(vec![record], NOW_MS).await.unwrap();
    }
    db.documents.record(hash).await.unwrap();
    db.documents.names().await.unwrap();
}

async fn ask_purges(db: &Database) {
    let purges = &db.purges;
    let purge = PendingPurge {
        tags: vec![cache_core::Tag::everything()],
        kind: PurgeKind::Hard,
        reason: "test".into(),
        actor: "test".into(),
    };
    purges.push(purge, NOW_MS).await.unwrap();
    let log = LogId::from_bytes([1; 16]);
    let begins = Tip {
        revision: purges.next_begins_after().await.unwrap(),
        ..Tip::default()
    };
    assert!(purges.put_in_force(log, begins, NOW_MS).await.unwrap());
    let in_force = purges.in_force().await.unwrap().unwrap();
    assert_eq!((in_force.log, in_force.end), (log, begins));
    let rows = purges.pending(0, 9).await.unwrap();
    purges.last_pending().await.unwrap();
    let told = |revision| AuditRow {
        id: None,
        at_ms: NOW_MS,
        actor: "test".into(),
        reason: "test".into(),
        kind: PurgeKind::Hard,
        tags: vec!["*".parse().unwrap()],
        log: Some(log),
        revision: Some(Revision(revision)),
    };
    purges.tell(vec![told(1)]).await.unwrap();
    let moved = (1..).zip(&rows).map(|(revision, row)| Moved {
        id: row.id,
        told: told(revision),
    });
    let proof = Proof {
        log,
        tip: Tip {
            revision: begins.revision.next(),
            ..begins
        },
        known: vec![begins],
    };
    let taken = purges
        .take_out(proof.clone(), moved.collect())
        .await
        .unwrap();
    assert_eq!(taken, TakenOut::Done);
    // None of the newest positions is where the log ends: then its end is looked up.
    let unproven = Proof {
        known: Vec::new(),
        ..proof
    };
    purges.take_out(unproven, Vec::new()).await.unwrap();
    let of_tag = AuditFilter {
        tag: Some("offer:1".parse().unwrap()),
        actor: None,
    };
    let of_actor = AuditFilter {
        tag: None,
        actor: Some("test".into()),
    };
    for filter in [AuditFilter::default(), of_tag, of_actor] {
        purges.audit(Some(9), 9, filter).await.unwrap();
    }
    purges.trim_audit(NOW_MS).await.unwrap();
}

/// The first page, the one after, and what is put once more.
async fn ask_moving(db: &Database) {
    let owner = "pseudonym";
    for kind in KINDS {
        if kind.collection == Collection::Consents {
            let said = serde_json::json!({
                "owner": owner,
                "at_ms": NOW_MS,
                "purpose": "terms",
                "version": "1",
                "granted": true,
            });
            let row = said.as_object().unwrap().clone();
            db.rows.put(kind, vec![row]).await.unwrap();
        }
        let page = db.rows.page(kind, None, 9).await.unwrap();
        db.rows.page(kind, page.last().cloned(), 9).await.unwrap();
        db.rows.put(kind, page).await.unwrap();
    }
}
