//! `cargo xtask up`: the system on this machine, until Ctrl-C.

use std::path::{PathBuf, absolute};

use anyhow::{Result, bail};

use crate::binaries::{self, Binaries, Profile};
use crate::origin::Documents;
use crate::processes::Processes;
use crate::stack::{Runtime, Settings, Stack};
use crate::{build_edge, checkout, http, mailbox, site, tools};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many sample offers an empty store gets.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    offers: u32,
    /// The origin's port on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port_origin: u16,
    /// The edge's port on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 8787)]
    port_edge: u16,
    /// The port on 127.0.0.1 of the mailbox, which shows what was sent.
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    port_mailbox: u16,
    /// The port on 127.0.0.1 of the small site on the API.
    #[arg(long, value_name = "PORT", default_value_t = 8788)]
    port_site: u16,
    /// Where everything is kept; in `.yousoon` in the checkout unless given.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Build as it is deployed: that takes longer, and the origin answers faster.
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    http::require_free(options.port_mailbox, "--port-mailbox")?;
    http::require_free(options.port_site, "--port-site")?;
    let (mut settings, binaries) = prepare(options, ".yousoon")?;
    let fakes = binaries::build_fake_providers()?;
    site::build(&binaries.pq)?;
    let mut processes = Processes::new(settings.data_dir.join("logs"))?;
    let origin_url = settings.origin_url();
    let port = options.port_mailbox;
    mailbox::start(&fakes, port, Some(&origin_url), &mut processes)?;
    let providers = mailbox::environment(options.port_mailbox, &origin_url);
    settings.environment.extend(providers);
    let mut stack = Stack::start_beside(processes, settings, &binaries)?;
    let edge_url = stack.settings.edge_url();
    site::start(options.port_site, &edge_url, &mut stack.processes)?;
    print_ready(&stack, &binaries)?;
    println!(
        "A site on the API, to look around, sign up and book: http://127.0.0.1:{}/",
        options.port_site
    );
    println!(
        "What was sent, as mails, SMS and pushes: http://127.0.0.1:{}/",
        options.port_mailbox
    );
    println!(
        "Payments, to pay or decline by hand: http://127.0.0.1:{}/stripe-pages",
        options.port_mailbox
    );
    println!("What to try next, command by command: docs/first-hour.md");
    let outcome = stack.processes.hold();
    println!("• stopping …");
    drop(stack);
    outcome
}

/// Installs and builds what is missing. `data_dir` is in the checkout, for when no other is given.
pub(crate) fn prepare(options: &Options, data_dir: &str) -> Result<(Settings, Binaries)> {
    // Before the long steps, so that nobody waits for a refusal.
    require_free_ports(options)?;
    let tools = tools::ensure()?;
    let profile = if options.release {
        Profile::Release
    } else {
        Profile::Dev
    };
    let binaries = binaries::build(profile)?;
    let build_dir = build_edge::build(&tools, profile)?;
    let data_dir = match &options.data_dir {
        Some(dir) => absolute(dir)?,
        None => checkout::root().join(data_dir),
    };
    require_free_ports(options)?;
    let settings = Settings {
        edge_dir: data_dir.join("edge"),
        data_dir,
        runtime: Runtime::Miniflare,
        build_dir,
        offers: options.offers,
        origin_port: options.port_origin,
        edge_port: options.port_edge,
        documents: Documents::All,
        environment: Vec::new(),
        traced_share: 0.0,
    };
    Ok((settings, binaries))
}

fn require_free_ports(options: &Options) -> Result<()> {
    if options.port_origin == options.port_edge {
        bail!("the origin and the edge need two ports: see --port-origin and --port-edge");
    }
    http::require_free(options.port_origin, "--port-origin")?;
    http::require_free(options.port_edge, "--port-edge")
}

/// What to try first, to copy and paste.
pub(crate) fn print_ready(stack: &Stack, binaries: &Binaries) -> Result<()> {
    let settings = &stack.settings;
    let (edge, origin) = (settings.edge_url(), settings.origin_url());
    let nearby = stack.offers_nearby_path()?;
    // Asked at the edge: it also shows that the whole way works.
    let nearest = nearest_offer_id(settings.edge_port, &nearby)?;
    println!(
        "
ready
  edge    {edge}
  origin  {origin} ({origin}/graphiql is a page to try documents, {origin}/console that of operators)
  data    {data} (logs in logs/, secrets in dev-secrets.json)

offers near the centre of Paris, by hash, from the edge; look at Cache-Status and ETag:
  curl -si '{edge}{nearby}'",
        data = settings.data_dir.display(),
    );
    if let Some(offer) = nearest {
        let detail = stack.document_path("OfferDetail", &format!(r#"{{"id":"{offer}"}}"#))?;
        println!(
            "
one offer:
  curl -si '{edge}{detail}'

the same from the origin:
  curl -si '{origin}{detail}'

purge that offer, then ask the edge for it again:
  {yousoon} purge --data-dir '{data}' --offer {offer} --reason 'trying it out'",
            yousoon = binaries.yousoon.display(),
            data = settings.origin_data_dir().display(),
        );
    }
    println!("\nCtrl-C stops everything.");
    Ok(())
}

/// The id of the nearest offer, asked for as a client would; `None` when there are no offers.
fn nearest_offer_id(port: u16, path: &str) -> Result<Option<String>> {
    let answer = http::get(port, path)?;
    if answer.status != 200 {
        bail!("the edge answers {}: {}", answer.status, answer.body);
    }
    let json: serde_json::Value = serde_json::from_str(&answer.body)?;
    let id = json.pointer("/data/offers/edges/0/node/id");
    Ok(id.and_then(serde_json::Value::as_str).map(str::to_owned))
}
