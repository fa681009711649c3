//! The steps of verifying an e-mail address or phone number, and of resetting a password.

use std::time::Duration;

use access::codes::Codes;
use async_graphql::{Error, Result};
use domain::{
    StoreError, UserId,
    auth::{
        codes::{CodePurpose, RESEND_AFTER_MS, StoredCode},
        error_codes::CODE_INVALID,
    },
    error_chain::chain,
    messages::{
        kind::Channel,
        reach::{AddressHash, Reach},
    },
    offers::store::Purging,
    queue::NewTask,
    sentence::Sentence,
    texts::{pasted_token, typed_code},
    users::{
        account::{Account, EmailKey, Status},
        change::AccountChange,
        codes::{PHONE_NOT_SERVED, PHONE_TAKEN},
        store::Changed,
    },
};
use pq_core::ErrorCode;
use tokio::time::{Instant, sleep, sleep_until};

use super::sign_in::{hash, is_password_of, set_password};
use crate::{
    auth::input::ResetPasswordInput,
    request::{
        attempts::{self, Attempt, count_attempt},
        context::RequestContext,
        errors::{failed, refused},
        relaying::relay,
    },
    services::Services,
};

/// A reset of a password is answered when a multiple of this has passed since the request.
const RESET_ANSWERED_EVERY: Duration = Duration::from_millis(40);
/// How long a reset waits before it is stored again, each time that the database fails.
const RESET_STORED_AGAIN: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

pub async fn request_email_verification(request: &RequestContext) -> Result<()> {
    let account = request.account().await?;
    if account.email_verified_at_ms.is_some() {
        return Ok(());
    }
    let (user, to) = (&account.id, &account.email_key());
    count_attempt(request, Attempt::SendEmail { user, to }).await?;
    let sent = send(
        &request.services,
        &account,
        CodePurpose::VerifyEmail,
        request.now_ms,
    );
    sent.await.map_err(failed)
}

pub async fn verify_email(request: &RequestContext, token: &str) -> Result<()> {
    count_attempt(request, Attempt::TryLink).await?;
    let code = code_of_link(request, CodePurpose::VerifyEmail, token).await?;
    let address = AddressHash::of(&code.target);
    let change = AccountChange::EmailVerified(code.target);
    change_account(request, &code.user, change).await?;
    reached(request, Channel::Email, address).await
}

pub async fn request_phone_code(request: &RequestContext) -> Result<()> {
    let account = request.account().await?;
    let phone = account.phone.as_deref().ok_or_else(|| {
        refused(
            ErrorCode::BAD_USER_INPUT,
            Sentence::new(
                "le profil n’a pas de numéro de téléphone : ajoutez-en un d’abord",
                "the profile has no phone number: add one first",
            ),
        )
    })?;
    served(request, Some(phone))?;
    let user = &account.id;
    count_attempt(request, Attempt::SendCode { user, phone }).await?;
    let sent = send(
        &request.services,
        &account,
        CodePurpose::VerifyPhone,
        request.now_ms,
    );
    sent.await.map_err(failed)
}

pub async fn verify_phone(request: &RequestContext, digits: &str) -> Result<Account> {
    let user = request.signed_in()?;
    count_attempt(request, Attempt::TryCode(&user.id)).await?;
    // A slip of the finger is no try.
    let typed = typed_code(digits).ok_or_else(wrong_code)?;
    let (store, now_ms) = (&request.services.auth.code_store, request.now_ms);
    // Counted first, so that parallel attempts also get only five tries.
    let tried = store
        .take_try(&user.id, CodePurpose::VerifyPhone, now_ms)
        .await;
    let code = tried.map_err(failed)?.ok_or_else(wrong_code)?;
    if !request.services.auth.codes.is(&code, &typed) {
        return Err(wrong_code());
    }
    let number = AddressHash::of(&code.target);
    let change = AccountChange::PhoneVerified(code.target);
    let account = change_account(request, &user.id, change).await?;
    reached(request, Channel::Sms, number).await?;
    Ok(account)
}

/// A message has arrived there, so others are sent there again.
pub(super) async fn reached(
    request: &RequestContext,
    channel: Channel,
    address: AddressHash,
) -> Result<()> {
    let reach = Reach {
        channel,
        address,
        barrier: None,
        at_ms: request.now_ms,
    };
    request.services.reach.note(reach).await.map_err(failed)
}

/// Answers before looking the account up: neither the answer nor its timing reveals whether it
/// exists. Above a limit nothing is sent and the answer is the same, because somebody else may have
/// used the limit up.
pub async fn request_password_reset(request: &RequestContext, email: &str) -> Result<()> {
    let email = EmailKey::of(email);
    if attempts::wait_s(request, Attempt::SendReset(&email))
        .await
        .is_some()
    {
        return Ok(());
    }
    let begun = Instant::now();
    let (services, now_ms) = (request.services.clone(), request.now_ms);
    let tasks = services.caches.tasks.clone();
    // It goes on if the client does not wait.
    let sent = tasks.spawn(async move { send_reset_surely(&services, &email, now_ms).await });
    // Stored before the answer, so nothing is lost with this process; and nobody can tell by the time
    // whether there is an account, as long as all of it takes less than the pause.
    let sent = sent.await;
    let pauses = begun.elapsed().as_nanos() / RESET_ANSWERED_EVERY.as_nanos() + 1;
    let pauses = u32::try_from(pauses).unwrap_or(u32::MAX);
    sleep_until(begun + RESET_ANSWERED_EVERY.saturating_mul(pauses)).await;
    // Only what was stored is said to be on its way. While the database fails again and again, this tells
    // that there is an account; a link that never comes would cost its owner more.
    match sent {
        Ok(sent) => sent.map_err(failed),
        Err(_stopping) => Err(failed(StoreError::Interrupted)),
    }
}

/// Stores it once more if the database fails: the first failure is no answer.
async fn send_reset_surely(
    services: &Services,
    email: &EmailKey,
    now_ms: i64,
) -> std::result::Result<(), StoreError> {
    for pause in RESET_STORED_AGAIN {
        match send_reset(services, email, now_ms).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "a reset of a password is stored once more");
            }
        }
        sleep(pause).await;
    }
    send_reset(services, email, now_ms).await
}

async fn send_reset(
    services: &Services,
    email: &EmailKey,
    now_ms: i64,
) -> std::result::Result<(), StoreError> {
    let found = services.users.by_email(email).await?;
    let account = found.filter(|account| account.status == Status::Active);
    // Without an account as much is done, and nothing stored.
    let nobody = || Account::nobody(UserId::from_bytes(access::random::bytes()));
    let account = account.unwrap_or_else(nobody);
    send(services, &account, CodePurpose::ResetPassword, now_ms).await
}

pub async fn reset_password(request: &RequestContext, input: ResetPasswordInput) -> Result<()> {
    count_attempt(request, Attempt::TryLink).await?;
    // Before the token is looked at: a storm of wrong ones meets the bound of the pool.
    let to = hash(request, input.new_password.clone()).await?;
    let code = code_of_link(request, CodePurpose::ResetPassword, &input.token).await?;
    let set = set_password(request, &code.user, code.epoch, to).await?;
    if set.is_some() || is_repeated(request, &code, input.new_password).await? {
        Ok(())
    } else {
        Err(wrong_code())
    }
}

/// Whether this password was set by this code, and none since: its client may have heard no answer
/// and asks again. Another password is not set by a code that was used.
async fn is_repeated(
    request: &RequestContext,
    code: &StoredCode,
    password: String,
) -> Result<bool> {
    let found = request.services.users.by_id(&code.user).await;
    let set_by_it =
        |account: &Account| account.status == Status::Active && account.epoch == code.epoch + 1;
    match found.map_err(failed)?.filter(set_by_it) {
        Some(account) => is_password_of(request, &account, password).await,
        None => Ok(false),
    }
}

/// Has a new code sent, unless the previous one was sent too recently.
async fn send(
    services: &Services,
    account: &Account,
    purpose: CodePurpose,
    now_ms: i64,
) -> std::result::Result<(), StoreError> {
    let target = match purpose {
        CodePurpose::VerifyPhone => account.phone.as_deref().unwrap_or_default(),
        CodePurpose::VerifyEmail
        | CodePurpose::ResetPassword
        | CodePurpose::ChangeEmail
        | CodePurpose::UndoEmailChange => &account.email,
    };
    send_to(services, account, purpose, target, now_ms).await
}

/// As [`send`], to an address that is not the account's yet.
pub(super) async fn send_to(
    services: &Services,
    account: &Account,
    purpose: CodePurpose,
    target: &str,
    now_ms: i64,
) -> std::result::Result<(), StoreError> {
    let auth = &services.auth;
    let known = auth.code_store.get(&account.id, purpose).await?;
    if known.is_some_and(|known| {
        let is_good = known.target == target && known.epoch == account.epoch;
        is_good && now_ms - known.created_at_ms < RESEND_AFTER_MS
    }) {
        return Ok(());
    }
    let (stored, task) = new_code(services, account, purpose, target, now_ms);
    // Not put if the account was erased since it was looked up.
    if auth.code_store.put(stored, task).await? {
        services.queue_wake.send_replace(());
    }
    Ok(())
}

/// A new code to this address or number, and the task that sends it.
pub fn new_code(
    services: &Services,
    account: &Account,
    purpose: CodePurpose,
    target: &str,
    now_ms: i64,
) -> (StoredCode, NewTask) {
    let (codes, nonce) = (&services.auth.codes, Codes::nonce());
    let code = codes.code(purpose, &nonce);
    let (user, epoch) = (&account.id, account.epoch);
    let stored = codes.stored(user, epoch, purpose, target, &code, now_ms);
    let task = stored.task(nonce);
    (stored, task)
}

/// The code of a link's token. It is good until it expires or another one replaces it: what it
/// allows happens once, so that a client that heard no answer may ask again.
pub(super) async fn code_of_link(
    request: &RequestContext,
    purpose: CodePurpose,
    token: &str,
) -> Result<StoredCode> {
    let token = pasted_token(token);
    let (user, secret) = token.split_once('.').ok_or_else(wrong_code)?;
    let user = UserId::parse(user).ok_or_else(wrong_code)?;
    let store = &request.services.auth.code_store;
    let known = store.get(&user, purpose).await.map_err(failed)?;
    known
        .filter(|known| known.expires_at_ms > request.now_ms)
        .filter(|known| request.services.auth.codes.is(known, secret))
        .ok_or_else(wrong_code)
}

async fn change_account(
    request: &RequestContext,
    user: &UserId,
    change: AccountChange,
) -> Result<Account> {
    let changed = request.services.users.change(user, change, request.now_ms);
    let changed = changed.await.map_err(failed)?;
    relay(request, Purging::Pending).await;
    match changed {
        Changed::Done(account) => Ok(*account),
        Changed::PhoneTaken => Err(refused(
            PHONE_TAKEN,
            Sentence::new(
                "un autre compte a vérifié ce numéro de téléphone",
                "another account has verified this phone number",
            ),
        )),
        // No address changes here.
        Changed::NotFound | Changed::EmailTaken | Changed::LastOwner(_) => Err(wrong_code()),
    }
}

/// Refuses a phone number that no SMS are sent to.
pub fn served(request: &RequestContext, phone: Option<&str>) -> Result<()> {
    let countries = &request.services.sms_countries;
    if phone.is_none_or(|phone| countries.takes(phone)) {
        return Ok(());
    }
    Err(refused(
        PHONE_NOT_SERVED,
        Sentence::new(
            "Yousoon n’envoie pas de SMS à ce numéro : son pays n’est pas desservi, ou il est surtaxé",
            "Yousoon sends no SMS to this number: its country is not served, or it costs extra",
        ),
    ))
}

/// One refusal for every unusable code (wrong, used, expired, too many tries), so that the caller
/// does not learn which it was.
pub(super) fn wrong_code() -> Error {
    refused(
        CODE_INVALID,
        Sentence::new(
            "ce code ou ce lien n’est pas valable, ou ne l’est plus : demandez-en un nouveau",
            "the code or link is not valid, or no longer: ask for a new one",
        ),
    )
}
