//! A fake of Google Maps, and apps that ask it.

use std::time::Duration;

use domain::secret::Secret;
use fake_providers::{Fake, Secrets};
use provider_http::Mode;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use yousoon::config::ProvidersConfig;

use crate::app::{Builder, TestApp};

pub(crate) struct World {
    fake: Fake,
    client: Client,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self {
            fake: Fake::start(Secrets::default()).await.unwrap(),
            client: Client::new(),
        }
    }

    pub(crate) fn builder(&self) -> Builder {
        let base: reqwest::Url = self.fake.url("google").parse().unwrap();
        let google = google::Config {
            geocoding: base.clone(),
            places: base.clone(),
            routes: base,
            mode: Mode::Development,
            timeout: Duration::from_millis(500),
            key: Secret::new(Secrets::default().google_key),
        };
        TestApp::builder().providers(ProvidersConfig {
            maps: Some(google),
            ..ProvidersConfig::default()
        })
    }

    pub(crate) async fn app(&self) -> TestApp {
        self.builder().start().await
    }

    pub(crate) async fn order(&self, path: &str, order: Value) {
        let url = self.fake.url(&format!("control/{path}"));
        let answer = self.client.post(url).json(&order).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// What goes wrong with the next question.
    pub(crate) async fn trouble(&self, trouble: Value) {
        let order = json!({"provider": "google", "trouble": trouble});
        self.order("trouble", order).await;
    }

    /// What Google was asked.
    pub(crate) async fn asked(&self) -> Vec<Value> {
        let url = self.fake.url("control/asked");
        let answer = self.client.get(url).send().await.unwrap();
        answer.json().await.unwrap()
    }
}
