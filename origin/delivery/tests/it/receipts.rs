//! What guests are told of their money.

use domain::{
    Offer, PaymentId, RefundId,
    messages::provider::Content,
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, OfferStore as _, Updated},
    },
    payments::{
        money::Currency,
        payment::Payment,
        price::OfferPrice,
        provider::{
            Dispute, DisputeStatus, Intent, IntentStatus, ProviderAccount, ProviderRefund,
            RefundStatus,
        },
        refund::RefundCause,
        store::{NewPayment, NewRefund, PaymentStore as _, Started},
    },
    sentence::Language,
    users::{
        account::{Membership, Post},
        change::AccountChange,
        store::UserStore as _,
    },
};

use crate::world::{NOW_MS, World};

async fn priced(world: &World, currency: Currency) -> Offer {
    let offer = world.offer(3, "20:00").await;
    let account = ProviderAccount {
        id: "acct_1".into(),
        partner: None,
        takes_payments: true,
        is_paid_out: true,
        has_given_details: true,
    };
    let kept = world
        .payments
        .keep_account(&offer.partner_id, &account, NOW_MS);
    kept.await.unwrap();
    let price = OfferPrice {
        amount: 1_250,
        currency,
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
    let updated = world.offers.update(offer.id.clone(), edit, author, NOW_MS);
    match updated.await.unwrap() {
        Updated::Done(offer, _) => *offer,
        other => panic!("{other:?}"),
    }
}

async fn paid(world: &World, name: &str, language: Language, offer: &Offer) -> Payment {
    let user = world.sign_up(name, language).await;
    let booking = world.book(&user, offer).await;
    let new = NewPayment {
        id: PaymentId::derive("payment", name),
        booking: booking.id,
        user,
    };
    let Started::Done(payment) = world.payments.start(new, NOW_MS).await.unwrap() else {
        panic!("it can be paid")
    };
    let came = Intent {
        id: format!("pi_{name}"),
        payment: Some(payment.id.clone()),
        status: IntentStatus::Succeeded,
        amount: payment.amount,
        received: payment.amount,
        currency: Some(payment.currency),
        client_secret: String::new(),
    };
    world.payments.apply_intent(&came, NOW_MS).await.unwrap();
    *payment
}

/// The mails with keys that begin so.
fn mails(world: &World, begin: &str) -> Vec<String> {
    let taken = world.email.taken().into_iter();
    let of_kind = taken.filter(|(key, _)| key.starts_with(begin));
    let texts = of_kind.map(|(_, content)| match content {
        Content::Email(mail) => mail.text,
        other => panic!("{other:?}"),
    });
    texts.collect()
}

#[tokio::test]
async fn money_that_has_come_is_receipted_with_its_amount() {
    let world = World::new();
    let offer = priced(&world, Currency::Eur).await;
    let payment = paid(&world, "ana", Language::French, &offer).await;
    for expected in [4, 0] {
        assert_eq!(world.delivery.do_due().await.unwrap(), expected);
    }
    assert_eq!(mails(&world, "booking_confirmed").len(), 1);
    let receipts = mails(&world, &format!("payment_result:{}:email", payment.id));
    let [receipt] = receipts.as_slice() else {
        panic!("{receipts:?}")
    };
    let link = format!("https://site.test/bookings/{}", payment.booking);
    for part in [
        "Bonjour ana",
        "12,50\u{a0}€",
        "Deux galettes",
        link.as_str(),
    ] {
        assert!(receipt.contains(part), "{part}: {receipt}");
    }
}

#[tokio::test]
async fn a_refund_is_told_when_the_provider_has_accepted_it_in_its_currency() {
    let world = World::new();
    let offer = priced(&world, Currency::Chf).await;
    let payment = paid(&world, "ben", Language::English, &offer).await;
    let new = NewRefund {
        id: RefundId::derive("refund", "1"),
        payment: payment.id.clone(),
        amount: Some(500),
        cause: RefundCause::Support,
        reason: None,
        by: None,
    };
    world
        .payments
        .ask_refund(new.clone(), NOW_MS)
        .await
        .unwrap();
    world.delivery.do_due().await.unwrap();
    let begin = format!("payment_result:{}:{}", payment.id, new.id);
    assert_eq!(mails(&world, &begin), [""; 0], "nobody has accepted it");
    let mut found = ProviderRefund {
        id: "re_1".into(),
        refund: Some(new.id.clone()),
        intent: "pi_ben".into(),
        amount: 500,
        status: RefundStatus::Accepted,
        created_at_ms: NOW_MS,
    };
    world.payments.apply_refund(&found, NOW_MS).await.unwrap();
    world.delivery.do_due().await.unwrap();
    let told = mails(&world, &begin);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("CHF\u{a0}5.00"), "{}", told[0]);
    // It came back before it was told: nothing is said of it.
    let second = NewRefund {
        id: RefundId::derive("refund", "2"),
        amount: Some(100),
        ..new
    };
    world
        .payments
        .ask_refund(second.clone(), NOW_MS)
        .await
        .unwrap();
    found.id = "re_2".into();
    found.refund = Some(second.id.clone());
    found.amount = 100;
    for status in [RefundStatus::Accepted, RefundStatus::Failed] {
        found.status = status;
        world.payments.apply_refund(&found, NOW_MS).await.unwrap();
    }
    world.delivery.do_due().await.unwrap();
    let begin = format!("payment_result:{}:{}", payment.id, second.id);
    assert_eq!(mails(&world, &begin), [""; 0]);
}

#[tokio::test]
async fn a_partners_team_is_told_of_a_dispute_once_and_without_the_guests_name() {
    let world = World::new();
    let offer = priced(&world, Currency::Eur).await;
    let payment = paid(&world, "ana", Language::French, &offer).await;
    let owner = world.sign_up("owner", Language::English).await;
    let owner_of = AccountChange::Join(Membership::new(offer.partner_id.clone(), Post::Owner));
    world.users.change(&owner, owner_of, NOW_MS).await.unwrap();
    let dispute = Dispute {
        id: "dp_1".into(),
        intent: "pi_ana".into(),
        amount: 1_250,
        reason: "fraudulent".into(),
        status: DisputeStatus::Open,
        created_at_ms: NOW_MS,
    };
    for _ in 0..2 {
        world
            .payments
            .apply_dispute(&dispute, NOW_MS)
            .await
            .unwrap();
    }
    while world.delivery.do_due().await.unwrap() > 0 {}
    let told = mails(&world, "payment_disputed");
    let [told] = told.as_slice() else {
        panic!("{told:?}")
    };
    let link = format!("https://portal.test/bookings/{}", payment.booking);
    for part in ["€12.50", "Deux galettes", link.as_str()] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("ana"), "{told}");
}
