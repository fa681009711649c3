//! People and what they did, moved: nobody is lost, and everybody is let in again.

mod filling;

use access::{
    passwords::{Password, Passwords, PasswordsConfig},
    service_tokens::Secret,
};
use domain::{
    Admission, BookingId, BookingLimits, CampaignId, Offer, OfferSchedule, Quota, UserId,
    announcements::{
        Announcement,
        campaign::{Campaign, Content, Text},
        store::Sent,
    },
    auth::{
        known_devices::SignIn,
        service_tokens::{Scope, ServiceToken, TokenName},
    },
    bookings::{
        booking::{Booking, BookingStatus, Step},
        party::PartySize,
        refusals::BookingRefusal,
        rules::NewBooking,
        store::{By, Created, Stepped},
    },
    messages::{
        kind::{Channel, Kind},
        letter::{Letter, NewDevice},
        part::Part,
        reach::{AddressHash, Barrier, Reach},
        templates::{Edited, TemplateEdit, TemplateKey},
    },
    notifications::{
        device::{DeviceId, Platform},
        inbox::Entry,
        store::Registered,
    },
    paris::Day,
    pictures::{refusal::Refusal, store::End as UploadEnd},
    queue::{Lane, store::End},
    rows::Collection,
    sentence::Language,
    stats::{Seen, store::OfferViews},
    team::{
        Invitation, InvitationToken,
        store::{Accepted, Invited},
    },
    users::{
        account::{Account, Consent, PasswordHash, Post, Purpose},
        store::Erased,
    },
};
use yousoon::{
    database::Database,
    transfer::{self, Existing, KINDS, Row, TransferError},
};

use filling::{
    fill_accounts, fill_bookings, fill_identities, fill_inbox, fill_operators, fill_payments,
    fill_pictures, fill_reach, fill_reviews, fill_team, fill_templates, fill_tokens, send_news,
};

use super::{embedded, nobody};
use crate::{
    backends::Fresh,
    pictures::{upload, uploaded},
    runner::{Test, tests},
    samples::{DAY_MS, NOW_MS, family, invite, offer},
    users::account,
};

tests! {
    everybody_who_was_moved_finds_what_was_theirs: [Joins],
    rows_are_paged_and_put_the_same_on_every_backend: [],
    a_target_that_has_people_is_refused: [],
    an_address_that_somebody_else_has_ends_the_moving: [],
}

pub(super) const ALL: &[Test] = TESTS;

const PSEUDONYM: &str = "pseudonym-of-eve";
/// More than a page, all of one moment.
const CONSENTS_AT_ONCE: i32 = 600;

pub(super) const COUNTS: [(Collection, u64); 29] = [
    (Collection::Users, 3),
    // One was said twice.
    (Collection::Consents, CONSENTS_AT_ONCE as u64 + 3),
    (Collection::Favorites, 2),
    (Collection::Erasures, 1),
    (Collection::ServiceTokens, 2),
    // One ends at once.
    (Collection::Invitations, 1),
    (Collection::OfferViews, 2),
    // One of them is paid.
    (Collection::Bookings, 8),
    // Of the invitations, of the bookings that were confirmed at once or wait, of news, the product events
    // of six bookings and a check-in, that the erased one's session is forgotten elsewhere, and what one
    // is told of an identity.
    // Of the payment and its refund: the booking, its event, what the guest is told of both, and the
    // refund itself.
    // And the question what a visit was like, and that a venue never answered.
    (Collection::Queue, 9 + 7 + 1 + 2 + 5 + 1 + 1),
    (Collection::Reach, 2),
    (Collection::Devices, 1),
    (Collection::Inbox, 1),
    (Collection::Templates, 2),
    (Collection::KnownDevices, 1),
    (Collection::Campaigns, 1),
    // One of each is of somebody who is erased.
    (Collection::Uploads, 3),
    (Collection::Pictures, 2),
    (Collection::Payments, 1),
    (Collection::Refunds, 1),
    (Collection::Ledger, 2),
    (Collection::LedgerTransfers, 4),
    (Collection::PartnerAccounts, 1),
    (Collection::PaymentDifferences, 1),
    // One is decided, and one open. The erased one's is gone.
    (Collection::Verifications, 2),
    (Collection::Reviews, 1),
    // The erased one's is gone.
    (Collection::ReviewReports, 1),
    (Collection::PartnerRatings, 1),
    (Collection::OperatorAudit, 2),
    (Collection::WalkIns, 1),
];

/// What people remember that no database can tell.
pub(super) struct Remembered {
    token: Secret,
    invitation: InvitationToken,
    bookings: Vec<BookingId>,
    /// One that is open at any time, and one only on Thursdays.
    offers: [Offer; 2],
}

fn passwords() -> Passwords {
    Passwords::new(&PasswordsConfig {
        cost: 4,
        at_once: 1,
        waiting: 1,
    })
    .unwrap()
}

fn consent(purpose: Purpose, version: &str, at_ms: i64) -> Consent {
    Consent {
        purpose,
        version: version.into(),
        granted: true,
        at_ms,
    }
}

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

/// Fills a database with some of everything, and two offers.
pub(super) async fn fill(fresh: &Fresh) -> Remembered {
    let with_quota = |name: &str, schedule| Offer {
        quota: Some(Quota {
            total: 9,
            remaining: 9,
        }),
        schedule,
        ..offer(name)
    };
    let thursdays = OfferSchedule {
        weekdays: vec![4],
        from: "10:00".into(),
        to: "12:00".into(),
    };
    let offers = [
        with_quota("any time", None),
        Offer {
            // Its bookings wait for the venue.
            admission: Admission {
                requires_approval: true,
                ..Admission::default()
            },
            limits: BookingLimits {
                party: Some(12),
                ..BookingLimits::default()
            },
            ..with_quota("thursdays", Some(thursdays))
        },
    ];
    fresh.fill(vec![family(offers.to_vec())]).await;
    fill_accounts(&fresh.db, &offers).await;
    let bookings = fill_bookings(&fresh.db, &offers).await;
    fill_pictures(&fresh.db).await;
    fill_identities(&fresh.db).await;
    fill_reviews(&fresh.db).await;
    let erased = fresh.db.users.erase(&user("eve"), PSEUDONYM, NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    let device = DeviceId::parse("00000000-phone-of-ana").unwrap();
    let notifications = &fresh.db.notifications;
    let ana = user("ana");
    let registered = notifications.register(&ana, &device, Platform::Ios, NOW_MS);
    assert!(matches!(registered.await.unwrap(), Registered::Done(_)));
    fill_inbox(&fresh.db).await;
    send_news(&fresh.db).await;
    let (token, invitation) = (Secret::fresh(), crate::samples::invitation_token());
    fill_tokens(&fresh.db, &token).await;
    fill_team(&fresh.db, &offers[0], &invitation).await;
    fill_reach(&fresh.db).await;
    fill_templates(&fresh.db).await;
    let first = SignIn {
        user: user("ana"),
        hashes: vec!["hash".to_owned()],
        device: None,
        now_ms: NOW_MS,
    };
    fresh.db.known_devices.meet(first).await.unwrap();
    fill_payments(&fresh.db, &offers[0]).await;
    fill_operators(&fresh.db).await;
    Remembered {
        token,
        invitation,
        bookings,
        offers,
    }
}

async fn everybody_who_was_moved_finds_what_was_theirs(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let source = Fresh::new(embedded(&dir.path().join("source")), ());
    let remembered = fill(&source).await;
    let from = &source.db;
    let copied = transfer::copy(from, &fresh.db, Existing::Refused, NOW_MS, &nobody).await;
    let copied = copied.unwrap();
    for (collection, rows) in COUNTS {
        assert_eq!(copied.of(collection).rows(), rows, "{collection}");
    }
    let db = &fresh.db;
    let ana = db
        .users
        .by_email(&account("ana").email_key())
        .await
        .unwrap();
    assert_eq!(ana, from.users.by_id(&user("ana")).await.unwrap());
    // She signs in.
    let (right, hash) = (Password::new("correct horse"), ana.unwrap().password);
    let compared = passwords().verify(right, Some(&hash)).await.unwrap();
    assert!(compared.is_right());
    let of_the_erased = UserId::parse(PSEUDONYM);
    assert_eq!(of_the_erased, None, "a pseudonym is nobody");
    assert_eq!(db.users.by_id(&user("eve")).await.unwrap(), None);
    let consents = db.users.consents(&user("ben")).await.unwrap();
    assert_eq!(consents, [consent(Purpose::Location, "1", NOW_MS + 5)]);
    let favorites = db.users.favorites(&user("ana")).await.unwrap();
    assert_eq!(favorites.len(), 2);
    let hash = remembered.token.hash();
    let token = db.service_tokens.by_hash(&hash).await.unwrap();
    assert!(token.is_some());
    assert_eq!(token, from.service_tokens.by_hash(&hash).await.unwrap());
    bookings_are_what_they_were(from, db, &remembered).await;
    payments_are_what_they_were(from, db, &remembered.offers[0]).await;
    reviews_are_what_they_were(from, db).await;
    let (id, hash) = (
        remembered.invitation.id.clone(),
        remembered.invitation.hash(),
    );
    let zoe = account("zoe");
    let accepted = db
        .teams
        .accept(id, hash, zoe.id.clone(), zoe.email_key(), NOW_MS);
    assert!(matches!(accepted.await.unwrap(), Accepted::Done(_)));
}

async fn bookings_are_what_they_were(from: &Database, db: &Database, remembered: &Remembered) {
    let all = |db: &Database| {
        let (bookings, ids) = (db.bookings.clone(), remembered.bookings.clone());
        async move { bookings.by_ids(&ids).await.unwrap() }
    };
    let there = all(db).await;
    assert_eq!(there, all(from).await);
    for status in BookingStatus::ALL {
        let is = |booking: &Booking| booking.status == *status;
        assert!(there.values().any(is), "{status:?}");
    }
    let [any_time, thursdays] = &remembered.offers;
    let again = |key: Option<&str>, offer: &Offer| NewBooking {
        id: BookingId::derive("booking", "again"),
        user: user("ana"),
        offer: offer.id.clone(),
        idempotency_key: key.map(Into::into),
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    };
    let same = db
        .bookings
        .create(again(Some("k:1"), any_time), NOW_MS)
        .await;
    assert!(matches!(same.unwrap(), Created::Before(_)));
    let second = db.bookings.create(again(None, thursdays), NOW_MS).await;
    assert_eq!(
        second.unwrap(),
        Created::Refused(BookingRefusal::AlreadyBooked)
    );
    // The places that are taken came with the offers.
    let left = db
        .offers
        .remaining(std::slice::from_ref(&any_time.id))
        .await;
    let left_before = from
        .offers
        .remaining(std::slice::from_ref(&any_time.id))
        .await;
    assert_eq!(left.unwrap(), left_before.unwrap());
    // What is due is still found, and ends.
    let long_after = NOW_MS + 20 * DAY_MS;
    let due = db.bookings.due(long_after, 9).await.unwrap();
    assert_eq!(due.len(), 3);
}

async fn payments_are_what_they_were(from: &Database, db: &Database, offer: &Offer) {
    let booking = [BookingId::derive("booking", "priced")];
    let payment = db.payments.of_bookings(&booking).await.unwrap();
    assert_eq!(payment.len(), 1);
    assert_eq!(payment, from.payments.of_bookings(&booking).await.unwrap());
    let ids: Vec<_> = payment.into_values().map(|payment| payment.id).collect();
    let refunds = db.payments.refunds_of(&ids).await.unwrap();
    assert_eq!(refunds, from.payments.refunds_of(&ids).await.unwrap());
    let owed = db.payments.balance(&offer.partner_id).await.unwrap();
    assert_eq!(owed.len(), 1);
    assert_eq!(
        owed,
        from.payments.balance(&offer.partner_id).await.unwrap()
    );
    let moved = db.payments.moved(0, i64::MAX / 2).await.unwrap();
    assert_eq!(moved, from.payments.moved(0, i64::MAX / 2).await.unwrap());
    assert_eq!(db.payments.differences(9).await.unwrap().len(), 1);
    let priced = db.offers.by_ids(std::slice::from_ref(&offer.id)).await;
    assert_eq!(
        priced.unwrap()[&offer.id].price,
        Some(crate::payments::price())
    );
}

async fn reviews_are_what_they_were(from: &Database, db: &Database) {
    let booking = [BookingId::derive("booking", "checked in")];
    let review = db.reviews.of_bookings(&booking).await.unwrap();
    assert_eq!(review.len(), 1);
    assert_eq!(review, from.reviews.of_bookings(&booking).await.unwrap());
    let waiting = db.reviews.reported(9, None).await.unwrap();
    assert_eq!(waiting, from.reviews.reported(9, None).await.unwrap());
    assert_eq!(waiting.items.len(), 1);
    let by_zoe = db.reviews.reports_by(&user("zoe")).await.unwrap();
    assert_eq!(by_zoe, from.reviews.reports_by(&user("zoe")).await.unwrap());
    assert_eq!(by_zoe.len(), 1);
    let counted = db.reviews.recounted(None, 500).await.unwrap();
    assert_eq!(counted, from.reviews.recounted(None, 500).await.unwrap());
    assert!(counted.iter().all(|one| !one.has_drifted()));
    let total: i64 = counted.iter().map(|one| one.counted.total()).sum();
    assert_eq!(total, 1);
}

async fn all_rows(db: &Database, limit: usize) -> Vec<Row> {
    let mut all = Vec::new();
    for kind in KINDS {
        let mut after = None;
        loop {
            let page = db.rows.page(kind, after, limit).await.unwrap();
            after = page.last().cloned();
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
    }
    all
}

async fn rows_are_paged_and_put_the_same_on_every_backend(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let source = Fresh::new(embedded(dir.path()), ());
    fill(&source).await;
    fresh.fill(vec![family(vec![])]).await;
    // Twice: what is there stays.
    for _ in 0..2 {
        for kind in KINDS {
            let mut after = None;
            loop {
                let page = source.db.rows.page(kind, after, 500).await.unwrap();
                after = page.last().cloned();
                if page.is_empty() {
                    break;
                }
                // Otherwise a server forgets the one that is over.
                let lasting = page.into_iter().filter(|row| {
                    let ends = row.get("token_hash").and(row.get("expires_at_ms"));
                    ends.and_then(serde_json::Value::as_i64)
                        .is_none_or(|ms| ms > NOW_MS + DAY_MS)
                });
                fresh.db.rows.put(kind, lasting.collect()).await.unwrap();
            }
        }
    }
    let there = all_rows(&fresh.db, 500).await;
    assert_eq!(
        there.len() as u64,
        COUNTS.iter().map(|(_, rows)| rows).sum::<u64>()
    );
    assert!(all_rows(&fresh.db, 7).await == there, "too long to print");
    let mut before = all_rows(&source.db, 7).await;
    before.retain(|row| {
        let email = row.get("token_hash").and(row.get("email"));
        email.is_none_or(|email| *email == account("zoe").email)
    });
    assert!(before == there, "too long to print");
}

async fn a_target_that_has_people_is_refused(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let other = embedded(dir.path());
    fresh
        .db
        .users
        .create(account("ana"), vec![], None)
        .await
        .unwrap();
    let copied = transfer::copy(&other, &fresh.db, Existing::Refused, NOW_MS, &nobody).await;
    let Err(TransferError::NotEmpty { collection }) = copied else {
        panic!("{copied:?}")
    };
    assert_eq!(collection, Collection::Users);
}

async fn an_address_that_somebody_else_has_ends_the_moving(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let other = embedded(dir.path());
    other
        .users
        .create(account("ana"), vec![], None)
        .await
        .unwrap();
    let namesake = Account {
        id: user("namesake"),
        password: PasswordHash::new("of another"),
        ..account("ana")
    };
    fresh.db.users.create(namesake, vec![], None).await.unwrap();
    let copied = transfer::copy(&other, &fresh.db, Existing::Kept, NOW_MS, &nobody).await;
    let Err(TransferError::Taken { collection }) = copied else {
        panic!("{copied:?}")
    };
    assert_eq!(collection, Collection::Users);
}
