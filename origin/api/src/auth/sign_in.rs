//! The steps of signing in. Each way of signing in ends with a new pair of tokens.

use access::{
    devices,
    passwords::{Compared, Password, PasswordError},
    sessions::RefreshToken,
    tokens,
};
use async_graphql::{Error, Result};
use domain::{
    UserId,
    auth::{
        codes::CodePurpose,
        error_codes::{CREDENTIALS_INVALID, REFRESH_TOKEN_INVALID},
        known_devices::{Met, SignIn},
        sessions::{LIFE_MS, Rotation, Session, SessionId},
    },
    sentence::{Language, Sentence},
    users::{
        account::{Account, EmailKey, Identity, PasswordHash, Preferences, Role, Status},
        change::AccountChange,
        codes::EMAIL_TAKEN,
        consents::without_repeats,
        membership::Memberships,
        store::{Changed, Created},
    },
};
use pq_core::ErrorCode;

use crate::{
    auth::{
        input::{ChangePasswordInput, LoginInput, RegisterInput},
        proving::{new_code, served},
        queries::AuthPayload,
    },
    nodes::user::UserNode,
    request::{
        attempts::{Attempt, count_attempt, remember_network, wait_s},
        authorise,
        context::RequestContext,
        errors::{failed, failed_with, refused},
    },
};

pub async fn register(request: &RequestContext, input: RegisterInput) -> Result<AuthPayload> {
    count_attempt(request, Attempt::Register).await?;
    served(request, input.phone.as_deref())?;
    // Before anything is looked up: it takes as long whether the address is taken or not.
    let password = hash(request, input.password).await?;
    let now_ms = request.now_ms;
    let consents = input.consents.unwrap_or_default().into_iter();
    let consents = without_repeats(consents.map(|consent| consent.at(now_ms)));
    let account = Account {
        id: UserId::from_bytes(access::random::bytes()),
        email: input.email,
        email_verified_at_ms: None,
        phone: input.phone,
        phone_verified_at_ms: None,
        first_name: input.first_name,
        last_name: input.last_name,
        avatar: None,
        preferences: Preferences {
            language: request.asker.language.unwrap_or(Language::French),
            ..Preferences::default()
        },
        identity: Identity::default(),
        role: Role::User,
        memberships: Memberships::NONE,
        status: Status::Active,
        password,
        epoch: 0,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    };
    let (services, email) = (&request.services, account.email_key());
    // Before the message is counted: a stranger would use up what the owner of the address may be sent.
    let known = services.users.by_email(&email).await.map_err(failed)?;
    if known.is_some() {
        return Err(email_taken());
    }
    // Above a limit, which others may have used up, the account comes without a link: its owner asks
    // for one later.
    let may_send = wait_s(request, Attempt::SendFirst(&email)).await.is_none();
    let verify = CodePurpose::VerifyEmail;
    let code = may_send.then(|| new_code(services, &account, verify, &account.email, now_ms));
    // Stored with the account: no crash leaves an account that waits for a link that nobody sends.
    let is_sent = code.is_some();
    let created = services.users.create(account.clone(), consents, code);
    match created.await.map_err(failed)? {
        Created::Done => {
            if is_sent {
                services.queue_wake.send_replace(());
            }
            begin(request, account).await
        }
        Created::EmailTaken => Err(email_taken()),
    }
}

pub(super) fn email_taken() -> Error {
    refused(
        EMAIL_TAKEN,
        Sentence::new(
            "un autre compte a cette adresse e-mail, ou l’avait il y a moins de sept jours",
            "another account has this e-mail address, or had it less than seven days ago",
        ),
    )
}

pub async fn login(request: &RequestContext, input: LoginInput) -> Result<AuthPayload> {
    let email = EmailKey::of(&input.email);
    count_attempt(request, Attempt::Login(&email)).await?;
    let users = &request.services.users;
    let found = users.by_email(&email).await;
    // A disabled account is as one that there is not: the same time, the same words.
    let found = found.map_err(failed)?;
    let account = found.filter(|account| account.status == Status::Active);
    let passwords = &request.services.auth.passwords;
    let known = account.as_ref().map(|account| &account.password);
    let password = Password::new(input.password);
    let compared = passwords.verify(password.clone(), known).await;
    let compared = compared.map_err(not_compared)?;
    match account {
        Some(account) if compared.is_right() => {
            let is_old = passwords.is_outdated(&account.password);
            if is_old || compared == Compared::RightAsTyped {
                rehash(request, &account, password).await?;
            }
            // In the epoch of the password that was compared, whatever the account's is by now.
            begin(request, account).await
        }
        Some(_) | None => Err(wrong_credentials()),
    }
}

/// Hashes the password of an account again, in its normal form and at the current cost.
async fn rehash(request: &RequestContext, account: &Account, password: Password) -> Result<()> {
    let passwords = &request.services.auth.passwords;
    let Ok(to) = passwords.hash(password).await else {
        // The next time, when there is room.
        return Ok(());
    };
    let from = account.password.clone();
    let change = AccountChange::Rehash { from, to };
    let users = &request.services.users;
    let changed = users.change(&account.id, change, request.now_ms).await;
    changed.map(drop).map_err(failed)
}

pub async fn refresh(request: &RequestContext, token: &str) -> Result<AuthPayload> {
    let token = RefreshToken::parse(token).ok_or_else(not_taken)?;
    let auth = &request.services.auth;
    let (next, exchange) = auth.refresh_tokens.exchange(&token, request.now_ms);
    let id = token.session();
    let rotated = auth.sessions.rotate(&id, exchange).await;
    let (user, epoch) = match rotated.map_err(failed_with)? {
        Rotation::Done { user, epoch } => (user, epoch),
        Rotation::Reused(user) => {
            auth.standings.forget_session(&id);
            tracing::warn!(%user, "a refresh token was used twice: its session is over");
            return Err(not_taken());
        }
        Rotation::Unknown => return Err(not_taken()),
    };
    let found = request.services.users.by_id(&user).await.map_err(failed)?;
    let goes_on = |account: &Account| account.status == Status::Active && account.epoch == epoch;
    if let Some(account) = found.filter(goes_on)
        && let Some(payload) = payload(request, account, &next).await?
    {
        return Ok(payload);
    }
    end(request, &user, &id).await?;
    Err(not_taken())
}

/// Ends the sessions of the refresh token and of the access token, whichever there is. Who has a token
/// of a session may end it, also with one that was used: using that would end it as well. One that was
/// over is out too, so a repeat gets the same answer.
pub async fn logout(request: &RequestContext, token: Option<&str>) -> Result<()> {
    let Some(token) = token else {
        let (user, session) = authorise::token_holder(&request.asker.caller, "logout")?;
        end(request, user, session).await?;
        return Ok(());
    };
    let named = RefreshToken::parse(token).ok_or_else(not_taken)?.session();
    let auth = &request.services.auth;
    let ended = auth.sessions.sign_out(&named).await;
    auth.standings.forget_session(&named);
    ended.map_err(failed_with)?;
    if let Some((user, session)) = request.asker.caller.session()
        && *session != named
    {
        end(request, user, session).await?;
    }
    Ok(())
}

pub async fn change_password(
    request: &RequestContext,
    input: ChangePasswordInput,
) -> Result<AuthPayload> {
    let user = request.signed_in()?;
    let account = confirmed(request, input.current_password).await?;
    let to = hash(request, input.new_password).await?;
    let epoch = account.epoch;
    let account = set_password(request, &user.id, epoch, to).await?;
    begin(request, account.ok_or_else(wrong_credentials)?).await
}

/// Sets a password if the account still is in this epoch, and gives the account after it. With the
/// epoch all sessions end, and whatever signs in with the old password at the same time.
pub async fn set_password(
    request: &RequestContext,
    user: &UserId,
    epoch: i64,
    to: PasswordHash,
) -> Result<Option<Account>> {
    let change = AccountChange::Password {
        epoch,
        to: to.clone(),
    };
    let changed = request.services.users.change(user, change, request.now_ms);
    let changed = changed.await.map_err(failed)?;
    request.services.auth.standings.forget(user);
    Ok(match changed {
        // A hash has a salt of its own: this one is nobody else's.
        Changed::Done(account) if account.password == to => Some(*account),
        Changed::Done(_)
        | Changed::NotFound
        | Changed::PhoneTaken
        | Changed::EmailTaken
        | Changed::LastOwner(_) => None,
    })
}

/// The signed-in user's sessions that go on, most recently used first.
pub async fn sessions(request: &RequestContext) -> Result<Vec<Session>> {
    let account = request.account().await?;
    let sessions = &request.services.auth.sessions;
    let listed = sessions.of_user(&account.id, request.now_ms).await;
    let mut listed = listed.map_err(failed_with)?;
    listed.retain(|session| session.epoch == account.epoch);
    Ok(listed)
}

/// Ends a session of this user; returns whether there was one.
pub async fn end(request: &RequestContext, user: &UserId, session: &SessionId) -> Result<bool> {
    let auth = &request.services.auth;
    let ended = auth.sessions.end(user, session).await;
    auth.standings.forget_session(session);
    ended.map_err(failed_with)
}

/// The caller's account, after checking the password that was just entered.
pub async fn confirmed(request: &RequestContext, password: String) -> Result<Account> {
    count_attempt(request, Attempt::Confirm(&request.signed_in()?.id)).await?;
    let account = request.account().await?;
    if is_password_of(request, &account, password).await? {
        Ok(account)
    } else {
        Err(wrong_credentials())
    }
}

pub async fn is_password_of(
    request: &RequestContext,
    account: &Account,
    password: String,
) -> Result<bool> {
    let passwords = &request.services.auth.passwords;
    let compared = passwords.verify(Password::new(password), Some(&account.password));
    let compared = compared.await.map_err(not_compared)?;
    Ok(compared.is_right())
}

pub async fn hash(request: &RequestContext, password: String) -> Result<PasswordHash> {
    let hashed = request
        .services
        .auth
        .passwords
        .hash(Password::new(password));
    hashed.await.map_err(not_compared)
}

/// Notes the device of a sign-in. Before its session begins: a server that is killed in between has told
/// the owner of a sign-in too many, and not of one too few.
async fn meet(request: &RequestContext, user: &UserId) -> Result<()> {
    let auth = &request.services.auth;
    let device = request.asker.device.as_deref().and_then(devices::family);
    let met = auth.known_devices.meet(SignIn {
        user: user.clone(),
        hashes: auth.device_hashes.of(user, device.as_deref()),
        device,
        now_ms: request.now_ms,
    });
    match met.await.map_err(failed)? {
        Met::New => {
            request.services.queue_wake.send_replace(());
        }
        // An account that is gone gets no session either.
        Met::Known | Met::NoAccount => {}
    }
    Ok(())
}

/// Creates a session and issues its tokens.
pub(super) async fn begin(request: &RequestContext, account: Account) -> Result<AuthPayload> {
    meet(request, &account.id).await?;
    let token = RefreshToken::first();
    let session = Session {
        id: token.session(),
        user: account.id.clone(),
        epoch: account.epoch,
        device: request.asker.device.clone(),
        created_at_ms: request.now_ms,
        used_at_ms: request.now_ms,
        expires_at_ms: request.now_ms + LIFE_MS,
    };
    let begun = request.services.auth.sessions.begin(session, token.hash());
    begun.await.map_err(failed_with)?;
    let payload = payload(request, account, &token).await?;
    payload.ok_or_else(wrong_credentials)
}

/// The tokens of a session that is stored; none if the account has been erased meanwhile, or its
/// credentials have changed.
async fn payload(
    request: &RequestContext,
    account: Account,
    refresh: &RefreshToken,
) -> Result<Option<AuthPayload>> {
    let session = refresh.session();
    let auth = &request.services.auth;
    remember_network(request, &account.email_key()).await;
    // Looked at again after the writes: an erasure removes what was written before the account was
    // gone, and this what is written later.
    let standing = request.services.users.standing(&account.id).await;
    let standing = standing.map_err(failed)?;
    let is_erased = standing.is_none();
    if standing.is_none_or(|standing| standing.epoch != account.epoch) {
        let ended = auth.sessions.end(&account.id, &session).await;
        ended.map_err(failed_with)?;
        if is_erased {
            let email = account.email_key();
            let limiter = &request.services.rate_limiter;
            let forgotten = limiter.forget_networks(email.as_str()).await;
            forgotten.map_err(failed_with)?;
        }
        return Ok(None);
    }
    let tokens = &auth.tokens;
    let access = tokens.issue(&account, &session, request.now_ms);
    Ok(Some(AuthPayload {
        access_token: access.map_err(failed_with)?,
        refresh_token: refresh.expose(),
        expires_in: i32::try_from(tokens::LIFE_S).unwrap_or(i32::MAX),
        user: UserNode::of_signed_in(account, session),
    }))
}

fn wrong_credentials() -> Error {
    refused(
        CREDENTIALS_INVALID,
        Sentence::new(
            "aucun compte n’a cette adresse e-mail et ce mot de passe",
            "no account has this e-mail address and password",
        ),
    )
}

fn not_taken() -> Error {
    refused(
        REFRESH_TOKEN_INVALID,
        Sentence::new(
            "la session est terminée : connectez-vous de nouveau",
            "the session is over: sign in again",
        ),
    )
}

fn not_compared(error: PasswordError) -> Error {
    match error {
        PasswordError::Busy => refused(
            ErrorCode::OVERLOADED,
            Sentence::new(
                "trop de personnes se connectent : réessayez dans quelques secondes",
                "too many users are signing in: try again in a few seconds",
            ),
        ),
        PasswordError::TooLong | PasswordError::Failed => failed_with(error),
    }
}
