//! A server is slow, or another one than before: a client that comes back does not notice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use e2e::{Durability, Redis};

use super::{
    super::{begun, nearby, paris, publish, say_published, subscribed},
    Subscriber, WAYS, Way, id, near, title,
};
use crate::app::TestApp;

/// The server has heard of an offer, and reads it, while a client comes back to which the log tells it.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_being_told_while_a_client_comes_back_is_told_to_it_once() {
    let is_slow = Arc::new(AtomicBool::new(false));
    let waits = Arc::clone(&is_slow);
    let app = TestApp::builder()
        .observer(move |what| {
            while what == "live.offers" && waits.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
        })
        .start()
        .await;
    begun(&app).await;
    let mut other = Subscriber::come(&app, Way::Stream, nearby(paris()), None).await;
    subscribed(&app, 1).await;
    publish(&app, 0).await;
    let last = id(&other.heard().await);
    is_slow.store(true, Relaxed);
    let one = publish(&app, 1).await;
    let mut back = Subscriber::come(&app, Way::WebSocket, nearby(paris()), Some(&last)).await;
    assert_eq!(title(&back.heard().await), one.title);
    is_slow.store(false, Relaxed);
    let two = publish(&app, 2).await;
    assert_eq!(title(&back.heard().await), two.title);
    for new in [one, two] {
        assert_eq!(title(&other.heard().await), new.title);
    }
}

#[tokio::test]
async fn any_server_goes_on_where_another_one_was_left() {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let one = TestApp::builder().redis(&redis.url()).start().await;
    begun(&one).await;
    let other = one.another().await;
    for way in WAYS {
        let mut subscriber = Subscriber::come(&one, way, nearby(paris()), None).await;
        subscribed(&one, 1).await;
        let (mut last, mut titles, mut expected) = (String::new(), Vec::new(), Vec::new());
        for number in 0..40 {
            let number = 100 * (way as i32) + number;
            let by = if number % 2 == 0 { &one } else { &other };
            let new = near(by, number).await;
            say_published(by, &new).await;
            expected.push(new.title);
            if number % 4 == 0 {
                // At once: the event may not be attested yet, nor heard of by the next server.
                let heard = subscriber.heard().await;
                titles.push(title(&heard));
                last = id(&heard);
                drop(subscriber);
                let next = if number % 8 == 0 { &other } else { &one };
                subscriber = Subscriber::come(next, way, nearby(paris()), Some(&last)).await;
            }
        }
        assert!(!last.is_empty());
        while titles.len() < expected.len() {
            titles.push(title(&subscriber.heard().await));
        }
        assert_eq!(titles, expected, "{way:?}");
        drop(subscriber);
        subscribed(&one, 0).await;
        subscribed(&other, 0).await;
    }
}
