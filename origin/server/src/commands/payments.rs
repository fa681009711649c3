//! `yousoon payments`: looks at the money.

use api::nodes::moment::timestamp;
use clap::{Args, Subcommand};
use domain::payments::reconciling::Difference;
use serde_json::{Value, json};

use super::{database::DatabaseOptions, table::Format};

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
    #[command(flatten)]
    format: Format,
}

pub(crate) async fn payments(
    database: DatabaseOptions,
    command: PaymentsCommand,
) -> anyhow::Result<()> {
    let payments = database.open_existing().await?.payments;
    match command {
        PaymentsCommand::Differences(options) => {
            let found = payments.differences(usize::from(options.limit)).await?;
            let titles = ["of", "what", "provider", "ledger", "currency", "at"];
            options.format.print(&found, &titles, row, object);
        }
    }
    Ok(())
}

/// Amounts are in the minor unit.
fn row(difference: &Difference) -> Vec<String> {
    vec![
        difference.provider_id.clone(),
        difference.kind.as_str().to_owned(),
        difference.provider_minor.to_string(),
        difference.ledger_minor.to_string(),
        difference.currency.clone(),
        timestamp(difference.at_ms).to_string(),
    ]
}

fn object(difference: &Difference) -> Value {
    json!({
        "providerId": difference.provider_id,
        "kind": difference.kind.as_str(),
        "providerMinor": difference.provider_minor,
        "ledgerMinor": difference.ledger_minor,
        "currency": difference.currency,
        "at": timestamp(difference.at_ms).to_string(),
    })
}
