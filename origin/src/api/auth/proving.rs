//! The steps of proving an address or a number, and of setting a password that was forgotten.

use async_graphql::{Error, Result};
use pq_core::ErrorCode;

use super::{
    doors::{Door, knock},
    mutations::ResetPasswordInput,
    sign_in::hash,
};
use crate::access::codes::{CodePurpose, Codes, RESEND_AFTER_MS, StoredCode};
use crate::{
    api::request::{
        context::RequestContext,
        errors::{failed, failed_with, refused},
    },
    domain::{
        UserId,
        users::{
            account::{Account, EmailKey, Status},
            change::AccountChange,
            store::Changed,
        },
    },
    providers::outgoing::{Message, Outgoing, OutgoingError},
    server::{state::AppState, telemetry::chain},
    store_sqlite::database::StoreError,
};

/// Why a code was not sent.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
}

pub async fn request_email_verification(request: &RequestContext) -> Result<()> {
    let account = request.account().await?;
    if account.email_verified_at_ms.is_some() {
        return Ok(());
    }
    knock(request, Door::SendEmail(&account.id)).await?;
    let sent = send(
        &request.state,
        &account,
        CodePurpose::VerifyEmail,
        request.now_ms,
    );
    sent.await.map_err(failed_with)
}

pub async fn verify_email(request: &RequestContext, token: &str) -> Result<()> {
    knock(request, Door::TryLink).await?;
    let code = used_token(request, CodePurpose::VerifyEmail, token).await?;
    let change = AccountChange::EmailVerified(code.target);
    change_account(request, &code.user, change).await.map(drop)
}

pub async fn request_phone_code(request: &RequestContext) -> Result<()> {
    let account = request.account().await?;
    let phone = account
        .phone
        .as_deref()
        .ok_or_else(|| refused(ErrorCode::BadUserInput, "the profile has no phone number"))?;
    let user = &account.id;
    knock(request, Door::SendCode { user, phone }).await?;
    let sent = send(
        &request.state,
        &account,
        CodePurpose::VerifyPhone,
        request.now_ms,
    );
    sent.await.map_err(failed_with)
}

pub async fn verify_phone(request: &RequestContext, digits: &str) -> Result<Account> {
    let user = request.signed_in()?;
    knock(request, Door::TryCode(&user.id)).await?;
    let (store, now_ms) = (&request.state.auth.code_store, request.now_ms);
    // Counted first: whoever tries many at once has five tries all the same.
    let tried = store
        .take_try(&user.id, CodePurpose::VerifyPhone, now_ms)
        .await;
    let code = tried.map_err(failed)?.ok_or_else(wrong_code)?;
    if !request.state.auth.codes.is(&code, digits) {
        return Err(wrong_code());
    }
    if !store.consume(&code).await.map_err(failed)? {
        return Err(wrong_code());
    }
    let change = AccountChange::PhoneVerified(code.target);
    change_account(request, &user.id, change).await
}

/// Answers before it looks: neither the answer nor its time tells whether there is an account.
pub async fn request_password_reset(request: &RequestContext, email: &str) -> Result<()> {
    let email = EmailKey::of(email);
    knock(request, Door::SendReset(&email)).await?;
    let (state, now_ms) = (request.state.clone(), request.now_ms);
    let tasks = state.caches.tasks.clone();
    tasks.spawn(async move {
        if let Err(error) = send_reset(&state, &email, now_ms).await {
            tracing::error!(error = chain(&error), "a reset of a password was not sent");
        }
    });
    Ok(())
}

async fn send_reset(
    state: &AppState,
    email: &EmailKey,
    now_ms: i64,
) -> std::result::Result<(), SendError> {
    let found = state.users.by_email(email).await?;
    match found.filter(|account| account.status == Status::Active) {
        Some(account) => send(state, &account, CodePurpose::ResetPassword, now_ms).await,
        None => Ok(()),
    }
}

pub async fn reset_password(request: &RequestContext, input: ResetPasswordInput) -> Result<()> {
    knock(request, Door::TryLink).await?;
    // Before the token is looked at: a storm of wrong ones meets the bound of the pool.
    let password = hash(request, input.new_password).await?;
    let code = used_token(request, CodePurpose::ResetPassword, &input.token).await?;
    let change = AccountChange::Password(password);
    change_account(request, &code.user, change).await?;
    let sessions = &request.state.auth.sessions;
    sessions
        .end_all(&code.user, None)
        .await
        .map_err(failed_with)?;
    request.state.auth.standings.forget(&code.user);
    Ok(())
}

/// Sends a fresh code, unless a young one stands.
async fn send(
    state: &AppState,
    account: &Account,
    purpose: CodePurpose,
    now_ms: i64,
) -> std::result::Result<(), SendError> {
    let auth = &state.auth;
    let target = match purpose {
        CodePurpose::VerifyEmail | CodePurpose::ResetPassword => account.email.clone(),
        CodePurpose::VerifyPhone => account.phone.clone().unwrap_or_default(),
    };
    let known = auth.code_store.get(&account.id, purpose).await?;
    if known.is_some_and(|known| {
        known.target == target && now_ms - known.created_at_ms < RESEND_AFTER_MS
    }) {
        return Ok(());
    }
    let secret = Codes::fresh(purpose);
    let stored = auth
        .codes
        .stored(&account.id, purpose, &target, &secret, now_ms);
    auth.code_store.put(stored).await?;
    let (to, language) = (target, account.preferences.language);
    let token = || format!("{}.{secret}", account.id);
    let message = match purpose {
        CodePurpose::VerifyEmail => Message::VerifyEmail {
            to,
            language,
            token: token(),
        },
        CodePurpose::ResetPassword => Message::ResetPassword {
            to,
            language,
            token: token(),
        },
        CodePurpose::VerifyPhone => Message::PhoneCode {
            to,
            language,
            code: secret,
        },
    };
    let outgoing: &dyn Outgoing = &*state.outgoing;
    Ok(outgoing.send(message).await?)
}

/// The code of a link, used up.
async fn used_token(
    request: &RequestContext,
    purpose: CodePurpose,
    token: &str,
) -> Result<StoredCode> {
    let (user, secret) = token.split_once('.').ok_or_else(wrong_code)?;
    let user = UserId::parse(user).ok_or_else(wrong_code)?;
    let store = &request.state.auth.code_store;
    let known = store.get(&user, purpose).await.map_err(failed)?;
    let code = known
        .filter(|known| known.expires_at_ms > request.now_ms)
        .filter(|known| request.state.auth.codes.is(known, secret))
        .ok_or_else(wrong_code)?;
    // Of two that come at once one has it.
    if store.consume(&code).await.map_err(failed)? {
        Ok(code)
    } else {
        Err(wrong_code())
    }
}

async fn change_account(
    request: &RequestContext,
    user: &UserId,
    change: AccountChange,
) -> Result<Account> {
    let changed = request.state.users.change(user, change, request.now_ms);
    match changed.await.map_err(failed)? {
        Changed::Done(account) => Ok(*account),
        Changed::NotFound | Changed::PhoneTaken => Err(wrong_code()),
    }
}

/// Wrong, used, over, tried too often: which of these is not told.
fn wrong_code() -> Error {
    refused(
        ErrorCode::CodeInvalid,
        "the code is not taken: ask for another one",
    )
}
