//! What a database is filled with, block by block.

use domain::{
    EstablishmentId, PartnerId, PaymentId, RefundId, VerificationId, WalkInId,
    bookings::{
        party::PartySize,
        walk_in::{NewWalkIn, WalkedIn},
    },
    identity::{
        provider::Started,
        rules::{NewRuling, NewVerification, RulingVerdict},
        store::{Begun, Ruled},
        verification::{SessionId, SessionUrl},
    },
    offers::{
        edit::{Edit, OfferEdit},
        store::Author,
    },
    operators::deed::{Deed, NewDeed, Target},
    payments::{
        provider::{IntentStatus, ProviderRefund, RefundStatus},
        reconciling::{Difference, DifferenceKind},
        refund::RefundCause,
        store::{NewPayment, NewRefund, Started as StartedPayment},
    },
    reviews::{
        outcome::{Reported, Written},
        reports::{NewReport, ReportReason},
        review::Stars,
        rules::NewReview,
    },
    users::membership::{Membership, Places},
};

use super::{
    Account, AddressHash, Announcement, Barrier, BookingId, By, CONSENTS_AT_ONCE, Campaign,
    CampaignId, Channel, Content, Created, DAY_MS, Database, Day, Edited, End, Entry, Invitation,
    InvitationToken, Invited, Kind, Lane, Language, Letter, NOW_MS, NewBooking, NewDevice, Offer,
    OfferViews, Part, Password, Post, Purpose, Reach, Refusal, Scope, Secret, Seen, Sent,
    ServiceToken, Step, Stepped, TemplateEdit, TemplateKey, Text, TokenName, UploadEnd, account,
    consent, invite, passwords, upload, uploaded, user,
};

pub(super) async fn fill_reach(db: &Database) {
    for (address, barrier) in [
        ("ana@example.fr", Some(Barrier::Bounced)),
        ("ben@example.fr", None),
    ] {
        let reach = Reach {
            channel: Channel::Email,
            address: AddressHash::of(address),
            barrier,
            at_ms: NOW_MS,
        };
        db.reach.note(reach).await.unwrap();
    }
}

pub(super) async fn fill_pictures(db: &Database) {
    for (name, digit) in [("ana", 'a'), ("eve", 'e')] {
        uploaded(db, &upload(&user(name), name), digit).await;
    }
    let refused = upload(&user("ana"), "refused");
    db.pictures.open(refused.clone(), NOW_MS).await.unwrap();
    let ana = user("ana");
    let begun = db.pictures.begin(&refused.id, &ana, "w", NOW_MS);
    begun.await.unwrap();
    let end = UploadEnd::Refused(Refusal::Svg);
    let ended = db.pictures.end(&refused.id, "w", end, NOW_MS).await;
    assert!(ended.unwrap());
}

/// Checks of three people: one that an operator approved, one that is open, and one of somebody who is
/// erased.
pub(super) async fn fill_identities(db: &Database) {
    let at_ms = NOW_MS + 5;
    for name in ["ana", "zoe", "eve"] {
        let new = NewVerification {
            id: VerificationId::derive("verification", name),
            user: user(name),
            consent_version: "1".to_owned(),
        };
        let id = new.id.clone();
        let begun = db.identities.begin(new, at_ms).await.unwrap();
        assert!(matches!(begun, Begun::Done(_)), "{begun:?}");
        let started = Started {
            session: SessionId::parse(&format!("s-{name}")).unwrap(),
            url: SessionUrl::parse("https://magic.example/v/1").unwrap(),
        };
        db.identities.opened(&id, started, at_ms).await.unwrap();
    }
    let ruling = NewRuling {
        by: user("ben"),
        actor: "user ben".to_owned(),
        verdict: RulingVerdict::Approve {
            birth_year: Some(1990),
        },
        note: "seen".to_owned(),
    };
    let id = VerificationId::derive("verification", "ana");
    let ruled = db.identities.ruled(&id, ruling, 730 * DAY_MS, at_ms).await;
    assert!(matches!(ruled.unwrap(), Ruled::Done(_)));
}

/// Staff of no establishment that is left, besides others.
fn in_several_teams(name: &str) -> Account {
    let staff = |seed: &str, places| Membership {
        places,
        ..Membership::new(PartnerId::derive("partner", seed), Post::Staff)
    };
    let place = EstablishmentId::derive("place", "1");
    let all = [
        staff("limited", Places::only([place.clone()])),
        staff("free", Places::All),
        staff("nowhere", Places::only([])),
        Membership::new(PartnerId::derive("partner", "managed"), Post::Manager),
    ];
    Account {
        memberships: all.into_iter().collect(),
        ..account(name)
    }
}

pub(super) async fn fill_accounts(db: &Database, offers: &[Offer; 2]) {
    let hash = passwords()
        .hash(Password::new("correct horse"))
        .await
        .unwrap();
    let ana = Account {
        phone: Some("+33600000001".into()),
        phone_verified_at_ms: Some(NOW_MS),
        password: hash,
        ..account("ana")
    };
    let ben = Account {
        memberships: None.into(),
        avatar: None,
        email_verified_at_ms: None,
        ..account("ben")
    };
    // Not in the order in which they are moved.
    let mut many: Vec<_> = (0..CONSENTS_AT_ONCE)
        .rev()
        .map(|n| consent(Purpose::Terms, &n.to_string(), NOW_MS))
        .collect();
    many.push(consent(Purpose::Analytics, "1", NOW_MS));
    many.push(consent(Purpose::Analytics, "1", NOW_MS));
    for (account, consents) in [
        (ana, many),
        (ben, vec![consent(Purpose::Location, "1", NOW_MS + 5)]),
        (
            account("eve"),
            vec![consent(Purpose::Marketing, "2", NOW_MS)],
        ),
        (in_several_teams("zoe"), vec![]),
    ] {
        db.users.create(account, consents, None).await.unwrap();
    }
    for offer in offers {
        db.users
            .add_favorite(&user("ana"), &offer.id, NOW_MS)
            .await
            .unwrap();
    }
    db.users
        .add_favorite(&user("eve"), &offers[0].id, NOW_MS)
        .await
        .unwrap();
}

/// One in each state, and one of somebody who is erased.
pub(super) async fn fill_bookings(
    db: &Database,
    [any_time, thursdays]: &[Offer; 2],
) -> Vec<BookingId> {
    assert!(thursdays.admission.requires_approval, "it is pending");
    let long_after = NOW_MS + 20 * DAY_MS;
    let mut ids = Vec::new();
    for (name, by, offer, key, then) in [
        (
            "cancelled",
            "ana",
            any_time,
            None,
            Some((Step::Cancel, NOW_MS)),
        ),
        (
            "checked in",
            "ana",
            any_time,
            Some("k:2"),
            Some((Step::CheckIn, NOW_MS)),
        ),
        ("confirmed", "ana", any_time, Some("k:1"), None),
        ("pending", "ana", thursdays, None, None),
        (
            "no-show",
            "ben",
            any_time,
            None,
            Some((Step::Miss, long_after)),
        ),
        (
            "expired",
            "ben",
            thursdays,
            None,
            Some((Step::Expire, long_after)),
        ),
        ("erased", "eve", any_time, Some("k"), None),
    ] {
        let new = NewBooking {
            id: BookingId::derive("booking", name),
            user: user(by),
            offer: offer.id.clone(),
            idempotency_key: key.map(Into::into),
            terms: None,
            opening_ms: None,
            party: PartySize::ONE,
        };
        ids.push(new.id.clone());
        let created = db.bookings.create(new, NOW_MS).await.unwrap();
        assert!(matches!(created, Created::Done(_)), "{name}: {created:?}");
        if let Some((step, at_ms)) = then {
            let id = BookingId::derive("booking", name);
            let stepped = db.bookings.step(&id, step, By::Job, at_ms).await.unwrap();
            assert!(matches!(stepped, Stepped::Done(_)), "{name}: {stepped:?}");
        }
    }
    let walk_in = NewWalkIn {
        id: WalkInId::derive("walk-in", "1"),
        offer: any_time.id.clone(),
        party: PartySize::ONE,
    };
    let walked = db.bookings.record_walk_in(walk_in, NOW_MS).await.unwrap();
    assert!(matches!(walked, WalkedIn::Done(_)), "{walked:?}");
    ids
}

pub(super) async fn send_news(db: &Database) {
    let text = || Text {
        title: "Ce soir".to_owned(),
        paragraphs: vec!["Un verre.".to_owned()],
    };
    let campaign = Campaign {
        id: CampaignId::derive("campaign", "1"),
        content: Content {
            fr: text(),
            en: text(),
            path: None,
        },
        created_at_ms: NOW_MS,
    };
    let what = Announcement::News {
        campaign: campaign.id.clone(),
    };
    let task = what.task(NOW_MS, NOW_MS);
    let sent = db.announcements.send(campaign, task).await.unwrap();
    assert!(matches!(sent, Sent::Done(_)), "{sent:?}");
}

/// As a worker does that tells of a booking.
pub(super) async fn fill_inbox(db: &Database) {
    let (lane, until_ms) = (Lane::Notices, NOW_MS + 60_000);
    let taken = db.queue.take(lane, "w", NOW_MS, until_ms, 1).await.unwrap();
    let letter = Letter::NewDevice(NewDevice {
        first_name: "Ana".to_owned(),
        device: None,
        signed_in_at_ms: NOW_MS,
    });
    let entry = Entry::new(&taken[0].key, user("ana"), &letter, NOW_MS);
    let end = End::Divided {
        tasks: vec![],
        entries: vec![entry],
    };
    assert!(db.queue.end(&taken[0].key, "w", end, NOW_MS).await.unwrap());
}

/// One text that an administrator changed, and one that is the program's again.
pub(super) async fn fill_templates(db: &Database) {
    for (part, source, expected_version) in [
        (Part::Subject, Some("Bonjour"), 0),
        (Part::Text, Some("Bonjour"), 0),
        (Part::Text, None, 1),
    ] {
        let edit = TemplateEdit {
            key: TemplateKey {
                kind: Kind::News,
                language: Language::French,
                part,
            },
            source: source.map(str::to_owned),
            expected_version,
            actor: "cli".to_owned(),
            now_ms: NOW_MS,
        };
        let edited = db.templates.edit(edit).await.unwrap();
        assert!(matches!(edited, Edited::Done(_)), "{edited:?}");
    }
}

pub(super) async fn fill_tokens(db: &Database, secret: &Secret) {
    for (name, secret, expires_at_ms) in [
        ("ci", secret, Some(NOW_MS + DAY_MS)),
        ("old", &Secret::fresh(), None),
    ] {
        let token = ServiceToken {
            name: TokenName::parse(name).unwrap(),
            scopes: vec![Scope::Purge, Scope::Inspect],
            created_at_ms: NOW_MS,
            expires_at_ms,
            revoked_at_ms: None,
        };
        db.service_tokens
            .create(token, secret.hash())
            .await
            .unwrap();
    }
    let old = TokenName::parse("old").unwrap();
    assert!(db.service_tokens.revoke(&old, NOW_MS).await.unwrap());
}

pub(super) async fn fill_team(db: &Database, offer: &Offer, token: &InvitationToken) {
    // A server forgets by its own clock what is over.
    let lasting = NOW_MS + 1_000 * DAY_MS;
    let ending = crate::samples::invitation_token();
    for (token, name, expires_at_ms) in [(token, "zoe", lasting), (&ending, "ben", NOW_MS + 9)] {
        let invitation = Invitation {
            id: token.id.clone(),
            partner: offer.partner_id.clone(),
            email: account(name).email,
            post: Post::Staff,
            places: Places::only([offer.establishment_id.clone()]),
            token_hash: token.hash(),
            created_at_ms: NOW_MS,
            expires_at_ms,
            accepted: false,
        };
        let invited = invite(&*db.teams, invitation).await.unwrap();
        assert_eq!(invited, Invited::Done);
    }
    let views = ["2026-06-01", "2026-06-02"].map(|day| OfferViews {
        partner: offer.partner_id.clone(),
        seen: Seen {
            offer: offer.id.clone(),
            day: Day::parse(day).unwrap(),
            views: 3,
        },
    });
    db.stats.add_views(views.to_vec()).await.unwrap();
}

/// One booking that is paid, with a refund that the provider has accepted.
/// A review with reports of two people, of whom one is erased.
pub(super) async fn fill_reviews(db: &Database) {
    let new = NewReview {
        user: user("ana"),
        booking: BookingId::derive("booking", "checked in"),
        stars: Stars::new(2).unwrap(),
        text: Some("Bof\n« non »".into()),
        idempotency_key: Some("r:1".into()),
    };
    let added = db.reviews.add(new, NOW_MS + 5).await.unwrap();
    let Written::Done(review) = added else {
        panic!("{added:?}")
    };
    for name in ["zoe", "eve"] {
        let report = NewReport {
            review: review.id.clone(),
            user: user(name),
            reason: ReportReason::OffTopic,
            text: None,
        };
        let reported = db.reviews.report(report, NOW_MS + 6).await.unwrap();
        assert_eq!(reported, Reported::Done, "{name}");
    }
}

pub(super) async fn fill_payments(db: &Database, offer: &Offer) {
    crate::payments::with_account(db, offer, true).await;
    let edit = OfferEdit {
        price: Edit::Set(Some(crate::payments::price())),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "edit",
    };
    let updated = db.offers.update(offer.id.clone(), edit, author, NOW_MS);
    updated.await.unwrap();
    let new = crate::payments::with_terms("priced", "zoe", offer);
    let (booking, user) = (new.id.clone(), new.user.clone());
    let created = db.bookings.create(new, NOW_MS).await.unwrap();
    assert!(matches!(created, Created::Done(_)), "{created:?}");
    let new = NewPayment {
        id: PaymentId::derive("payment", "priced"),
        booking,
        user,
    };
    let StartedPayment::Done(payment) = db.payments.start(new, NOW_MS).await.unwrap() else {
        panic!("it can be paid")
    };
    let came = crate::payments::intent(&payment, IntentStatus::Succeeded);
    db.payments.apply_intent(&came, NOW_MS).await.unwrap();
    let new = NewRefund {
        id: RefundId::derive("refund", "priced"),
        payment: payment.id.clone(),
        amount: Some(100),
        cause: RefundCause::Support,
        reason: Some("trop tard".into()),
        by: Some(super::user("ana")),
    };
    db.payments.ask_refund(new.clone(), NOW_MS).await.unwrap();
    let found = ProviderRefund {
        id: "re_1".into(),
        refund: Some(new.id),
        intent: came.id,
        amount: 100,
        status: RefundStatus::Accepted,
        created_at_ms: NOW_MS,
    };
    db.payments.apply_refund(&found, NOW_MS).await.unwrap();
    let difference = Difference {
        provider_id: "pi_alien".into(),
        kind: DifferenceKind::NotInLedger,
        provider_minor: 5,
        ledger_minor: 0,
        currency: "EUR".into(),
        at_ms: NOW_MS,
        found_at_ms: NOW_MS,
    };
    let found = [difference];
    let kept = db.payments.keep_differences(0, i64::MAX / 2, &found);
    kept.await.unwrap();
}

/// What an operator did: the second entry follows the first one wherever they are moved to.
pub(super) async fn fill_operators(db: &Database) {
    for (what, at_ms) in [(Deed::ReadUser, NOW_MS), (Deed::SendNews, NOW_MS + 1)] {
        let deed = NewDeed {
            at_ms,
            actor: "user of no importance".into(),
            deed: what,
            target: (what == Deed::ReadUser).then(|| Target::user(&user("ana"))),
            reason: "ticket 12".into(),
            request: "r1".into(),
        };
        db.operators.record(deed).await.unwrap();
    }
}
