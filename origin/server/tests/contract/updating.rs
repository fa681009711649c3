//! The update of an offer, and the purge it leaves.

use domain::{
    Category, Offer, OfferId, Quota,
    offers::{
        discount::DiscountTerms,
        edit::{Edit, OfferEdit, QuotaEdit},
        events::{OfferChange, tags_of},
        store::{Author, Purging, Updated},
    },
    payments::money::Currency,
    purges::PurgeKind,
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, offer, with_words},
};

tests! {
    a_write_and_its_purge_are_one: [],
    what_is_refused_unknown_or_the_same_writes_nothing: [],
    edits_of_different_fields_do_not_undo_each_other: [Transactions],
    many_writers_of_one_offer_each_leave_their_purge: [Transactions],
    an_updated_offer_is_found_by_what_it_is_now: [Text],
    every_kind_of_discount_is_stored: [Transactions],
}

/// Ten, all of which are left.
fn stored() -> Offer {
    Offer {
        title: "Deux galettes".into(),
        description: "À table".into(),
        category: Category::Restaurant,
        quota: Some(Quota {
            total: 10,
            remaining: 10,
        }),
        ..offer("mine")
    }
}

fn retitled(title: &str) -> OfferEdit {
    OfferEdit {
        title: Edit::Set(title.into()),
        ..OfferEdit::default()
    }
}

fn quota(total: i32) -> OfferEdit {
    OfferEdit {
        quota: Edit::Set(Some(QuotaEdit { total: Some(total) })),
        ..OfferEdit::default()
    }
}

async fn update(fresh: &Fresh, id: &OfferId, edit: OfferEdit) -> Updated {
    let author = Author {
        actor: "test".into(),
        action: "edit",
    };
    let updated = fresh.db.offers.update(id.clone(), edit, author, NOW_MS);
    updated.await.unwrap()
}

async fn read(fresh: &Fresh, id: &OfferId) -> Offer {
    let found = fresh.db.offers.by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id).unwrap()
}

async fn a_write_and_its_purge_are_one(fresh: Fresh) {
    let before = stored();
    fresh.fill(vec![family(vec![before.clone()])]).await;
    let filled = fresh.pending().await;
    let done = update(&fresh, &before.id, retitled("Crêpe")).await;
    let after = Offer {
        title: "Crêpe".into(),
        version: before.version + 1,
        page: read(&fresh, &before.id).await.page,
        ..before.clone()
    };
    assert_eq!(
        done,
        Updated::Done(Box::new(after.clone()), Purging::Pending)
    );
    assert_eq!(read(&fresh, &before.id).await, after);
    // The process may die here: nothing but the commit is needed for the purge to be known.
    let rows = fresh.pending_after(&filled).await;
    let [row] = &rows[..] else {
        panic!("one purge: {rows:?}")
    };
    let change = OfferChange {
        before: Some(before),
        after: Some(after),
    };
    assert_eq!(row.purge.tags, tags_of(&change));
    assert_eq!((row.purge.kind, row.at_ms), (PurgeKind::Hard, NOW_MS));
    assert_eq!(
        (row.purge.actor.as_str(), row.purge.reason.as_str()),
        ("test", "edit: title")
    );
}

async fn what_is_refused_unknown_or_the_same_writes_nothing(fresh: Fresh) {
    let before = stored();
    fresh.fill(vec![family(vec![before.clone()])]).await;
    let filled = fresh.pending().await;
    let too_few = OfferEdit {
        quota: quota(-1).quota,
        ..retitled("never")
    };
    let refused = update(&fresh, &before.id, too_few).await;
    assert!(matches!(refused, Updated::Refused(rule) if rule.field == "quota.total"));
    let nobody = OfferId::derive("offer", "nobody");
    let unknown = update(&fresh, &nobody, retitled("never")).await;
    assert_eq!(unknown, Updated::NotFound);
    let same = update(&fresh, &before.id, quota(10)).await;
    let kept = Updated::Unchanged(Box::new(before.clone()));
    assert_eq!(same, kept);
    assert_eq!(read(&fresh, &before.id).await, before);
    assert_eq!(fresh.pending_after(&filled).await, []);
}

async fn edits_of_different_fields_do_not_undo_each_other(fresh: Fresh) {
    let before = stored();
    fresh.fill(vec![family(vec![before.clone()])]).await;
    tokio::join!(
        update(&fresh, &before.id, quota(20)),
        update(&fresh, &before.id, retitled("Trois galettes")),
    );
    let after = Offer {
        title: "Trois galettes".into(),
        version: before.version + 2,
        page: read(&fresh, &before.id).await.page,
        quota: Some(Quota {
            total: 20,
            remaining: 20,
        }),
        ..before
    };
    assert_eq!(read(&fresh, &after.id).await, after);
}

async fn many_writers_of_one_offer_each_leave_their_purge(fresh: Fresh) {
    let before = stored();
    fresh.fill(vec![family(vec![before.clone()])]).await;
    let filled = fresh.pending().await;
    let titles: Vec<String> = (0..12).map(|number| format!("Titre {number}")).collect();
    let writes = titles
        .iter()
        .map(|title| update(&fresh, &before.id, retitled(title)));
    for written in futures_util::future::join_all(writes).await {
        // Each answers with what it wrote itself.
        assert!(matches!(written, Updated::Done(offer, Purging::Pending)
            if titles.contains(&offer.title)));
    }
    assert!(titles.contains(&read(&fresh, &before.id).await.title));
    assert_eq!(fresh.pending_after(&filled).await.len(), titles.len());
}

async fn every_kind_of_discount_is_stored(fresh: Fresh) {
    let before = stored();
    fresh.fill(vec![family(vec![before.clone()])]).await;
    let currency = Currency::Eur;
    let amount = |original| DiscountTerms::Amount {
        amount: 500,
        currency,
        original,
    };
    let item = "un café".to_owned();
    for terms in [
        Some(amount(Some(2_000))),
        Some(amount(None)),
        Some(DiscountTerms::TwoForOne),
        Some(DiscountTerms::FreeItem { item }),
        Some(DiscountTerms::FixedPrice {
            price: 1_000,
            currency,
            original: Some(1_500),
        }),
        None,
    ] {
        let percentage = terms.as_ref().map_or(20, DiscountTerms::percentage);
        let edit = OfferEdit {
            percentage: Edit::Set(percentage),
            terms: Edit::Set(terms.clone()),
            ..OfferEdit::default()
        };
        let updated = update(&fresh, &before.id, edit).await;
        assert!(matches!(updated, Updated::Done(_, Purging::Pending)));
        let discount = read(&fresh, &before.id).await.discount;
        assert_eq!((discount.percentage, discount.terms), (percentage, terms));
    }
}

async fn an_updated_offer_is_found_by_what_it_is_now(fresh: Fresh) {
    let before = stored();
    fresh.fill(vec![family(vec![before.clone()])]).await;
    update(&fresh, &before.id, retitled("Crêpe")).await;
    let only = [before.id];
    for (words, expected) in [("crepe table", &only[..]), ("galettes table", &[])] {
        assert_eq!(with_words(&fresh.db, words).await, expected, "{words}");
    }
}
