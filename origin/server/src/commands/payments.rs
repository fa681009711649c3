//! `yousoon payments`: looks at the money.

use chrono::DateTime;
use clap::{Args, Subcommand};
use domain::payments::reconciling::Difference;

use super::{database::DatabaseOptions, table::table};

#[derive(Subcommand)]
pub(crate) enum PaymentsCommand {
    /// List what differs between the provider's books and the ledger, oldest first.
    Differences(ListOptions),
}

#[derive(Args)]
pub(crate) struct ListOptions {
    /// How many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
}

pub(crate) async fn payments(
    database: DatabaseOptions,
    command: PaymentsCommand,
) -> anyhow::Result<()> {
    let payments = database.open_existing().await?.payments;
    match command {
        PaymentsCommand::Differences(options) => {
            let found = payments.differences(usize::from(options.limit)).await?;
            let rows: Vec<_> = found.iter().map(row).collect();
            let titles = ["of", "what", "provider", "ledger", "currency", "at"];
            print!("{}", table(&titles, &rows, titles.len()));
        }
    }
    Ok(())
}

/// Amounts are in the minor unit.
fn row(difference: &Difference) -> Vec<String> {
    let at = DateTime::from_timestamp_millis(difference.at_ms);
    vec![
        difference.provider_id.clone(),
        difference.kind.as_str().to_owned(),
        difference.provider_minor.to_string(),
        difference.ledger_minor.to_string(),
        difference.currency.clone(),
        at.map(|at| at.to_rfc3339()).unwrap_or_default(),
    ]
}
