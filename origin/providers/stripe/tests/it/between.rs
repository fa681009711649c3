//! What stands between our client and localstripe: it takes away what localstripe does not know and refuses,
//! and remembers what that was; it adds the one field that localstripe does not write.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, State},
    http::{HeaderMap, Method, StatusCode},
};
use serde_json::Value;

/// Connect, choosing ways to pay, and the times of lists.
const UNKNOWN: [&str; 7] = [
    "application_fee_amount",
    "created[gte]",
    "created[lt]",
    "payment_method_types[]",
    "refund_application_fee",
    "reverse_transfer",
    "transfer_data[destination]",
];

#[derive(Clone)]
pub(crate) struct Between {
    to: u16,
    client: reqwest::Client,
    taken_away: Arc<Mutex<BTreeSet<String>>>,
}

impl Between {
    /// Its port, and itself.
    pub(crate) async fn start(to: u16) -> (u16, Self) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let between = Self {
            to,
            client,
            taken_away: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(between.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (port, between)
    }

    /// Whether exactly what localstripe does not know was taken away.
    pub(crate) fn assert_taken_away(&self) {
        let taken: Vec<_> = self.taken_away.lock().unwrap().iter().cloned().collect();
        assert_eq!(taken, UNKNOWN);
    }

    fn known(&self, fields: &[u8]) -> String {
        let fields = form_urlencoded::parse(fields).into_owned();
        let fields = fields.filter(|(name, _)| {
            let is_unknown = UNKNOWN.contains(&name.as_str());
            if is_unknown {
                self.taken_away.lock().unwrap().insert(name.clone());
            }
            !is_unknown
        });
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish()
    }
}

async fn pass(
    State(between): State<Between>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let query = between.known(uri.query().unwrap_or_default().as_bytes());
    let url = format!("http://127.0.0.1:{}{}?{query}", between.to, uri.path());
    let form = between.known(&body);
    let mut request = between.client.request(method, url).body(form);
    for name in ["authorization", "content-type"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    let Ok(mut object) = serde_json::from_str::<Value>(&text) else {
        return (status, text);
    };
    if object["object"] == "payment_intent" && object["status"] == "succeeded" {
        object["amount_received"] = object["amount"].clone();
    }
    (status, object.to_string())
}
