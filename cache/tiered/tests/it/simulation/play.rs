//! Plays a schedule in virtual time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cache_core::{AsOf, PurgeKind};
use tokio::{
    runtime::Builder,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    ask,
    database::KEYS,
    oracle::Own,
    pod::{Pod, Shelves},
    schedule::{Action, Crash, Disaster, Schedule},
    tally::{Count, Tally},
    weather::Weather,
    world::{PODS, Weathers, World},
};

/// How long the servers have to catch up after the last fault: longer than any call or sweep takes.
const SETTLES_IN: Duration = Duration::from_secs(5);
/// A request or fill that takes longer than this is hanging.
const HANGS_AFTER: Duration = Duration::from_secs(30);
/// The longest that a look-up in the second tier takes.
const SAME_TIME_MS: u64 = 20;
/// How many rows an import writes: several pages of the outbox.
const IMPORTED: usize = 12;
/// How soon a pod connects to a new log server.
const LED_ELSEWHERE_WITHIN_MS: u64 = 1_500;

/// The world and the servers in it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) world: Arc<World>,
    shelves: Shelves,
    pods: Mutex<[Arc<Pod>; PODS]>,
}

/// Runs a schedule in virtual time; returns a description of the first wrong answer.
pub(super) fn play(schedule: &Schedule, tally: &Arc<Tally>) -> Result<(), String> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    tally.add(Count::Schedules, 1);
    runtime.block_on(async {
        let stage = Stage::new(schedule.seed, tally);
        let mut people = JoinSet::new();
        for (gap_ms, action) in &schedule.steps {
            sleep(Duration::from_millis(*gap_ms)).await;
            stage.act(*action, &mut people);
        }
        stage.end(people).await
    })
}

impl Stage {
    fn new(seed: u64, tally: &Arc<Tally>) -> Arc<Self> {
        let world = World::new(seed, Arc::clone(tally));
        let shelves = Shelves::default();
        let pods = [0, 1].map(|number| Pod::start(&world, number, &shelves));
        Arc::new(Self {
            world,
            shelves,
            pods: Mutex::new(pods),
        })
    }

    pub(super) fn pods(&self) -> MutexGuard<'_, [Arc<Pod>; PODS]> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pod(&self, number: usize) -> Arc<Pod> {
        Arc::clone(&self.pods()[number])
    }

    fn act(self: &Arc<Self>, action: Action, people: &mut JoinSet<()>) {
        let world = &self.world;
        let fault = |weather: Weather| {
            world
                .tally
                .add(Count::Faults, usize::from(weather != Weather::Good));
        };
        match action {
            Action::Ask {
                pod,
                question,
                client,
            } => {
                people.spawn(ask::answer(
                    Arc::clone(self),
                    self.pod(pod),
                    question,
                    client,
                ));
            }
            Action::Load { pod, keys } => {
                people.spawn(ask::entities(Arc::clone(self), self.pod(pod), keys));
            }
            Action::Write {
                pod,
                key,
                kind,
                client,
                crash,
                then,
            } => {
                let write = Write {
                    pod,
                    then,
                    keys: vec![key],
                    kind,
                    client: Some(client),
                    crash,
                };
                people.spawn(write.run(Arc::clone(self)));
            }
            Action::Import { pod, crash } => {
                let write = Write {
                    pod,
                    then: None,
                    keys: (0..IMPORTED).map(|row| row % KEYS).collect(),
                    kind: PurgeKind::Hard,
                    client: None,
                    crash,
                };
                people.spawn(write.run(Arc::clone(self)));
            }
            Action::LogLink { pod, weather } => {
                fault(weather);
                world.weathers().log[pod] = weather;
            }
            Action::ValuesLink { pod, weather } => {
                fault(weather);
                world.weathers().values[pod] = weather;
            }
            Action::Database { weather } => {
                fault(weather);
                world.weathers().database = weather;
            }
            Action::RestartPod { pod } => {
                world.tally.add(Count::Restarts, 1);
                let fresh = Pod::start(world, pod, &self.shelves);
                let old = std::mem::replace(&mut self.pods()[pod], fresh);
                old.stop.cancel();
            }
            Action::LogServer(disaster) => self.strike(disaster),
        }
    }

    fn strike(&self, disaster: Disaster) {
        self.world.tally.add(Count::Disasters, 1);
        if !self.world.servers().strike(disaster) {
            return;
        }
        let current = self.world.servers().current();
        for pod in 0..PODS {
            let world = Arc::clone(&self.world);
            let after_ms = world.random(91, pod as u64) % LED_ELSEWHERE_WITHIN_MS;
            tokio::spawn(async move {
                sleep(Duration::from_millis(after_ms)).await;
                let leads_to = &mut world.servers().leads_to[pod];
                *leads_to = current.max(*leads_to);
            });
        }
    }

    /// Ends all faults, then checks that no request hangs and that every server catches up.
    async fn end(&self, mut people: JoinSet<()>) -> Result<(), String> {
        *self.world.weathers() = Weathers::default();
        let all = async { while people.join_next().await.is_some() {} };
        if timeout(HANGS_AFTER, all).await.is_err() {
            return Err(format!("{} people wait for ever", people.len()));
        }
        sleep(SETTLES_IN).await;
        for pod in &*self.pods() {
            self.caught_up(pod)?;
        }
        if !self.world.database().outbox_is_empty() {
            return Err("a purge is left in the outbox".into());
        }
        let pods = self.pods().clone();
        for pod in pods {
            pod.tasks.close();
            if timeout(HANGS_AFTER, pod.tasks.wait()).await.is_err() {
                return Err(format!("{} flights hang", pod.tasks.len()));
            }
        }
        self.world.oracle().violation.take().map_or(Ok(()), Err)
    }

    fn caught_up(&self, pod: &Pod) -> Result<(), String> {
        let copy = pod.feed.as_of();
        let log = self.world.servers().end();
        let log = log.map(|(log, revision)| AsOf { log, revision });
        let age_ms = pod.feed.age_ms();
        if copy != log || age_ms > 1_000 {
            return Err(format!(
                "pod {} does not catch up: {copy:?} of {log:?}, {age_ms} ms old",
                pod.number
            ));
        }
        Ok(())
    }
}

struct Write {
    pod: usize,
    keys: Vec<usize>,
    kind: PurgeKind,
    client: Option<usize>,
    crash: Crash,
    then: Option<(usize, usize)>,
}

impl Write {
    async fn run(self, stage: Arc<Stage>) {
        let (client, then, pod) = (self.client, self.then, stage.pod(self.pod));
        let answered = self.answered(&stage.world, pod).await;
        if let (true, Some((pod, question))) = (answered, then) {
            // At about the same time another client sends the same request without a minimum.
            let after_ms = stage.world.random(92, pod as u64) % SAME_TIME_MS;
            let other = async {
                sleep(Duration::from_millis(after_ms)).await;
                ask::answer(Arc::clone(&stage), stage.pod(pod), question, None).await;
            };
            let own = ask::answer(Arc::clone(&stage), stage.pod(pod), question, client);
            tokio::join!(own, other);
        }
    }

    /// Commits, appends, and returns whether the client received an answer.
    async fn answered(self, world: &Arc<World>, pod: Arc<Pod>) -> bool {
        world.tally.add(Count::Writes, 1);
        let Self { keys, kind, .. } = self;
        let commit = move |world: &World| {
            let rows = world.database().write(&keys, kind);
            let now_ms = world.now_ms();
            let mut oracle = world.oracle();
            for row in &rows {
                oracle.committed(row, now_ms);
            }
            rows
        };
        // Without an answer the client does not know whether it was written.
        let Some(rows) = world.transact(10, commit).await else {
            return false;
        };
        if self.crash == Crash::BeforeAppend {
            world.tally.add(Count::WritersCrashed, 1);
            return false;
        }
        let Ok(revision) = pod.source.drain_for_a_writer().await else {
            world.tally.add(Count::WritesWithoutRevision, 1);
            return true;
        };
        if let (Some(client), [row]) = (self.client, rows.as_slice()) {
            world.oracle().own[client] = Some(Own {
                revision,
                key: row.key,
                version: row.version,
                kind,
            });
        }
        true
    }
}
