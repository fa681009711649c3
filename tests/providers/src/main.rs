//! Runs the fakes for developers: `cargo run -p fake-providers -- --port 8025`.

use clap::Parser;
use fake_providers::{Fake, Secrets};
use tokio::net::TcpListener;

#[derive(Debug, Parser)]
struct Arguments {
    /// The port on loopback; 0 takes a free one.
    #[arg(long, env = "FAKE_PROVIDERS_PORT", default_value_t = 8025)]
    port: u16,
    /// Where Stripe's reports go: the origin's `/webhooks/stripe`.
    #[arg(long)]
    stripe_webhook: Option<String>,
    /// Where decisions on Veriff's page are reported, on this machine.
    #[arg(long)]
    veriff_webhook: Option<reqwest::Url>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let fake = Fake::serve(listener, Secrets::default())?;
    if let Some(url) = &arguments.stripe_webhook {
        fake.report_payments_to(url)?;
    }
    if let Some(url) = arguments.veriff_webhook {
        fake.report_identities_to(url);
    }
    println!("{}", fake.url(""));
    fake.wait().await
}
