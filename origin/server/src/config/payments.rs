//! Who takes payments: Stripe, or nobody, and then offers with a price cannot be booked.

use std::time::Duration;

use domain::secret::Secret;
use provider_http::Mode;
use stripe::Livemode;
use url::Url;

use super::{
    reader::{Reader, long_enough},
    values::{callable, needed},
};

/// Somebody waits for the answer, or a task does.
const TIMEOUT: Duration = Duration::from_secs(6);
const WITHOUT: &str = "offers with a price cannot be booked";
const KEY: &str = "YOUSOON_STRIPE_SECRET_KEY";
const PUBLISHABLE: &str = "YOUSOON_STRIPE_PUBLISHABLE_KEY";
const WEBHOOK: &str = "YOUSOON_STRIPE_WEBHOOK_SECRET";
const WEBHOOK_BEFORE: &str = "YOUSOON_STRIPE_WEBHOOK_SECRET_PREVIOUS";
const CONNECT: &str = "YOUSOON_STRIPE_CONNECT_SECRET";
const CONNECT_BEFORE: &str = "YOUSOON_STRIPE_CONNECT_SECRET_PREVIOUS";
const RETURN: &str = "YOUSOON_STRIPE_RETURN_URL";
const REFRESH: &str = "YOUSOON_STRIPE_REFRESH_URL";
const FAKE: &str = "YOUSOON_STRIPE_URL";
const FEE: &str = "YOUSOON_PAYMENTS_FEE_BP";
/// Half of a payment.
const MOST_FEE_BP: i64 = 5_000;

#[derive(Clone, Debug)]
pub struct PaymentsConfig {
    /// `YOUSOON_STRIPE_SECRET_KEY`, and the pages of the portal to which a partner comes back from
    /// Stripe: `YOUSOON_STRIPE_RETURN_URL`, `YOUSOON_STRIPE_REFRESH_URL`. `YOUSOON_STRIPE_URL`: a fake of
    /// Stripe on a developer's machine.
    pub stripe: stripe::Config,
    /// `YOUSOON_STRIPE_PUBLISHABLE_KEY`, which apps get.
    pub publishable_key: String,
    /// Whether money is real: the secret key says so.
    pub livemode: Livemode,
    /// `YOUSOON_STRIPE_WEBHOOK_SECRET` and `YOUSOON_STRIPE_CONNECT_SECRET`, of the endpoints for our own
    /// events and for those of partners' accounts; and the previous ones while they rotate
    /// (`…_PREVIOUS`).
    pub webhook_secrets: Vec<(&'static str, Secret)>,
    /// `YOUSOON_PAYMENTS_FEE_BP`: our part of each payment, in basis points.
    pub fee_bp: i64,
}

impl PaymentsConfig {
    pub(super) fn read(reader: &mut Reader<'_>, mode: Mode) -> Option<Self> {
        let key = reader.optional_masked(KEY, WITHOUT, secret_key);
        let publishable = reader.optional(PUBLISHABLE, WITHOUT, |text| {
            if text.starts_with("pk_") {
                Ok(text.to_owned())
            } else {
                Err("does not begin with pk_".to_owned())
            }
        });
        let without = [
            (WEBHOOK, WITHOUT),
            (WEBHOOK_BEFORE, "none"),
            (CONNECT, "changes of partners' accounts are learned late"),
            (CONNECT_BEFORE, "none"),
        ];
        let webhook_secrets: Vec<_> = without
            .into_iter()
            .filter_map(|(variable, without)| {
                let secret = reader.optional_masked(variable, without, |text| long_enough(text));
                Some((variable, secret?))
            })
            .collect();
        let mut page = |variable| reader.optional(variable, WITHOUT, |text| callable(text, mode));
        let (onboarding_return, onboarding_refresh) = (page(RETURN), page(REFRESH));
        let fee_bp = reader.optional(FEE, WITHOUT, |text| match text.parse() {
            Ok(fee_bp) if (0..=MOST_FEE_BP).contains(&fee_bp) => Ok(fee_bp),
            Ok(_) | Err(_) => Err(format!("{text:?} is not a number from 0 to {MOST_FEE_BP}")),
        });
        let fake = reader.optional(FAKE, "Stripe's", |text| callable(text, Mode::Development));
        if fake.is_some() && mode == Mode::Production {
            reader.refuse(FAKE, "is for fakes, which production does not allow");
        }
        let (secret_key, livemode) = key?;
        let is_webhook = |(variable, _): &&(&str, Secret)| *variable == WEBHOOK;
        let webhook = webhook_secrets.iter().find(is_webhook).map(|_| ());
        needed(reader, WEBHOOK, webhook, KEY);
        let publishable_key = needed(reader, PUBLISHABLE, publishable, KEY);
        let of_test = publishable_key
            .as_ref()
            .map(|key| key.starts_with("pk_test_"));
        if of_test.is_some_and(|of_test| of_test != (livemode == Livemode::Test)) {
            reader.refuse(PUBLISHABLE, format!("is of another environment than {KEY}"));
        }
        let onboarding_return = needed(reader, RETURN, onboarding_return, KEY);
        let onboarding_refresh = needed(reader, REFRESH, onboarding_refresh, KEY);
        let fee_bp = needed(reader, FEE, fee_bp, KEY);
        Some(Self {
            stripe: stripe::Config {
                base: base(fake, mode)?,
                mode,
                timeout: TIMEOUT,
                secret_key,
                onboarding_return: onboarding_return?,
                onboarding_refresh: onboarding_refresh?,
            },
            publishable_key: publishable_key?,
            livemode,
            webhook_secrets,
            fee_bp: fee_bp?,
        })
    }
}

fn base(fake: Option<Url>, mode: Mode) -> Option<Url> {
    fake.or_else(|| callable("https://api.stripe.com", mode).ok())
}

fn secret_key(text: &str) -> Result<(Secret, Livemode), String> {
    let key = long_enough(text)?;
    let livemode = Livemode::of_key(&key);
    livemode
        .map(|livemode| (key, livemode))
        .ok_or_else(|| "begins with none of sk_live_, rk_live_, sk_test_, rk_test_".to_owned())
}
