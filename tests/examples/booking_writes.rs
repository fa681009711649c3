//! How many bookings of different offers a MongoDB takes, beside plain transactions.
//!
//! `cargo xtask bench-writes` runs it against one origin. For each number of clients it first writes
//! plain transactions, each client to a document of its own, and then the same number of bookings over
//! HTTP, no two clients at the same offer or by the same user. What a booking costs more than a plain
//! transaction is then a ratio of one run on one server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{Answer, MongoServer, Pods, TestDatabase, Venue};
use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use mongodb::{Client, Database};
use serde_json::json;
use tokio::task::JoinSet;

const CLIENTS: [usize; 4] = [1, 8, 32, 64];
/// The least that bookings reach of what plain transactions do.
const LEAST_RATIO: f64 = 0.5;
/// With so many clients, the p95 of a booking stays below the milliseconds.
const CLIENTS_OF_P95: usize = 8;
const P95_MS: f64 = 50.0;
/// A client goes around these offers, each time with another user, who may have more open bookings.
const OFFERS_EACH: usize = 10;
/// Accounts that are registered at once.
const AT_ONCE: usize = 8;

/// What came of all writes of one kind.
#[derive(Default)]
struct Figures {
    /// How long each took that was done, the shortest first.
    each: Vec<Duration>,
    failed: usize,
    all: Duration,
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    fn a_second(&self) -> f64 {
        self.each.len() as f64 / self.all.as_secs_f64()
    }

    fn ms(&self, of_100: usize) -> u128 {
        let rank = (self.each.len() * of_100).div_ceil(100);
        let at_rank = rank.checked_sub(1).and_then(|rank| self.each.get(rank));
        at_rank.map_or(0, Duration::as_millis)
    }

    fn line(&self) -> String {
        let (p50, p95) = (self.ms(50), self.ms(95));
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        format!(
            "{:.0} a second, p50 {p50} ms, p95 {p95} ms{failed}",
            self.a_second()
        )
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let writes = std::env::args().nth(1);
    let writes: usize = writes
        .context("how many writes for each number of clients?")?
        .parse()?;
    let mut figures = Vec::new();
    for server in MongoServer::all().await? {
        let database = server.database();
        println!("  {}", server.name());
        let bench = Arc::new(Bench::start(&database).await?);
        for clients in CLIENTS {
            let shared = Arc::clone(&bench);
            let plain = measure(clients, writes, move |client, _| {
                let bench = Arc::clone(&shared);
                async move { bench.plain(client).await }
            });
            let plain = plain.await?;
            let rounds = (writes / clients).div_ceil(OFFERS_EACH);
            let (shared, users) = (Arc::clone(&bench), bench.users(clients, rounds).await?);
            let users = Arc::new(users);
            let booked = measure(clients, writes, move |client, number| {
                let (bench, users) = (Arc::clone(&shared), Arc::clone(&users));
                let user = client * rounds + number / OFFERS_EACH;
                let offer = client * OFFERS_EACH + number % OFFERS_EACH;
                async move { bench.book(&users[user], offer).await }
            });
            let booked = booked.await?;
            let ratio = booked.a_second() / plain.a_second();
            println!(
                "  {clients} clients: bookings {}; plain {}; bookings ÷ plain {ratio:.2}",
                booked.line(),
                plain.line(),
            );
            figures.push(json!({
                "what": format!("bookings by {clients} clients ÷ plain transactions"),
                "value": booked.a_second(), "unit": "/s", "ratio": ratio,
                "target": {"ratio_at_least": LEAST_RATIO}}));
            if clients == CLIENTS_OF_P95 {
                figures.push(
                    json!({"what": format!("bookings by {clients} clients, p95"),
                    "value": booked.ms(95), "unit": "ms", "target": {"value_below": P95_MS}}),
                );
            }
        }
    }
    // For the table of `cargo xtask bench`.
    if let Some(file) = std::env::var_os("FIGURES") {
        std::fs::write(file, serde_json::to_string(&figures)?)?;
    }
    Ok(())
}

/// Lets every client make its share of the writes, one after the other. `write` is told which client
/// it is, and how many writes it made before.
async fn measure<W, F>(clients: usize, writes: usize, write: W) -> Result<Figures>
where
    W: Fn(usize, usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let began = Instant::now();
    let mut running = JoinSet::new();
    for client in 0..clients {
        let write = write.clone();
        running.spawn(async move {
            let (mut each, mut failures) = (Vec::new(), Vec::new());
            for number in 0..writes / clients {
                let began = Instant::now();
                match write(client, number).await {
                    Ok(()) => each.push(began.elapsed()),
                    Err(error) => failures.push(error),
                }
            }
            (each, failures)
        });
    }
    let mut figures = Figures::default();
    for (each, failures) in running.join_all().await {
        figures.each.extend(each);
        figures.failed += failures.len();
        if let Some(first) = failures.first() {
            println!("  failed: {first:#}");
        }
    }
    figures.all = began.elapsed();
    figures.each.sort_unstable();
    ensure!(!figures.each.is_empty(), "nothing was written");
    Ok(figures)
}

/// One origin, offers that anybody can book, and a driver of our own.
struct Bench {
    pods: Pods,
    url: String,
    offers: Vec<String>,
    client: Client,
    database: Database,
}

impl Bench {
    async fn start(database: &TestDatabase) -> Result<Self> {
        let most = CLIENTS.into_iter().max().unwrap_or_default();
        let venues: Vec<Venue> = (0..most * OFFERS_EACH).map(venue).collect();
        let pods = Pods::start_on_mongodb(1, &venues, database.url()).await?;
        let url = pods.urls().remove(0);
        let client = Client::with_uri_str(database.url()).await?;
        let database = client.database(database.name());
        let offers = bookable(&database).await?;
        ensure!(offers.len() == venues.len(), "{} offers", offers.len());
        let rows = (0..most).map(|client| doc! {"_id": id_of(client), "count": 0});
        plain_rows(&database).insert_many(rows).await?;
        Ok(Self {
            pods,
            url,
            offers,
            client,
            database,
        })
    }

    /// A transaction with the concerns of the origin's.
    async fn plain(&self, client: usize) -> Result<()> {
        let on_disks = WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .build();
        let mut session = self.client.start_session().await?;
        let begin = session.start_transaction();
        begin
            .read_concern(ReadConcern::snapshot())
            .write_concern(on_disks)
            .await?;
        let (this, more) = (doc! {"_id": id_of(client)}, doc! {"$inc": {"count": 1}});
        let rows = plain_rows(&self.database);
        rows.update_one(this, more).session(&mut session).await?;
        session.commit_transaction().await?;
        Ok(())
    }

    async fn book(&self, token: &str, offer: usize) -> Result<()> {
        let variables = json!({"offerId": self.offers[offer]});
        let ask = self.pods.documents.ask("CreateBooking", variables);
        let answer = ask.post(&self.pods.client, &self.url, token).await?;
        ensure!(
            answer.code().is_empty(),
            "{} {}",
            answer.status,
            answer.text
        );
        Ok(())
    }

    /// The access tokens of new users, `each` for every client.
    async fn users(&self, clients: usize, each: usize) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        let numbers: Vec<usize> = (0..clients * each).collect();
        for some in numbers.chunks(AT_ONCE) {
            let registering = some
                .iter()
                .map(|n| self.register(format!("c{clients}n{n}@example.fr")));
            tokens.extend(futures_util::future::try_join_all(registering).await?);
        }
        Ok(tokens)
    }

    async fn register(&self, email: String) -> Result<String> {
        let input = json!({"email": email, "password": "correct horse",
            "firstName": "Zoé", "lastName": "d'Été"});
        let ask = self.pods.documents.ask("Register", json!({"input": input}));
        let body = json!({"documentId": ask.id, "variables": ask.variables});
        // Without a token: nobody is signed in yet.
        let request = self.pods.client.post(format!("{}/graphql", self.url));
        let answer = Answer::read(request.json(&body).send().await?).await?;
        let data = answer.json();
        let token = data["data"]["register"]["accessToken"].as_str();
        Ok(token.with_context(|| answer.text.clone())?.to_owned())
    }
}

fn plain_rows(database: &Database) -> mongodb::Collection<Document> {
    database.collection("plain")
}

fn id_of(client: usize) -> i64 {
    i64::try_from(client).unwrap_or(i64::MAX)
}

/// Each somewhere else, some metres from the next one.
#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn venue(number: usize) -> Venue {
    let step = number as f64 * 1e-4;
    Venue {
        lat: 48.8 + step,
        lng: 2.3 + step,
        cuisine: "french",
    }
}

/// Opens all offers to everybody, at any time, with enough places; gives their ids.
async fn bookable(database: &Database) -> Result<Vec<String>> {
    let offers = database.collection::<Document>("offers");
    let open = doc! {"isActive": true, "schedule": null, "quota": {"total": 100_000, "remaining": 100_000},
    "limits": {"perDay": null, "perUser": null}};
    offers.update_many(doc! {}, doc! {"$set": open}).await?;
    let found = offers.find(doc! {}).projection(doc! {"_id": 1}).await?;
    let found: Vec<Document> = found.try_collect().await?;
    let ids = found
        .iter()
        .map(|offer| Ok(offer.get_object_id("_id")?.to_hex()));
    ids.collect()
}
