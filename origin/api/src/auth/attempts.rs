//! Stricter rate limits for login, sign-up, codes and resets.
//!
//! Each limit counts by network, and also by account or address where those are the target. The
//! limits never look up whether the account exists, so a refusal does not reveal it.
//!
//! Password guesses are counted per account and network together, with a limit far below that of
//! the account alone. An attacker in another network therefore does not lock the owner out with a
//! few tries.

use std::{num::NonZeroU32, time::Duration};

use access::{peer::Peer, rate::Rule};
use async_graphql::Result;
use domain::{UserId, sentence::Sentence, users::account::EmailKey};
use pq_core::ErrorCode;

use crate::request::{context::RequestContext, errors::refused};

const MINUTES_15: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A rate-limited operation, with the account or address it concerns if known.
#[derive(Clone, Copy, Debug)]
pub enum Attempt<'a> {
    /// Creating an account.
    Register,
    /// Checking a password at login, for the account with this address.
    Login(&'a EmailKey),
    /// Checking the password of a signed-in user again.
    Confirm(&'a UserId),
    /// Sending a link to the signed-in user's own address.
    SendEmail(&'a UserId),
    /// Sending an SMS code to a phone. It costs money and disturbs the phone's owner.
    SendCode { user: &'a UserId, phone: &'a str },
    /// Checking a six-digit code. Each code also has its own limit of five tries.
    TryCode(&'a UserId),
    /// Sending a reset link to an address; anyone can request it.
    SendReset(&'a EmailKey),
    /// Checking the token of a link.
    TryLink,
}

/// A limit, before its key (network, account or address) is filled in.
struct Limit {
    name: &'static str,
    most: u32,
    window: Duration,
    key: String,
}

impl Attempt<'_> {
    fn limits(self, network: &str) -> Vec<Limit> {
        let limit = |name, most, window, key: String| Limit {
            name,
            most,
            window,
            key,
        };
        let here = || network.to_owned();
        match self {
            Self::Register => vec![limit("register-network", 20, HOUR, here())],
            Self::Login(email) => vec![
                limit(
                    "login",
                    10,
                    MINUTES_15,
                    format!("{network} {}", email.as_str()),
                ),
                limit("login-account", 100, HOUR, email.as_str().to_owned()),
                limit("login-network", 50, MINUTES_15, here()),
            ],
            Self::Confirm(user) => vec![limit("confirm", 10, MINUTES_15, user.to_string())],
            Self::SendEmail(user) => vec![limit("send-email", 5, HOUR, user.to_string())],
            Self::SendCode { user, phone } => vec![
                limit("send-code", 5, HOUR, user.to_string()),
                limit("send-code-phone", 10, DAY, phone.to_owned()),
                limit("send-code-network", 20, HOUR, here()),
            ],
            Self::TryCode(user) => vec![limit("try-code", 20, HOUR, user.to_string())],
            Self::SendReset(email) => vec![
                limit("reset", 5, HOUR, email.as_str().to_owned()),
                limit("reset-network", 20, HOUR, here()),
            ],
            Self::TryLink => vec![limit("try-link", 30, HOUR, here())],
        }
    }
}

/// Counts an attempt against its limits; refuses it with the time to wait if one is exceeded.
pub async fn count_attempt(request: &RequestContext, attempt: Attempt<'_>) -> Result<()> {
    let services = &request.services;
    if !services.rate_limits.is_on {
        return Ok(());
    }
    let network = match request.asker.peer {
        Peer::Client(ip) => access::peer::network(ip),
        // The edge asks only for shared answers, and none of these operations is one.
        Peer::Edge => "edge".to_owned(),
    };
    let limits = attempt.limits(&network);
    let rules: Vec<Rule<'_>> = limits
        .iter()
        .map(|limit| Rule {
            name: limit.name,
            limit: NonZeroU32::new(limit.most).unwrap_or(NonZeroU32::MIN),
            window: limit.window,
            key: &limit.key,
        })
        .collect();
    let decision = services.rate_limiter.take(&rules).await;
    if decision.is_admitted() {
        return Ok(());
    }
    let retry_after_s = decision.retry_after_s();
    request.facts.retry_after(retry_after_s);
    Err(refused(
        ErrorCode::RATE_LIMITED,
        Sentence::with(
            format!("trop de tentatives : réessayez dans {retry_after_s} s"),
            format!("too many attempts: try again in {retry_after_s} s"),
        ),
    ))
}
