//! What becomes of money while everything fails: people pay for places through two origins, which are killed
//! again and again, while Stripe refuses requests, loses answers, and loses, repeats and reorders its
//! reports.
//!
//! `cargo xtask payment-faults` runs it with 200 people, `tests/it/payments.rs` with fewer. Some people pay, some are declined first, some leave, some cancel
//! after they have paid or at the same moment, and some pay after their booking has ended. It fails if not
//! exactly as many bookings are confirmed and paid as there are places, if other money does not go back,
//! or if the ledger is not what Stripe's own books say.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Durability, Process, Redis, SIGNING_KEYS, port};
use fake_providers::{Chaos, Fake, Secrets};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::sleep;

const TOKEN: &str = "a-service-token-of-the-end-to-end-tests";
const AMOUNT: i64 = 1_999;
const KILL_EVERY: Duration = Duration::from_secs(4);
/// The pause before a client without an answer tries the other origin.
const PAUSE: Duration = Duration::from_millis(150);
/// How long people try. The longest pause between two looks at a payment is ten minutes.
const WITHIN: Duration = Duration::from_mins(8);
/// How long everything may take to come to rest once nothing fails any more.
const REST_WITHIN: Duration = Duration::from_mins(5);

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Manner {
    Pays,
    /// The first card is declined.
    Declined,
    /// Cancels without paying.
    Leaves,
    /// Cancels after the booking was confirmed: the money goes back.
    Regrets,
    /// Pays and cancels at the same moment.
    Both,
    /// Pays only after the time to pay is over.
    Late,
}

impl Manner {
    const fn of(n: usize) -> Self {
        match n % 10 {
            3 => Self::Declined,
            4 => Self::Leaves,
            6 => Self::Regrets,
            7 => Self::Both,
            9 => Self::Late,
            _ => Self::Pays,
        }
    }
}

/// What became of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Confirmed,
    /// Left, or was too late.
    Gone,
    /// Paid and cancelled at once: the books say which came first.
    Raced,
    SoldOut,
}

struct World {
    fake: Fake,
    bin: PathBuf,
    dir: tempfile::TempDir,
    urls: [String; 2],
    client: reqwest::Client,
    environment: Vec<(&'static str, String)>,
    _redis: Redis,
    confirmed: AtomicUsize,
    retries: AtomicUsize,
    /// No place will come back any more.
    is_over: AtomicBool,
}

/// Neither data nor a refusal.
struct Unanswered;

impl World {
    async fn new() -> Result<Self> {
        let bin = std::env::var_os("YOUSOON_BIN").context("YOUSOON_BIN is not set")?;
        let fake = Fake::start(Secrets::default()).await?;
        let redis = Redis::start(Durability::AppendOnly).await?;
        let mut urls = [String::new(), String::new()];
        for url in &mut urls {
            *url = format!("http://127.0.0.1:{}", port::free()?);
        }
        fake.report_payments_to(&format!("{}/webhooks/stripe", urls[0]))?;
        let mut environment = fake.of_messages();
        environment.extend(fake.of_payments());
        environment.extend([
            ("YOUSOON_ADMIN_TOKEN", TOKEN.to_owned()),
            ("YOUSOON_DOCUMENT_MODE", "off".to_owned()),
            ("YOUSOON_RATE_LIMITS", "off".to_owned()),
            ("YOUSOON_REDIS_URL", redis.url()),
            ("YOUSOON_JWT_KEYS", SIGNING_KEYS.to_owned()),
            ("YOUSOON_QR_KEYS", SIGNING_KEYS.to_owned()),
            ("YOUSOON_BCRYPT_COST", "4".to_owned()),
            ("YOUSOON_BCRYPT_WAITING", "10000".to_owned()),
            (
                "RUST_LOG",
                std::env::var("RUST_LOG").unwrap_or_else(|_unset| "error".to_owned()),
            ),
        ]);
        Ok(Self {
            fake,
            bin: bin.into(),
            dir: tempfile::tempdir()?,
            urls,
            client: reqwest::Client::builder().no_proxy().build()?,
            environment,
            _redis: redis,
            confirmed: AtomicUsize::new(0),
            retries: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        })
    }

    fn yousoon(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.bin);
        command
            .args(arguments)
            .env("YOUSOON_DATA_DIR", self.dir.path().join("store"))
            .envs(self.environment.iter().cloned());
        command
    }

    async fn serve(&self, index: usize) -> Result<Process> {
        let url = &self.urls[index];
        let mut command = self.yousoon(&["serve"]);
        command.env("YOUSOON_LISTEN", url.trim_start_matches("http://"));
        let origin = Process::start("yousoon serve", &mut command)?;
        for _ in 0..600 {
            let ready = self.client.get(format!("{url}/readyz")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(origin);
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the origin is not ready:\n{}", origin.last_words())
    }

    fn database(&self) -> Result<rusqlite::Connection> {
        let file = std::fs::read_dir(self.dir.path().join("store"))?
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

    async fn try_ask(
        &self,
        index: usize,
        token: Option<&str>,
        query: &str,
        variables: &Value,
    ) -> Result<Value, Unanswered> {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.urls[index]))
            .timeout(Duration::from_secs(15))
            .json(&json!({"query": query, "variables": variables}));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|_| Unanswered)?;
        let answer: Value = answer.json().await.map_err(|_| Unanswered)?;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        match code {
            Some("INTERNAL" | "TIMEOUT" | "OVERLOADED" | "OUTCOME_UNKNOWN") => Err(Unanswered),
            None if answer["data"].is_null() => Err(Unanswered),
            _ => Ok(answer),
        }
    }

    /// Asks one origin and then the other one, until there is an answer.
    async fn ask(
        &self,
        first: usize,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Result<Value> {
        let began = Instant::now();
        for turn in 0.. {
            let index = (first + turn) % 2;
            if let Ok(answer) = self.try_ask(index, token, query, &variables).await {
                return Ok(answer);
            }
            ensure!(began.elapsed() < WITHIN, "no answer to {query} {variables}");
            self.retries.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
        unreachable!()
    }
}

/// Somebody who wants a place.
struct Person {
    n: usize,
    token: String,
}

impl Person {
    async fn sign_up(world: &World, n: usize) -> Result<Self> {
        let query = "mutation R($i: RegisterInput!) { register(input: $i) { accessToken } }";
        let input = json!({"email": format!("p{n}@example.fr"), "password": "correct horse",
            "firstName": "Zoé", "lastName": "d'Été"});
        let answer = world.ask(n, None, query, json!({"i": input})).await?;
        let token = answer["data"]["register"]["accessToken"].as_str();
        let token = token.with_context(|| answer.to_string())?.to_owned();
        Ok(Self { n, token })
    }

    async fn ask(&self, world: &World, query: &str, variables: Value) -> Result<Value> {
        world.ask(self.n, Some(&self.token), query, variables).await
    }

    /// The booking; none if all places are taken for good.
    async fn book(&self, world: &World, offer: &str) -> Result<Option<String>> {
        let query = "mutation C($o: ID!, $k: String) { createBooking(offerId: $o, idempotencyKey: $k) \
                     { id status } }";
        loop {
            let variables = json!({"o": offer, "k": format!("wish-{}", self.n)});
            let answer = self.ask(world, query, variables).await?;
            let booking = &answer["data"]["createBooking"];
            if let Some(id) = booking["id"].as_str() {
                return Ok(Some(id.to_owned()));
            }
            let code = &answer["errors"][0]["extensions"]["code"];
            ensure!(code == "OFFER_SOLD_OUT", "{answer}");
            if world.is_over.load(Ordering::Relaxed) {
                return Ok(None);
            }
            sleep(Duration::from_millis(400)).await;
        }
    }

    /// What the payment sheet gets; none if the booking is not to be paid any more.
    async fn start(&self, world: &World, booking: &str) -> Result<Option<(String, String)>> {
        let query = "mutation S($b: ID!, $k: String) { startPayment(bookingId: $b, idempotencyKey: $k) \
                     { clientSecret publishableKey payment { id } } }";
        let variables = json!({"b": booking, "k": format!("pay-{}", self.n)});
        let answer = self.ask(world, query, variables).await?;
        let started = &answer["data"]["startPayment"];
        let Some(secret) = started["clientSecret"].as_str() else {
            let code = &answer["errors"][0]["extensions"]["code"];
            ensure!(code == "NOT_PAYABLE" || code == "ALREADY_PAID", "{answer}");
            return Ok(None);
        };
        ensure!(
            started["publishableKey"] == "pk_test_development",
            "{answer}"
        );
        let (intent, _) = secret.split_once("_secret_").context("a client secret")?;
        Ok(Some((intent.to_owned(), secret.to_owned())))
    }

    /// As the payment sheet does.
    async fn pay(world: &World, intent: &str, secret: &str, method: &str) -> Result<bool> {
        let url = world
            .fake
            .url(&format!("stripe/v1/payment_intents/{intent}/confirm"));
        let request = world.client.post(url).form(&[
            ("key", "pk_test_development"),
            ("client_secret", secret),
            ("payment_method", method),
        ]);
        Ok(request.send().await?.status().is_success())
    }

    async fn cancel(&self, world: &World, booking: &str) -> Result<()> {
        let query = "mutation X($b: ID!) { cancelBooking(id: $b) { status } }";
        let answer = self.ask(world, query, json!({"b": booking})).await?;
        let status = &answer["data"]["cancelBooking"]["status"];
        ensure!(status == "CANCELLED", "{answer}");
        Ok(())
    }

    async fn until(&self, world: &World, booking: &str, wanted: &str) -> Result<()> {
        let query = "query B($b: ID!) { booking(id: $b) { status } }";
        let began = Instant::now();
        loop {
            let answer = self.ask(world, query, json!({"b": booking})).await?;
            let status = &answer["data"]["booking"]["status"];
            if status == wanted {
                return Ok(());
            }
            ensure!(status == "PENDING", "{status} and not {wanted}");
            ensure!(
                began.elapsed() < WITHIN,
                "{booking} does not become {wanted}"
            );
            sleep(Duration::from_millis(500)).await;
        }
    }

    async fn live(self, world: Arc<World>, offer: String) -> Result<Fate> {
        let Some(booking) = self.book(&world, &offer).await? else {
            return Ok(Fate::SoldOut);
        };
        let Some((intent, secret)) = self.start(&world, &booking).await? else {
            bail!("{booking} cannot be paid");
        };
        let good = "pm_card_visa";
        match Manner::of(self.n) {
            Manner::Pays => {
                Self::pay(&world, &intent, &secret, good).await?;
            }
            Manner::Declined => {
                let declined = "pm_card_chargeDeclined";
                Self::pay(&world, &intent, &secret, declined).await?;
                Self::pay(&world, &intent, &secret, good).await?;
            }
            Manner::Leaves => {
                self.cancel(&world, &booking).await?;
                return Ok(Fate::Gone);
            }
            Manner::Regrets => {
                Self::pay(&world, &intent, &secret, good).await?;
                self.until(&world, &booking, "CONFIRMED").await?;
                self.cancel(&world, &booking).await?;
                return Ok(Fate::Gone);
            }
            Manner::Both => {
                let paid = Self::pay(&world, &intent, &secret, good);
                let (cancelled, paid) = tokio::join!(self.cancel(&world, &booking), paid);
                cancelled?;
                paid?;
                return Ok(Fate::Raced);
            }
            Manner::Late => {
                // As if ten minutes had passed.
                let database = world.database()?;
                database.execute(
                    "UPDATE bookings SET pay_before_ms = created_at_ms, due_ms = created_at_ms
                     WHERE id = ?1 AND status = 'PENDING'",
                    [&booking],
                )?;
                self.until(&world, &booking, "EXPIRED").await?;
                // It may be too late for that as well.
                Self::pay(&world, &intent, &secret, good).await?;
                return Ok(Fate::Gone);
            }
        }
        self.until(&world, &booking, "CONFIRMED").await?;
        world.confirmed.fetch_add(1, Ordering::Relaxed);
        Ok(Fate::Confirmed)
    }
}

/// A partner whose account takes payments, and an offer of theirs with a price.
async fn offered(world: &World, places: usize) -> Result<(String, String)> {
    let database = world.database()?;
    let (offer, partner): (String, String) =
        database.query_row("SELECT id, partner_id FROM offers LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let request = world
        .client
        .post(world.fake.url("stripe/v1/accounts"))
        .bearer_auth("sk_test_development")
        .header("stripe-version", "2025-12-15.clover")
        .form(&[("type", "express"), ("metadata[partner]", &partner)]);
    let account: Value = request.send().await?.json().await?;
    let account = account["id"].as_str().context("no account")?.to_owned();
    let able = json!({"charges_enabled": true, "payouts_enabled": true, "details_submitted": true});
    let order = world
        .fake
        .url(&format!("control/stripe/accounts/{account}"));
    world.client.post(order).json(&able).send().await?;
    database.execute(
        "INSERT INTO partner_accounts(partner_id, account, takes_payments, is_paid_out,
            has_given_details, created_at_ms, seen_at_ms) VALUES (?1, ?2, 1, 1, 1, 1, 1)",
        (&partner, &account),
    )?;
    let query =
        "mutation U($o: ID!, $i: UpdateOfferInput!) { updateOffer(id: $o, input: $i) { id } }";
    let mut input = json!({"quota": {"total": places, "remaining": places}, "schedule": null,
        "isActive": true, "price": {"amount": AMOUNT, "currency": "EUR", "vatRate": 1000,
            "refundableUntil": 0}});
    // Open from tomorrow on: who cancels is refunded.
    let day = chrono::Utc::now() + chrono::Duration::days(1);
    let weekday = day.format("%A").to_string().to_uppercase();
    let moment = |days| (chrono::Utc::now() + chrono::Duration::days(days)).to_rfc3339();
    input["validFrom"] = json!(moment(-1));
    input["validUntil"] = json!(moment(20));
    input["schedule"] = json!({"weekdays": [weekday], "from": "18:00", "to": "23:00"});
    let variables = json!({"o": offer, "i": input});
    let answer = world.ask(0, Some(TOKEN), query, variables).await?;
    ensure!(
        answer["data"]["updateOffer"]["id"] == offer.as_str(),
        "{answer}"
    );
    Ok((offer, account))
}

async fn people(world: &World, count: usize) -> Result<Vec<Person>> {
    let mut all = Vec::new();
    for n in 0..count {
        all.push(Person::sign_up(world, n).await?);
    }
    Ok(all)
}

/// One number of the database.
fn number(database: &rusqlite::Connection, sql: &str) -> Result<i64> {
    Ok(database.query_row(sql, [], |row| row.get(0))?)
}

/// Waits until nothing is open.
async fn rest(world: &World) -> Result<Duration> {
    let began = Instant::now();
    loop {
        let database = world.database()?;
        let open = [
            "SELECT COUNT(*) FROM payments WHERE state = 'open'",
            "SELECT COUNT(*) FROM refunds WHERE state = 'requested'",
            "SELECT COUNT(*) FROM queue WHERE lane = 'payments' AND state = 'waiting'",
            "SELECT COUNT(*) FROM bookings WHERE status = 'PENDING'",
        ];
        let open = open.map(|sql| number(&database, sql).unwrap_or(-1));
        if open == [0; 4] {
            return Ok(began.elapsed());
        }
        ensure!(
            began.elapsed() < REST_WITHIN,
            "payments, refunds, tasks and bookings are still open: {open:?}"
        );
        sleep(Duration::from_millis(500)).await;
    }
}

/// Compares what the database says with Stripe's books; prints both.
fn judge(world: &World, places: usize, account: &str) -> Result<()> {
    let (database, books) = (world.database()?, world.fake.books());
    let count = |sql: &str| number(&database, sql);
    let confirmed = count("SELECT COUNT(*) FROM bookings WHERE status = 'CONFIRMED'")?;
    let kept = count(
        "SELECT COUNT(*) FROM payments p JOIN bookings b ON b.id = p.booking_id
         WHERE p.state = 'captured' AND p.refunded = 0 AND b.status = 'CONFIRMED'",
    )?;
    let refunded = count(
        "SELECT COUNT(*) FROM payments p JOIN bookings b ON b.id = p.booking_id
         WHERE p.state = 'captured' AND p.refunded = p.amount AND b.status <> 'CONFIRMED'",
    )?;
    let cancelled = count("SELECT COUNT(*) FROM payments WHERE state = 'cancelled'")?;
    let all = count("SELECT COUNT(*) FROM payments")?;
    let dead = count("SELECT COUNT(*) FROM queue WHERE lane = 'payments' AND state = 'dead'")?;
    println!(
        "database: {confirmed} bookings confirmed; {all} payments: {kept} kept, {refunded} refunded, {cancelled} cancelled; {dead} tasks given up"
    );
    let of = |wanted: &str| {
        let intents = books.intents.iter();
        intents.filter(|intent| intent.status == wanted).count()
    };
    let back: i64 = books.refunds.iter().map(|refund| refund.amount).sum();
    let came: i64 = books.intents.iter().map(|intent| intent.received).sum();
    println!(
        "Stripe: {} intents: {} succeeded, {} canceled; {} refunds; {came} came, {back} went back, fees {}, partner {}",
        books.intents.len(),
        of("succeeded"),
        of("canceled"),
        books.refunds.len(),
        books.fees,
        books.accounts[account],
    );
    let wanted = i64::try_from(places)?;
    ensure!(
        confirmed == wanted && kept == wanted,
        "not exactly {places} are confirmed and paid"
    );
    ensure!(
        kept + refunded + cancelled == all,
        "some money is neither kept nor back"
    );
    ensure!(
        of("succeeded") + of("canceled") == books.intents.len(),
        "some intent is open"
    );
    ensure!(dead == 0, "some task was given up");
    let mut by_payment: BTreeMap<&str, usize> = BTreeMap::new();
    for intent in &books.intents {
        *by_payment
            .entry(intent.payment.as_deref().unwrap_or(""))
            .or_default() += 1;
    }
    ensure!(
        by_payment.values().all(|intents| *intents == 1),
        "a payment has two intents"
    );
    let account_of = |name: &str| {
        number(
            &database,
            &format!(
                "SELECT COALESCE(SUM(CASE WHEN credit LIKE '{name}' THEN amount ELSE 0 END
                    - CASE WHEN debit LIKE '{name}' THEN amount ELSE 0 END), 0) FROM ledger_transfers"
            ),
        )
    };
    let (provider, partner, fees) = (
        account_of("provider")?,
        account_of("partner:%")?,
        account_of("fees")?,
    );
    println!(
        "ledger: provider {}, partner {partner}, fees {fees}",
        -provider
    );
    ensure!(
        provider + partner + fees == 0,
        "the ledger does not sum to zero"
    );
    ensure!(
        -provider == came - back,
        "the ledger's provider is not Stripe's"
    );
    ensure!(
        partner == books.accounts[account],
        "the ledger's partner is not Stripe's"
    );
    ensure!(fees == books.fees, "the ledger's fees are not Stripe's");
    Ok(())
}

/// Kills one origin and then the other one, until it is over.
async fn kill(
    world: Arc<World>,
    mut origins: [Option<Process>; 2],
) -> Result<([Option<Process>; 2], usize)> {
    let mut kills = 0;
    while !world.is_over.load(Ordering::Relaxed) {
        sleep(KILL_EVERY).await;
        let index = kills % 2;
        if let Some(process) = origins[index].take() {
            process.kill().await?;
            kills += 1;
        }
        origins[index] = Some(world.serve(index).await?);
    }
    Ok((origins, kills))
}

/// Has so many people pay for so many places, and prints what became of the money. The same seed makes the
/// same faults.
pub(crate) async fn run(count: usize, places: usize, seed: u64) -> Result<()> {
    let world = Arc::new(World::new().await?);
    let seeded = world.yousoon(&["seed", "--offers", "1"]).output().await?;
    ensure!(seeded.status.success(), "seeding failed");
    let origins = [Some(world.serve(0).await?), Some(world.serve(1).await?)];
    let (offer, account) = offered(&world, places).await?;
    let all = people(&world, count).await?;
    world.fake.stripe_chaos(Chaos {
        seed,
        fail: 0.05,
        lose_answers: 0.1,
        lose_reports: 0.3,
        repeat_reports: 0.3,
        delay_reports_ms: 3_000,
    });
    let began = Instant::now();
    let killing = tokio::spawn(kill(Arc::clone(&world), origins));
    let mut living = JoinSet::new();
    for person in all {
        living.spawn(person.live(Arc::clone(&world), offer.clone()));
    }
    let mut fates: BTreeMap<Fate, usize> = BTreeMap::new();
    while let Some(fate) = living.join_next().await {
        *fates.entry(fate??).or_default() += 1;
        if world.confirmed.load(Ordering::Relaxed) == places {
            world.is_over.store(true, Ordering::Relaxed);
        }
    }
    let took = began.elapsed();
    world.is_over.store(true, Ordering::Relaxed);
    let (origins, kills) = killing.await??;
    world.fake.stripe_chaos(Chaos::default());
    let rested = rest(&world).await?;
    println!(
        "{count} people, {places} places, two origins: {fates:?} in {} s, {kills} kills, {} retries; at rest {} s later",
        took.as_secs(),
        world.retries.load(Ordering::Relaxed),
        rested.as_secs(),
    );
    judge(&world, places, &account)?;
    drop(origins);
    Ok(())
}
