//! Money that goes back.

use domain::{
    PaymentId, RefundId, UserId,
    payments::{
        ledger::{Account, Transaction},
        payment::Payment,
        provider::{IntentStatus, ProviderRefund, RefundStatus},
        refund::{RefundCause, RefundState},
        refusals::PaymentRefusal,
        store::{Applied, NewRefund, RefundAsked, Worry},
    },
    users::store::Erased,
};
use futures_util::future::join_all;

use super::{
    AMOUNT, FEE, booked, euros, intent, ledger, of, offered, owed, paid, refunds, started, tasks,
    user,
};
use crate::{backends::Fresh, runner::tests, samples::NOW_MS, users::sign_up};

tests! {
    support_refunds_parts_and_never_more_than_came: [],
    two_refunds_at_once_are_never_more_than_came: [Transactions],
    a_refund_is_entered_when_the_provider_accepts_it_and_reversed_when_it_fails: [],
    a_refund_that_the_provider_will_not_make_gives_the_sum_back: [],
    a_refund_of_the_providers_own_page_is_recorded: [],
    a_refund_that_is_heard_of_before_the_money_waits_for_it: [],
    all_parts_together_give_back_exactly_the_fee: [],
    who_refunded_is_forgotten_with_the_account: [],
}

fn asking(payment: &PaymentId, name: &str, amount: Option<i64>) -> NewRefund {
    NewRefund {
        id: RefundId::derive("refund", name),
        payment: payment.clone(),
        amount,
        cause: RefundCause::Support,
        reason: Some("the music was too loud".into()),
        by: None,
    }
}

async fn ask(fresh: &Fresh, new: NewRefund) -> RefundAsked {
    fresh.db.payments.ask_refund(new, NOW_MS).await.unwrap()
}

/// What the provider says of a refund.
fn found(payment: &Payment, refund: Option<&RefundId>, amount: i64) -> ProviderRefund {
    let name = refund.map_or("elsewhere", RefundId::as_str);
    ProviderRefund {
        id: format!("re_{name}"),
        refund: refund.cloned(),
        intent: payment.intent.clone().unwrap(),
        amount,
        status: RefundStatus::Accepted,
        created_at_ms: NOW_MS,
    }
}

async fn apply(fresh: &Fresh, refund: &ProviderRefund) -> Applied {
    let applied = fresh.db.payments.apply_refund(refund, NOW_MS + 7).await;
    applied.unwrap()
}

async fn support_refunds_parts_and_never_more_than_came(fresh: Fresh) {
    let offer = offered(&fresh, 2).await;
    let refused = RefundAsked::Refused;
    let unpaid = booked(&fresh, "unpaid", "ben", &offer).await;
    let open = started(&fresh, &unpaid).await;
    let early = ask(&fresh, asking(&open.id, "early", None)).await;
    assert_eq!(early, refused(PaymentRefusal::NotCaptured));
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    let id = &payment.id;
    for amount in [0, -5] {
        let none = ask(&fresh, asking(id, "none", Some(amount))).await;
        assert_eq!(none, refused(PaymentRefusal::NoAmount));
    }
    for amount in [AMOUNT + 1, i64::MAX] {
        let more = ask(&fresh, asking(id, "more", Some(amount))).await;
        assert_eq!(more, refused(PaymentRefusal::TooMuch { left: AMOUNT }));
    }
    let part = ask(&fresh, asking(id, "part", Some(400))).await;
    let RefundAsked::Done(part) = part else {
        panic!("{part:?}")
    };
    assert_eq!((part.amount, part.fee), (400, 27));
    assert_eq!(part.reason.as_deref(), Some("the music was too loud"));
    // The same key once more, because the answer was lost.
    for amount in [Some(400), None] {
        let again = ask(&fresh, asking(id, "part", amount)).await;
        assert_eq!(again, RefundAsked::Before(part.clone()));
    }
    let other = ask(&fresh, asking(id, "part", Some(401))).await;
    assert_eq!(other, refused(PaymentRefusal::KeyReused));
    let left = AMOUNT - 400;
    let more = ask(&fresh, asking(id, "more", Some(left + 1))).await;
    assert_eq!(more, refused(PaymentRefusal::TooMuch { left }));
    let rest = ask(&fresh, asking(id, "rest", None)).await;
    let RefundAsked::Done(rest) = rest else {
        panic!("{rest:?}")
    };
    assert_eq!((rest.amount, rest.fee), (left, FEE - 27));
    let nothing = ask(&fresh, asking(id, "nothing", None)).await;
    assert_eq!(nothing, refused(PaymentRefusal::TooMuch { left: 0 }));
    assert_eq!(of(&fresh, id).await.refunded, AMOUNT);
    let mut stored = refunds(&fresh, id).await;
    stored.sort_by_key(|refund| refund.amount);
    assert_eq!(stored, [*part, *rest]);
    let none = PaymentId::derive("payment", "none");
    let unknown = ask(&fresh, asking(&none, "unknown", None)).await;
    assert_eq!(unknown, refused(PaymentRefusal::PaymentNotFound));
}

async fn two_refunds_at_once_are_never_more_than_came(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    let other = fresh.of_another_server().await;
    let all = (0..10).map(|number| {
        let servers = [&fresh.db, &other];
        let payments = servers[number % 2].payments.clone();
        let new = asking(&payment.id, &number.to_string(), Some(300));
        async move { payments.ask_refund(new, NOW_MS).await.unwrap() }
    });
    let all = join_all(all).await;
    let is_done = |asked: &&RefundAsked| matches!(asked, RefundAsked::Done(_));
    assert_eq!(all.iter().filter(is_done).count(), 3, "{all:?}");
    assert_eq!(of(&fresh, &payment.id).await.refunded, 900);
    assert_eq!(refunds(&fresh, &payment.id).await.len(), 3);
    assert_eq!(tasks(&fresh, "payment_refund").await.len(), 3);
}

async fn a_refund_is_entered_when_the_provider_accepts_it_and_reversed_when_it_fails(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    let new = asking(&payment.id, "part", Some(400));
    ask(&fresh, new.clone()).await;
    let accepted = found(&payment, Some(&new.id), 400);
    assert_eq!(apply(&fresh, &accepted).await, Applied::Done);
    assert_eq!(apply(&fresh, &accepted).await, Applied::Nothing);
    let stored = refunds(&fresh, &payment.id).await.remove(0);
    assert_eq!(stored.state, RefundState::Accepted);
    assert_eq!(stored.provider_id.as_deref(), Some(accepted.id.as_str()));
    let left = AMOUNT - FEE - (400 - 27);
    assert_eq!(owed(&fresh, &offer).await, euros(left));
    let entries = ledger(&fresh, &offer).await;
    let entered = Transaction::refund(&payment, &stored, &accepted.id, NOW_MS + 7);
    assert_eq!(entries[1], entered);
    assert_eq!(entered.change_of(&Account::Provider), 400);
    let receipts = tasks(&fresh, "payment_result").await;
    assert!(receipts.contains(&format!("payment_result:{}:{}", payment.id, new.id)));
    let failed = ProviderRefund {
        status: RefundStatus::Failed,
        ..accepted.clone()
    };
    let worry = Applied::Worrying(Worry::RefundFailed);
    assert_eq!(apply(&fresh, &failed).await, worry);
    assert_eq!(apply(&fresh, &failed).await, Applied::Nothing);
    assert_eq!(
        apply(&fresh, &accepted).await,
        Applied::Nothing,
        "it is older"
    );
    assert_eq!(owed(&fresh, &offer).await, euros(AMOUNT - FEE));
    assert_eq!(of(&fresh, &payment.id).await.refunded, 0);
    assert_eq!(ledger(&fresh, &offer).await.len(), 3);
    let unknown = ProviderRefund {
        intent: "pi_alien".into(),
        ..accepted
    };
    assert_eq!(apply(&fresh, &unknown).await, Applied::Unknown);
}

async fn a_refund_that_the_provider_will_not_make_gives_the_sum_back(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    let new = asking(&payment.id, "part", Some(400));
    ask(&fresh, new.clone()).await;
    let failed = async || {
        fresh
            .db
            .payments
            .refund_failed(&new.id, NOW_MS)
            .await
            .unwrap()
    };
    assert_eq!(failed().await, Applied::Worrying(Worry::RefundFailed));
    assert_eq!(failed().await, Applied::Nothing);
    assert_eq!(of(&fresh, &payment.id).await.refunded, 0);
    assert_eq!(ledger(&fresh, &offer).await.len(), 1);
    // The provider had made it all the same: it alone knows.
    let made = found(&payment, Some(&new.id), 400);
    assert_eq!(apply(&fresh, &made).await, Applied::Done);
    assert_eq!(of(&fresh, &payment.id).await.refunded, 400);
    assert_eq!(ledger(&fresh, &offer).await.len(), 2);
    let none = RefundId::derive("refund", "none");
    let unknown = fresh.db.payments.refund_failed(&none, NOW_MS).await;
    assert_eq!(unknown.unwrap(), Applied::Unknown);
}

async fn a_refund_of_the_providers_own_page_is_recorded(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    // Ours asks for all, and the provider has not heard of it.
    let all = asking(&payment.id, "all", None);
    ask(&fresh, all.clone()).await;
    let elsewhere = found(&payment, None, 600);
    assert_eq!(apply(&fresh, &elsewhere).await, Applied::Done);
    assert_eq!(apply(&fresh, &elsewhere).await, Applied::Nothing);
    let stored = refunds(&fresh, &payment.id).await;
    let of_ours = stored.iter().find(|refund| refund.id == all.id).unwrap();
    assert_eq!(of_ours.state, RefundState::Failed, "it gave way");
    let others = stored.iter().filter(|refund| refund.id != all.id);
    let mut others: Vec<_> = others.map(|other| (other.amount, other.state)).collect();
    others.sort_unstable_by_key(|(amount, _)| *amount);
    let rest = (AMOUNT - 600, RefundState::Requested);
    assert_eq!(others, [rest, (600, RefundState::Accepted)]);
    assert!(stored.iter().all(|one| one.cause == RefundCause::Support));
    assert_eq!(of(&fresh, &payment.id).await.refunded, AMOUNT);
    // More than all cannot be: it waits until it is known what came back.
    let too_much = ProviderRefund {
        id: "re_too_much".into(),
        ..found(&payment, None, 500)
    };
    assert_eq!(apply(&fresh, &too_much).await, Applied::Early);
    assert_eq!(of(&fresh, &payment.id).await.refunded, AMOUNT);
    let failed = ProviderRefund {
        status: RefundStatus::Failed,
        ..elsewhere
    };
    let worry = Applied::Worrying(Worry::RefundFailed);
    assert_eq!(apply(&fresh, &failed).await, worry);
    assert_eq!(apply(&fresh, &too_much).await, Applied::Done);
    let and_the_rest = AMOUNT - 600 + 500;
    assert_eq!(of(&fresh, &payment.id).await.refunded, and_the_rest);
    let another = ProviderRefund {
        amount: 0,
        id: "re_nothing".into(),
        ..too_much
    };
    let worry = Applied::Worrying(Worry::WrongRefund);
    assert_eq!(apply(&fresh, &another).await, worry);
}

async fn a_refund_that_is_heard_of_before_the_money_waits_for_it(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let booking = booked(&fresh, "1", "ana", &offer).await;
    let payment = started(&fresh, &booking).await;
    let waiting = intent(&payment, IntentStatus::Waiting);
    fresh
        .db
        .payments
        .apply_intent(&waiting, NOW_MS)
        .await
        .unwrap();
    let open = of(&fresh, &payment.id).await;
    let elsewhere = found(&open, None, 600);
    assert_eq!(apply(&fresh, &elsewhere).await, Applied::Early);
    assert_eq!(of(&fresh, &payment.id).await, open);
    let came = intent(&payment, IntentStatus::Succeeded);
    fresh.db.payments.apply_intent(&came, NOW_MS).await.unwrap();
    assert_eq!(apply(&fresh, &elsewhere).await, Applied::Done);
    assert_eq!(of(&fresh, &payment.id).await.refunded, 600);
}

async fn all_parts_together_give_back_exactly_the_fee(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    for (name, amount) in [
        ("1", Some(333)),
        ("2", Some(1)),
        ("3", Some(333)),
        ("4", None),
    ] {
        let new = asking(&payment.id, name, amount);
        let RefundAsked::Done(refund) = ask(&fresh, new).await else {
            panic!("{name}")
        };
        let accepted = found(&payment, Some(&refund.id), refund.amount);
        assert_eq!(apply(&fresh, &accepted).await, Applied::Done);
    }
    assert_eq!(owed(&fresh, &offer).await, euros(0));
    let entries = ledger(&fresh, &offer).await;
    for account in [Account::Fees, Account::Provider] {
        let sum: i64 = entries.iter().map(|entry| entry.change_of(&account)).sum();
        assert_eq!(sum, 0, "{account}");
    }
}

async fn who_refunded_is_forgotten_with_the_account(fresh: Fresh) {
    let offer = offered(&fresh, 1).await;
    let (_, payment) = paid(&fresh, "1", "ana", &offer).await;
    let by = |name: &str| Some(user(name));
    sign_up(&fresh, &user("operator")).await;
    let mut ids: Vec<(RefundId, Option<UserId>)> = Vec::new();
    for (name, by, stored) in [
        ("1", by("operator"), by("operator")),
        ("2", by("nobody"), None),
    ] {
        let new = NewRefund {
            by,
            ..asking(&payment.id, name, Some(5))
        };
        ids.push((new.id.clone(), stored.clone()));
        let RefundAsked::Done(refund) = ask(&fresh, new).await else {
            panic!("{name}")
        };
        assert_eq!(refund.by, stored);
    }
    let erased = fresh.db.users.erase(&user("operator"), "p", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    for refund in refunds(&fresh, &payment.id).await {
        assert_eq!(refund.by, None);
    }
}
