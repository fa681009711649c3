//! The third parties. Amazon SES, Twilio and OneSignal send messages; a channel without a provider keeps
//! its messages in memory, which production refuses where messages are sent.

use std::time::Duration;

use api::environment::Environment;
use domain::secret::Secret;
use provider_http::Mode;
use url::Url;

use super::{
    EventsConfig, IdentityConfig, PaymentsConfig, Role, Roles, maps,
    reader::{Reader, long_enough},
    values::{callable, needed, word},
};

/// How long a provider may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const UNSENT: &str = "messages are kept in memory and not sent";
const REQUIRED: &str = "is required in production where messages are sent";

/// The provider of each channel, and the map service, if there is one.
#[derive(Clone, Debug, Default)]
pub struct ProvidersConfig {
    /// `YOUSOON_SES_FROM`, `YOUSOON_SES_ACCESS_KEY_ID`, `YOUSOON_SES_SECRET_KEY`, `YOUSOON_SES_REGION`
    /// (default `eu-west-1`), `YOUSOON_SES_URL` (default: the region's), and
    /// `YOUSOON_SES_CONFIGURATION_SET` (default none).
    pub email: Option<ses::Config>,
    /// `YOUSOON_TWILIO_ACCOUNT`, `YOUSOON_TWILIO_KEY` (default: the account), `YOUSOON_TWILIO_SECRET`,
    /// `YOUSOON_TWILIO_SENDER`, and `YOUSOON_TWILIO_URL` (default `https://api.twilio.com`).
    pub sms: Option<twilio::Config>,
    /// `YOUSOON_ONESIGNAL_APP`, `YOUSOON_ONESIGNAL_KEY`, and `YOUSOON_ONESIGNAL_URL` (default
    /// `https://api.onesignal.com`).
    pub push: Option<onesignal::Config>,
    pub webhooks: WebhooksConfig,
    /// See [`maps`].
    pub maps: Option<google::Config>,
    pub events: Option<EventsConfig>,
    pub payments: Option<PaymentsConfig>,
    pub identity: Option<IdentityConfig>,
}

/// Who reports what became of messages.
#[derive(Clone, Debug, Default)]
pub struct WebhooksConfig {
    /// `YOUSOON_SES_TOPICS`: the topics of Amazon SNS that are believed. `YOUSOON_SES_SNS_URL`: a fake
    /// of SNS on a developer's machine.
    pub ses: Option<ses::WebhookConfig>,
    pub twilio: Option<TwilioWebhook>,
}

#[derive(Clone, Debug)]
pub struct TwilioWebhook {
    pub account: String,
    /// `YOUSOON_TWILIO_TOKEN`: the account's auth token, with which Twilio signs; two, separated by a
    /// comma, while they change places.
    pub tokens: Vec<Secret>,
    /// The address that Twilio reports to: `twilio` below `YOUSOON_WEBHOOKS_URL`.
    pub url: Url,
}

impl ProvidersConfig {
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment, roles: Roles) -> Self {
        let mode = if environment.is_production() {
            Mode::Production
        } else {
            Mode::Development
        };
        let is_required = environment.is_production() && roles.has(Role::Jobs);
        let webhooks = reader.optional("YOUSOON_WEBHOOKS_URL", "Twilio does not report", |text| {
            // So that `twilio` can be put below it.
            callable(&format!("{}/", text.trim_end_matches('/')), mode)
        });
        let email = email(reader, mode, is_required);
        let sms = sms(reader, mode, is_required, webhooks.as_ref());
        let twilio = twilio_webhook(reader, sms.as_ref());
        Self {
            webhooks: WebhooksConfig {
                ses: ses_webhook(reader, mode, email.as_ref()),
                twilio,
            },
            email,
            sms,
            push: push(reader, mode, is_required),
            maps: maps::read(reader, mode),
            events: EventsConfig::read(reader, mode),
            payments: PaymentsConfig::read(reader, mode),
            identity: IdentityConfig::read(reader, mode),
        }
    }
}

fn email(reader: &mut Reader<'_>, mode: Mode, is_required: bool) -> Option<ses::Config> {
    let from = named(reader, "YOUSOON_SES_FROM", is_required);
    let region = reader.or("YOUSOON_SES_REGION", "eu-west-1".to_owned(), word);
    let usual = format!("https://email.{region}.amazonaws.com");
    let base = base(reader, "YOUSOON_SES_URL", &usual, mode);
    let access_key = reader.optional("YOUSOON_SES_ACCESS_KEY_ID", UNSENT, word);
    let secret_key = secret(reader, "YOUSOON_SES_SECRET_KEY");
    let configuration_set = reader.optional(
        "YOUSOON_SES_CONFIGURATION_SET",
        "bounces are not reported",
        word,
    );
    let from = from?;
    let access_key = needed(
        reader,
        "YOUSOON_SES_ACCESS_KEY_ID",
        access_key,
        "YOUSOON_SES_FROM",
    );
    let secret_key = needed(
        reader,
        "YOUSOON_SES_SECRET_KEY",
        secret_key,
        "YOUSOON_SES_FROM",
    );
    Some(ses::Config {
        base: base?,
        mode,
        timeout: TIMEOUT,
        region,
        credentials: ses::Credentials {
            access_key: access_key?,
            secret_key: secret_key?,
            session_token: None,
        },
        from,
        configuration_set,
    })
}

fn ses_webhook(
    reader: &mut Reader<'_>,
    mode: Mode,
    email: Option<&ses::Config>,
) -> Option<ses::WebhookConfig> {
    let topics = reader.list("YOUSOON_SES_TOPICS", "SES does not report", |text| {
        if text.starts_with("arn:aws:sns:") {
            Ok(text.to_owned())
        } else {
            Err(format!("{text:?} is not the ARN of a topic"))
        }
    });
    let fake = reader.optional("YOUSOON_SES_SNS_URL", "the region's", |text| {
        callable(text, Mode::Development)
    });
    if fake.is_some() && mode == Mode::Production {
        reader.refuse(
            "YOUSOON_SES_SNS_URL",
            "is for fakes, which production does not allow",
        );
    }
    let email = email.filter(|_| !topics.is_empty())?;
    let source = match fake {
        Some(base) => ses::Source::Development { base },
        None => ses::Source::Amazon {
            region: email.region.clone(),
        },
    };
    Some(ses::WebhookConfig { source, topics })
}

fn twilio_webhook(reader: &mut Reader<'_>, sms: Option<&twilio::Config>) -> Option<TwilioWebhook> {
    let tokens = reader.optional_masked("YOUSOON_TWILIO_TOKEN", "Twilio does not report", |text| {
        let tokens = text.split(',').map(|token| long_enough(token.trim()));
        tokens.collect::<Result<Vec<Secret>, _>>()
    });
    let sms = sms?;
    let url = sms.status_callback.clone()?;
    let tokens = needed(
        reader,
        "YOUSOON_TWILIO_TOKEN",
        tokens,
        "YOUSOON_WEBHOOKS_URL",
    );
    Some(TwilioWebhook {
        account: sms.account.clone(),
        tokens: tokens?,
        url,
    })
}

fn sms(
    reader: &mut Reader<'_>,
    mode: Mode,
    is_required: bool,
    webhooks: Option<&Url>,
) -> Option<twilio::Config> {
    let account = named(reader, "YOUSOON_TWILIO_ACCOUNT", is_required);
    let key = reader.optional("YOUSOON_TWILIO_KEY", "the account", word);
    let base = base(reader, "YOUSOON_TWILIO_URL", "https://api.twilio.com", mode);
    let password = secret(reader, "YOUSOON_TWILIO_SECRET");
    let sender = reader.optional("YOUSOON_TWILIO_SENDER", UNSENT, |text| {
        Ok(if text.starts_with("MG") {
            twilio::Sender::Service(text.to_owned())
        } else {
            twilio::Sender::From(text.to_owned())
        })
    });
    let account = account?;
    let given = "YOUSOON_TWILIO_ACCOUNT";
    let password = needed(reader, "YOUSOON_TWILIO_SECRET", password, given);
    let sender = needed(reader, "YOUSOON_TWILIO_SENDER", sender, given);
    Some(twilio::Config {
        base: base?,
        mode,
        timeout: TIMEOUT,
        user: key.unwrap_or_else(|| account.clone()),
        account,
        password: password?,
        sender: sender?,
        status_callback: webhooks.and_then(|base| base.join("twilio").ok()),
    })
}

fn push(reader: &mut Reader<'_>, mode: Mode, is_required: bool) -> Option<onesignal::Config> {
    let app = named(reader, "YOUSOON_ONESIGNAL_APP", is_required);
    let usual = "https://api.onesignal.com";
    let base = base(reader, "YOUSOON_ONESIGNAL_URL", usual, mode);
    let key = secret(reader, "YOUSOON_ONESIGNAL_KEY");
    let app = app?;
    let key = needed(
        reader,
        "YOUSOON_ONESIGNAL_KEY",
        key,
        "YOUSOON_ONESIGNAL_APP",
    );
    Some(onesignal::Config {
        base: base?,
        mode,
        timeout: TIMEOUT,
        app,
        key: key?,
    })
}

/// The variable that says that there is a provider.
fn named(reader: &mut Reader<'_>, variable: &'static str, is_required: bool) -> Option<String> {
    let name = reader.optional(variable, UNSENT, |text| {
        if text.contains(char::is_control) {
            return Err("has control characters".to_owned());
        }
        Ok(text.to_owned())
    });
    if name.is_none() && is_required {
        reader.require(variable, REQUIRED);
    }
    name
}

fn base(reader: &mut Reader<'_>, variable: &'static str, usual: &str, mode: Mode) -> Option<Url> {
    let parse = |text: &str| callable(text, mode);
    let Ok(usual) = parse(usual) else {
        // Made of a region that is none.
        reader.refuse(variable, "cannot be made of the region: set it");
        return None;
    };
    Some(reader.or(variable, usual, parse))
}

fn secret(reader: &mut Reader<'_>, variable: &'static str) -> Option<Secret> {
    reader.secret(variable, UNSENT, |text| Ok(text.as_bytes().to_vec()))
}
