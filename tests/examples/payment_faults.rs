//! `cargo xtask payment-faults`: see `faults/payments/mod.rs`.

#[path = "../faults/payments/mod.rs"]
mod payments;

use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let mut argument = |default| arguments.next().unwrap_or(Ok(default));
    let (count, places, seed) = (argument(200)?, argument(50)?, argument(1)?);
    payments::run(count, places, seed.try_into()?).await
}
