//! Nothing of an erased account is stored, whatever is written while it is erased.

use cache_core::{LogId, Tip};
use domain::{
    Offer, OfferId, UserId,
    auth::codes::{CodePurpose, StoredCode},
    bookings::{
        booking::Step,
        rules::NewBooking,
        store::{BookingQuery, By, Created, Stepped},
    },
    offers::{
        edit::{Edit, OfferEdit},
        store::Author,
    },
    purges::{AuditFilter, Proof, TakenOut, audit::actor_of},
    users::{
        account::{Account, Consent, Purpose, Status},
        change::AccountChange,
        consents::Recorded,
        store::{Erased, Favored},
    },
};
use futures_util::future::{BoxFuture, join_all};
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    bookings::{new, places, remaining},
    purges::told,
    runner::tests,
    samples::{NOW_MS, code_task, family},
    users::{account, sign_up},
};

tests! {
    nothing_is_stored_of_an_account_that_is_gone_or_disabled: [],
    an_erased_actor_has_a_pseudonym: [],
    of_writes_and_an_erasure_at_once_nothing_is_left: [Transactions],
}

/// How often writes and an erasure race; `cargo xtask soak` sets more.
fn rounds() -> u32 {
    let given = std::env::var("YOUSOON_ERASURES");
    given.map_or(5, |rounds| rounds.parse().unwrap())
}

fn consent(version: &str) -> Consent {
    Consent {
        purpose: Purpose::Terms,
        version: version.into(),
        granted: true,
        at_ms: NOW_MS,
    }
}

fn code(user: &UserId) -> StoredCode {
    StoredCode {
        user: user.clone(),
        purpose: CodePurpose::VerifyEmail,
        target: "ana@example.fr".into(),
        hash: "hash".into(),
        epoch: 0,
        tries_left: 5,
        created_at_ms: NOW_MS,
        expires_at_ms: i64::MAX / 2,
    }
}

fn by(user: &UserId) -> Author {
    Author {
        actor: actor_of(user),
        action: "updateOffer",
    }
}

fn retitled(title: &str) -> OfferEdit {
    OfferEdit {
        title: Edit::Set(title.to_owned()),
        ..OfferEdit::default()
    }
}

async fn bookings_of(db: &Database, user: &UserId) -> usize {
    let all = BookingQuery {
        user: user.clone(),
        status: None,
        first: 100,
        after: None,
    };
    db.bookings.list(&all).await.unwrap().items.len()
}

/// E7.
async fn nothing_is_stored_of_an_account_that_is_gone_or_disabled(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let (ana, ben) = (account("ana"), account("ben"));
    let users = &fresh.db.users;
    for user in [&ana, &ben] {
        users.create(user.clone(), vec![], None).await.unwrap();
    }
    let erased = users.erase(&ana.id, "pseudonym", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    sign_up(&fresh, &UserId::derive("user", "cleo")).await;
    let open = new("cleo", "cleo", &offer);
    fresh
        .db
        .bookings
        .create(open.clone(), NOW_MS)
        .await
        .unwrap();
    let disabled = AccountChange::Status(Status::Disabled);
    users.change(&ben.id, disabled, NOW_MS).await.unwrap();
    for (name, Account { id, .. }) in [("ana", &ana), ("ben", &ben)] {
        let booked = fresh.db.bookings.create(new(name, name, &offer), NOW_MS);
        assert_eq!(booked.await.unwrap(), Created::NoAccount);
        let favored = users.add_favorite(id, &offer.id, NOW_MS).await;
        assert_eq!(favored.unwrap(), Favored::NoAccount);
        let recorded = users.record_consent(id, consent("1")).await;
        assert_eq!(recorded.unwrap(), Recorded::NoAccount);
        let by = By::Staff(Some(id.clone()));
        let scanned = fresh.db.bookings.step(&open.id, Step::CheckIn, by, NOW_MS);
        assert_eq!(scanned.await.unwrap(), Stepped::NoAccount);
        let code = code(id);
        let task = code_task(&code);
        assert!(!fresh.db.codes.put(code, task.clone()).await.unwrap());
        assert_eq!(fresh.db.queue.get(&task.key).await.unwrap(), None);
        assert_eq!(bookings_of(&fresh.db, id).await, 0);
        assert_eq!(users.favorites(id).await.unwrap(), []);
        assert_eq!(users.consents(id).await.unwrap(), []);
        let found = fresh.db.codes.get(id, CodePurpose::VerifyEmail).await;
        assert_eq!(found.unwrap(), None);
    }
    assert_eq!(remaining(&fresh, &offer).await, 2);
}

/// E11.
async fn an_erased_actor_has_a_pseudonym(fresh: Fresh) {
    let offer = places("a", 3);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let (ana, before) = (account("ana"), fresh.pending().await);
    fresh
        .db
        .users
        .create(ana.clone(), vec![], None)
        .await
        .unwrap();
    let edit = async |title: &str| {
        let edited = fresh
            .db
            .offers
            .update(offer.id.clone(), retitled(title), by(&ana.id), NOW_MS);
        edited.await.unwrap();
    };
    let actors = async || -> Vec<String> {
        let rows = fresh.pending_after(&before).await.into_iter();
        // The profile's own purge names nobody.
        let rows = rows.filter(|row| row.purge.reason != "profile");
        rows.map(|row| row.purge.actor).collect()
    };
    edit("Une").await;
    assert_eq!(actors().await, [actor_of(&ana.id)]);
    let read_before = fresh.pending_after(&before).await.remove(0);
    let erased = fresh.db.users.erase(&ana.id, "pseudonym", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    // A server that read the row before moves it now.
    let log = LogId::from_bytes([1; 16]);
    let begins = Tip {
        revision: fresh.db.purges.next_begins_after().await.unwrap(),
        ..Tip::default()
    };
    let put = fresh.db.purges.put_in_force(log, begins, NOW_MS);
    assert!(put.await.unwrap());
    let proof = Proof {
        log,
        tip: Tip {
            revision: begins.revision.next(),
            ..begins
        },
        known: vec![begins],
    };
    let moved = told(&read_before, log, 1);
    let taken = fresh.db.purges.take_out(proof, vec![moved]).await;
    assert_eq!(taken.unwrap(), TakenOut::Done);
    let audit = fresh.db.purges.audit(None, 9, AuditFilter::default());
    assert_eq!(audit.await.unwrap()[0].actor, "erased user pseudonym");
    // Another server that does not know yet that the account is gone.
    edit("Deux").await;
    assert_eq!(actors().await, ["erased user"]);
}

type Write = BoxFuture<'static, ()>;

/// Twelve writes of a user, on two servers in turn.
fn writes(servers: [&Database; 2], name: &str, user: &UserId, offers: &[Offer]) -> Vec<Write> {
    let mut all: Vec<Write> = Vec::new();
    for (n, offer) in offers.iter().enumerate() {
        let (db, user, offer) = (servers[n % 2].clone(), user.clone(), offer.clone());
        let new = NewBooking {
            user: user.clone(),
            ..new(&format!("{name} {n}"), name, &offer)
        };
        let (bookings, at) = (db.bookings.clone(), OfferId::clone(&offer.id));
        all.push(Box::pin(async move {
            bookings.create(new, NOW_MS).await.unwrap();
        }));
        let (users, whose) = (db.users.clone(), user.clone());
        all.push(Box::pin(async move {
            users.add_favorite(&whose, &at, NOW_MS).await.unwrap();
        }));
        let (users, whose) = (db.users.clone(), user.clone());
        all.push(Box::pin(async move {
            let said = users.record_consent(&whose, consent(&n.to_string()));
            said.await.unwrap();
        }));
    }
    let (db, whose, offer) = (servers[0].clone(), user.clone(), offers[0].id.clone());
    all.push(Box::pin(async move {
        let code = code(&whose);
        let task = code_task(&code);
        db.codes.put(code, task).await.unwrap();
        let edit = retitled(whose.as_str());
        let edited = db.offers.update(offer, edit, by(&whose), NOW_MS);
        edited.await.unwrap();
    }));
    all
}

/// F2.
async fn of_writes_and_an_erasure_at_once_nothing_is_left(fresh: Fresh) {
    let mut offers: Vec<Offer> = (0..3).map(|n| places(&n.to_string(), 5)).collect();
    offers.push(Offer {
        quota: None,
        ..places("unlimited", 0)
    });
    fresh.fill(vec![family(offers.clone())]).await;
    let other = fresh.of_another_server().await;
    for round in 0..rounds() {
        let name = format!("user {round}");
        let user = account(&name);
        fresh
            .db
            .users
            .create(user.clone(), vec![], None)
            .await
            .unwrap();
        // On one server, then on two.
        let second = if round % 2 == 0 { &fresh.db } else { &other };
        let writes = writes([&fresh.db, second], &name, &user.id, &offers);
        let erase = async {
            tokio::time::sleep(std::time::Duration::from_millis(u64::from(round % 10))).await;
            let pseudonym = format!("pseudonym {round}");
            let erased = second.users.erase(&user.id, &pseudonym, NOW_MS).await;
            assert_eq!(erased.unwrap(), Erased::Done);
        };
        let writes = writes.into_iter().map(tokio::spawn);
        let (written, ()) = tokio::join!(join_all(writes), erase);
        for done in written {
            done.unwrap();
        }
        assert_nothing_is_left(&fresh, &user.id, &offers).await;
    }
}

async fn assert_nothing_is_left(fresh: &Fresh, user: &UserId, offers: &[Offer]) {
    let users = &fresh.db.users;
    assert_eq!(bookings_of(&fresh.db, user).await, 0);
    assert_eq!(users.favorites(user).await.unwrap(), []);
    assert_eq!(users.consents(user).await.unwrap(), []);
    let code = fresh.db.codes.get(user, CodePurpose::VerifyEmail).await;
    assert_eq!(code.unwrap(), None);
    // No booking of nobody holds a place.
    for offer in offers.iter().filter(|offer| offer.quota.is_some()) {
        assert_eq!(remaining(fresh, offer).await, 5);
    }
    let due = fresh.db.bookings.due(i64::MAX / 2, 100).await.unwrap();
    assert_eq!(due, [], "open bookings");
    let pending = fresh.db.purges.pending(0, 10_000).await.unwrap();
    let told = fresh.db.purges.audit(None, 10_000, AuditFilter::default());
    let actors = pending.iter().map(|row| &row.purge.actor);
    for actor in actors.chain(told.await.unwrap().iter().map(|row| &row.actor)) {
        assert!(!actor.contains(user.as_str()), "{actor}");
    }
}
