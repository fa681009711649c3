//! One origin and one edge without gates, so that they receive exactly the bytes that a test sends.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::ask::{self, Ask};
use crate::documents::Documents;
use crate::edge::{self, Edge, Platform};
use crate::origin::{self, TOKEN};
use crate::port;
use crate::process::Process;
use crate::store::{Store, Venue};
use crate::tcp_gate::TcpGate;
use crate::turn::Turn;
use crate::vitals::{Vitals, descendant, rss_kb};

/// How a target is started.
#[derive(Clone, Debug, Default)]
pub struct TargetOptions {
    /// What the store has at the start.
    pub venues: Vec<Venue>,
    /// Variables of the origin's environment; they are added to the usual ones and override them.
    pub origin: Vec<(&'static str, &'static str)>,
}

/// The running processes, and a client for them.
#[derive(Debug)]
pub struct Target {
    edge: Edge,
    origin: Process,
    workerd: u32,
    _to_edge: TcpGate,
    _store: Store,
    documents: Documents,
    /// The origin's own address.
    pub origin_url: String,
    /// The edge's address.
    pub edge_url: String,
    /// A client that caches nothing.
    pub client: reqwest::Client,
    _turn: Turn,
}

impl Target {
    /// Starts both and publishes the clients' documents. No other test of this test process runs at
    /// the same time, because it would disturb the measurements.
    pub async fn start(options: &TargetOptions) -> Result<Self> {
        let turn = Turn::alone().await;
        let client = ask::client(Duration::from_secs(30))?;
        let mut environment = vec![("YOUSOON_ADMIN_TOKEN", TOKEN.to_owned())];
        // Refusals are logged as warnings, and there will be thousands. What would be sent is logged.
        environment.push(("RUST_LOG", "error,outgoing=info".to_owned()));
        let store = Store::create(environment)?;
        store.import(&options.venues).await?;
        let nobody = (Ipv4Addr::LOCALHOST, port::free()?).into();
        let to_edge = TcpGate::open_to(nobody).await?;
        let origin_url = format!("http://127.0.0.1:{}", port::free()?);
        let feed = format!("http://{}", to_edge.address);
        let origin = origin::start(&store, &origin_url, &feed, &options.origin, &client).await?;
        let documents = Documents::publish(&store, &origin_url).await?;
        // Hostile requests must not be able to make the worker panic by the header for tests.
        let off = [("FAULT_INJECTION", "off")];
        let mut edge = edge::start(
            &store.beside("edge"),
            &origin_url,
            &off,
            Platform::default(),
        )
        .await?;
        to_edge.lead_to(edge.url.trim_start_matches("http://").parse()?);
        let node = edge.process.id().context("the edge has ended")?;
        Ok(Self {
            workerd: descendant(node, "workerd")?,
            edge_url: edge.url.clone(),
            edge,
            origin,
            _to_edge: to_edge,
            _store: store,
            documents,
            origin_url,
            client,
            _turn: turn,
        })
    }

    /// A request for the document with this name.
    ///
    /// # Panics
    /// When there is no document of this name.
    pub fn ask(&self, document: &str, variables: Value) -> Ask {
        self.documents.ask(document, variables)
    }

    /// The name and hash of every published document.
    pub fn documents(&self) -> Vec<(String, String)> {
        self.documents.names()
    }

    /// The service token.
    pub const fn token(&self) -> &'static str {
        TOKEN
    }

    /// The vitals of the origin and of workerd.
    ///
    /// # Errors
    /// When one of them has ended.
    pub fn vitals(&mut self) -> Result<[Vitals; 2]> {
        let words = self.last_words();
        let origin = self.origin.id();
        let origin = origin.with_context(|| format!("the origin has ended:\n{words}"))?;
        let vitals = |pid, panics| -> Result<Vitals> {
            let rss_kb = rss_kb(pid).with_context(|| words.clone())?;
            Ok(Vitals {
                pid,
                rss_kb,
                panics,
            })
        };
        Ok([
            vitals(origin, self.origin.panics())?,
            vitals(self.workerd, self.edge.process.panics())?,
        ])
    }

    /// The last lines of output of both processes.
    pub fn last_words(&self) -> String {
        let (origin, edge) = (self.origin.last_words(), self.edge.process.last_words());
        format!("the origin:\n{origin}\nthe edge:\n{edge}")
    }
}
