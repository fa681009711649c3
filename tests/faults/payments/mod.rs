//! What becomes of money while everything fails: people pay for places through two origins, which are killed
//! again and again, while Stripe refuses requests, loses answers, and loses, repeats and reorders its
//! reports.
//!
//! `cargo xtask payment-faults` runs it with 200 people, `tests/it/payments.rs` with fewer. Some people pay,
//! some are declined first, some leave, some cancel after they have paid or at the same moment, and some pay
//! after their booking has ended. It fails if not exactly as many bookings are confirmed and paid as there
//! are places, if other money does not go back, or if the ledger is not what Stripe's own books say.

mod judging;
mod people;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::Process;
use fake_providers::Chaos;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use judging::{judge, rest};
use people::{Fate, Person};
use world::World;

const TOKEN: &str = "a-service-token-of-the-end-to-end-tests";
const AMOUNT: i64 = 1_999;
const KILL_EVERY: Duration = Duration::from_secs(4);
/// How long people try. The longest pause between two looks at a payment is ten minutes.
const WITHIN: Duration = Duration::from_mins(8);

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
