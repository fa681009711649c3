//! Sessions: in each database, and in Redis.

use std::sync::Arc;

use access::{
    redis_sessions::RedisSessions,
    sessions::{RefreshToken, RefreshTokens, SessionsConfig},
};
use cache_tiered::{Clock, Link, Metrics};
use domain::{
    UserId,
    auth::sessions::{LIFE_MS, MAX_SESSIONS, Rotation, Session, Sessions, WHOLE_MS},
};
use e2e::{Durability, Redis};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples};

tests! {
    a_token_is_for_one_use_and_the_next_one_is_given: [],
    a_token_that_was_used_ends_its_session: [],
    a_token_that_is_sent_again_soon_gets_the_same_next_one: [],
    many_that_use_one_token_at_once_get_the_same_next_one: [],
    a_session_is_over_after_seven_days_without_use: [],
    a_session_is_over_after_ninety_days_however_often_it_is_used: [],
    whoever_has_a_token_of_a_session_may_end_it: [],
    a_user_lists_and_ends_sessions_of_their_own: [],
    a_user_has_so_many_sessions_and_no_more: [],
}

/// Later than any server's own clock: those forget by themselves what is over.
const NOW_MS: i64 = samples::NOW_MS + 3_650 * samples::DAY_MS;

/// A store under test; the server ends with it.
struct Store {
    sessions: Arc<dyn Sessions>,
    _server: Option<Redis>,
}

async fn stores(fresh: &Fresh) -> Vec<Store> {
    let server = Redis::start(Durability::Memory).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let clock = Clock::new(|| 0);
    let within = std::time::Duration::from_secs(5);
    let link = Link::new(client, within, clock, Metrics::default());
    vec![
        Store {
            sessions: Arc::clone(&fresh.db.sessions),
            _server: None,
        },
        Store {
            sessions: Arc::new(RedisSessions::new(link, "contract")),
            _server: Some(server),
        },
    ]
}

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

fn done(user: &UserId) -> Rotation {
    Rotation::Done {
        user: user.clone(),
        epoch: 3,
    }
}

fn session(user: &UserId, token: &RefreshToken, at_ms: i64) -> Session {
    Session {
        id: token.session(),
        user: user.clone(),
        epoch: 3,
        device: Some("Pixel 9".into()),
        created_at_ms: at_ms,
        used_at_ms: at_ms,
        expires_at_ms: at_ms + LIFE_MS,
    }
}

async fn begin(store: &Store, user: &UserId, at_ms: i64) -> RefreshToken {
    let token = RefreshToken::first();
    let session = session(user, &token, at_ms);
    store.sessions.begin(session, token.hash()).await.unwrap();
    token
}

/// Uses a token; what came of it, and the next one.
async fn refresh(store: &Store, token: &RefreshToken, at_ms: i64) -> (Rotation, RefreshToken) {
    let tokens = RefreshTokens::new([1; 32], SessionsConfig::default());
    exchange(store, &tokens, token, at_ms).await
}

async fn exchange(
    store: &Store,
    tokens: &RefreshTokens,
    token: &RefreshToken,
    at_ms: i64,
) -> (Rotation, RefreshToken) {
    let (next, exchange) = tokens.exchange(token, at_ms);
    let rotated = store.sessions.rotate(&token.session(), exchange).await;
    (rotated.unwrap(), next)
}

async fn a_token_is_for_one_use_and_the_next_one_is_given(fresh: Fresh) {
    let ana = user("ana");
    for store in stores(&fresh).await {
        let mut token = begin(&store, &ana, NOW_MS).await;
        for at_ms in NOW_MS + 1..NOW_MS + 4 {
            let (rotation, next) = refresh(&store, &token, at_ms).await;
            assert_eq!(rotation, done(&ana));
            token = next;
            let expected = Session {
                used_at_ms: at_ms,
                expires_at_ms: at_ms + LIFE_MS,
                ..session(&ana, &token, NOW_MS)
            };
            let listed = store.sessions.of_user(&ana, at_ms).await.unwrap();
            assert_eq!(listed, [expected]);
        }
        let (unknown, _) = refresh(&store, &RefreshToken::first(), NOW_MS).await;
        assert_eq!(unknown, Rotation::Unknown);
    }
}

async fn a_token_that_was_used_ends_its_session(fresh: Fresh) {
    let ana = user("ana");
    for store in stores(&fresh).await {
        let other = begin(&store, &ana, NOW_MS).await;
        let first = begin(&store, &ana, NOW_MS).await;
        let (_, second) = refresh(&store, &first, NOW_MS).await;
        let (_, third) = refresh(&store, &second, NOW_MS).await;
        let (reused, _) = refresh(&store, &first, NOW_MS).await;
        assert_eq!(reused, Rotation::Reused(ana.clone()));
        for token in [&first, &second, &third] {
            let (after, _) = refresh(&store, token, NOW_MS).await;
            assert_eq!(after, Rotation::Unknown);
        }
        let (neighbour, _) = refresh(&store, &other, NOW_MS).await;
        assert_eq!(neighbour, done(&ana));
    }
}

/// C7. Its client heard no answer. Later it is a thief's, or its owner's after a thief's.
async fn a_token_that_is_sent_again_soon_gets_the_same_next_one(fresh: Fresh) {
    const GRACE_MS: i64 = 30_000;
    let ana = user("ana");
    for store in stores(&fresh).await {
        let first = begin(&store, &ana, NOW_MS).await;
        let (_, second) = refresh(&store, &first, NOW_MS).await;
        for at_ms in [NOW_MS, NOW_MS + GRACE_MS - 1] {
            let (again, same) = refresh(&store, &first, at_ms).await;
            assert_eq!((again, &same), (done(&ana), &second));
        }
        let listed = store.sessions.of_user(&ana, NOW_MS).await.unwrap();
        assert_eq!(listed, [session(&ana, &first, NOW_MS)], "once is enough");
        let (third, _) = refresh(&store, &second, NOW_MS + GRACE_MS).await;
        assert_eq!(third, done(&ana));
        // The one before the last one is no lost answer, however soon it comes.
        let (reused, _) = refresh(&store, &first, NOW_MS + GRACE_MS).await;
        assert_eq!(reused, Rotation::Reused(ana.clone()));

        let first = begin(&store, &ana, NOW_MS).await;
        let (_, second) = refresh(&store, &first, NOW_MS).await;
        let (late, _) = refresh(&store, &first, NOW_MS + GRACE_MS).await;
        assert_eq!(late, Rotation::Reused(ana.clone()));
        let (after, _) = refresh(&store, &second, NOW_MS + GRACE_MS).await;
        assert_eq!(after, Rotation::Unknown);

        // A server with another secret would give a token that is not valid.
        let first = begin(&store, &ana, NOW_MS).await;
        refresh(&store, &first, NOW_MS).await;
        let others = RefreshTokens::new([2; 32], SessionsConfig::default());
        let (other, _) = exchange(&store, &others, &first, NOW_MS).await;
        assert_eq!(other, Rotation::Reused(ana.clone()));
    }
}

/// C7. Two tabs, at once.
async fn many_that_use_one_token_at_once_get_the_same_next_one(fresh: Fresh) {
    let ana = user("ana");
    for store in stores(&fresh).await {
        let token = begin(&store, &ana, NOW_MS).await;
        let uses = join_all((0..50).map(|_| refresh(&store, &token, NOW_MS))).await;
        let next = uses[0].1.clone();
        assert!(uses.iter().all(|one| *one == (done(&ana), next.clone())));
        let (after, _) = refresh(&store, &next, NOW_MS).await;
        assert_eq!(after, done(&ana));
    }
}

async fn a_session_is_over_after_seven_days_without_use(fresh: Fresh) {
    let ana = user("ana");
    for store in stores(&fresh).await {
        let token = begin(&store, &ana, NOW_MS).await;
        let (last, next) = refresh(&store, &token, NOW_MS + LIFE_MS - 1).await;
        assert_eq!(last, done(&ana));
        let end_ms = NOW_MS + LIFE_MS - 1 + LIFE_MS;
        let listed = store.sessions.of_user(&ana, end_ms).await.unwrap();
        assert_eq!(listed, []);
        let (over, _) = refresh(&store, &next, end_ms).await;
        assert_eq!(over, Rotation::Unknown);
    }
}

async fn a_session_is_over_after_ninety_days_however_often_it_is_used(fresh: Fresh) {
    let ana = user("ana");
    for store in stores(&fresh).await {
        let mut token = begin(&store, &ana, NOW_MS).await;
        let end_ms = NOW_MS + WHOLE_MS;
        let mut at_ms = NOW_MS;
        while at_ms + LIFE_MS - 1 < end_ms {
            at_ms += LIFE_MS - 1;
            let (rotation, next) = refresh(&store, &token, at_ms).await;
            assert_eq!(rotation, done(&ana));
            token = next;
        }
        // Redis counts what is left by its own clock: that must not pass while this test runs.
        let last_ms = end_ms - 20_000;
        let (last, next) = refresh(&store, &token, last_ms).await;
        assert_eq!(last, done(&ana));
        let listed = store.sessions.of_user(&ana, last_ms).await.unwrap();
        assert_eq!((listed.len(), listed[0].expires_at_ms), (1, end_ms));
        assert_eq!(listed[0].ends_at_ms(), end_ms);
        assert_eq!(store.sessions.of_user(&ana, end_ms).await.unwrap(), []);
        // Also for who heard no answer at the last moment.
        for over in [&next, &token] {
            let (after, _) = refresh(&store, over, end_ms).await;
            assert_eq!(after, Rotation::Unknown);
        }
        // One of a version that gave every token seven days.
        let token = RefreshToken::first();
        let older = Session {
            used_at_ms: end_ms - 1,
            expires_at_ms: end_ms + LIFE_MS - 1,
            ..session(&ana, &token, NOW_MS)
        };
        store.sessions.begin(older, token.hash()).await.unwrap();
        let (after, _) = refresh(&store, &token, end_ms).await;
        assert_eq!(after, Rotation::Unknown);
    }
}

/// With the last one, or with one that was used: that would end it as well.
async fn whoever_has_a_token_of_a_session_may_end_it(fresh: Fresh) {
    let (ana, ben) = (user("ana"), user("ben"));
    for store in stores(&fresh).await {
        let stays = begin(&store, &ana, NOW_MS).await;
        for uses in 0..2 {
            let first = begin(&store, &ana, NOW_MS).await;
            let mut last = first.clone();
            for _ in 0..uses {
                last = refresh(&store, &last, NOW_MS).await.1;
            }
            let ended = store.sessions.sign_out(&first.session()).await.unwrap();
            assert_eq!(ended, Some(ana.clone()));
            let again = store.sessions.sign_out(&first.session()).await.unwrap();
            assert_eq!(again, None);
            let (after, _) = refresh(&store, &last, NOW_MS).await;
            assert_eq!(after, Rotation::Unknown);
        }
        let listed = store.sessions.of_user(&ana, NOW_MS).await.unwrap();
        assert_eq!(listed, [session(&ana, &stays, NOW_MS)]);
        let nobodys = RefreshToken::first().session();
        assert_eq!(store.sessions.sign_out(&nobodys).await.unwrap(), None);
        assert_eq!(store.sessions.of_user(&ben, NOW_MS).await.unwrap(), []);
    }
}

async fn a_user_lists_and_ends_sessions_of_their_own(fresh: Fresh) {
    let (ana, ben) = (user("ana"), user("ben"));
    for store in stores(&fresh).await {
        let sessions = &store.sessions;
        let mut tokens = Vec::new();
        for at_ms in NOW_MS..NOW_MS + 3 {
            tokens.push(begin(&store, &ana, at_ms).await);
        }
        let bens = begin(&store, &ben, NOW_MS).await;
        let listed = sessions.of_user(&ana, NOW_MS).await.unwrap();
        let expected: Vec<Session> = (NOW_MS..)
            .zip(&tokens)
            .map(|(at_ms, token)| session(&ana, token, at_ms))
            .collect();
        assert_eq!(listed, expected.into_iter().rev().collect::<Vec<_>>());
        let live = async |token: &RefreshToken| {
            let live = sessions.is_live(&ana, &token.session()).await;
            live.unwrap()
        };
        assert!(live(&tokens[0]).await && !live(&bens).await);
        assert!(!sessions.end(&ana, &bens.session()).await.unwrap());
        assert!(sessions.end(&ana, &tokens[0].session()).await.unwrap());
        assert!(!sessions.end(&ana, &tokens[0].session()).await.unwrap());
        assert!(!live(&tokens[0]).await && live(&tokens[1]).await);
        let (ended, _) = refresh(&store, &tokens[0], NOW_MS).await;
        assert_eq!(ended, Rotation::Unknown);
        let kept = tokens[1].session();
        assert_eq!(sessions.end_all(&ana, Some(&kept)).await.unwrap(), 1);
        let left = sessions.of_user(&ana, NOW_MS).await.unwrap();
        assert_eq!(left, [session(&ana, &tokens[1], NOW_MS + 1)]);
        assert_eq!(sessions.end_all(&ana, None).await.unwrap(), 1);
        assert_eq!(sessions.of_user(&ana, NOW_MS).await.unwrap(), []);
        assert_eq!(sessions.of_user(&ben, NOW_MS).await.unwrap().len(), 1);
    }
}

async fn a_user_has_so_many_sessions_and_no_more(fresh: Fresh) {
    let ana = user("ana");
    for store in stores(&fresh).await {
        let mut tokens = Vec::new();
        for at_ms in (NOW_MS..).take(MAX_SESSIONS + 2) {
            tokens.push(begin(&store, &ana, at_ms).await);
        }
        let listed = store.sessions.of_user(&ana, NOW_MS).await.unwrap();
        let ids: Vec<_> = listed.into_iter().map(|session| session.id).collect();
        let newest: Vec<_> = tokens[2..]
            .iter()
            .rev()
            .map(RefreshToken::session)
            .collect();
        assert_eq!(ids, newest);
        let (ended, _) = refresh(&store, &tokens[0], NOW_MS).await;
        assert_eq!(ended, Rotation::Unknown);
    }
}
