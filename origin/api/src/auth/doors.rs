//! How often somebody may knock at the doors that guess, send or store: stricter than requests.
//!
//! Each door counts by network, and by account or address where that is what is attacked. Whether
//! there is such an account is never looked at first: being refused tells nothing of it.
//!
//! A guess at one account is counted for the account and the network together, far below what is
//! counted for the account alone: whoever guesses from elsewhere does not lock its owner out with a
//! few tries.

use std::{num::NonZeroU32, time::Duration};

use access::{peer::Peer, rate::Rule};
use async_graphql::Result;
use domain::{UserId, users::account::EmailKey};
use pq_core::ErrorCode;

use crate::request::{context::RequestContext, errors::refused};

const MINUTES_15: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A door, and whose it is where that is known.
#[derive(Clone, Copy, Debug)]
pub enum Door<'a> {
    /// A new account.
    Register,
    /// A password, for the account that has this address.
    Login(&'a EmailKey),
    /// A password once more, of somebody who is signed in.
    Confirm(&'a UserId),
    /// A link to one's own address.
    SendEmail(&'a UserId),
    /// A code to a phone: it costs, and rings at somebody's.
    SendCode { user: &'a UserId, phone: &'a str },
    /// The six digits. Each code has its own five tries besides.
    TryCode(&'a UserId),
    /// A link to somebody's address, asked for by anybody.
    SendReset(&'a EmailKey),
    /// The token of a link.
    TryLink,
}

/// A limit, before it is known for whom.
struct Limit {
    name: &'static str,
    most: u32,
    window: Duration,
    key: String,
}

impl Door<'_> {
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

/// Lets somebody knock, or says for how long not.
pub async fn knock(request: &RequestContext, door: Door<'_>) -> Result<()> {
    let services = &request.services;
    if !services.rate_limits.is_on {
        return Ok(());
    }
    let network = match request.asker.peer {
        Peer::Client(ip) => access::peer::network(ip),
        // It asks for what is everybody's, and no door is.
        Peer::Edge => "edge".to_owned(),
    };
    let limits = door.limits(&network);
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
        format!("too many tries: the next one is taken in {retry_after_s} s"),
    ))
}
