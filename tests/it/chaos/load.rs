//! The load: readers and writers that run until they are stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{Answer, Ask, At, Cluster, Oracle, Shown, Tier};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::question::{Guest, Question};
use super::record::Record;
use crate::people::{PASSWORD, credentials, register, registration};
use crate::{LYON, PARIS, ids};

const READERS: usize = 32;
const WRITERS: usize = 4;
/// The mean pauses, in milliseconds. They leave time for two origins, workerd and Redis on two cores.
const READ_PAUSE_MS: u64 = 40;
const WRITE_PAUSE_MS: u64 = 120;
/// The staleness bounds: no answer may be more stale than this.
pub(super) const POD_BOUND: Duration = Duration::from_secs(2);
pub(super) const EDGE_BOUND: Duration = Duration::from_secs(5);
/// The tolerance of a measurement. Three processes with clocks of whole milliseconds keep the bounds,
/// and the clock of workerd stands still between two I/O operations.
pub(super) const GRANULARITY: Duration = Duration::from_millis(50);

/// What readers and writers share.
#[derive(Debug)]
pub(super) struct World {
    client: reqwest::Client,
    token: &'static str,
    edge: String,
    pods: Vec<String>,
    /// The mutation that writers send, without its variables.
    update: Ask,
    /// The query that searches for a version's title, without its variables.
    search: Ask,
    login: Ask,
    lists: Vec<Question>,
    details: Vec<Question>,
    /// Details, asked by two guests who like other offers.
    private: Vec<Question>,
    began: Instant,
    over: AtomicBool,
    record: Mutex<Record>,
}

impl World {
    /// Reads which offers there are.
    pub(super) async fn explore(cluster: &Cluster) -> Result<Arc<Self>> {
        let pods = cluster.pod_urls();
        let (mut lists, mut details) = (Vec::new(), Vec::new());
        for (lat, lng) in [PARIS, LYON] {
            let location = json!({"lat": lat, "lng": lng});
            let variables = json!({"location": location, "maxDistance": 5});
            let ask = cluster.documents.ask("OffersNearby", variables);
            let offers = ids(&ask.get(&cluster.client, &pods[0]).await?.json());
            for id in &offers {
                let ask = cluster.documents.ask("OfferDetail", json!({"id": id}));
                details.push(Question::public(ask, vec![id.clone()]));
            }
            lists.push(Question::public(ask, offers));
        }
        let mut private = Vec::new();
        for half in 0..2 {
            let likes = details.iter().skip(half).step_by(2);
            let likes: Vec<String> = likes.flat_map(|detail| detail.offers.clone()).collect();
            let guest = sign_up(cluster, &pods[0], likes).await?;
            private.extend(details.iter().map(|detail| {
                Question {
                    ask: cluster
                        .documents
                        .ask("OfferDetailForMe", detail.ask.variables.clone()),
                    guest: Some(guest.clone()),
                    ..detail.clone()
                }
            }));
        }
        let all = details.iter().flat_map(|detail| detail.offers.clone());
        let oracle = Oracle::new(all);
        Ok(Arc::new(Self {
            client: cluster.client.clone(),
            token: cluster.token(),
            edge: cluster.edge_url(),
            pods,
            update: cluster.documents.ask("UpdateOffer", Value::Null),
            search: cluster.documents.ask("OfferSearch", Value::Null),
            login: cluster.documents.ask("Login", Value::Null),
            lists,
            details,
            private,
            began: Instant::now(),
            over: AtomicBool::new(false),
            record: Mutex::new(Record::new(oracle)),
        }))
    }

    /// The time since the load began.
    pub(super) fn now(&self) -> At {
        self.began.elapsed()
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    /// The number of offers that are read and written.
    pub(super) const fn offers(&self) -> usize {
        self.details.len()
    }

    /// Starts all readers and writers.
    pub(super) fn start(self: &Arc<Self>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for number in 0..READERS {
            tasks.spawn(reader(Arc::clone(self), number));
        }
        for number in 0..WRITERS {
            tasks.spawn(writer(Arc::clone(self), number));
        }
        tasks
    }

    /// Stops all readers and writers, after their current request.
    pub(super) async fn stop(&self, tasks: JoinSet<()>) {
        self.over.store(true, Ordering::Relaxed);
        tasks.join_all().await;
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// The origins in the order in which a client tries them.
    fn pods_from(&self, turn: usize) -> impl Iterator<Item = &str> {
        let all = self.pods.iter().cycle().skip(turn % self.pods.len());
        all.take(self.pods.len()).map(String::as_str)
    }

    async fn read(&self, tier: Tier, question: &Question, turn: usize) {
        let doors: Vec<&str> = match tier {
            // The edge itself must find an origin that works.
            Tier::Edge => vec![&self.edge],
            Tier::Pod => self.pods_from(turn).collect(),
        };
        let mut failures = Vec::new();
        for door in doors {
            let sent = self.now();
            let read = question.send(&self.client, door).await;
            match read.and_then(|answer| Ok((question.shown(&answer)?, answer))) {
                Ok((shown, answer)) => {
                    self.judge(tier, sent, question, shown, &answer);
                    self.judge_guest(question, &answer);
                    if answer.code() == "TOKEN_INVALID" {
                        self.sign_in_again(question, turn).await;
                    }
                    return;
                }
                Err(error) => {
                    self.record().saw(tier, "(no answer)", Duration::ZERO);
                    failures.push(format!("{door}: {error:#}"));
                }
            }
        }
        let mut record = self.record();
        record.oracle.failed(tier);
        record.complain("failed read", &failures.join("; "));
    }

    /// What is said to a guest is this guest's.
    fn judge_guest(&self, question: &Question, answer: &Answer) {
        if question.guest.is_none() {
            return;
        }
        let mut record = self.record();
        match question.is_answered(answer) {
            Ok(true) => {
                record.private.answered += 1;
                record.private.with_a_hit += u64::from(answer.is_hit());
            }
            Ok(false) => *record.private.failed.entry(answer.code()).or_default() += 1,
            Err(error) => {
                record.wrong += 1;
                record.complain("wrong answer", &error.to_string());
            }
        }
    }

    /// Redis has the sessions: one that lost its data knows none of them.
    async fn sign_in_again(&self, question: &Question, turn: usize) {
        let Some(guest) = &question.guest else {
            return;
        };
        // Of many requests that were refused, one signs in.
        let Ok(mut access) = guest.access.try_lock() else {
            return;
        };
        let ask = Ask {
            id: self.login.id.clone(),
            variables: credentials(&guest.name, PASSWORD),
        };
        for pod in self.pods_from(turn) {
            let answer = ask.post(&self.client, pod, "").await;
            let token = answer.map(|answer| answer.json()["data"]["login"]["accessToken"].clone());
            if let Ok(Value::String(token)) = token {
                *access = token;
                self.record().signed_in += 1;
                return;
            }
        }
    }

    fn judge(
        &self,
        tier: Tier,
        sent: At,
        question: &Question,
        mut shown: Vec<Shown>,
        answer: &Answer,
    ) {
        let answered = self.now();
        let mut record = self.record();
        let known = question.known(&shown, &record.oracle);
        record.searches += u64::from(question.searched.is_some());
        shown.extend(known);
        let judgement = match record.oracle.read(tier, sent, answered, &shown) {
            Ok(judgement) => judgement,
            Err(error) => {
                record.wrong += 1;
                return record.complain("wrong answer", &error.to_string());
            }
        };
        record.saw(tier, answer.cache_status(), judgement.stale);
        let bound = match tier {
            Tier::Edge => EDGE_BOUND,
            Tier::Pod => POD_BOUND,
        };
        if judgement.stale > bound + GRANULARITY {
            record.too_stale += 1;
            let (tier, status) = (tier.as_str(), answer.cache_status());
            let about = format!("at {sent:?} the {tier} answered ({status}) {judgement:?}");
            record.complain("past its bound", &about);
        }
    }

    /// The search for an offer's newest version. The title of the imported version is another one for
    /// each offer; then `None`.
    fn search_for(&self, offer: &str) -> Option<Question> {
        let version = self.record().oracle.newest(offer).filter(|it| *it > 0)?;
        Some(Question {
            ask: Ask {
                id: self.search.id.clone(),
                variables: json!({"search": word_of(version)}),
            },
            offers: Vec::new(),
            searched: Some(Shown {
                offer: offer.to_owned(),
                version,
            }),
            guest: None,
        })
    }

    /// Writes a new version. If an origin fails, writes the version after it through the next origin.
    async fn write(&self, offer: &str, turn: usize) -> Result<()> {
        let mut failures = Vec::new();
        for pod in self.pods_from(turn) {
            let version = self.record().oracle.begin_write(offer)?;
            match self.update(pod, offer, version).await {
                Ok(has_revision) => {
                    let at = self.now();
                    let mut record = self.record();
                    record.oracle.acknowledged(offer, version, at)?;
                    if has_revision {
                        record.writes.with_revision += 1;
                    } else {
                        record.writes.without_revision += 1;
                    }
                    return Ok(());
                }
                Err(error) => {
                    let mut record = self.record();
                    // If the connection to a killed process broke, the write is already committed or
                    // never will be. If a running origin refuses or does not answer, the test fails.
                    record.oracle.lost(offer, version)?;
                    record.writes.lost += 1;
                    if !is_broken_connection(&error) {
                        record.writes.refused += 1;
                        record.complain("refused write", &format!("{pod}: {error:#}"));
                    }
                    failures.push(format!("{pod}: {error:#}"));
                }
            }
        }
        let mut record = self.record();
        record.writes.failed += 1;
        record.complain("failed write", &failures.join("; "));
        Ok(())
    }

    async fn update(&self, pod: &str, offer: &str, version: u64) -> Result<bool> {
        let title = format!("{} of an offer", word_of(version));
        let ask = Ask {
            id: self.update.id.clone(),
            variables: json!({"id": offer, "input": {"title": title}}),
        };
        let answer = ask.post(&self.client, pod, self.token).await?;
        let written = &answer.json()["data"]["updateOffer"]["title"];
        ensure!(*written == title, "{} {}", answer.status, answer.text);
        Ok(!answer.header("yousoon-revision").is_empty())
    }
}

/// The word of a version in its title: five digits, each twice. A search forgives one typing error,
/// so the words of two versions differ in two characters at least.
fn word_of(version: u64) -> String {
    let twice = |digit: char| [digit, digit];
    let digits = format!("{version:05}");
    std::iter::once('v')
        .chain(digits.chars().flat_map(twice))
        .collect()
}

fn is_broken_connection(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<reqwest::Error>();
    cause.is_some_and(|cause| !cause.is_timeout())
}

/// An account with favourites.
async fn sign_up(cluster: &Cluster, pod: &str, likes: Vec<String>) -> Result<Guest> {
    let name = format!(
        "guest-of-{}",
        likes.first().map_or("nothing", String::as_str)
    );
    let ask = cluster.documents.ask("Register", registration(&name));
    let person = register(&cluster.client, pod, &ask).await;
    for id in &likes {
        let add = cluster.documents.ask("AddFavorite", json!({"offerId": id}));
        let added = add.post(&cluster.client, pod, &person.access).await?;
        ensure!(
            added.json()["data"]["addFavorite"] == true,
            "{}",
            added.text
        );
    }
    let access = Arc::new(tokio::sync::Mutex::new(person.access));
    Ok(Guest {
        name,
        access,
        likes,
    })
}

/// Reads an offer's details twice out of four times, else a list, or searches for an offer's newest
/// version. Half of the readers use the edge, the others an origin; at the edge every other detail is asked for
/// by a guest.
async fn reader(world: Arc<World>, number: usize) {
    let tier = if number.is_multiple_of(2) {
        Tier::Edge
    } else {
        Tier::Pod
    };
    for turn in number.. {
        if world.is_over() {
            return;
        }
        // 7 has no common divisor with the number of offers, so this reaches all of them.
        let detail = match (tier, turn % 4) {
            (Tier::Edge, 2) => &world.private[turn / 4 * 7 % world.private.len()],
            (Tier::Edge | Tier::Pod, _) => &world.details[turn * 7 % world.details.len()],
        };
        let search = if turn % 4 == 1 {
            let searched = &world.details[turn / 4 % world.details.len()];
            world.search_for(&searched.offers[0])
        } else {
            None
        };
        let list = &world.lists[turn / 4 % world.lists.len()];
        let question = match search {
            Some(search) => search,
            None if turn.is_multiple_of(4) => list.moved(turn),
            None => detail.clone(),
        };
        world.read(tier, &question, turn).await;
        pause(READ_PAUSE_MS, turn).await;
    }
}

/// Writes its own share of the offers. Each offer has one writer, so that its versions are ordered.
async fn writer(world: Arc<World>, number: usize) {
    let all = world.details.iter().flat_map(|detail| &detail.offers);
    let own: Vec<&String> = all.skip(number).step_by(WRITERS).collect();
    for turn in number.. {
        if world.is_over() {
            return;
        }
        world.write(own[turn % own.len()], turn).await.unwrap();
        pause(WRITE_PAUSE_MS, turn).await;
    }
}

/// Sleeps for 0.5 to 1.5 times as long, so that readers and writers do not run in step.
async fn pause(about_ms: u64, turn: usize) {
    let share = turn as u64 * 37 % 101;
    tokio::time::sleep(Duration::from_millis(about_ms / 2 + about_ms * share / 100)).await;
}
