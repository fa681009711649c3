//! Lists of offers: pages, filters, who sees what, how much of it.

use domain::{
    Category, Offer, OfferId, PartnerId, StoreError,
    offers::store::{Columns, Images, ListFields, OfferCursor, OfferQuery, Rank, Visibility},
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{all_pages, family, found, is_visible, list, near, offer, paris, query, sorted},
};

tests! {
    newest_first_has_no_duplicates_and_no_holes: [],
    offers_of_the_same_moment_page_by_id: [],
    filters_narrow_every_list: [],
    totals_are_those_of_the_whole_list: [Unions],
    filters_narrow_lists_by_distance: [Geo, Unions],
    filters_narrow_totals: [Unions],
    validity_begins_with_its_first_moment_and_ends_before_its_last: [],
    a_cursor_of_the_order_by_distance_is_refused: [],
    a_cursor_of_the_order_by_time_is_refused: [],
    a_list_reads_only_what_was_selected: [],
    a_list_by_distance_reads_only_what_was_selected: [Geo],
}

async fn newest_first_has_no_duplicates_and_no_holes(fresh: Fresh) {
    let offers = fresh.sampled(1_200).await;
    let mut expected: Vec<&Offer> = offers.iter().filter(|offer| is_visible(offer)).collect();
    expected.sort_by(|a, b| (b.created_at_ms, &b.id).cmp(&(a.created_at_ms, &a.id)));
    let expected: Vec<&OfferId> = expected.into_iter().map(|offer| &offer.id).collect();
    for first in [7, 100, 10_000] {
        let query = OfferQuery {
            first,
            ..query(None)
        };
        let items = all_pages(&fresh.db, query.clone()).await;
        let ids: Vec<&OfferId> = items.iter().map(|(offer, _)| &offer.id).collect();
        assert_eq!(ids, expected);
        let page = list(&fresh.db, &query).await;
        assert_eq!((page.total, page.next_change_ms), (None, None));
        assert_eq!(page.items, items[..first.min(items.len())]);
    }
}

async fn totals_are_those_of_the_whole_list(fresh: Fresh) {
    let offers = fresh.sampled(1_200).await;
    let visible: Vec<&Offer> = offers.iter().filter(|offer| is_visible(offer)).collect();
    let last = visible.iter().min_by_key(|o| (o.created_at_ms, &o.id));
    for (first, after) in [(7, None), (10_000, None), (7, last)] {
        let mut query = OfferQuery {
            first,
            after: after.map(|offer| OfferCursor::of(offer, None, Rank::Title)),
            ..query(None)
        };
        let items = list(&fresh.db, &query).await.items;
        query.columns = Columns::EdgesAndTotal;
        let page = list(&fresh.db, &query).await;
        assert_eq!(page.total, Some(visible.len() as u64));
        assert_eq!(page.items, items);
    }
    let nobody = OfferQuery {
        partner: Some(PartnerId::derive("nobody", "")),
        columns: Columns::EdgesAndTotal,
        ..query(None)
    };
    assert_eq!(list(&fresh.db, &nobody).await.total, Some(0));
}

async fn offers_of_the_same_moment_page_by_id(fresh: Fresh) {
    let offers = (0..50).map(|n| offer(&n.to_string())).collect();
    fresh.fill(vec![family(offers)]).await;
    let items = all_pages(
        &fresh.db,
        OfferQuery {
            first: 3,
            ..query(None)
        },
    );
    let ids: Vec<OfferId> = items.await.into_iter().map(|(offer, _)| offer.id).collect();
    assert_eq!(ids.len(), 50);
    assert!(ids.iter().rev().is_sorted());
}

type Narrow = Box<dyn Fn(&mut OfferQuery)>;
type Keep = Box<dyn Fn(&Offer) -> bool>;

async fn filters_narrow_every_list(fresh: Fresh) {
    assert_filters(&fresh, query(None), Columns::Edges).await;
}

async fn filters_narrow_totals(fresh: Fresh) {
    assert_filters(&fresh, query(None), Columns::EdgesAndTotal).await;
}

async fn filters_narrow_lists_by_distance(fresh: Fresh) {
    // All around the Earth.
    let around = query(Some(near(paris(), 20_100.0)));
    assert_filters(&fresh, around, Columns::EdgesAndTotal).await;
}

async fn assert_filters(fresh: &Fresh, base: OfferQuery, columns: Columns) {
    let offers = fresh.sampled(1_200).await;
    let some = offers.iter().find(|offer| is_visible(offer)).unwrap();
    let (partner, wanted) = (some.partner_id.clone(), some.partner_id.clone());
    let cases: Vec<(Narrow, Keep)> = vec![
        (Box::new(|_| ()), Box::new(is_visible)),
        (
            Box::new(|q| q.categories = vec![Category::Bar, Category::Cinema]),
            Box::new(|o| is_visible(o) && matches!(o.category, Category::Bar | Category::Cinema)),
        ),
        (
            Box::new(|q| q.min_discount = Some(30)),
            Box::new(|o| is_visible(o) && o.discount.percentage >= 30),
        ),
        (
            Box::new(|q| q.include_inactive = Visibility::All),
            Box::new(|_| true),
        ),
        (
            Box::new(move |q| q.partner = Some(wanted.clone())),
            Box::new(move |o| is_visible(o) && o.partner_id == partner),
        ),
        (
            Box::new(|q| {
                q.categories = vec![Category::Restaurant];
                q.min_discount = Some(20);
                q.include_inactive = Visibility::All;
            }),
            Box::new(|o| o.category == Category::Restaurant && o.discount.percentage >= 20),
        ),
    ];
    for (number, (narrow, keep)) in cases.into_iter().enumerate() {
        let mut query = base.clone();
        narrow(&mut query);
        query.columns = columns;
        let expected = sorted(offers.iter().filter(|offer| keep(offer)));
        assert!(!expected.is_empty(), "case {number}");
        let total = list(&fresh.db, &query).await.total;
        let counted = (columns == Columns::EdgesAndTotal).then_some(expected.len() as u64);
        assert_eq!(total, counted, "case {number}");
        assert_eq!(found(&fresh.db, query).await, expected, "case {number}");
    }
}

async fn validity_begins_with_its_first_moment_and_ends_before_its_last(fresh: Fresh) {
    let mine = Offer {
        valid_from_ms: 1_000,
        valid_until_ms: 2_000,
        ..offer("mine")
    };
    fresh.fill(vec![family(vec![mine])]).await;
    for (now_ms, count) in [(999, 0), (1_000, 1), (1_999, 1), (2_000, 0)] {
        let query = OfferQuery {
            now_ms,
            ..query(None)
        };
        assert_eq!(list(&fresh.db, &query).await.items.len(), count, "{now_ms}");
    }
}

async fn a_cursor_of_the_order_by_distance_is_refused(fresh: Fresh) {
    let mut by_time = query(None);
    by_time.after = Some(OfferCursor::Near {
        rank: Rank::Title,
        distance_km: 1.0,
        id: OfferId::derive("offer", "x"),
    });
    assert_foreign(&fresh, &by_time).await;
}

async fn a_cursor_of_the_order_by_time_is_refused(fresh: Fresh) {
    let mut by_distance = query(Some(near(paris(), 5.0)));
    by_distance.after = Some(OfferCursor::Newest {
        rank: Rank::Title,
        created_at_ms: 1,
        id: OfferId::derive("offer", "x"),
    });
    assert_foreign(&fresh, &by_distance).await;
}

async fn assert_foreign(fresh: &Fresh, query: &OfferQuery) {
    let refused = fresh.db.offers.list(query).await;
    assert!(matches!(refused, Err(StoreError::ForeignCursor)));
}

async fn a_list_reads_only_what_was_selected(fresh: Fresh) {
    assert_projection(&fresh, query(None)).await;
}

async fn a_list_by_distance_reads_only_what_was_selected(fresh: Fresh) {
    assert_projection(&fresh, query(Some(near(paris(), 50.0)))).await;
}

async fn assert_projection(fresh: &Fresh, mut query: OfferQuery) {
    let whole = fresh.sampled(300).await;
    let full = list(&fresh.db, &query).await.items;
    for (listed, _) in &full {
        let stored = whole.iter().find(|offer| offer.id == listed.id);
        assert_eq!(Some(listed), stored);
    }
    assert!(full.iter().any(|(offer, _)| offer.images.len() > 1));
    query.fields.images = Images::First;
    for ((listed, _), (offer, _)) in list(&fresh.db, &query).await.items.iter().zip(&full) {
        let mut expected = offer.clone();
        expected.images.truncate(1);
        assert_eq!(*listed, expected);
    }
    assert!(full.iter().any(|(offer, _)| !offer.conditions.is_empty()));
    query.fields = ListFields {
        description: false,
        conditions: false,
        schedule: false,
        images: Images::None,
    };
    let bare = list(&fresh.db, &query).await.items;
    assert_eq!(bare.len(), full.len());
    for ((listed, _), (offer, _)) in bare.iter().zip(&full) {
        let expected = Offer {
            description: String::new(),
            conditions: vec![],
            images: vec![],
            schedule: None,
            ..offer.clone()
        };
        assert_eq!(*listed, expected);
    }
}
