//! Random schedules of writes, reads and faults, in virtual time, over the crate's real code: two
//! servers with their copies of the purge log and their caches, around them a simulated database,
//! log server and second tier. An oracle that knows every write judges every answer.
//!
//! `YOUSOON_SCHEDULES` sets the number of schedules (default 10,000), `YOUSOON_SEED` the random
//! seed. Without a seed each run plays other schedules and prints its seed.

mod ask;
mod database;
mod log_server;
mod oracle;
mod play;
mod pod;
mod schedule;
mod source;
mod tally;
mod weather;
mod world;

use std::{
    cell::Cell,
    panic,
    sync::{Arc, Once},
    thread,
};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use self::{schedule::Schedule, tally::Tally};

const SCHEDULES: u64 = 10_000;
const THREADS: u64 = 2;
/// How many attempts are made to shrink a failing schedule.
const SHRINK_STEPS: u32 = 3_000;

thread_local! {
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// A panic ends only its task. It is recorded here, so that no schedule passes in which one occurs.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED.set(true);
            usual(info);
        }));
    });
}

fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var(variable)
        .ok()
        .filter(|text| !text.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")),
    )
}

fn run_one(schedule: &Schedule, tally: &Arc<Tally>) -> Result<(), TestCaseError> {
    PANICKED.set(false);
    let outcome = play::play(schedule, tally);
    let outcome = if PANICKED.get() {
        Err("something panicked".to_owned())
    } else {
        outcome
    };
    outcome.map_err(|wrong| {
        tally.fail();
        TestCaseError::fail(wrong)
    })
}

fn run_many(seed: u64, count: u64, tally: &Arc<Tally>) -> Result<(), String> {
    let config = Config {
        cases: u32::try_from(count).unwrap_or(u32::MAX),
        max_shrink_iters: SHRINK_STEPS,
        failure_persistence: None,
        ..Config::default()
    };
    // Fast, and never all zero.
    let mut bytes = [1; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes);
    TestRunner::new_with_rng(config, rng)
        .run(&schedule::any_schedule(), |schedule| {
            run_one(&schedule, tally)
        })
        .map_err(|error| error.to_string())
}

#[test]
fn no_schedule_of_faults_makes_an_answer_older_than_its_bound() {
    note_panics();
    let schedules = number_in("YOUSOON_SCHEDULES").unwrap_or(SCHEDULES);
    let seed = number_in("YOUSOON_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 20);
    let tally = Arc::new(Tally::default());
    let outcomes: Vec<Result<(), String>> = thread::scope(|scope| {
        let run = |number| {
            let tally = &tally;
            let count = schedules / THREADS + u64::from(number < schedules % THREADS);
            scope.spawn(move || run_many(seed + number, count, tally))
        };
        let threads: Vec<_> = (0..THREADS).map(run).collect();
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err("the simulation itself panicked".into())))
            .collect()
    });
    println!("{tally} (YOUSOON_SEED={seed})");
    for outcome in outcomes {
        if let Err(error) = outcome {
            panic!("YOUSOON_SEED={seed}, after {tally}:\n{error}");
        }
    }
    let missing = tally.not_seen();
    assert!(
        schedules < SCHEDULES || missing.is_empty(),
        "the schedules show less than they should: no {missing:?}"
    );
}
