//! The least that axum can do with the benchmark's answers: look a path up, send its bytes. No
//! layers, no negotiation, no GraphQL, nothing that could be out of date.
//!
//!     bare-axum 127.0.0.1:PORT ANSWERS

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Deserialize;

/// One of the file's answers.
#[derive(Deserialize)]
struct Stored {
    /// With the query.
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

type Answers = HashMap<String, (HeaderMap, Bytes)>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().context("the first argument is missing")?;
    let file = arguments.next().context("the second argument is missing")?;
    let answers = read(&file)?;
    // As the origin does it.
    tokio::runtime::Runtime::new()?.block_on(serve(&address, answers))
}

fn read(file: &str) -> Result<Answers> {
    let reader = BufReader::new(File::open(file).with_context(|| format!("cannot open {file}"))?);
    let stored: Vec<Stored> = serde_json::from_reader(reader)?;
    let mut answers = HashMap::new();
    for Stored {
        path,
        headers,
        body,
    } in stored
    {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>()?, HeaderValue::try_from(value)?);
        }
        answers.insert(path, (map, Bytes::from(body)));
    }
    Ok(answers)
}

async fn serve(address: &str, answers: Answers) -> Result<()> {
    let routes = Router::new()
        .route("/graphql/{id}", get(answer))
        .route("/readyz", get(async || "ok"))
        .with_state(Arc::new(answers));
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn answer(State(answers): State<Arc<Answers>>, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    match answers.get(path) {
        Some((headers, body)) => (headers.clone(), body.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
