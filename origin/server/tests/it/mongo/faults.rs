//! What happens when the way to the database is cut, hangs or is slow.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::catalogue::sample;
use domain::{
    Admission, BookingId, Offer, OfferSchedule, PartnerId, Quota, StoreError,
    bookings::{
        booking::{BookingStatus, Step},
        party::PartySize,
        rules::{self, NewBooking},
        store::{By, Created, Stepped},
    },
    catalogue::{Announce, Reach},
    purges::{PendingPurge, PurgeKind},
};
use e2e::{Durability, MongoServer, Redis, TcpGate, TestDatabase};
use mongodb::event::{EventHandler, command::CommandEvent};
use pq_core::DocumentHash;
use serde_json::{Value, json};
use store_mongo::{
    database::{MongoDb, MongoUrl, OPERATION_WITHIN},
    migrations,
    transaction::TRANSACTION_WITHIN,
};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use yousoon::database::Database;

use super::accounts;
use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::NOW_MS,
};

/// For a busy machine, beside what is promised.
const SLACK: Duration = Duration::from_secs(2);

/// A database behind a gate, with our schema.
struct Gated {
    server: &'static MongoServer,
    gate: TcpGate,
    db: MongoDb,
    /// What is really there.
    straight: MongoDb,
    database: TestDatabase,
}

async fn on_each() -> Vec<Gated> {
    let mut all = Vec::new();
    for server in MongoServer::all().await.unwrap() {
        let database = server.database();
        let gate = TcpGate::open_to(database.address().await.unwrap()).await;
        let gate = gate.unwrap();
        let open = async |url: &str| MongoDb::open(&MongoUrl::parse(url).unwrap()).await.unwrap();
        let straight = open(database.url()).await;
        migrations::run(&straight).await.unwrap();
        all.push(Gated {
            server,
            db: open(&database.url_through(gate.address)).await,
            straight,
            gate,
            database,
        });
    }
    all
}

impl Gated {
    async fn has_transactions(&self) -> bool {
        match self.straight.require_transactions().await {
            Ok(()) => true,
            Err(why) => {
                println!("skipped: {}: {why}", self.server.name());
                false
            }
        }
    }
}

impl Gated {
    /// Another connection through the gate, and word of each commit that is sent.
    async fn open_watching_commits(&self) -> (MongoDb, UnboundedReceiver<()>) {
        let (tell, commits) = mpsc::unbounded_channel();
        let told = EventHandler::callback(move |event| {
            if let CommandEvent::Started(started) = event
                && started.command_name == "commitTransaction"
            {
                // Nobody listens any more once the first has come.
                let _unheard = tell.send(());
            }
        });
        let url = MongoUrl::parse(&self.database.url_through(self.gate.address)).unwrap();
        (MongoDb::open_watched(&url, told).await.unwrap(), commits)
    }
}

fn purge(reason: &str) -> PendingPurge {
    PendingPurge {
        tags: vec!["offer:1".parse().unwrap()],
        kind: PurgeKind::Hard,
        reason: reason.into(),
        actor: "test".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_never_applied_twice_whatever_happens_on_its_way() {
    const PUSHES: usize = 60;
    const EVERY: Duration = Duration::from_millis(30);
    const CUTS: usize = 30;
    /// On each way: some answers to a commit are on theirs when the gate is cut.
    const DELAY_MS: u64 = 5;
    for gated in on_each().await {
        if !gated.has_transactions().await {
            continue;
        }
        let purges = Database::mongo(&gated.db).purges;
        gated.gate.delay_ms(DELAY_MS);
        let pushes: Vec<_> = (0..PUSHES)
            .map(|number| {
                let purges = purges.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(EVERY * u32::try_from(number).unwrap()).await;
                    let pushed = purges.push(purge(&number.to_string()), NOW_MS);
                    (number.to_string(), pushed.await.is_ok())
                })
            })
            .collect();
        for _ in 0..CUTS {
            tokio::time::sleep(EVERY * 2).await;
            gated.gate.cut().await;
            gated.gate.open().await;
        }
        gated.gate.delay_ms(0);
        let mut said: HashMap<String, bool> = HashMap::new();
        for push in pushes {
            let (reason, is_done) = push.await.unwrap();
            said.insert(reason, is_done);
        }
        let straight = Database::mongo(&gated.straight).purges;
        let mut there: HashMap<String, usize> = HashMap::new();
        for row in straight.pending(0, 999).await.unwrap() {
            *there.entry(row.purge.reason).or_default() += 1;
        }
        let done = said.values().filter(|is_done| **is_done).count();
        println!(
            "{}: {done} of {PUSHES} writes were answered",
            gated.server.name()
        );
        assert!(done > PUSHES / 2, "{done}");
        for (reason, is_done) in said {
            let times = there.get(&reason).copied().unwrap_or(0);
            // Who was told that it failed may find that it did not.
            let allowed = if is_done { 1..=1 } else { 0..=1 };
            assert!(
                allowed.contains(&times),
                "{reason}: {times}, said {is_done}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_not_done_twice() {
    /// On each way.
    const DELAY_MS: u64 = 60;
    /// After this the commit has arrived, and its answer has not.
    const ARRIVED: Duration = Duration::from_millis(90);
    // The driver commits again by itself, or cannot any more.
    for away in [Duration::ZERO, Duration::from_millis(2_500)] {
        for gated in on_each().await {
            if !gated.has_transactions().await {
                continue;
            }
            let (db, mut commits) = gated.open_watching_commits().await;
            gated.gate.delay_ms(DELAY_MS);
            let purges = Database::mongo(&db).purges;
            let pushing = tokio::spawn(async move { purges.push(purge("once"), NOW_MS).await });
            commits.recv().await.unwrap();
            tokio::time::sleep(ARRIVED).await;
            gated.gate.cut().await;
            tokio::time::sleep(away).await;
            gated.gate.open().await;
            let outcome = pushing.await.unwrap();
            println!("{}, away for {away:?}: {outcome:?}", gated.server.name());
            let there = Database::mongo(&gated.straight).purges;
            assert_eq!(there.pending(0, 9).await.unwrap().len(), 1);
        }
    }
}

/// A booking for a later day is pending until its user or the partner confirms it. A user who was told
/// of an error may never come back: then the booking expires, and its place is free again.
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_whose_answer_was_lost_is_found_by_its_key_and_does_not_stay_pending() {
    /// On each way.
    const DELAY_MS: u64 = 60;
    /// After this the commit has arrived, and its answer has not.
    const ARRIVED: Duration = Duration::from_millis(90);
    for gated in on_each().await {
        if !gated.has_transactions().await {
            continue;
        }
        let (offer, asked) = booking_of_a_later_day(&gated.straight).await;
        let (db, mut commits) = gated.open_watching_commits().await;
        gated.gate.delay_ms(DELAY_MS);
        let (bookings, first) = (Database::mongo(&db).bookings, asked.clone());
        let booking = tokio::spawn(async move { bookings.create(first, NOW_MS).await });
        commits.recv().await.unwrap();
        tokio::time::sleep(ARRIVED).await;
        gated.gate.cut().await;
        let told = booking.await.unwrap();
        assert!(
            matches!(told, Err(StoreError::OutcomeUnknown(_))),
            "{told:?}"
        );
        gated.gate.delay_ms(0);
        gated.gate.open().await;
        let straight = Database::mongo(&gated.straight);
        let again = NewBooking {
            id: BookingId::derive("booking", "again"),
            ..asked.clone()
        };
        let again = straight.bookings.create(again, NOW_MS).await.unwrap();
        let Created::Before(found) = again else {
            panic!("{again:?}")
        };
        assert_eq!(
            (&found.id, found.status),
            (&asked.id, BookingStatus::Pending)
        );
        let start_ms = found.decide_before_ms.unwrap();
        let due = straight.bookings.due(start_ms, 9).await.unwrap();
        assert_eq!(due, [*found]);
        let ended = straight
            .bookings
            .step(&asked.id, Step::Expire, By::Job, start_ms);
        assert!(matches!(ended.await.unwrap(), Stepped::Done(_)));
        let left = straight.offers.remaining(std::slice::from_ref(&offer.id));
        assert_eq!(left.await.unwrap()[&offer.id], 3);
        assert_eq!(straight.bookings.due(i64::MAX / 2, 9).await.unwrap(), []);
    }
}

/// An account, an offer that opens on a later day, and what books it.
async fn booking_of_a_later_day(db: &MongoDb) -> (Offer, NewBooking) {
    let mut families: Vec<_> = sample::families(1, NOW_MS).collect();
    let template = families[0].offers[0].clone();
    let on = |weekday| Offer {
        schedule: Some(OfferSchedule {
            weekdays: vec![weekday],
            from: "18:00".into(),
            to: "20:00".into(),
        }),
        quota: Some(Quota {
            total: 3,
            remaining: 3,
        }),
        is_active: true,
        valid_from_ms: 0,
        valid_until_ms: i64::MAX / 2,
        admission: Admission {
            requires_approval: true,
            ..Admission::default()
        },
        ..template.clone()
    };
    let user = accounts::account();
    let new = NewBooking {
        id: BookingId::derive("booking", "first"),
        user: user.id.clone(),
        offer: template.id.clone(),
        idempotency_key: Some("k".into()),
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    };
    let is_pending = |offer: &Offer| {
        rules::draft(offer, &new, NOW_MS)
            .is_ok_and(|booking| booking.status == BookingStatus::Pending)
    };
    let offer = (1..=7).map(on).find(is_pending).unwrap();
    families[0].offers = vec![offer.clone()];
    let announce = Announce {
        reach: Reach::Added,
        reason: "filled".into(),
        actor: "test".into(),
    };
    let database = Database::mongo(db);
    database
        .catalogue
        .add(families, announce, NOW_MS)
        .await
        .unwrap();
    database.users.create(user, vec![], None).await.unwrap();
    (offer, new)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_costs_no_more_than_the_deadline() {
    for gated in on_each().await {
        let database = Database::mongo(&gated.db);
        let ids = [PartnerId::derive("partner", "1")];
        database.partners.partners_by_ids(&ids).await.unwrap();
        gated.gate.hang().await;
        let began = Instant::now();
        database.partners.partners_by_ids(&ids).await.unwrap_err();
        let took = began.elapsed();
        assert!(took < OPERATION_WITHIN + SLACK, "{took:?}");
        let began = Instant::now();
        database
            .purges
            .push(purge("late"), NOW_MS)
            .await
            .unwrap_err();
        let took = began.elapsed();
        assert!(took < TRANSACTION_WITHIN + SLACK, "{took:?}");
        gated.gate.open().await;
        // It comes back by itself.
        let began = Instant::now();
        while database.partners.partners_by_ids(&ids).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(20));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_slow_is_waited_for() {
    for gated in on_each().await {
        gated.gate.delay_ms(100);
        let names = Database::mongo(&gated.db).documents.names().await;
        assert!(names.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_answered_while_the_database_is_away() {
    /// Nobody trusts what it kept for longer without news of the log.
    const BOUND: Duration = Duration::from_secs(2);
    for gated in on_each().await {
        if !gated.has_transactions().await {
            continue;
        }
        let shown = fill(&gated.straight).await;
        let redis = Redis::start(Durability::Memory).await.unwrap();
        let app = TestApp::builder().redis(&format!("redis://{}", redis.address()));
        let (url, _state) = app.serve(Database::mongo(&gated.db)).await;
        publish(&url).await;
        let ask = async |id: &str| {
            let body: Value = json!({"query": OFFER, "variables": {"id": id}});
            let request = reqwest::Client::new().post(format!("{url}/graphql"));
            let began = Instant::now();
            let answer = Answer::of(request.json(&body)).await;
            (answer, began.elapsed())
        };
        let (first, _) = ask(shown[0].id.as_str()).await;
        assert_eq!(first.data()["offer"]["id"], json!(shown[0].id));
        gated.gate.cut().await;
        let (kept, took) = ask(shown[0].id.as_str()).await;
        assert_eq!(kept.text, first.text);
        assert!(
            kept.header("cache-status").contains("hit"),
            "{}",
            kept.header("cache-status")
        );
        assert!(took < Duration::from_secs(1), "{took:?}");
        // Its log cannot be asked any more: fresh it is not, and better than nothing.
        tokio::time::sleep(BOUND + SLACK).await;
        let (covered, took) = ask(shown[0].id.as_str()).await;
        assert_eq!(covered.text, first.text);
        let status = covered.header("cache-status");
        assert!(status.contains("stale-if-error"), "{status}");
        assert!(took < OPERATION_WITHIN + SLACK, "{took:?}");
        // Of what nobody kept there is an error, in time.
        let (unknown, took) = ask(shown[1].id.as_str()).await;
        assert!(!unknown.code().is_empty(), "{}", unknown.text);
        assert!(took < OPERATION_WITHIN + SLACK, "{took:?}");
        gated.gate.open().await;
        let began = Instant::now();
        while ask(shown[1].id.as_str())
            .await
            .0
            .json()
            .get("errors")
            .is_some()
        {
            assert!(began.elapsed() < Duration::from_secs(20));
        }
    }
}

const OFFER: &str = "query A($id: ID!) { offer(id: $id) { id partner { name } } }";

/// Without its document no answer can be told to be one that is kept.
async fn publish(url: &str) {
    let operation = json!({"id": DocumentHash::of(OFFER), "name": "A", "type": "query",
        "body": OFFER, "clientName": "site"});
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [operation]});
    let request = reqwest::Client::new().post(format!("{url}/admin/documents"));
    let published = Answer::of(request.bearer_auth(TOKEN).json(&manifest)).await;
    assert!(published.status.is_success(), "{}", published.text);
}

async fn fill(db: &MongoDb) -> Vec<Offer> {
    let announce = Announce {
        reach: Reach::Added,
        reason: "filled".into(),
        actor: "test".into(),
    };
    let families: Vec<_> = sample::families(20, NOW_MS).collect();
    let catalogue = Database::mongo(db).catalogue;
    let added = catalogue.add(families, announce, NOW_MS).await.unwrap();
    added.offers
}
