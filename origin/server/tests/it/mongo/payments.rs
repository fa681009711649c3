//! Every query of payments, for who looks at their plans.

use domain::{
    BookingId, Offer, PartnerId, PaymentId, RefundId, UserId,
    bookings::{party::PartySize, rules::NewBooking, store::Created},
    offers::{
        edit::{Edit, OfferEdit},
        store::Author,
    },
    payments::{
        cursors::{LedgerCursor, PaymentCursor},
        money::Currency,
        payment::Payment,
        price::{OfferPrice, Terms},
        provider::{
            Dispute, DisputeStatus, Intent, IntentStatus, Movement, MovementKind, Payout,
            PayoutStatus, ProviderAccount, ProviderRefund, RefundStatus,
        },
        reconciling::differences,
        refund::RefundCause,
        store::{LedgerQuery, NewPayment, NewRefund, PaymentQuery, Started},
    },
};
use yousoon::database::Database;

use crate::fixtures::NOW_MS;

const FAR_MS: i64 = i64::MAX / 2;

pub(super) async fn ask(db: &Database, offer: &Offer, user: &UserId) {
    let partner = &offer.partner_id;
    let account = ProviderAccount {
        id: "acct_1".into(),
        partner: None,
        takes_payments: true,
        is_paid_out: true,
        has_given_details: true,
    };
    let store = &db.payments;
    store.keep_account(partner, &account, NOW_MS).await.unwrap();
    store.apply_account(&account, NOW_MS).await.unwrap();
    store.accounts(std::slice::from_ref(partner)).await.unwrap();
    let payment = paid(db, offer, user).await;
    read(db, &payment, user).await;
    give_back(db, &payment, user).await;
    books(db, &payment, partner).await;
    for now_ms in [0, 1, 99] {
        store.take_lease("a", now_ms + 9, now_ms).await.unwrap();
    }
    store.give_lease_back("a").await.unwrap();
}

async fn paid(db: &Database, offer: &Offer, user: &UserId) -> Payment {
    let price = OfferPrice {
        amount: 900,
        currency: Currency::Eur,
        original: None,
        is_deposit: false,
        refundable_until_min: None,
        vat_rate_bp: 0,
    };
    let edit = OfferEdit {
        price: Edit::Set(Some(price)),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "edit",
    };
    let updated = db.offers.update(offer.id.clone(), edit, author, NOW_MS);
    updated.await.unwrap();
    let now_ms = offer.valid_from_ms;
    let new = NewBooking {
        id: BookingId::derive("booking", "priced"),
        user: user.clone(),
        offer: offer.id.clone(),
        idempotency_key: None,
        terms: Some(Terms { fee_bp: 700 }),
        opening_ms: None,
        party: PartySize::ONE,
    };
    let Created::Done(booking) = db.bookings.create(new, now_ms).await.unwrap() else {
        panic!("an offer with places can be booked when it begins");
    };
    let new = NewPayment {
        id: PaymentId::derive("payment", "1"),
        booking: booking.id.clone(),
        user: user.clone(),
    };
    let Started::Done(payment) = db.payments.start(new, now_ms).await.unwrap() else {
        panic!("it can be paid");
    };
    db.payments.poll_due(now_ms + 60_000, 9).await.unwrap();
    let came = Intent {
        id: "pi_1".into(),
        payment: None,
        status: IntentStatus::Waiting,
        amount: 900,
        received: 0,
        currency: Some(Currency::Eur),
        client_secret: String::new(),
    };
    for (made_for, status, received) in [
        (Some(payment.id.clone()), IntentStatus::Waiting, 0),
        (None, IntentStatus::Succeeded, 900),
    ] {
        let intent = Intent {
            payment: made_for,
            status,
            received,
            ..came.clone()
        };
        db.payments.apply_intent(&intent, now_ms).await.unwrap();
    }
    *payment
}

async fn read(db: &Database, payment: &Payment, user: &UserId) {
    let store = &db.payments;
    let ids = [payment.id.clone()];
    store.by_ids(&ids).await.unwrap();
    store
        .of_bookings(std::slice::from_ref(&payment.booking))
        .await
        .unwrap();
    for after in [None, Some(PaymentCursor::of(payment))] {
        let query = PaymentQuery {
            user: user.clone(),
            first: 20,
            after,
        };
        store.list(&query).await.unwrap();
    }
    store.cancelled(&payment.id).await.unwrap();
    store.figures().await.unwrap();
}

async fn give_back(db: &Database, payment: &Payment, user: &UserId) {
    let store = &db.payments;
    for name in ["1", "2"] {
        let new = NewRefund {
            id: RefundId::derive("refund", name),
            payment: payment.id.clone(),
            amount: Some(100),
            cause: RefundCause::Support,
            reason: None,
            by: Some(user.clone()),
        };
        store.ask_refund(new, NOW_MS).await.unwrap();
    }
    let id = RefundId::derive("refund", "1");
    let found = ProviderRefund {
        id: "re_1".into(),
        refund: Some(id.clone()),
        intent: "pi_1".into(),
        amount: 100,
        status: RefundStatus::Accepted,
        created_at_ms: NOW_MS,
    };
    store.apply_refund(&found, NOW_MS).await.unwrap();
    let second = RefundId::derive("refund", "2");
    store.refund_failed(&second, NOW_MS).await.unwrap();
    store.refund(&id).await.unwrap();
    let of_payment = store.refunds_of(std::slice::from_ref(&payment.id)).await;
    assert_eq!(of_payment.unwrap()[&payment.id].len(), 2);
}

async fn books(db: &Database, payment: &Payment, partner: &PartnerId) {
    let store = &db.payments;
    let dispute = Dispute {
        id: "dp_1".into(),
        intent: "pi_1".into(),
        amount: payment.amount,
        reason: "fraudulent".into(),
        status: DisputeStatus::Open,
        created_at_ms: NOW_MS,
    };
    store.apply_dispute(&dispute, NOW_MS).await.unwrap();
    let payout = Payout {
        id: "po_1".into(),
        account: "acct_1".into(),
        amount: 100,
        currency: Some(Currency::Eur),
        status: PayoutStatus::Paid,
        created_at_ms: NOW_MS,
    };
    store.apply_payout(&payout, NOW_MS).await.unwrap();
    store.balance(partner).await.unwrap();
    let beginning = LedgerCursor {
        at_ms: 0,
        key: "capture:".to_owned(),
    };
    for after in [None, Some(beginning)] {
        let query = LedgerQuery {
            partner: partner.clone(),
            from_ms: 0,
            until_ms: FAR_MS,
            first: 20,
            after,
        };
        assert!(!store.ledger(&query).await.unwrap().items.is_empty());
    }
    let moved = store.moved(0, FAR_MS).await.unwrap();
    let movement = Movement {
        id: "txn_1".into(),
        kind: MovementKind::Capture,
        source: "pi_alien".into(),
        amount: 1,
        currency: None,
        at_ms: NOW_MS,
    };
    let found = differences(&(0..FAR_MS), &[movement], &moved, NOW_MS);
    for _ in 0..2 {
        store.keep_differences(0, FAR_MS, &found).await.unwrap();
    }
    assert!(!store.differences(9).await.unwrap().is_empty());
}
