//! Everything around the servers (database, log servers, connections), and the clock.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    database::Database,
    log_server::LogServers,
    oracle::Oracle,
    tally::Tally,
    weather::{Fate, Weather, mix},
};

pub(super) const PODS: usize = 2;
pub(super) const CLIENTS: usize = 2;
pub(super) const QUESTIONS: usize = 4;
/// How long a call to the log may take, as in `redis_log`.
pub(super) const LOG_CALL_WITHIN: Duration = Duration::from_millis(400);
/// Transactions that read values have this number or a greater one.
pub(super) const VALUES: u64 = 20;
/// How long a transaction may take.
const DATABASE_WITHIN: Duration = Duration::from_millis(1_200);

/// The state of every connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weathers {
    pub(super) log: [Weather; PODS],
    pub(super) values: [Weather; PODS],
    pub(super) database: Weather,
}

/// Everything outside the servers.
#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    began: Instant,
    weathers: Mutex<Weathers>,
    database: Mutex<Database>,
    servers: Mutex<LogServers>,
    /// Wakes tasks that wait for records.
    pub(super) appended: watch::Sender<()>,
    oracle: Mutex<Oracle>,
    pub(super) tally: Arc<Tally>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sleeps; returns at once when `time` is zero.
pub(super) async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

impl World {
    pub(super) fn new(seed: u64, tally: Arc<Tally>) -> Arc<Self> {
        Arc::new(Self {
            seed,
            began: Instant::now(),
            weathers: Mutex::default(),
            database: Mutex::default(),
            servers: Mutex::default(),
            appended: watch::Sender::default(),
            oracle: Mutex::default(),
            tally,
        })
    }

    /// Milliseconds since the run began.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A pseudo-random number that depends on the seed, the time and the arguments. It has no state,
    /// so the order in which tasks call it does not matter.
    pub(super) fn random(&self, what: u64, of: u64) -> u64 {
        mix(&[self.seed, what, of, self.now_ms()])
    }

    pub(super) fn weathers(&self) -> MutexGuard<'_, Weathers> {
        lock(&self.weathers)
    }

    /// Direct access to the database, without the latency of a transaction.
    pub(super) fn database(&self) -> MutexGuard<'_, Database> {
        lock(&self.database)
    }

    pub(super) fn servers(&self) -> MutexGuard<'_, LogServers> {
        lock(&self.servers)
    }

    pub(super) fn oracle(&self) -> MutexGuard<'_, Oracle> {
        lock(&self.oracle)
    }

    /// A call of a pod to its log server.
    pub(super) async fn call_log<T: Send + 'static>(
        self: &Arc<Self>,
        pod: usize,
        what: u64,
        effect: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        let weather = self.weathers().log[pod];
        let fate = weather.fate(self.random(what, pod as u64));
        self.call(fate, LOG_CALL_WITHIN, effect).await
    }

    /// A transaction.
    pub(super) async fn transact<T: Send + 'static>(
        self: &Arc<Self>,
        what: u64,
        effect: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        let weather = self.weathers().database;
        let random = self.random(100 + what, 0);
        let fate = match weather {
            // Some reads of values are slow even over a good connection, so that writes overtake
            // them.
            Weather::Good if what >= VALUES && random.is_multiple_of(4) => {
                Weather::Slow.fate(random >> 2)
            }
            weather => weather.fate(random),
        };
        self.call(fate, DATABASE_WITHIN, effect).await
    }

    async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        fate: Fate,
        within: Duration,
        effect: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        match fate {
            Fate::Works { before, after } => {
                pause(before).await;
                let outcome = effect(self);
                pause(after).await;
                Some(outcome)
            }
            Fate::AnswerLost { before } => {
                pause(before).await;
                effect(self);
                pause(within.saturating_sub(before)).await;
                None
            }
            Fate::Late { before } => {
                let world = Arc::clone(self);
                tokio::spawn(async move {
                    pause(before).await;
                    effect(&world);
                });
                pause(within).await;
                None
            }
            Fate::Refused => None,
            Fate::Swallowed => {
                pause(within).await;
                None
            }
        }
    }
}
