//! `pq publish --await`: asks every door, that is every address of every origin and edge, until it knows
//! all documents of the manifest.
//!
//! A document is asked for with the name of an operation that it does not have: who knows the document
//! refuses that and executes nothing.

use std::fmt::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use pq_core::{DocumentHash, Manifest};
use reqwest::blocking::Client;
use reqwest::{Url, redirect};
use serde::Deserialize;
use serde_json::json;

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(5);
/// The pause between two rounds.
const PAUSE: Duration = Duration::from_millis(250);
/// How many documents are named that a door does not know.
const NAMED: usize = 5;
/// No operation has this name.
const NO_OPERATION: &str = "-";
/// How a door that knows a document refuses [`NO_OPERATION`]: queries and mutations, and subscriptions, which
/// are not answered as JSON.
const KNOWN: [&str; 2] = ["OPERATION_UNKNOWN", "NOT_ACCEPTABLE"];
const UNKNOWN: &str = "PERSISTED_QUERY_NOT_FOUND";

/// What the doors said.
pub(crate) struct Awaited {
    /// Whether all doors answer all documents.
    pub(crate) complete: bool,
    /// The lines to print.
    pub(crate) report: String,
}

struct Door {
    name: String,
    endpoint: Url,
    client: Client,
    /// The documents that it is not known to answer.
    missing: Vec<(DocumentHash, String)>,
    /// Why it could not be asked, the last time.
    failure: Option<String>,
}

enum Answer {
    Known,
    Unknown,
}

#[derive(Deserialize)]
struct Refused {
    errors: Vec<GraphqlError>,
}

#[derive(Deserialize)]
struct GraphqlError {
    extensions: Extensions,
}

#[derive(Deserialize)]
struct Extensions {
    code: String,
}

/// Asks all doors until they answer all documents, for at most `patience`.
pub(crate) fn wait(
    manifest: &Manifest,
    urls: &[String],
    token: &str,
    patience: Duration,
) -> anyhow::Result<Awaited> {
    let began = Instant::now();
    let operations = manifest.operations().iter();
    let documents: Vec<_> = operations
        .map(|operation| (operation.id, operation.name.clone()))
        .collect();
    let mut doors = Vec::new();
    for url in urls {
        doors.extend(doors_of(url, &documents)?);
    }
    loop {
        for door in &mut doors {
            door.ask(token);
        }
        let complete = doors.iter().all(Door::answers_all);
        if complete || began.elapsed() + PAUSE >= patience {
            let report = doors
                .iter()
                .map(|door| door.line(documents.len()))
                .collect();
            return Ok(Awaited { complete, report });
        }
        std::thread::sleep(PAUSE);
    }
}

/// The doors behind a URL: a host's name may have several addresses, one of each server.
fn doors_of(url: &str, documents: &[(DocumentHash, String)]) -> anyhow::Result<Vec<Door>> {
    let base = Url::parse(url).with_context(|| format!("`{url}` is not a URL"))?;
    let (host, port) = base
        .host_str()
        .zip(base.port_or_known_default())
        .with_context(|| format!("`{url}` names no host"))?;
    let plain = host.trim_matches(['[', ']']);
    let mut addresses: Vec<SocketAddr> = (plain, port)
        .to_socket_addrs()
        .with_context(|| format!("cannot find {host}"))?
        .collect();
    addresses.sort();
    addresses.dedup();
    ensure!(!addresses.is_empty(), "{host} has no address");
    let mut endpoint = base.clone();
    endpoint.set_path(&format!("{}/graphql", base.path().trim_end_matches('/')));
    let one = addresses.len() == 1;
    let doors = addresses.into_iter().map(|address| {
        let client = Client::builder()
            .timeout(REQUEST)
            .redirect(redirect::Policy::none())
            .resolve(plain, address)
            .build()?;
        let name = if one {
            url.to_owned()
        } else {
            format!("{url} ({})", address.ip())
        };
        Ok(Door {
            name,
            endpoint: endpoint.clone(),
            client,
            missing: documents.to_vec(),
            failure: None,
        })
    });
    doors.collect()
}

impl Door {
    /// Asks for the documents that are missing; stops when it cannot tell now.
    fn ask(&mut self, token: &str) {
        self.failure = None;
        let mut still = Vec::new();
        for (hash, name) in std::mem::take(&mut self.missing) {
            let answer = match &self.failure {
                None => self.answer(hash, token),
                Some(_) => Ok(Answer::Unknown),
            };
            match answer {
                Ok(Answer::Known) => {}
                Ok(Answer::Unknown) => still.push((hash, name)),
                Err(error) => {
                    self.failure = Some(format!("{error:#}"));
                    still.push((hash, name));
                }
            }
        }
        self.missing = still;
    }

    fn answer(&self, hash: DocumentHash, token: &str) -> anyhow::Result<Answer> {
        let response = self
            .client
            .post(self.endpoint.clone())
            .header("accept", "application/graphql-response+json")
            .bearer_auth(token)
            .json(&json!({"documentId": hash.to_string(), "operationName": NO_OPERATION}))
            .send()
            .map_err(reqwest::Error::without_url)?;
        let status = response.status();
        let refused: Refused = response
            .json()
            .map_err(|_| anyhow::anyhow!("it answered {status}, and not as a GraphQL server"))?;
        let code = refused
            .errors
            .first()
            .map(|error| error.extensions.code.as_str());
        match code {
            Some(UNKNOWN) => Ok(Answer::Unknown),
            Some(code) if KNOWN.contains(&code) => Ok(Answer::Known),
            Some(code) => anyhow::bail!("it answered {status} {code}"),
            None => anyhow::bail!("it answered {status} without a refusal"),
        }
    }

    fn answers_all(&self) -> bool {
        self.missing.is_empty()
    }

    fn line(&self, all: usize) -> String {
        let name = &self.name;
        if self.missing.is_empty() {
            return format!("{name} answers all {all}\n");
        }
        let mut line = format!("{name} does not answer {} of {all}", self.missing.len());
        if let Some(why) = &self.failure {
            let _ = write!(line, ": {why}");
        }
        let names: Vec<_> = self.missing.iter().map(|(_, name)| name.as_str()).collect();
        let _ = write!(line, " ({}", names[..names.len().min(NAMED)].join(", "));
        line.push_str(if names.len() > NAMED {
            ", …)\n"
        } else {
            ")\n"
        });
        line
    }
}
