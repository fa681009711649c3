//! Accounts and consents as rows.

pub mod actors;
pub mod change;
pub mod memberships;

use std::collections::HashSet;

use domain::{
    PartnerId, UserId,
    users::{
        account::{
            Account, Consent, Identity, IdentityStatus, PasswordHash, Purpose, Role, Status,
        },
        consents::{Recorded, recorded},
    },
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, types::Value};

use self::memberships::OF_TEAM;
use super::word::word;
use crate::{database::json_list, error::SqliteError};

/// The account with this value of a unique column.
pub fn account(
    connection: &Connection,
    column: &'static str,
    value: &str,
) -> Result<Option<Account>, SqliteError> {
    let sql = format!("SELECT * FROM users WHERE {column} = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement
        .query_row([value], |row| Ok(read(row)))
        .optional()?;
    found.transpose()
}

/// The accounts with these ids.
pub fn among(connection: &Connection, wanted: Value) -> Result<Vec<Account>, SqliteError> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM users WHERE id IN (SELECT value FROM json_each(?1))")?;
    let mut rows = statement.query([wanted])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The accounts by a condition, with what may follow it.
pub fn accounts(
    connection: &Connection,
    condition: &str,
    param: &str,
) -> Result<Vec<Account>, SqliteError> {
    let sql = format!("SELECT * FROM users WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([param])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The accounts of a team, the longest there first.
pub fn members(connection: &Connection, partner: &PartnerId) -> Result<Vec<Account>, SqliteError> {
    let of_team = format!("{OF_TEAM} ORDER BY created_at_ms, id");
    accounts(connection, &of_team, partner.as_str())
}

/// Whether the account exists and is active. In a write this is asked of the writer, so that no
/// erasure comes between.
pub fn is_active(tx: &Transaction<'_>, id: &UserId) -> Result<bool, SqliteError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND status = ?2")?
        .exists((id.as_str(), Status::Active.as_str()))?)
}

/// Which of these accounts exist and are active, asked of the writer as [`is_active`] is.
pub fn active_among(tx: &Transaction<'_>, ids: &[UserId]) -> Result<HashSet<UserId>, SqliteError> {
    let ids = json_list(ids.iter().map(UserId::as_str));
    let mut statement = tx.prepare_cached(
        "SELECT id FROM users WHERE status = ?1 AND id IN (SELECT value FROM json_each(?2))",
    )?;
    let found = statement.query_and_then((Status::Active.as_str(), ids), |row| {
        word("user id", &row.get::<_, String>(0)?, UserId::parse)
    })?;
    found.collect()
}

fn read(row: &Row<'_>) -> Result<Account, SqliteError> {
    let preferences: String = row.get("preferences")?;
    Ok(Account {
        id: word("user id", &row.get::<_, String>("id")?, UserId::parse)?,
        email: row.get("email")?,
        email_verified_at_ms: row.get("email_verified_at_ms")?,
        phone: row.get("phone")?,
        phone_verified_at_ms: row.get("phone_verified_at_ms")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        avatar: row.get("avatar")?,
        preferences: serde_json::from_str(&preferences)
            .map_err(|error| SqliteError::corrupt("preferences", &error))?,
        identity: Identity {
            status: word(
                "identity_status",
                &row.get::<_, String>("identity_status")?,
                IdentityStatus::parse,
            )?,
            until_ms: row.get("identity_until_ms")?,
            birth_year: row.get("birth_year")?,
        },
        role: word("role", &row.get::<_, String>("role")?, Role::parse)?,
        memberships: memberships::read(row)?,
        status: word("status", &row.get::<_, String>("status")?, Status::parse)?,
        password: PasswordHash::new(row.get::<_, String>("password_hash")?),
        epoch: row.get("epoch")?,
        created_at_ms: row.get("created_at_ms")?,
        updated_at_ms: row.get("updated_at_ms")?,
    })
}

pub fn insert(tx: &Transaction<'_>, account: &Account) -> Result<(), SqliteError> {
    store(
        tx,
        account,
        "INSERT INTO users(id, email_key, email, email_verified_at_ms, phone, phone_verified_at_ms,
            first_name, last_name, avatar, preferences, identity_status, role, partner_id, post,
            status, password_hash, epoch, created_at_ms, updated_at_ms, identity_until_ms,
            birth_year, establishments, memberships)
         VALUES (:id, :email_key, :email, :email_verified_at_ms, :phone, :phone_verified_at_ms,
            :first_name, :last_name, :avatar, :preferences, :identity_status, :role, :partner_id,
            :post, :status, :password_hash, :epoch, :created_at_ms, :updated_at_ms,
            :identity_until_ms, :birth_year, :establishments, :memberships)",
    )
}

pub fn update(tx: &Transaction<'_>, account: &Account) -> Result<(), SqliteError> {
    store(
        tx,
        account,
        "UPDATE users SET email_key = :email_key, email = :email,
            email_verified_at_ms = :email_verified_at_ms, phone = :phone,
            phone_verified_at_ms = :phone_verified_at_ms, first_name = :first_name,
            last_name = :last_name, avatar = :avatar, preferences = :preferences,
            identity_status = :identity_status, role = :role, partner_id = :partner_id,
            post = :post, status = :status, password_hash = :password_hash,
            epoch = :epoch, created_at_ms = :created_at_ms, updated_at_ms = :updated_at_ms,
            identity_until_ms = :identity_until_ms, birth_year = :birth_year,
            establishments = :establishments, memberships = :memberships
         WHERE id = :id",
    )
}

fn store(tx: &Transaction<'_>, account: &Account, sql: &'static str) -> Result<(), SqliteError> {
    let preferences = serde_json::to_string(&account.preferences)
        .map_err(|error| SqliteError::corrupt("preferences", &error))?;
    let (oldest, further) = memberships::columns(&account.memberships)?;
    tx.prepare_cached(sql)?.execute(named_params! {
        ":id": account.id.as_str(),
        ":email_key": account.email_key().as_str(),
        ":email": account.email,
        ":email_verified_at_ms": account.email_verified_at_ms,
        ":phone": account.phone,
        ":phone_verified_at_ms": account.phone_verified_at_ms,
        ":first_name": account.first_name,
        ":last_name": account.last_name,
        ":avatar": account.avatar,
        ":preferences": preferences,
        ":identity_status": account.identity.status.as_str(),
        ":identity_until_ms": account.identity.until_ms,
        ":birth_year": account.identity.birth_year,
        ":role": account.role.as_str(),
        ":partner_id": oldest.map(|of| of.partner.as_str()),
        ":post": oldest.map(|of| of.post.as_str()),
        ":establishments": oldest.and_then(|of| memberships::places(&of.places)),
        ":memberships": further,
        ":status": account.status.as_str(),
        ":password_hash": account.password.expose(),
        ":epoch": account.epoch,
        ":created_at_ms": account.created_at_ms,
        ":updated_at_ms": account.updated_at_ms,
    })?;
    Ok(())
}

pub fn insert_consent(
    tx: &Transaction<'_>,
    owner: &str,
    consent: &Consent,
) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT INTO consents(owner, purpose, version, granted, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        owner,
        consent.purpose.as_str(),
        &consent.version,
        consent.granted,
        consent.at_ms,
    ))?;
    Ok(())
}

/// Stores a consent if it says something new.
pub fn record_consent(
    tx: &Transaction<'_>,
    owner: &UserId,
    consent: Consent,
) -> Result<Recorded, SqliteError> {
    if !is_active(tx, owner)? {
        return Ok(Recorded::NoAccount);
    }
    let all = consents(tx, owner.as_str())?;
    let count = all.len();
    let mut newest_first = all.into_iter().rev();
    let last = newest_first.find(|before| before.purpose == consent.purpose);
    let outcome = recorded(consent, last, count);
    if let Recorded::Done(consent) = &outcome {
        insert_consent(tx, owner.as_str(), consent)?;
    }
    Ok(outcome)
}

/// Which of these users, as a list in JSON, agree to this now: the last consent counts.
pub fn agreeing(
    connection: &Connection,
    wanted: Value,
    purpose: Purpose,
) -> Result<HashSet<UserId>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT owner FROM consents AS last
         WHERE owner IN (SELECT value FROM json_each(?1)) AND purpose = ?2 AND granted
            AND NOT EXISTS (SELECT 1 FROM consents AS later
                WHERE later.owner = last.owner AND later.purpose = last.purpose
                    AND later.id > last.id)",
    )?;
    let mut rows = statement.query((wanted, purpose.as_str()))?;
    let mut found = HashSet::new();
    while let Some(row) = rows.next()? {
        found.insert(word("owner", &row.get::<_, String>(0)?, UserId::parse)?);
    }
    Ok(found)
}

pub fn consents(connection: &Connection, owner: &str) -> Result<Vec<Consent>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT purpose, version, granted, at_ms FROM consents WHERE owner = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([owner])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Consent {
            purpose: word("purpose", &row.get::<_, String>(0)?, Purpose::parse)?,
            version: row.get(1)?,
            granted: row.get(2)?,
            at_ms: row.get(3)?,
        });
    }
    Ok(found)
}
