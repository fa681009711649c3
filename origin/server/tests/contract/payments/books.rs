//! The ledger: disputes, payouts, pages, and what differs from the provider's books.

use domain::{
    PaymentId,
    payments::{
        cursors::{LedgerCursor, PaymentCursor},
        ledger::Transaction,
        money::Currency,
        payment::Payment,
        provider::{Dispute, DisputeStatus, Movement, MovementKind, Payout, PayoutStatus},
        reconciling::{DifferenceKind, MARGIN_MS, differences},
        store::{Applied, LedgerQuery, PaymentQuery, Worry},
    },
};

use super::{AMOUNT, FEE, booked, euros, ledger, of, offered, owed, paid, started, user};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS},
};

tests! {
    a_dispute_changes_the_books_alone: [],
    a_payout_lowers_what_a_partner_is_owed_and_comes_back_when_it_fails: [],
    a_partners_ledger_is_read_by_pages: [],
    payments_are_listed_newest_first_by_pages: [],
    differences_are_kept_once_and_go_when_they_are_gone: [],
    what_moved_is_compared_with_the_providers_books: [],
}

fn dispute(payment: &Payment, status: DisputeStatus) -> Dispute {
    Dispute {
        id: "dp_1".into(),
        intent: payment.intent.clone().unwrap(),
        amount: AMOUNT,
        reason: "fraudulent".into(),
        status,
        created_at_ms: NOW_MS,
    }
}

async fn a_dispute_changes_the_books_alone(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let moved = async || {
        let all = fresh.db.payments.moved(0, i64::MAX / 2).await.unwrap();
        all.len()
    };
    for (by, end, worry) in [
        ("ana", DisputeStatus::Won, Applied::Done),
        (
            "ben",
            DisputeStatus::Lost,
            Applied::Worrying(Worry::Disputed),
        ),
    ] {
        let (booking, payment) = paid(&fresh, by, by, &offer).await;
        let before = (owed(&fresh, &offer).await, moved().await);
        let told = |status| Dispute {
            id: format!("dp_{by}"),
            ..dispute(&payment, status)
        };
        let apply = async |status| {
            let told = told(status);
            let applied = fresh.db.payments.apply_dispute(&told, NOW_MS);
            applied.await.unwrap()
        };
        let opened = apply(DisputeStatus::Open).await;
        assert_eq!(opened, Applied::Worrying(Worry::Disputed));
        assert_eq!(apply(DisputeStatus::Open).await, Applied::Nothing);
        let team = super::tasks(&fresh, "payment_disputed").await;
        assert!(team.contains(&format!("payment_disputed:dp_{by}:opened")));
        assert_eq!(apply(end).await, worry);
        for status in [
            end,
            DisputeStatus::Open,
            DisputeStatus::Won,
            DisputeStatus::Lost,
        ] {
            assert_eq!(apply(status).await, Applied::Nothing, "{status:?}");
        }
        assert_eq!(of(&fresh, &payment.id).await, payment);
        assert_eq!(super::stored(&fresh, &booking.id).await, booking);
        assert_eq!((owed(&fresh, &offer).await, moved().await), before);
    }
    // Its end is the first that is heard of it.
    let (_, payment) = paid(&fresh, "eve", "eve", &offer).await;
    let lost = Dispute {
        id: "dp_eve".into(),
        ..dispute(&payment, DisputeStatus::Lost)
    };
    let applied = fresh.db.payments.apply_dispute(&lost, NOW_MS).await;
    assert_eq!(applied.unwrap(), Applied::Worrying(Worry::Disputed));
    let alien = Dispute {
        intent: "pi_alien".into(),
        ..lost
    };
    let applied = fresh.db.payments.apply_dispute(&alien, NOW_MS).await;
    assert_eq!(applied.unwrap(), Applied::Unknown);
}

async fn a_payout_lowers_what_a_partner_is_owed_and_comes_back_when_it_fails(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    paid(&fresh, "1", "ana", &offer).await;
    let whole = AMOUNT - FEE;
    let payout = |id: &str, status| Payout {
        id: id.into(),
        account: "acct_1".into(),
        amount: 900,
        currency: Some(Currency::Eur),
        status,
        created_at_ms: NOW_MS,
    };
    for (id, status, applied, left) in [
        ("po_1", PayoutStatus::NotSent, Applied::Nothing, whole),
        ("po_1", PayoutStatus::Paid, Applied::Done, whole - 900),
        ("po_1", PayoutStatus::Paid, Applied::Nothing, whole - 900),
        ("po_1", PayoutStatus::Failed, Applied::Done, whole),
        ("po_1", PayoutStatus::Paid, Applied::Nothing, whole),
        // Heard of when it had failed, and an older answer after that.
        ("po_2", PayoutStatus::Failed, Applied::Done, whole),
        ("po_2", PayoutStatus::Paid, Applied::Nothing, whole),
    ] {
        let payout = payout(id, status);
        let found = fresh.db.payments.apply_payout(&payout, NOW_MS);
        assert_eq!(found.await.unwrap(), applied, "{id} {status:?}");
        assert_eq!(owed(&fresh, &offer).await, euros(left), "{id} {status:?}");
    }
    let odd = Payout {
        currency: None,
        ..payout("po_3", PayoutStatus::Paid)
    };
    let applied = fresh.db.payments.apply_payout(&odd, NOW_MS).await;
    let worry = Applied::Worrying(Worry::UnknownCurrency);
    assert_eq!(applied.unwrap(), worry);
    let alien = Payout {
        account: "acct_alien".into(),
        ..payout("po_4", PayoutStatus::Paid)
    };
    let applied = fresh.db.payments.apply_payout(&alien, NOW_MS).await;
    assert_eq!(applied.unwrap(), Applied::Unknown);
}

async fn a_partners_ledger_is_read_by_pages(fresh: Fresh) {
    let offer = offered(&fresh, 9).await;
    let mut expected = Vec::new();
    for by in ["ana", "ben", "eve"] {
        let (_, payment) = paid(&fresh, by, by, &offer).await;
        let name = payment.intent.clone().unwrap();
        expected.push(Transaction::capture(&payment, &name, NOW_MS));
    }
    // All at once: the keys decide.
    expected.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(ledger(&fresh, &offer).await, expected);
    let mut query = LedgerQuery {
        partner: offer.partner_id.clone(),
        from_ms: NOW_MS,
        until_ms: NOW_MS + 1,
        first: 2,
        after: None,
    };
    let first = fresh.db.payments.ledger(&query).await.unwrap();
    assert_eq!(
        (first.items.as_slice(), first.has_next_page),
        (&expected[..2], true)
    );
    query.after = Some(LedgerCursor::of(&expected[1]));
    let second = fresh.db.payments.ledger(&query).await.unwrap();
    assert_eq!(
        (second.items.as_slice(), second.has_next_page),
        (&expected[2..], false)
    );
    for (from_ms, until_ms) in [(NOW_MS + 1, NOW_MS + 9), (0, NOW_MS)] {
        let nothing = LedgerQuery {
            from_ms,
            until_ms,
            after: None,
            ..query.clone()
        };
        assert_eq!(fresh.db.payments.ledger(&nothing).await.unwrap().items, []);
    }
}

async fn payments_are_listed_newest_first_by_pages(fresh: Fresh) {
    let offers = [
        super::priced("a", 9),
        super::priced("b", 9),
        super::priced("c", 9),
    ];
    fresh
        .fill(vec![crate::samples::family(offers.to_vec())])
        .await;
    super::with_account(&fresh.db, &offers[0], true).await;
    let mut all: Vec<Payment> = Vec::new();
    for offer in &offers {
        let booking = booked(&fresh, offer.id.as_str(), "ana", offer).await;
        all.push(started(&fresh, &booking).await);
    }
    // All of one moment.
    all.sort_by(|one, other| other.id.cmp(&one.id));
    let mut query = PaymentQuery {
        user: user("ana"),
        first: 2,
        after: None,
    };
    let page = fresh.db.payments.list(&query).await.unwrap();
    assert_eq!(
        (page.items.as_slice(), page.has_next_page),
        (&all[..2], true)
    );
    query.after = Some(PaymentCursor::of(&all[1]));
    let page = fresh.db.payments.list(&query).await.unwrap();
    assert_eq!(
        (page.items.as_slice(), page.has_next_page),
        (&all[2..], false)
    );
    query.user = user("ben");
    query.after = None;
    assert_eq!(fresh.db.payments.list(&query).await.unwrap().items, []);
    assert_eq!(fresh.db.payments.by_ids(&[]).await.unwrap().len(), 0);
    let none = PaymentId::derive("payment", "none");
    assert_eq!(fresh.db.payments.by_ids(&[none]).await.unwrap().len(), 0);
}

async fn differences_are_kept_once_and_go_when_they_are_gone(fresh: Fresh) {
    let movement = |source: &str, at_ms| Movement {
        id: format!("txn_{source}"),
        kind: MovementKind::Capture,
        source: source.into(),
        amount: 500,
        currency: Some(Currency::Eur),
        at_ms,
    };
    let day = NOW_MS..NOW_MS + DAY_MS;
    let find = |movements: &[Movement], now_ms| {
        differences(&day, movements, &std::collections::HashMap::new(), now_ms)
    };
    let keep = async |found: &[_]| {
        let kept = fresh
            .db
            .payments
            .keep_differences(day.start, day.end, found);
        kept.await.unwrap();
    };
    let all = async || fresh.db.payments.differences(9).await.unwrap();
    let two = [movement("pi_1", NOW_MS + 5), movement("pi_2", NOW_MS)];
    let found = find(&two, 1);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].kind, DifferenceKind::NotInLedger);
    keep(&found).await;
    // The next day it is found again: since when it is known stays.
    keep(&find(&two, 2)).await;
    let kept = all().await;
    let names: Vec<&str> = kept.iter().map(|kept| kept.provider_id.as_str()).collect();
    assert_eq!(names, ["pi_2", "pi_1"], "oldest first");
    assert!(kept.iter().all(|kept| kept.found_at_ms == 1));
    assert_eq!(fresh.db.payments.figures().await.unwrap().differences, 2);
    // Those of another day stay.
    let other = fresh
        .db
        .payments
        .keep_differences(day.start - DAY_MS, day.start, &[]);
    other.await.unwrap();
    assert_eq!(all().await.len(), 2);
    keep(&found[..1]).await;
    assert_eq!(all().await.len(), 1);
    keep(&[]).await;
    assert_eq!(all().await, []);
}

async fn what_moved_is_compared_with_the_providers_books(fresh: Fresh) {
    let offer = offered(&fresh, 3).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    let movement = Movement {
        id: "txn_1".into(),
        kind: MovementKind::Capture,
        source: payment.intent.clone().unwrap(),
        amount: AMOUNT,
        currency: Some(Currency::Eur),
        // The report came a while later, on the next day.
        at_ms: NOW_MS - 5_000,
    };
    let moments = [NOW_MS - DAY_MS..NOW_MS, NOW_MS..NOW_MS + DAY_MS];
    let found = async |movements: &[Movement]| {
        let mut found = Vec::new();
        for day in &moments {
            let (from_ms, until_ms) = (day.start - MARGIN_MS, day.end + MARGIN_MS);
            let moved = fresh.db.payments.moved(from_ms, until_ms).await.unwrap();
            let those = differences(day, movements, &moved, 1).into_iter();
            found.extend(those.map(|one| (one.kind, one.provider_minor, one.ledger_minor)));
        }
        found
    };
    assert_eq!(found(std::slice::from_ref(&movement)).await, []);
    let not_there = [(DifferenceKind::NotAtProvider, 0, AMOUNT)];
    assert_eq!(found(&[]).await, not_there);
    let less = Movement {
        amount: AMOUNT - 1,
        ..movement.clone()
    };
    let differs = [(DifferenceKind::Amount, AMOUNT - 1, AMOUNT)];
    assert_eq!(found(&[less]).await, differs);
    let odd = Movement {
        currency: None,
        ..movement
    };
    let differs = [(DifferenceKind::Amount, AMOUNT, AMOUNT)];
    assert_eq!(found(&[odd]).await, differs);
}
