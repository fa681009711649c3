//! A fake, and a client of each provider that knows its secrets.

use std::time::Duration;

use amplitude::Amplitude;
use domain::{
    messages::provider::{Content, Email, Push, Sms},
    secret::Secret,
};
use fake_providers::{Fake, Secrets};
use google::Google;
use onesignal::OneSignal;
use provider_http::Mode;
use reqwest::StatusCode;
use serde_json::Value;
use ses::{Credentials, Ses};
use twilio::{Sender, Twilio};

pub(crate) const TIMEOUT: Duration = Duration::from_millis(500);
pub(crate) const FIRST: &str = "5fdc92b2-3b2a-41e5-ac13-8fdccfe4d986";
pub(crate) const SECOND: &str = "00cb73f8-5815-41e5-ba69-f75522da5528";

pub(crate) struct World {
    pub(crate) fake: Fake,
    pub(crate) secrets: Secrets,
}

impl World {
    pub(crate) async fn start() -> Self {
        let secrets = Secrets::default();
        let fake = Fake::start(secrets.clone()).await.unwrap();
        Self { fake, secrets }
    }

    pub(crate) fn ses_config(&self) -> ses::Config {
        ses::Config {
            base: self.fake.url("ses").parse().unwrap(),
            mode: Mode::Development,
            timeout: TIMEOUT,
            region: self.secrets.ses_region.clone(),
            credentials: Credentials {
                access_key: self.secrets.ses_access_key.clone(),
                secret_key: Secret::new(self.secrets.ses_secret_key.clone()),
                session_token: None,
            },
            from: "Yousoon <hello@yousoon.com>".to_owned(),
            configuration_set: Some("messages".to_owned()),
        }
    }

    pub(crate) fn twilio_config(&self) -> twilio::Config {
        twilio::Config {
            base: self.fake.url("twilio").parse().unwrap(),
            mode: Mode::Development,
            timeout: TIMEOUT,
            account: self.secrets.twilio_account.clone(),
            user: self.secrets.twilio_user.clone(),
            password: Secret::new(self.secrets.twilio_password.clone()),
            sender: Sender::Service("MG1".to_owned()),
            status_callback: None,
        }
    }

    pub(crate) fn onesignal_config(&self) -> onesignal::Config {
        onesignal::Config {
            base: self.fake.url("onesignal").parse().unwrap(),
            mode: Mode::Development,
            timeout: TIMEOUT,
            app: self.secrets.onesignal_app.clone(),
            key: Secret::new(self.secrets.onesignal_key.clone()),
        }
    }

    pub(crate) fn google_config(&self) -> google::Config {
        let base: reqwest::Url = self.fake.url("google").parse().unwrap();
        google::Config {
            geocoding: base.clone(),
            places: base.clone(),
            routes: base,
            mode: Mode::Development,
            timeout: TIMEOUT,
            key: Secret::new(self.secrets.google_key.clone()),
        }
    }

    pub(crate) fn amplitude_config(&self) -> amplitude::Config {
        let base: reqwest::Url = self.fake.url("amplitude").parse().unwrap();
        amplitude::Config {
            events: base.clone(),
            privacy: base,
            mode: Mode::Development,
            timeout: TIMEOUT,
            key: Secret::new(self.secrets.amplitude_key.clone()),
            secret: Secret::new(self.secrets.amplitude_secret.clone()),
        }
    }

    pub(crate) fn veriff_config(&self) -> veriff::Config {
        veriff::Config {
            base: self.fake.url("veriff").parse().unwrap(),
            portal: self.fake.url("veriff/v").parse().unwrap(),
            mode: Mode::Development,
            timeout: TIMEOUT,
            key: Secret::new(self.secrets.veriff_key.clone()),
            secret: Secret::new(self.secrets.veriff_secret.clone()),
        }
    }

    pub(crate) fn amplitude(&self) -> Amplitude {
        Amplitude::new(&self.amplitude_config()).unwrap()
    }

    pub(crate) fn google(&self) -> Google {
        Google::new(&self.google_config()).unwrap()
    }

    pub(crate) fn ses(&self) -> Ses {
        Ses::new(self.ses_config()).unwrap()
    }

    pub(crate) fn twilio(&self) -> Twilio {
        Twilio::new(self.twilio_config()).unwrap()
    }

    pub(crate) fn onesignal(&self) -> OneSignal {
        OneSignal::new(self.onesignal_config()).unwrap()
    }

    pub(crate) async fn control(&self, path: &str, order: Value) -> (StatusCode, String) {
        let url = self.fake.url(&format!("control/{path}"));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.post(url).json(&order).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn trouble(&self, provider: &str, trouble: Value) {
        let order = serde_json::json!({ "provider": provider, "trouble": trouble });
        assert_eq!(
            self.control("trouble", order).await.0,
            StatusCode::NO_CONTENT
        );
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(self.fake.url(path)).send().await.unwrap()
    }

    pub(crate) async fn mailbox(&self) -> Vec<Value> {
        self.get("mailbox.json").await.json().await.unwrap()
    }
}

pub(crate) fn email() -> Content {
    Content::Email(Email {
        to: "ada@example.com".to_owned(),
        subject: "À ce soir".to_owned(),
        text: "À 20 h : https://yousoon.com/b/1\n".to_owned(),
        html: "<p>À 20 h</p><script>alert(1)</script>".to_owned(),
        unsubscribe: Some("https://api.yousoon.com/unsubscribe?t=1".to_owned()),
    })
}

pub(crate) fn sms() -> Content {
    Content::Sms(Sms {
        to: "+33612345678".to_owned(),
        text: "Votre code : 123 & 456".to_owned(),
    })
}

pub(crate) fn push() -> Content {
    Content::Push(Push {
        devices: vec![FIRST.to_owned(), SECOND.to_owned()],
        title: "Ce soir".to_owned(),
        body: "À 20 h".to_owned(),
        link: Some("yousoon://bookings/1".to_owned()),
    })
}
