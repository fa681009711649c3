//! From a file in the bucket to a picture.

use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use domain::pictures::{
    picture::Purpose,
    refusal::Refusal,
    upload::{HELD_MS, State},
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use uploads::NotCompleted;

use crate::{
    answering::{DENIED, MISSING, answering},
    world::{World, photo},
};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_at_once_one_makes_the_picture() {
    let Some(world) = World::start().await else {
        return;
    };
    let id = world.upload("1", Some(photo(9))).await;
    let all: Vec<_> = (0..8)
        .map(|_| {
            let (uploads, ana, id) = (world.uploads.clone(), world.ana.clone(), id.clone());
            tokio::spawn(async move { uploads.complete(&ana, &id).await })
        })
        .collect();
    let mut made = Vec::new();
    for one in all {
        match one.await.unwrap() {
            Ok(picture) => made.push(picture.id),
            Err(error) => assert!(matches!(error, NotCompleted::Busy), "{error:?}"),
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1);
    let again = world.uploads.complete(&world.ana, &id).await.unwrap();
    assert_eq!(again.id, made[0]);
    assert_eq!((again.width, &again.widths[..]), (400, &[320, 400][..]));
    assert_eq!(world.files.keys("pictures").len(), 2);
    assert_eq!(world.files.keys("uploads"), [] as [String; 0]);
    let url = world.uploads.url(&again, Some(300));
    assert!(url.ends_with("/320.webp") && url.starts_with(&world.files.public));
    assert_eq!(world.uploads.shown_at(&url), Some((again.id, 320)));
}

#[tokio::test]
async fn while_the_pool_is_full_an_upload_waits() {
    let Some(world) = World::start().await else {
        return;
    };
    let id = world.upload("1", Some(photo(9))).await;
    let place = world.pool.admit().unwrap();
    let busy = world.uploads.complete(&world.ana, &id).await;
    assert!(matches!(busy, Err(NotCompleted::Busy)), "{busy:?}");
    let waiting = world.store.upload(&id).await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.holder), (State::Waiting, None));
    drop(place);
    world.uploads.complete(&world.ana, &id).await.unwrap();
}

#[tokio::test]
async fn a_client_that_disconnects_gets_its_picture_the_next_time() {
    let Some(world) = World::start().await else {
        return;
    };
    let id = world.upload("1", Some(photo(9))).await;
    let request = world.uploads.complete(&world.ana, &id);
    let gone = tokio::time::timeout(Duration::ZERO, request).await;
    assert!(gone.is_err());
    for _ in 0..400 {
        let upload = world.store.upload(&id).await.unwrap().unwrap();
        if upload.state == State::Ready {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the work ended with the request");
}

#[tokio::test]
async fn a_server_that_died_leaves_the_upload_to_another_one() {
    let Some(world) = World::start().await else {
        return;
    };
    let id = world.upload("1", Some(photo(9))).await;
    let begun = world.store.begin(&id, &world.ana, "dead", world.now_ms());
    begun.await.unwrap();
    let busy = world.uploads.complete(&world.ana, &id).await;
    assert!(matches!(busy, Err(NotCompleted::Busy)));
    world.pass_ms(HELD_MS);
    world.uploads.complete(&world.ana, &id).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_once_more() {
    let Some(world) = World::start().await else {
        return;
    };
    let missing = world.upload("1", None).await;
    let none = world.uploads.complete(&world.ana, &missing).await;
    assert!(matches!(none, Err(NotCompleted::NotUploaded)), "{none:?}");
    let gif = world.upload("2", Some(b"GIF89a,,,,,,,,".to_vec())).await;
    let large = world.upload("3", Some(vec![0; 1_000_001])).await;
    for (id, refusal) in [(gif, Refusal::Gif), (large, Refusal::TooManyBytes)] {
        for _ in 0..2 {
            let refused = world.uploads.complete(&world.ana, &id).await;
            let Err(NotCompleted::Refused(found, Purpose::Avatar)) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!(found, refusal);
        }
    }
    assert_eq!(world.files.keys("uploads"), [] as [String; 0]);
}

/// Amazon's answer for a missing object, if the key may not list the bucket.
#[tokio::test]
async fn a_file_that_may_not_be_read_was_not_uploaded() {
    let Some(world) = World::start().await else {
        return;
    };
    let id = world.upload("1", None).await;
    let denying = world.uploads_at(answering(|_| DENIED));
    let none = denying.complete(&world.ana, &id).await;
    assert!(matches!(none, Err(NotCompleted::NotUploaded)), "{none:?}");
    let waiting = world.store.upload(&id).await.unwrap().unwrap();
    assert_eq!(waiting.state, State::Waiting);
}

#[tokio::test]
async fn who_waits_too_long_is_answered_and_the_work_goes_on() {
    let Some(world) = World::start().await else {
        return;
    };
    let id = world.upload("1", None).await;
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let slow = world.uploads_at(answering(move |_| {
        // Until the sender is dropped.
        assert!(held.lock().unwrap().recv().is_err());
        MISSING
    }));
    let mut registry = Registry::default();
    slow.register_metrics(&mut registry);
    let missing = || {
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text.contains("upload_completions_total{outcome=\"missing\"} 1")
    };
    let within = Duration::from_millis(9_500);
    let busy = tokio::time::timeout(within, slow.complete(&world.ana, &id)).await;
    assert!(matches!(busy, Ok(Err(NotCompleted::Busy))), "{busy:?}");
    let working = world.store.upload(&id).await.unwrap().unwrap();
    assert_eq!(working.state, State::Processing);
    assert!(!missing());
    drop(release);
    for _ in 0..400 {
        if missing() {
            let waiting = world.store.upload(&id).await.unwrap().unwrap();
            assert_eq!(waiting.state, State::Waiting);
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the work ended with the request");
}
