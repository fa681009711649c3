//! The steps of changing an e-mail address: the new one is proven before it counts, and the owner of the
//! one before may take the account back.

use access::random;
use async_graphql::{Error, Result, SimpleObject};
use domain::{
    auth::codes::CodePurpose,
    broken::{BrokenField, Rule},
    error_chain::chain,
    messages::{kind::Channel, reach::AddressHash},
    offers::store::Purging,
    sentence::Sentence,
    users::{
        account::{Account, EmailKey, Status},
        change::AccountChange,
        codes::EMAIL_CHANGED_LATELY,
        store::Changed,
    },
};

use super::{
    proving::{code_of_link, new_code, reached, send_to, wrong_code},
    sign_in::{begin, confirmed, email_taken, hash},
};
use crate::{
    auth::{input::ChangeEmailInput, queries::AuthPayload},
    request::{
        attempts::{Attempt, count_attempt},
        context::RequestContext,
        errors::{broken, failed, refused},
        relaying::relay,
    },
};

/// An account that has another address now.
#[derive(Debug, SimpleObject)]
#[graphql(name = "EmailChanged")]
pub struct EmailChangedNode {
    email: String,
    /// The tokens of a new session, for a caller who was signed in to this account; a repeat gets none.
    tokens: Option<AuthPayload>,
}

/// Sends the link to the new address. Nobody looks whether another account has it: the unique index
/// decides when it is confirmed, by somebody who has the address.
pub async fn request(request: &RequestContext, input: ChangeEmailInput) -> Result<()> {
    let account = confirmed(request, input.password).await?;
    let to = EmailKey::of(&input.new_email);
    if to == account.email_key() {
        return Err(broken(vec![is_theirs()]));
    }
    let user = &account.id;
    // Two changes within a week would replace the link by which the first address takes the account back.
    let codes = &request.services.auth.code_store;
    let undo = codes.get(user, CodePurpose::UndoEmailChange).await;
    if undo
        .map_err(failed)?
        .is_some_and(|code| code.expires_at_ms > request.now_ms)
    {
        return Err(changed_lately());
    }
    count_attempt(request, Attempt::SendEmail { user, to: &to }).await?;
    let (services, purpose) = (&request.services, CodePurpose::ChangeEmail);
    let sent = send_to(
        services,
        &account,
        purpose,
        &input.new_email,
        request.now_ms,
    );
    sent.await.map_err(failed)
}

pub async fn confirm(request: &RequestContext, token: &str) -> Result<EmailChangedNode> {
    count_attempt(request, Attempt::TryLink).await?;
    let code = code_of_link(request, CodePurpose::ChangeEmail, token).await?;
    let (services, now_ms) = (&request.services, request.now_ms);
    let found = services.users.by_id(&code.user).await.map_err(failed)?;
    let before = found.filter(|account| account.status == Status::Active);
    let before = before.ok_or_else(wrong_code)?;
    let is_repeated = before.epoch != code.epoch;
    // Of the epoch after the change, to the address before it.
    let next = Account {
        epoch: code.epoch + 1,
        ..before.clone()
    };
    let undo = CodePurpose::UndoEmailChange;
    let notice = new_code(services, &next, undo, &before.email, now_ms);
    let change = AccountChange::Email {
        epoch: code.epoch,
        to: code.target.clone(),
    };
    let changed = services
        .users
        .change_email(&code.user, change, notice, now_ms);
    let account = *done(changed.await.map_err(failed)?)?;
    // In a later epoch the link is good for nothing but the same answer.
    if account.email != code.target || account.epoch != code.epoch + 1 {
        return Err(wrong_code());
    }
    if !is_repeated {
        left(request, &before).await;
    }
    reached(request, Channel::Email, AddressHash::of(&code.target)).await?;
    let email = account.email.clone();
    let is_theirs = request
        .signed_in()
        .is_ok_and(|caller| caller.id == account.id);
    let tokens = if is_theirs && !is_repeated {
        Some(begin(request, account).await?)
    } else {
        None
    };
    Ok(EmailChangedNode { email, tokens })
}

pub async fn undo(request: &RequestContext, token: &str) -> Result<()> {
    count_attempt(request, Attempt::TryLink).await?;
    // Before the token is looked at: a storm of wrong ones meets the bound of the pool.
    let password = hash(request, hex::encode(random::bytes::<32>())).await?;
    let code = code_of_link(request, CodePurpose::UndoEmailChange, token).await?;
    let users = &request.services.users;
    let before = users.by_id(&code.user).await.map_err(failed)?;
    let before = before.ok_or_else(wrong_code)?;
    let change = AccountChange::UndoEmail {
        to: code.target,
        password,
    };
    let changed = users.change(&code.user, change, request.now_ms).await;
    done(changed.map_err(failed)?)?;
    left(request, &before).await;
    Ok(())
}

/// The address that an account had before is no way to it any more.
async fn left(request: &RequestContext, before: &Account) {
    request.services.queue_wake.send_replace(());
    request.services.auth.standings.forget(&before.id);
    relay(request, Purging::Pending).await;
    let (limiter, email) = (&request.services.rate_limiter, before.email_key());
    if let Err(error) = limiter.forget_networks(email.as_str()).await {
        let error = chain(&error);
        tracing::warn!(
            error,
            "networks of an address that was left stay for 30 days"
        );
    }
}

fn done(changed: Changed) -> Result<Box<Account>> {
    match changed {
        Changed::Done(account) => Ok(account),
        Changed::EmailTaken => Err(email_taken()),
        Changed::NotFound | Changed::PhoneTaken | Changed::LastOwner(_) => Err(wrong_code()),
    }
}

fn is_theirs() -> BrokenField {
    const IS_ANOTHER: Rule = Rule::new(
        "OTHER_EMAIL",
        "est déjà l’adresse de ce compte",
        "is the account's address already",
    );
    IS_ANOTHER.at("newEmail").into()
}

fn changed_lately() -> Error {
    refused(
        EMAIL_CHANGED_LATELY,
        Sentence::new(
            "l’adresse e-mail a été changée il y a moins de sept jours",
            "the e-mail address was changed less than seven days ago",
        ),
    )
}
