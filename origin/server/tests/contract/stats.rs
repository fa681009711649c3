//! How often offers were seen.

use domain::{
    OfferId, PartnerId,
    paris::Day,
    stats::{Seen, store::OfferViews},
};

use crate::{backends::Fresh, runner::tests};

tests! {
    views_add_up_by_partner_and_day: [],
    servers_that_store_at_once_lose_nothing: [Transactions],
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn partner(name: &str) -> PartnerId {
    PartnerId::derive("partner", name)
}

fn seen(of: &str, offer: &str, on: &str, views: i64) -> OfferViews {
    OfferViews {
        partner: partner(of),
        seen: Seen {
            offer: OfferId::derive("offer", offer),
            day: day(on),
            views,
        },
    }
}

async fn views(fresh: &Fresh, of: &str, from: &str, to: &str) -> Vec<(String, i64)> {
    let of = partner(of);
    let found = fresh.db.stats.views(&of, day(from)..=day(to));
    let found = found.await.unwrap().into_iter();
    found.map(|(day, views)| (day.to_string(), views)).collect()
}

async fn views_add_up_by_partner_and_day(fresh: Fresh) {
    let first = vec![
        seen("a", "1", "2026-06-01", 3),
        seen("a", "2", "2026-06-01", 4),
        seen("a", "1", "2026-06-02", 5),
        seen("b", "3", "2026-06-01", 9),
    ];
    fresh.db.stats.add_views(first).await.unwrap();
    let second = vec![
        seen("a", "1", "2026-06-01", 10),
        seen("a", "4", "2026-06-30", 1),
    ];
    fresh.db.stats.add_views(second).await.unwrap();
    let two = [("2026-06-01".to_owned(), 17), ("2026-06-02".to_owned(), 5)];
    assert_eq!(views(&fresh, "a", "2026-05-01", "2026-06-29").await, two);
    assert_eq!(
        views(&fresh, "a", "2026-06-02", "2026-06-02").await,
        two[1..]
    );
    assert_eq!(views(&fresh, "c", "2026-05-01", "2026-06-29").await, []);
}

async fn servers_that_store_at_once_lose_nothing(fresh: Fresh) {
    let adding = (0..8).map(|_| {
        let views = vec![
            seen("a", "1", "2026-06-01", 1),
            seen("a", "2", "2026-06-01", 1),
        ];
        fresh.db.stats.add_views(views)
    });
    for added in futures_util::future::join_all(adding).await {
        added.unwrap();
    }
    let all = [("2026-06-01".to_owned(), 16)];
    assert_eq!(views(&fresh, "a", "2026-06-01", "2026-06-01").await, all);
}
