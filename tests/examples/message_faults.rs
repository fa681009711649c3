//! What becomes of messages while providers fail, hang and repeat themselves, and while the origin is
//! killed again and again: news to everybody, and beside them links that somebody waits for.
//!
//! `cargo xtask message-faults` runs it. A message is told by its key. It fails if one is lost, if a
//! provider that knows keys sent one twice, or if one of a hundred links takes longer than the limit.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use domain::{
    UserId,
    users::account::{IdentityStatus, Preferences, Role, Status},
};
use e2e::{Process, SIGNING_KEYS, port};
use fake_providers::{Fake, Secrets};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

/// Noon: pushes wait for the morning at night.
const NOON_S: i64 = 11 * 3_600;
const DAY_S: i64 = 86_400;
/// No request waits for longer: the origin may be killed at any moment.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// So many of the accounts have a phone.
const PHONES: usize = 10;
const TOKEN: &str = "a-service-token-of-the-end-to-end-tests";
const LINK_EVERY: Duration = Duration::from_millis(100);
const TROUBLE_EVERY: Duration = Duration::from_secs(2);
const KILL_EVERY: Duration = Duration::from_secs(20);
/// How long a provider takes for a message.
const SLOWNESS: Duration = Duration::from_millis(30);
/// Within which 99 of 100 links arrive.
const LINK_LIMIT: Duration = Duration::from_secs(5);
/// How long the queue may take to become empty once nothing fails any more.
const EMPTY_WITHIN: Duration = Duration::from_mins(10);

struct World {
    fake: Fake,
    bin: PathBuf,
    dir: tempfile::TempDir,
    url: String,
    client: reqwest::Client,
    environment: Vec<(&'static str, String)>,
}

impl World {
    async fn new() -> Result<Self> {
        let bin = std::env::var_os("YOUSOON_BIN").context("YOUSOON_BIN is not set")?;
        let fake = Fake::start(Secrets::default()).await?;
        let port = port::free()?;
        let listen = format!("127.0.0.1:{port}");
        let mut environment = fake.of_messages();
        environment.extend([
            ("YOUSOON_LISTEN", listen.clone()),
            ("YOUSOON_ADMIN_TOKEN", TOKEN.to_owned()),
            ("YOUSOON_DOCUMENT_MODE", "off".to_owned()),
            ("YOUSOON_RATE_LIMITS", "off".to_owned()),
            // With keys of its own a new process would know no code of the one before it.
            ("YOUSOON_JWT_KEYS", SIGNING_KEYS.to_owned()),
        ]);
        Ok(Self {
            fake,
            bin: bin.into(),
            dir: tempfile::tempdir()?,
            url: format!("http://{listen}"),
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(ANSWERED_WITHIN)
                .build()?,
            environment,
        })
    }

    async fn serve(&self) -> Result<Process> {
        let mut command = Command::new(&self.bin);
        command
            .arg("serve")
            .env("YOUSOON_DATA_DIR", self.dir.path())
            .envs(self.environment.iter().cloned());
        let origin = Process::start("yousoon serve", &mut command)?;
        for _ in 0..600 {
            let ready = self.client.get(format!("{}/readyz", self.url)).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(origin);
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the origin is not ready:\n{}", origin.last_words())
    }

    fn database(&self) -> Result<rusqlite::Connection> {
        let file = std::fs::read_dir(self.dir.path())?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| {
                path.extension()
                    .is_some_and(|ext| ext == "db" || ext == "sqlite")
            })
            .context("no database")?;
        let database = rusqlite::Connection::open(file)?;
        database.busy_timeout(Duration::from_secs(30))?;
        Ok(database)
    }

    async fn ask(&self, query: &str, variables: Value) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}/graphql", self.url))
            .bearer_auth(TOKEN)
            .json(&json!({"query": query, "variables": variables}));
        Ok(request.send().await?.json().await?)
    }

    async fn order(&self, path: &str, order: Value) -> Result<()> {
        let request = self.client.post(self.fake.url(path)).json(&order);
        ensure!(
            request.send().await?.status().is_success(),
            "{path}: {order}"
        );
        Ok(())
    }
}

/// Runs this program once more, with a clock that says noon: signatures of requests have a time, so the
/// providers go by the same clock as the origin.
async fn run_at_noon() -> Result<ExitCode> {
    let ran = Command::new(std::env::current_exe()?)
        .args(std::env::args().skip(1))
        .envs(at_noon().await?)
        .status();
    let is_good = ran.await?.success();
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The variables with which a program believes that it is noon, and goes on from there.
async fn at_noon() -> Result<Vec<(&'static str, String)>> {
    let program = std::env::var_os("FAKETIME_BIN").context("FAKETIME_BIN is not set")?;
    let of_day_s = chrono::Utc::now().timestamp().rem_euclid(DAY_S);
    let ahead = format!("+{}s", (NOON_S - of_day_s).rem_euclid(DAY_S));
    let asked = Command::new(program).args(["-f", &ahead, "env"]).output();
    let said = String::from_utf8(asked.await?.stdout)?;
    let library = said
        .lines()
        .find_map(|line| line.strip_prefix("LD_PRELOAD="));
    Ok(vec![
        (
            "LD_PRELOAD",
            library.context("no library of faketime")?.to_owned(),
        ),
        ("FAKETIME", ahead),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ])
}

fn email(n: usize) -> String {
    format!("u{n}@example.fr")
}

fn device(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// Accounts that agreed to news, as if they had signed up and proven their addresses.
fn sign_up(database: &mut rusqlite::Connection, count: usize) -> Result<()> {
    let preferences = serde_json::to_string(&Preferences {
        news_by_email: true,
        news_by_push: true,
        ..Preferences::default()
    })?;
    let tx = database.transaction()?;
    for n in 0..count {
        let id = UserId::derive("user", &n.to_string());
        tx.prepare_cached(
            "INSERT INTO users(id, email_key, email, email_verified_at_ms, first_name, last_name,
                preferences, identity_status, role, status, password_hash, epoch, created_at_ms,
                updated_at_ms)
             VALUES (?1, ?2, ?2, 1, 'Zoé', 'Martin', ?3, ?4, ?5, ?6, 'x', 0, 1, 1)",
        )?
        .execute((
            id.as_str(),
            email(n),
            &preferences,
            IdentityStatus::NotSubmitted.as_str(),
            Role::User.as_str(),
            Status::Active.as_str(),
        ))?;
        if n % PHONES == 0 {
            tx.prepare_cached(
                "INSERT INTO devices(id, user_id, platform, created_at_ms, seen_at_ms)
                 VALUES (?1, ?2, 'ios', 1, 1)",
            )?
            .execute((device(n), id.as_str()))?;
        }
    }
    Ok(tx.commit()?)
}

/// Asks for a link until the origin answers; gives the moment of its answer.
async fn link(world: Arc<World>, n: usize) -> (String, Instant) {
    const RESET: &str = "mutation R($e: String!) { requestPasswordReset(email: $e) }";
    loop {
        let asked = world.ask(RESET, json!({"e": email(n)})).await;
        if asked.is_ok_and(|answer| answer["data"]["requestPasswordReset"] == true) {
            return (email(n), Instant::now());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// One thing that goes wrong with a provider's next requests; hangs are rarer.
fn trouble(round: u32) -> (&'static str, Value) {
    let fail = |status: u16| json!({"kind": "fail", "status": status});
    match round % 10 {
        0 => ("ses", json!({"kind": "hang"})),
        1 => ("onesignal", json!({"kind": "empty_id"})),
        2 => (
            "ses",
            json!({"kind": "fail", "status": 429, "retry_after": "1"}),
        ),
        3 => ("onesignal", json!({"kind": "swallow"})),
        4 => ("ses", fail(503)),
        5 => ("ses", json!({"kind": "swallow"})),
        6 => ("onesignal", fail(500)),
        7 => ("ses", json!({"kind": "delay", "ms": 3_000})),
        8 => ("onesignal", json!({"kind": "hang"})),
        _ => ("ses", fail(500)),
    }
}

async fn send_news(world: &World) -> Result<()> {
    const SEND: &str = "mutation N($i: SendNewsInput!) { sendNews(input: $i) { id } }";
    let text = json!({"title": "Ce soir", "paragraphs": ["Un verre offert."]});
    let input = json!({"idempotencyKey": "run", "fr": text, "en": text});
    let sent = world.ask(SEND, json!({"i": input})).await?;
    ensure!(sent["data"]["sendNews"]["id"].is_string(), "{sent}");
    Ok(())
}

async fn run(world: Arc<World>, seconds: u64, news: usize) -> Result<ExitCode> {
    let links = usize::try_from(seconds)? * 1_000 / usize::try_from(LINK_EVERY.as_millis())?;
    ensure!(
        links <= news,
        "an account asks for one link: more accounts are needed"
    );
    let mut origin = Some(world.serve().await?);
    sign_up(&mut world.database()?, news)?;
    world.fake.slow_down(SLOWNESS);
    send_news(&world).await?;

    let begun = Instant::now();
    let (mut asking, mut kills, mut troubles) = (JoinSet::new(), 0_u32, 0_u32);
    let mut next_link = interval(LINK_EVERY);
    let mut next_trouble = interval(TROUBLE_EVERY);
    let mut next_kill = interval(KILL_EVERY);
    next_kill.tick().await;
    let (mut asked, mut news_waited_until) = (0, begun);
    while begun.elapsed() < Duration::from_secs(seconds) {
        tokio::select! {
            _ = next_link.tick(), if asked < links => {
                asking.spawn(link(Arc::clone(&world), asked));
                asked += 1;
            }
            _ = next_trouble.tick() => {
                let (provider, trouble) = trouble(troubles);
                let order = json!({"provider": provider, "trouble": trouble});
                world.order("control/trouble", order).await?;
                report_twice(&world).await;
                troubles += 1;
                if waiting(&world, "campaigns")? > 0 {
                    news_waited_until = Instant::now();
                }
            }
            _ = next_kill.tick() => {
                // Dropped, it is killed.
                drop(origin.take());
                origin = Some(world.serve().await?);
                kills += 1;
            }
        }
    }
    let mut requested = Vec::new();
    while let Some(one) = asking.join_next().await {
        requested.push(one?);
    }
    world.fake.slow_down(Duration::ZERO);
    let waited = Instant::now();
    while waiting(&world, "")? > 0 {
        ensure!(
            waited.elapsed() < EMPTY_WITHIN,
            "the queue does not become empty"
        );
        sleep(Duration::from_secs(1)).await;
    }
    drop(origin);
    println!(
        "{seconds} s: the origin was killed {kills} times, {troubles} requests went wrong; news waited \
         for {} s, and the queue was empty {} s after the end",
        (news_waited_until - begun).as_secs(),
        waited.elapsed().as_secs()
    );
    judge(&world, news, &requested)
}

/// A report of the newest message, sent twice, as providers do.
async fn report_twice(world: &World) {
    if let Some(number) = world.fake.newest() {
        let url = format!("{}/webhooks/ses", world.url);
        let report = json!({"report": "email", "number": number, "event": "delivery"});
        let order = json!({"url": url, "times": 2, "reports": [report]});
        // The origin may be away, and the newest message a push.
        let _ = world.order("control/reports", order).await;
    }
}

/// How many tasks of a lane wait, or of all.
fn waiting(world: &World, lane: &str) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM queue WHERE state = 'waiting' AND lane LIKE ?1";
    let lane = if lane.is_empty() { "%" } else { lane };
    Ok(world.database()?.query_row(sql, [lane], |row| row.get(0))?)
}

/// What the queue says of the link to this address.
fn fate(world: &World, email: &str) -> Result<String> {
    let sql = "SELECT q.key || ' ' || q.state || ' ' || q.attempts || ' ' || COALESCE(q.error, '')
        FROM queue q JOIN users u ON u.id = q.person_id
        WHERE u.email = ?1 AND q.kind = 'reset_password'";
    let database = world.database()?;
    let mut found = database.prepare(sql)?;
    let rows: Vec<String> = found
        .query_map([email], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(if rows.is_empty() {
        "no task was stored".to_owned()
    } else {
        rows.join("; ")
    })
}

fn judge(world: &World, news: usize, requested: &[(String, Instant)]) -> Result<ExitCode> {
    let counted = world.fake.counted();
    // A push of which OneSignal says that it reaches nobody was answered, and is not lost.
    let given_up = "SELECT COUNT(*) FROM queue WHERE state = 'dead' AND error LIKE ?1";
    let given_up = |error: &str| -> Result<usize> {
        let count = world
            .database()?
            .query_row(given_up, [error], |row| row.get::<_, i64>(0));
        Ok(usize::try_from(count?)?)
    };
    let (nobody, dead) = (given_up("%subscribed%")?, given_up("%")?);
    let mut is_good = dead == nobody;
    let kinds = [
        ("news by e-mail", "ses", "news", news),
        (
            "news by push",
            "onesignal",
            "",
            news.div_ceil(PHONES) - nobody,
        ),
        ("links by e-mail", "ses", "reset_password", requested.len()),
    ];
    for (title, provider, prefix, expected) in kinds {
        let of_kind = counted
            .iter()
            .filter(|(key, one)| one.provider == provider && key.starts_with(prefix));
        let times: Vec<u32> = of_kind.map(|(_, one)| one.times).collect();
        let twice = times.iter().filter(|times| **times > 1).count();
        let lost = expected.saturating_sub(times.len());
        println!(
            "  {title}: {} of {expected}, {lost} lost, {twice} sent more than once",
            times.len()
        );
        // SES knows no keys: what it took without an answer is sent again.
        is_good &= lost == 0 && (provider == "ses" || twice == 0);
    }
    for (email, _) in requested {
        let is_theirs = |key: &String| key.starts_with("reset_password");
        let mut sent = counted.iter().filter(|(key, _)| is_theirs(key));
        if !sent.any(|(_, one)| one.to == [email.as_str()]) {
            println!("  lost: {email}: {}", fate(world, email)?);
        }
    }
    let mut took: Vec<Duration> = requested
        .iter()
        .filter_map(|(email, asked)| {
            let mine = counted
                .iter()
                .find(|(key, one)| key.starts_with("reset_password") && one.to == [email.as_str()]);
            mine.map(|(_, one)| one.first.saturating_duration_since(*asked))
        })
        .collect();
    took.sort_unstable();
    let at = |of_100: usize| {
        let rank = (took.len() * of_100).div_ceil(100).max(1);
        took.get(rank - 1).copied().unwrap_or(Duration::MAX)
    };
    println!(
        "  given up: {dead}, of which {nobody} reach nobody, as OneSignal said; links after the answer: p50 {} ms, p99 {} ms (limit {} ms), longest {} ms",
        at(50).as_millis(),
        at(99).as_millis(),
        LINK_LIMIT.as_millis(),
        at(100).as_millis()
    );
    is_good &= at(99) <= LINK_LIMIT;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode> {
    if std::env::var_os("FAKETIME").is_none() {
        return run_at_noon().await;
    }
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .context("how many seconds, and how many accounts?")
    };
    let (seconds, news) = (next()?.parse()?, next()?.parse()?);
    run(Arc::new(World::new().await?), seconds, news).await
}
