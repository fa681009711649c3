//! Hostile clients against an origin and an edge: nothing crashes, and nobody sees another user's
//! data.
//!
//! `cargo xtask test` sends some thousand requests, `cargo xtask abuse` many more.

mod bombs;
mod bounds;
mod dice;
mod floods;
pub(crate) mod forged;
mod memory;
mod mutated;
mod parallel;
mod poison;
mod races;
mod scale;
mod sessions;
mod slow;
mod stuffing;
mod tally;
mod wire;

use std::{sync::Arc, time::Duration};

use e2e::{SIGNING_KEYS, Target, TargetOptions};
use serde_json::json;

use self::scale::Scale;
use self::tally::Tally;
use crate::people::{Person, anonymous, answer, data, register, registration, token_sent_to};
use crate::{PARIS, venue};

/// By how much the memory of a process may grow during the test, in kilobytes. All that a process
/// keeps is limited, far below what thousands of requests would add up to if each left something.
const GROWTH_KB: u64 = 200 * 1_024;

async fn sign_up(target: &Target, name: &str) -> Person {
    let ask = target.ask("Register", registration(name));
    register(&target.client, &target.edge_url, &ask).await
}

/// Opens the link that came with the account.
async fn verify(target: &Target, who: &Person) {
    for _ in 0..100 {
        if let Some(token) = token_sent_to(&target.last_words(), &who.email) {
            let verify = target.ask("VerifyEmail", json!({"token": token}));
            let verified = answer(anonymous(&target.client, &target.edge_url, &verify)).await;
            assert_eq!(data(&verified)["verifyEmail"], true);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no link was sent to {}", who.email);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_clients_crash_nothing_and_see_no_other_users_data() {
    let scale = Scale::from_env();
    let tally = Arc::new(Tally::default());
    let mut target = start(&[("YOUSOON_DOCUMENT_MODE", "off")]).await;
    let [ana, ben] = [sign_up(&target, "ana").await, sign_up(&target, "ben").await];
    let mallory = sign_up(&target, "mallory").await;
    let before = target.vitals().unwrap();
    parallel::ask(&target, &tally, [&ana, &ben], scale).await;
    poison::pour(&target, &tally, &mallory).await;
    sessions::forgeries(&target, &tally, &ana).await;
    sessions::refresh_reuse(&target, &tally, "carl").await;
    bombs::explode(&target, &tally).await;
    slow::large(&target, &tally).await;
    races::new_passwords(&target, &tally, scale).await;
    races::logouts(&target, &tally, scale).await;
    bounds::unsigned_appends(&target, &tally).await;
    bounds::long_words(&target, &tally).await;
    bounds::repeated_consents(&target, &tally, &mallory).await;
    bounds::endless_messages(&target, &tally).await;
    tokio::join!(
        slow::slow(&target, &tally),
        mutated::send(&target, &tally, &mallory, scale),
    );
    let after = target.vitals().unwrap();
    let mut memory = Vec::new();
    for (name, (before, after)) in ["origin", "edge"]
        .into_iter()
        .zip(before.iter().zip(&after))
    {
        let is_alive = (before.pid, 0) == (after.pid, after.panics);
        let is_bounded = after.rss_kb < before.rss_kb + GROWTH_KB;
        tally.holds(is_alive && is_bounded, || {
            format!("{name}: {before:?} became {after:?}")
        });
        let [from, to] = [before, after].map(|vitals| vitals.rss_kb / 1_024);
        memory.push(format!("{name} {from} to {to} MiB"));
    }
    memory::watch(&mut target, &tally, ["ana", "ben", "mallory"], scale).await;
    let mut words = target.last_words();
    drop(target);

    // With rate limits on, as in production.
    let limits = [
        ("YOUSOON_RATE_LIMITS", "on"),
        ("YOUSOON_LIMIT_LOGIN_NETWORK", "50"),
    ];
    let mut target = start(&limits).await;
    sign_up(&target, "dora").await;
    let mallory = sign_up(&target, "mallory").await;
    verify(&target, &mallory).await;
    floods::resets(&target, &tally, "dora").await;
    floods::invitations(&target, &tally, &mallory).await;
    stuffing::guess(&target, &tally, "dora", scale).await;
    let vitals = target.vitals().unwrap();
    tally.holds(vitals.iter().all(|one| one.panics == 0), || {
        format!("{vitals:?}")
    });
    words += &target.last_words();

    println!(
        "abuse, seed {}: {tally}; memory: {}",
        scale.seed,
        memory.join(", ")
    );
    assert_eq!(tally.faults(), "", "{words}");
}

async fn start(more: &[(&'static str, &'static str)]) -> Target {
    let mut origin = vec![
        ("YOUSOON_JWT_KEYS", SIGNING_KEYS),
        ("YOUSOON_BCRYPT_COST", "4"),
    ];
    origin.extend(more);
    let venues = vec![venue(PARIS, "thai"), venue((48.8600, 2.3400), "italian")];
    Target::start(&TargetOptions { venues, origin })
        .await
        .unwrap()
}
