//! People and what they did, moved: nobody is lost, and everybody is let in again.

use access::{
    passwords::{Password, Passwords, PasswordsConfig},
    service_tokens::Secret,
};
use domain::{
    BookingId, CampaignId, Offer, OfferSchedule, Quota, UserId,
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

pub(super) const COUNTS: [(Collection, u64); 17] = [
    (Collection::Users, 3),
    // One was said twice.
    (Collection::Consents, CONSENTS_AT_ONCE as u64 + 3),
    (Collection::Favorites, 2),
    (Collection::Erasures, 1),
    (Collection::ServiceTokens, 2),
    // One ends at once.
    (Collection::Invitations, 1),
    (Collection::OfferViews, 2),
    (Collection::Bookings, 7),
    // Of the invitations, of the bookings that were confirmed at once or wait, of news, the product events
    // of six bookings and a check-in, and that the erased one is forgotten elsewhere.
    (Collection::Queue, 9 + 7 + 1),
    (Collection::Reach, 2),
    (Collection::Devices, 1),
    (Collection::Inbox, 1),
    (Collection::Templates, 2),
    (Collection::KnownDevices, 1),
    (Collection::Campaigns, 1),
    // One of each is of somebody who is erased.
    (Collection::Uploads, 3),
    (Collection::Pictures, 2),
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
        with_quota("thursdays", Some(thursdays)),
    ];
    fresh.fill(vec![family(offers.to_vec())]).await;
    fill_accounts(&fresh.db, &offers).await;
    let bookings = fill_bookings(&fresh.db, &offers).await;
    fill_pictures(&fresh.db).await;
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
    Remembered {
        token,
        invitation,
        bookings,
        offers,
    }
}

async fn fill_reach(db: &Database) {
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

async fn fill_pictures(db: &Database) {
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

async fn fill_accounts(db: &Database, offers: &[Offer; 2]) {
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
        membership: None,
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
        (
            Account {
                membership: None,
                ..account("zoe")
            },
            vec![],
        ),
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
async fn fill_bookings(db: &Database, [any_time, thursdays]: &[Offer; 2]) -> Vec<BookingId> {
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
    ids
}

async fn send_news(db: &Database) {
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
async fn fill_inbox(db: &Database) {
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
async fn fill_templates(db: &Database) {
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

async fn fill_tokens(db: &Database, secret: &Secret) {
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

async fn fill_team(db: &Database, offer: &Offer, token: &InvitationToken) {
    // A server forgets by its own clock what is over.
    let lasting = NOW_MS + 1_000 * DAY_MS;
    let ending = crate::samples::invitation_token();
    for (token, name, expires_at_ms) in [(token, "zoe", lasting), (&ending, "ben", NOW_MS + 9)] {
        let invitation = Invitation {
            id: token.id.clone(),
            partner: offer.partner_id.clone(),
            email: account(name).email,
            post: Post::Staff,
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
    assert_eq!(due.len(), 2);
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
