//! A message of Amazon SNS and what its signature covers
//! (docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::messages::provider::ReportError;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Message {
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(rename = "MessageId")]
    pub(crate) id: String,
    pub(crate) topic_arn: String,
    #[serde(rename = "Message")]
    pub(crate) text: String,
    pub(crate) timestamp: String,
    pub(crate) subject: Option<String>,
    pub(crate) token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    pub(crate) subscribe_url: Option<String>,
    pub(crate) signature: Option<String>,
    #[serde(default)]
    pub(crate) signature_version: String,
    #[serde(rename = "SigningCertURL")]
    pub(crate) certificate_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl Message {
    pub(crate) fn kind(&self) -> Result<Kind, ReportError> {
        match self.kind.as_str() {
            "Notification" => Ok(Kind::Notification),
            "SubscriptionConfirmation" => Ok(Kind::SubscriptionConfirmation),
            "UnsubscribeConfirmation" => Ok(Kind::UnsubscribeConfirmation),
            _ => Err(ReportError::Malformed),
        }
    }

    /// The text that is signed: names and values of the kind's fields, in this order, each on a
    /// line of its own. Fields that are absent are left out.
    pub(crate) fn signed_text(&self, kind: Kind) -> String {
        let message = ("Message", Some(&self.text));
        let id = ("MessageId", Some(&self.id));
        let timestamp = ("Timestamp", Some(&self.timestamp));
        let topic = ("TopicArn", Some(&self.topic_arn));
        let type_ = ("Type", Some(&self.kind));
        let fields = match kind {
            Kind::Notification => {
                vec![
                    message,
                    id,
                    ("Subject", self.subject.as_ref()),
                    timestamp,
                    topic,
                    type_,
                ]
            }
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => vec![
                message,
                id,
                ("SubscribeURL", self.subscribe_url.as_ref()),
                timestamp,
                ("Token", self.token.as_ref()),
                topic,
                type_,
            ],
        };
        let mut text = String::new();
        for (name, value) in fields {
            if let Some(value) = value {
                text.extend([name, "\n", value, "\n"]);
            }
        }
        text
    }

    /// Verifies the signature with an RSA key (PKCS #1).
    pub(crate) fn verify(&self, kind: Kind, public_key: &[u8]) -> Result<(), ReportError> {
        let algorithm: &'static RsaParameters = match self.signature_version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(ReportError::Signature),
        };
        let signature = self.signature.as_ref().ok_or(ReportError::Unsigned)?;
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| ReportError::Signature)?;
        UnparsedPublicKey::new(algorithm, public_key)
            .verify(self.signed_text(kind).as_bytes(), &signature)
            .map_err(|_| ReportError::Signature)
    }
}
