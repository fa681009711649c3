//! Reports that the fakes send to a webhook, signed.

use anyhow::{Context, anyhow, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha1::Sha1;
use url::Url;

use crate::{
    mailbox::{Item, now},
    sns,
    state::State,
};

/// What is reported.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "report")]
pub(crate) enum Report {
    /// SES, through SNS: what became of the e-mail with this number in the mailbox.
    Email { number: u64, event: Event },
    /// SNS asks whether the webhook wants the topic.
    Subscription,
    /// Twilio: the state of the SMS with this number in the mailbox.
    Sms {
        number: u64,
        status: String,
        error_code: Option<u32>,
    },
    /// Twilio: somebody sent us STOP, START or HELP.
    Reply { from: String, opt_out: String },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Delivery,
    Bounce,
    TransientBounce,
    Complaint,
}

/// A request to the webhook.
pub(crate) struct Request {
    content_type: &'static str,
    signature: Option<String>,
    body: String,
}

impl Report {
    /// Writes the report. Sent twice, it is the same report twice.
    pub(crate) fn write(&self, state: &State, url: &Url) -> anyhow::Result<Request> {
        match self {
            Self::Email { number, event } => {
                let text = event.text(&item(state, *number, "ses")?).to_string();
                Ok(Request::sns(&sns::notification(state, &text)?))
            }
            Self::Subscription => Ok(Request::sns(&sns::subscription(state)?)),
            Self::Sms {
                number,
                status,
                error_code,
            } => {
                let item = item(state, *number, "twilio")?;
                let to = item.to.first().cloned().unwrap_or_default();
                let mut form = vec![
                    ("MessageSid", item.id.clone()),
                    ("SmsSid", item.id),
                    ("MessageStatus", status.clone()),
                    ("SmsStatus", status.clone()),
                    ("To", to),
                ];
                form.extend(error_code.map(|code| ("ErrorCode", code.to_string())));
                Ok(Request::twilio(state, url, form))
            }
            Self::Reply { from, opt_out } => {
                let digits: String = from.chars().filter(char::is_ascii_digit).collect();
                let form = vec![
                    ("MessageSid", format!("SM{digits:0>32}")),
                    ("From", from.clone()),
                    ("Body", opt_out.clone()),
                    ("OptOutType", opt_out.clone()),
                ];
                Ok(Request::twilio(state, url, form))
            }
        }
    }
}

impl Request {
    fn sns(message: &Value) -> Self {
        Self {
            content_type: "text/plain; charset=UTF-8",
            signature: None,
            body: message.to_string(),
        }
    }

    fn twilio(state: &State, url: &Url, mut form: Vec<(&str, String)>) -> Self {
        form.push(("AccountSid", state.inner.secrets.twilio_account.clone()));
        form.push(("ApiVersion", "2010-04-01".to_owned()));
        form.sort();
        let fields = form.iter().map(|(name, value)| format!("{name}{value}"));
        let text = format!("{url}{}", fields.collect::<String>());
        let signature = hmac_sha1(state.inner.secrets.twilio_token.as_bytes(), &text);
        Self {
            content_type: "application/x-www-form-urlencoded",
            signature: Some(STANDARD.encode(signature)),
            body: form_urlencoded::Serializer::new(String::new())
                .extend_pairs(form)
                .finish(),
        }
    }

    /// Changes what was signed.
    pub(crate) fn tamper(&mut self) {
        self.body = self
            .body
            .replace("delivered", "undelivered")
            .replace("recipient", "other")
            .replace("STOP", "START");
        if self.signature.is_none() {
            self.body = self
                .body
                .replace("Permanent", "Transient")
                .replace("Delivery", "Bounce");
        }
    }

    /// Sends the report and answers the webhook's status.
    pub(crate) async fn send(&self, state: &State, url: &Url) -> anyhow::Result<u16> {
        let mut request = state
            .inner
            .http
            .post(url.clone())
            .header("content-type", self.content_type);
        if let Some(signature) = &self.signature {
            request = request.header("x-twilio-signature", signature);
        }
        let answer = request
            .body(self.body.clone())
            .send()
            .await
            .context("the webhook")?;
        Ok(answer.status().as_u16())
    }
}

impl Event {
    fn text(self, item: &Item) -> Value {
        let recipients: Vec<_> = item
            .to
            .iter()
            .map(|to| json!({ "emailAddress": to }))
            .collect();
        let mail = json!({
            "timestamp": item.at, "messageId": item.id, "source": item.from,
            "destination": item.to,
        });
        let bounce = |kind: &str| {
            json!({ "eventType": "Bounce", "mail": mail, "bounce": {
                "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients,
                "timestamp": now(), "feedbackId": item.id,
            } })
        };
        match self {
            Self::Bounce => bounce("Permanent"),
            Self::TransientBounce => bounce("Transient"),
            Self::Complaint => json!({ "eventType": "Complaint", "mail": mail, "complaint": {
                "complainedRecipients": recipients, "timestamp": now(), "feedbackId": item.id,
                "complaintFeedbackType": "abuse",
            } }),
            Self::Delivery => json!({ "eventType": "Delivery", "mail": mail, "delivery": {
                "timestamp": now(), "recipients": item.to, "processingTimeMillis": 1,
                "smtpResponse": "250 2.0.0 Ok", "reportingMTA": "fake.example.com",
            } }),
        }
    }
}

/// Reports go to this machine only.
pub(crate) fn address(text: &str) -> anyhow::Result<Url> {
    let url: Url = text.parse()?;
    let loopback = match url.host().ok_or_else(|| anyhow!("no host"))? {
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
        url::Host::Domain(name) => name == "localhost",
    };
    ensure!(loopback, "{text} is not on this machine");
    Ok(url)
}

fn item(state: &State, number: u64, provider: &str) -> anyhow::Result<Item> {
    let locked = state.lock();
    let mut items = locked.mailbox.items();
    let item = items.find(|item| item.number == number && item.provider == provider);
    item.cloned()
        .ok_or_else(|| anyhow!("{provider} has not sent message {number}"))
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn hmac_sha1(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.chain_update(text).finalize().into_bytes().to_vec()
}
