//! What is left when everything rests: the database, the ledger and Stripe's books agree.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::world::World;

/// How long everything may take to come to rest once nothing fails any more.
const REST_WITHIN: Duration = Duration::from_mins(5);

/// One number of the database.
fn number(database: &rusqlite::Connection, sql: &str) -> Result<i64> {
    Ok(database.query_row(sql, [], |row| row.get(0))?)
}

/// Waits until nothing is open.
pub(super) async fn rest(world: &World) -> Result<Duration> {
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
pub(super) fn judge(world: &World, places: usize, account: &str) -> Result<()> {
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
