//! Stricter rate limits for what guesses, sends or stores. The table of numbers is
//! `access::rate::budgets`.
//!
//! Each attempt counts for its network, and also for the account, address or partner that it
//! concerns. The limits never look up whether the account exists, so a refusal does not reveal it.
//!
//! What strangers do must not lock an account's owner out. So guesses are counted for account and
//! network together, with a limit far below that of the account alone. And in a network from which
//! somebody signed in to the account lately, only that limit counts: what others tried at the account
//! from elsewhere, or at other accounts from there, holds nobody back.
//!
//! Whatever sends a message is also counted with all other messages: by recipient, by the account
//! that causes it, and by network.

use std::num::NonZeroU32;

use access::{
    caller::Caller,
    peer::Peer,
    rate::{
        Rule,
        budgets::{Budget, Budgets},
    },
};
use async_graphql::Result;
use domain::{
    PartnerId, UserId, messages::reach::AddressHash, sentence::Sentence, users::account::EmailKey,
};
use pq_core::ErrorCode;

use crate::request::{context::RequestContext, errors::refused};

/// A rate-limited operation, with the account or address it concerns if known.
#[derive(Clone, Copy, Debug)]
pub enum Attempt<'a> {
    /// Creating an account.
    Register,
    /// Checking a password at login, for the account with this address.
    Login(&'a EmailKey),
    /// Checking the password of a signed-in user again.
    Confirm(&'a UserId),
    /// Sending the link that a new account's address gets with it.
    SendFirst(&'a EmailKey),
    /// Sending a link to the signed-in user's own address.
    SendEmail { user: &'a UserId, to: &'a EmailKey },
    /// Sending an SMS code to a phone. Each costs us money, and its owner did not always ask for it.
    SendCode { user: &'a UserId, phone: &'a str },
    /// Checking a six-digit code. Each code also has its own limit of five tries.
    TryCode(&'a UserId),
    /// Sending a reset link to an address; anyone can request it.
    SendReset(&'a EmailKey),
    /// Checking the token of a link.
    TryLink,
    /// Sending an invitation to a partner's team.
    Invite {
        partner: &'a PartnerId,
        to: &'a EmailKey,
    },
    /// Registering a device for push notifications.
    RegisterDevice(&'a UserId),
    /// Reporting product events.
    RecordEvents(&'a UserId),
    /// Asking for suggestions of places; each is paid for.
    Suggest,
    /// Asking how long ways take; each is paid for.
    Travel(&'a UserId),
    /// Asking for the form of an upload.
    RequestUpload(&'a UserId),
    /// Making a picture of an upload.
    CompleteUpload(&'a UserId),
    /// Beginning to pay for a booking; the provider is asked each time.
    StartPayment(&'a UserId),
    /// Asking for the page on which a partner completes its account at the provider.
    Onboard(&'a PartnerId),
    /// Asking for an identity check; each may be paid for.
    VerifyIdentity(&'a UserId),
    /// Checking in by a short code at this partner's.
    TryShortCode(&'a PartnerId),
    /// Recording people who came without a booking to this partner's.
    RecordWalkIn(&'a PartnerId),
    /// Reporting scans that were made without a network.
    RecordScans(&'a PartnerId),
    /// Writing, changing or deleting a review.
    Review(&'a UserId),
    /// Reporting a review.
    ReportReview(&'a UserId),
    /// Reading or changing somebody else's account or booking as an operator.
    Operate(&'a UserId),
    /// Writing an offer, an establishment or a partner; a new partner has no budget yet. Each write
    /// may make lists in the caches invalid.
    Write(Option<&'a PartnerId>),
}

/// For whom an attempt is counted under a budget.
#[derive(Clone, Debug)]
enum Target {
    /// The caller's networks.
    Network,
    /// An account, address or partner. The attempts of all callers count together.
    Everywhere(String),
    /// An account or address, in the caller's networks.
    Here(String),
}

impl Attempt<'_> {
    fn limits(self, budgets: &Budgets, caller: &Caller) -> Vec<(Budget, Target)> {
        let mut limits = self.own_limits(budgets, caller);
        if let Some(to) = self.recipient() {
            limits.extend(messages(budgets, caller, to));
        }
        limits
    }

    /// The address or number that a message is sent to.
    fn recipient(&self) -> Option<&str> {
        match self {
            Self::SendFirst(to)
            | Self::SendReset(to)
            | Self::SendEmail { to, .. }
            | Self::Invite { to, .. } => Some(to.as_str()),
            Self::SendCode { phone, .. } => Some(phone),
            Self::Register
            | Self::Login(_)
            | Self::Confirm(_)
            | Self::TryCode(_)
            | Self::TryLink
            | Self::RegisterDevice(_)
            | Self::RequestUpload(_)
            | Self::CompleteUpload(_)
            | Self::StartPayment(_)
            | Self::Onboard(_)
            | Self::RecordEvents(_)
            | Self::Suggest
            | Self::Travel(_)
            | Self::VerifyIdentity(_)
            | Self::TryShortCode(_)
            | Self::RecordScans(_)
            | Self::RecordWalkIn(_)
            | Self::Review(_)
            | Self::ReportReview(_)
            | Self::Operate(_)
            | Self::Write(_) => None,
        }
    }

    /// The limits of this operation alone.
    fn own_limits(self, budgets: &Budgets, caller: &Caller) -> Vec<(Budget, Target)> {
        let everywhere = |text: &str| Target::Everywhere(text.to_owned());
        match self {
            Self::Register => vec![(budgets.register_network, Target::Network)],
            Self::Login(email) => vec![
                (budgets.login, Target::Here(email.as_str().to_owned())),
                (budgets.login_account, everywhere(email.as_str())),
                (budgets.login_network, Target::Network),
            ],
            Self::Confirm(user) => vec![(budgets.confirm, everywhere(user.as_str()))],
            Self::SendFirst(to) => vec![(budgets.send_email_recipient, everywhere(to.as_str()))],
            Self::SendEmail { user, to } => vec![
                (budgets.send_email, everywhere(user.as_str())),
                (budgets.send_email_recipient, everywhere(to.as_str())),
            ],
            Self::SendCode { user, phone } => vec![
                (budgets.send_code, everywhere(user.as_str())),
                (budgets.send_code_phone, everywhere(phone)),
                (budgets.send_code_network, Target::Network),
            ],
            Self::TryCode(user) => vec![(budgets.try_code, everywhere(user.as_str()))],
            Self::SendReset(email) => vec![
                (budgets.reset, Target::Here(email.as_str().to_owned())),
                (budgets.reset_account, everywhere(email.as_str())),
                (budgets.reset_network, Target::Network),
            ],
            Self::TryLink => vec![(budgets.try_link, Target::Network)],
            Self::Invite { partner, to } => vec![
                (budgets.invite, Target::Everywhere(caller.actor())),
                (budgets.invite_partner, everywhere(partner.as_str())),
                (budgets.invite_recipient, everywhere(to.as_str())),
            ],
            Self::RegisterDevice(user) => vec![(budgets.device, everywhere(user.as_str()))],
            Self::RecordEvents(user) => vec![(budgets.events, everywhere(user.as_str()))],
            Self::Suggest => vec![
                (budgets.suggest, Target::Everywhere(caller.actor())),
                (budgets.suggest_network, Target::Network),
            ],
            Self::Travel(user) => vec![
                (budgets.travel, everywhere(user.as_str())),
                (budgets.travel_network, Target::Network),
            ],
            Self::Review(user) => vec![(budgets.review, everywhere(user.as_str()))],
            Self::ReportReview(user) => vec![(budgets.review_report, everywhere(user.as_str()))],
            Self::VerifyIdentity(user) => vec![(budgets.identity, everywhere(user.as_str()))],
            Self::TryShortCode(partner) => vec![
                (budgets.short_code, Target::Everywhere(caller.actor())),
                (budgets.short_code_partner, everywhere(partner.as_str())),
            ],
            Self::RecordWalkIn(partner) => vec![
                (budgets.walk_in, Target::Everywhere(caller.actor())),
                (budgets.walk_in_partner, everywhere(partner.as_str())),
            ],
            Self::RecordScans(partner) => vec![
                (budgets.scans, Target::Everywhere(caller.actor())),
                (budgets.scans_partner, everywhere(partner.as_str())),
            ],
            Self::Operate(user) => vec![(budgets.operate, everywhere(user.as_str()))],
            Self::RequestUpload(user) => vec![(budgets.upload, everywhere(user.as_str()))],
            Self::CompleteUpload(user) => {
                vec![(budgets.upload_complete, everywhere(user.as_str()))]
            }
            Self::StartPayment(user) => vec![(budgets.pay, everywhere(user.as_str()))],
            Self::Onboard(partner) => vec![(budgets.onboard, everywhere(partner.as_str()))],
            Self::Write(partner) => {
                let person = (budgets.catalogue, Target::Everywhere(caller.actor()));
                let partner = partner
                    .map(|partner| (budgets.catalogue_partner, everywhere(partner.as_str())));
                [person].into_iter().chain(partner).collect()
            }
        }
    }

    /// The account whose owner others must not lock out.
    fn account(self) -> Option<String> {
        match self {
            Self::Login(email) | Self::SendReset(email) => Some(email.as_str().to_owned()),
            Self::Register
            | Self::Confirm(_)
            | Self::SendFirst(_)
            | Self::SendEmail { .. }
            | Self::SendCode { .. }
            | Self::TryCode(_)
            | Self::TryLink
            | Self::Invite { .. }
            | Self::RegisterDevice(_)
            | Self::RecordEvents(_)
            | Self::Suggest
            | Self::Travel(_)
            | Self::RequestUpload(_)
            | Self::CompleteUpload(_)
            | Self::StartPayment(_)
            | Self::Onboard(_)
            | Self::VerifyIdentity(_)
            | Self::TryShortCode(_)
            | Self::RecordScans(_)
            | Self::RecordWalkIn(_)
            | Self::Review(_)
            | Self::ReportReview(_)
            | Self::Operate(_)
            | Self::Write(_) => None,
        }
    }
}

/// The limits of all messages together, whatever causes them.
fn messages(budgets: &Budgets, caller: &Caller, to: &str) -> Vec<(Budget, Target)> {
    let to = || Target::Everywhere(AddressHash::of(to).as_str().to_owned());
    let mut limits = vec![
        (budgets.messages_to_hour, to()),
        (budgets.messages_to_day, to()),
        (budgets.messages_network_hour, Target::Network),
        (budgets.messages_network_day, Target::Network),
    ];
    match caller {
        Caller::User(_) | Caller::Service(_) => {
            let by = || Target::Everywhere(caller.actor());
            limits.push((budgets.messages_by_hour, by()));
            limits.push((budgets.messages_by_day, by()));
        }
        // Only their network is known.
        Caller::Anonymous | Caller::Unknown(_) => {}
    }
    limits
}

/// Counts an attempt against its limits; refuses it with the time to wait if one is exceeded.
pub async fn count_attempt(request: &RequestContext, attempt: Attempt<'_>) -> Result<()> {
    let Some(retry_after_s) = wait_s(request, attempt).await else {
        return Ok(());
    };
    request.facts.retry_after(retry_after_s);
    Err(refused(
        ErrorCode::RATE_LIMITED,
        Sentence::with(
            format!("trop de tentatives : réessayez dans {retry_after_s} s"),
            format!("too many attempts: try again in {retry_after_s} s"),
        ),
    ))
}

/// Counts a write of the catalogue. Services are ours and may write as much as they need.
pub async fn count_write(request: &RequestContext, partner: Option<&PartnerId>) -> Result<()> {
    match &request.asker.caller {
        Caller::User(_) => count_attempt(request, Attempt::Write(partner)).await,
        Caller::Service(_) | Caller::Anonymous | Caller::Unknown(_) => Ok(()),
    }
}

/// Counts an attempt against its limits; if one is exceeded, gives the time to wait in seconds.
pub async fn wait_s(request: &RequestContext, attempt: Attempt<'_>) -> Option<u64> {
    let services = &request.services;
    let config = &services.rate_limits;
    if !config.is_on {
        return None;
    }
    let limits = attempt.limits(&config.budgets, &request.asker.caller);
    let wait_s = take(request, &limits).await?;
    // Only now, because only now it makes a difference.
    if let (Some(account), Some(network)) = (attempt.account(), network(request))
        && services
            .rate_limiter
            .knows_network(&account, &network)
            .await
    {
        let own: Vec<_> = limits
            .into_iter()
            .filter(|(_, target)| matches!(target, Target::Here(_)))
            .collect();
        return take(request, &own).await;
    }
    Some(wait_s)
}

async fn take(request: &RequestContext, limits: &[(Budget, Target)]) -> Option<u64> {
    let config = &request.services.rate_limits;
    let networks: Vec<(String, NonZeroU32)> = match request.asker.peer {
        Peer::Client(ip) => config
            .networks(ip)
            .map(|(network, times)| (network.key, times))
            .collect(),
        // The edge asks only for shared answers, and none of these operations is one.
        Peer::Edge => vec![("edge".to_owned(), NonZeroU32::MIN)],
    };
    let mut keyed: Vec<(Budget, NonZeroU32, String)> = Vec::new();
    for (budget, target) in limits {
        let keys = match target {
            Target::Everywhere(what) => vec![(what.clone(), NonZeroU32::MIN)],
            Target::Network => networks.clone(),
            Target::Here(what) => networks
                .iter()
                .map(|(network, times)| (format!("{network} {what}"), *times))
                .collect(),
        };
        keyed.extend(
            keys.into_iter()
                .map(|(key, times)| (*budget, budget.most.saturating_mul(times), key)),
        );
    }
    let rules: Vec<Rule<'_>> = keyed
        .iter()
        .map(|(budget, limit, key)| Rule {
            name: budget.name,
            limit: *limit,
            window: budget.window,
            key,
        })
        .collect();
    let decision = request.services.rate_limiter.take(&rules).await;
    (!decision.is_admitted()).then(|| decision.retry_after_s())
}

/// Remembers that the account's owner is in this network: they proved it.
pub async fn remember_network(request: &RequestContext, account: &EmailKey) {
    if request.services.rate_limits.is_on
        && let Some(network) = network(request)
    {
        let limiter = &request.services.rate_limiter;
        limiter.remember_network(account.as_str(), &network).await;
    }
}

/// The caller's network, if it is a client's.
fn network(request: &RequestContext) -> Option<String> {
    match request.asker.peer {
        Peer::Client(ip) => Some(access::peer::network(ip)),
        Peer::Edge => None,
    }
}
