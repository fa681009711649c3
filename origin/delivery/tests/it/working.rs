//! The workers of a server, in real time.

use std::time::Duration;

use domain::{auth::codes::CodePurpose, queue::State, sentence::Language};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::world::{Act, World};

/// Far more than anything here takes.
const SOON: Duration = Duration::from_secs(20);

async fn until(world: &World, count: usize) {
    let all = async {
        while world.email.taken().len() < count {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, all).await.expect("sent");
}

#[tokio::test]
async fn tasks_are_done_when_they_are_stored_and_those_under_way_are_finished() {
    let world = World::new();
    let stop = CancellationToken::new();
    let workers = tokio::spawn(world.delivery.clone().run(stop.clone()));
    let mut keys = Vec::new();
    for n in 0..30 {
        let user = world
            .sign_up_only(&format!("user{n}"), Language::French)
            .await;
        keys.push(world.code(&user, CodePurpose::VerifyEmail).await.1);
        world.wake.send_replace(());
    }
    until(&world, 30).await;
    stop.cancel();
    timeout(SOON, workers).await.expect("they end").unwrap();
    for key in keys {
        assert_eq!(world.task(&key).await.state, State::Done);
    }
}

/// All workers of its lane wait for a provider that does not answer.
#[tokio::test]
async fn no_lane_waits_for_another() {
    let world = World::new();
    for n in 0..20 {
        world.invite(&format!("guest{n}@example.fr")).await;
        world.email.then(Act::TakeAndHang);
    }
    let stop = CancellationToken::new();
    let workers = tokio::spawn(world.delivery.clone().run(stop.clone()));
    until(&world, 8).await;
    let ana = world.sign_up_only("ana", Language::French).await;
    let (_, key) = world.code(&ana, CodePurpose::VerifyPhone).await;
    world.wake.send_replace(());
    let began = Instant::now();
    while world.sms.taken().is_empty() {
        assert!(began.elapsed() < SOON, "the code waits");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.sms.taken()[0].0, key);
    assert_eq!(world.email.taken().len(), 8, "the lane is full");
    workers.abort();
}
