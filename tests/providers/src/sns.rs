//! Amazon SNS: signs reports with a key of its own.

use anyhow::anyhow;
use axum::{
    extract::{Query, State as Extract},
    http::StatusCode,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{rand::SystemRandom, signature::RSA_PKCS1_SHA256};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{keys::CERTIFICATE, mailbox::now, state::State};

/// A confirmation that was asked for is remembered, up to this many.
const MOST_CONFIRMED: usize = 100;

pub(crate) async fn certificate() -> &'static str {
    CERTIFICATE
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Confirmation {
    action: String,
    topic_arn: String,
    token: String,
}

pub(crate) async fn confirm(
    Extract(state): Extract<State>,
    Query(asked): Query<Confirmation>,
) -> Result<&'static str, StatusCode> {
    if asked.action != "ConfirmSubscription" || asked.topic_arn != state.inner.secrets.sns_topic {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut locked = state.lock();
    if locked.confirmed.len() == MOST_CONFIRMED {
        locked.confirmed.remove(0);
    }
    locked.confirmed.push(asked.token);
    Ok("<ConfirmSubscriptionResponse/>")
}

/// A notification with the text that a publisher gave.
pub(crate) fn notification(state: &State, message: &str) -> anyhow::Result<Value> {
    let fields = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"];
    signed(
        state,
        "Notification",
        json!({ "Message": message }),
        &fields,
    )
}

pub(crate) fn subscription(state: &State) -> anyhow::Result<Value> {
    let token = random_hex()?;
    let topic = &state.inner.secrets.sns_topic;
    let url = format!(
        "http://{}/sns/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}",
        state.inner.address
    );
    let own = json!({
        "Message": format!("You have chosen to subscribe to the topic {topic}."),
        "SubscribeURL": url,
        "Token": token,
    });
    let fields = [
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ];
    signed(state, "SubscriptionConfirmation", own, &fields)
}

fn signed(state: &State, kind: &str, mut own: Value, fields: &[&str]) -> anyhow::Result<Value> {
    own["Type"] = kind.into();
    own["MessageId"] = random_hex()?.into();
    own["TopicArn"] = state.inner.secrets.sns_topic.clone().into();
    own["Timestamp"] = now().into();
    let mut text = String::new();
    for field in fields {
        let value = own[*field].as_str().ok_or_else(|| anyhow!("no {field}"))?;
        text.extend([field, "\n", value, "\n"]);
    }
    let mut signature = vec![0; state.inner.sns_key.public().modulus_len()];
    state
        .inner
        .sns_key
        .sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .map_err(|_| anyhow!("SNS cannot sign"))?;
    own["SignatureVersion"] = "2".into();
    own["Signature"] = STANDARD.encode(signature).into();
    let certificate = "sns/SimpleNotificationService-development.pem";
    own["SigningCertURL"] = format!("http://{}/{certificate}", state.inner.address).into();
    Ok(own)
}

fn random_hex() -> anyhow::Result<String> {
    let bytes: [u8; 16] = ring::rand::generate(&SystemRandom::new())
        .map_err(|_| anyhow!("no random bytes"))?
        .expose();
    Ok(hex::encode(bytes))
}
