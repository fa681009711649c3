//! `yousoon token` and `yousoon role`: the tokens of services and the roles of accounts.

use std::io::{self, Write as _};

use access::service_tokens::Secret;
use anyhow::{Context as _, bail};
use api::{nodes::moment::timestamp, services::Clock};
use clap::{Args, Subcommand};
use domain::{
    Partner, PartnerId,
    auth::service_tokens::{Created, Scope, ServiceToken, TokenName},
    purges::LogRole,
    users::{
        account::{Account, EmailKey, Role},
        change::AccountChange,
        membership::{MOST_MEMBERSHIPS, Membership, Post},
        store::Changed,
    },
};
use serde_json::json;

use super::{database::DatabaseOptions, table::Format, words::words};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token and print it. It cannot be shown again: only its hash is stored.
    Create(CreateOptions),
    /// List all tokens ever created, without their secrets.
    List(Format),
    /// Revoke a token; running servers refuse it within 2 s.
    Revoke {
        #[arg(value_parser = token_name)]
        name: TokenName,
    },
}

#[derive(Args)]
pub(crate) struct CreateOptions {
    /// The token's name: letters, digits, `-`, `_` and `.`. A name cannot be used again.
    #[arg(value_parser = token_name)]
    name: TokenName,
    /// What the token may do; repeat the option for several scopes.
    #[arg(long = "scope", required = true, value_parser = words(Scope::ALL, Scope::as_str))]
    scopes: Vec<Scope>,
    /// Days until the token expires, 1 to 3660; by default it never does.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3_660))]
    days: Option<u16>,
}

pub(crate) async fn token(database: DatabaseOptions, command: TokenCommand) -> anyhow::Result<()> {
    let db = match command {
        TokenCommand::Create(_) => database.open(LogRole::Tool).await?,
        TokenCommand::List(_) | TokenCommand::Revoke { .. } => database.open_existing().await?,
    };
    let tokens = db.service_tokens;
    let now_ms = Clock::System.now_ms();
    match command {
        TokenCommand::Create(options) => {
            let secret = Secret::fresh();
            let mut scopes = options.scopes;
            scopes.sort_unstable();
            scopes.dedup();
            let token = ServiceToken {
                name: options.name,
                scopes,
                created_at_ms: now_ms,
                expires_at_ms: options.days.map(|days| now_ms + i64::from(days) * DAY_MS),
                revoked_at_ms: None,
            };
            let name = token.name.clone();
            match tokens.create(token, secret.hash()).await? {
                Created::Done => println!("{}", secret.expose()),
                Created::NameTaken => {
                    bail!("there is or was a token named {name}: choose a name that was never used")
                }
            }
        }
        TokenCommand::List(format) => {
            let row = |token: &ServiceToken| {
                vec![
                    token.name.to_string(),
                    scopes_of(token).join(" "),
                    state_of(token, now_ms).to_owned(),
                ]
            };
            let moment = |ms: i64| timestamp(ms).to_string();
            let object = |token: &ServiceToken| {
                json!({
                    "name": token.name.as_str(),
                    "scopes": scopes_of(token),
                    "state": state_of(token, now_ms),
                    "createdAt": moment(token.created_at_ms),
                    "expiresAt": token.expires_at_ms.map(moment),
                    "revokedAt": token.revoked_at_ms.map(moment),
                })
            };
            format.print(
                &tokens.all().await?,
                &["name", "scopes", "state"],
                row,
                object,
            );
        }
        TokenCommand::Revoke { name } => {
            if !tokens.revoke(&name, now_ms).await? {
                bail!("no token named {name} is in force");
            }
        }
    }
    Ok(())
}

fn scopes_of(token: &ServiceToken) -> Vec<&'static str> {
    token.scopes.iter().map(|scope| scope.as_str()).collect()
}

const fn state_of(token: &ServiceToken, now_ms: i64) -> &'static str {
    match (token.revoked_at_ms, token.expires_at_ms) {
        (Some(_), _) => "revoked",
        (None, Some(ends)) if ends <= now_ms => "over",
        (None, Some(_) | None) => "good",
    }
}

#[derive(Args)]
pub(crate) struct RoleOptions {
    /// The account's email address.
    email: String,
    #[command(flatten)]
    role: NewRole,
    /// Do not ask before the change; for scripts.
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct NewRole {
    /// Make the account an administrator, who works for partners as before.
    #[arg(long)]
    admin: bool,
    /// Make the account an ordinary user, with no further rights and in no team.
    #[arg(long)]
    user: bool,
    /// Make the account work for a partner, besides others: the partner's id, a colon, and owner, manager or
    /// staff.
    #[arg(long, value_name = "ID:POST", value_parser = membership)]
    partner: Option<Membership>,
}

/// Sets the role of an account, after showing who it is and asking; running servers apply it within 2 s.
pub(crate) async fn role(database: DatabaseOptions, options: RoleOptions) -> anyhow::Result<()> {
    let RoleOptions {
        email,
        role: new,
        yes,
    } = options;
    let db = database.open_existing().await?;
    let found = db.users.by_email(&EmailKey::of(&email)).await?;
    let account = found.with_context(|| format!("no account has the e-mail address {email}"))?;
    let change = match new.partner.clone() {
        Some(membership) => {
            let partners = db
                .partners
                .partners_by_ids(std::slice::from_ref(&membership.partner));
            if partners.await?.values().all(Partner::is_archived) {
                bail!("there is no partner {}", membership.partner);
            }
            if account.memberships.is_full() && !account.works_for(&membership.partner) {
                bail!("{email} works for {MOST_MEMBERSHIPS} partners: nobody works for more");
            }
            // An administrator stays one.
            AccountChange::Role(account.role.max(Role::Partner), Some(membership))
        }
        None if new.admin => AccountChange::Administrator(Role::Admin),
        None => AccountChange::Role(Role::User, None),
    };
    let is_given_rights = new.admin || new.partner.is_some();
    if is_given_rights && account.email_verified_at_ms.is_none() {
        bail!("{email} is not verified: whoever registered it may be somebody else");
    }
    println!("{}", described(&account));
    if !yes && !is_confirmed()? {
        bail!("nothing was changed: answer y, or give --yes");
    }
    let changed = db.users.change(&account.id, change, Clock::System.now_ms());
    match changed.await? {
        Changed::Done(account) => println!("{email} is {}", account.role.as_str()),
        Changed::LastOwner(partner) => bail!(
            "{email} is the only owner of partner {partner}: first make another account one, with \
             --partner {partner}:owner"
        ),
        Changed::NotFound | Changed::PhoneTaken | Changed::EmailTaken => {
            bail!("the account was deleted meanwhile")
        }
    }
    Ok(())
}

/// Who it is: an address is easily mistaken for another one.
fn described(account: &Account) -> String {
    let Account {
        id,
        email,
        first_name,
        last_name,
        role,
        ..
    } = account;
    let posts = account.memberships.all().iter();
    let posts = posts.map(|of| format!(", {} of partner {}", of.post.as_str(), of.partner));
    let works_for = posts.collect::<Vec<_>>().concat();
    let role = role.as_str();
    format!("account {id}: {first_name} {last_name}, {email}, now {role}{works_for}")
}

fn is_confirmed() -> io::Result<bool> {
    print!("change the role of this account? [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn token_name(text: &str) -> Result<TokenName, String> {
    TokenName::parse(text)
        .ok_or_else(|| "a name is 1 to 50 letters, digits, `-`, `_` and `.`".to_owned())
}

fn membership(text: &str) -> Result<Membership, String> {
    let parsed = text
        .split_once(':')
        .and_then(|(id, post)| Some(Membership::new(PartnerId::parse(id)?, Post::parse(post)?)));
    parsed.ok_or_else(|| "a partner's id, a colon, and owner, manager or staff".to_owned())
}
