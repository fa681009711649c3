//! Invitations in SQLite.

use async_trait::async_trait;
use domain::{
    EstablishmentId, InvitationId, PartnerId, StoreError, UserId,
    queue::NewTask,
    team::{
        RESEND_AFTER_MS,
        store::{Accepted, Invitation, Invited, TeamStore, TokenHash},
        writes,
    },
    users::{
        account::{EmailKey, Post},
        store::Joined,
    },
};
use rusqlite::{
    Connection, OptionalExtension as _, Row, Transaction, named_params, params_from_iter,
};

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{
        partners::open_partner,
        queue, users,
        users::{change::join, memberships},
    },
};

const COLUMNS: &str =
    "SELECT id, partner_id, email, post, token_hash, created_at_ms, expires_at_ms, accepted,
        establishments
     FROM invitations";

/// The invitations of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedTeams {
    db: EmbeddedDb,
}

impl EmbeddedTeams {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl TeamStore for EmbeddedTeams {
    async fn invite(&self, invitation: Invitation, task: NewTask) -> Result<Invited, StoreError> {
        self.db
            .write(move |tx| invite(tx, &invitation, &task))
            .await
    }

    async fn invitation(&self, id: &InvitationId) -> Result<Option<Invitation>, StoreError> {
        let id = id.clone();
        self.db
            .read(move |c| one(c, "id = ?1", [id.as_str()]))
            .await
    }

    async fn invitations(
        &self,
        partner: &PartnerId,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let partner = partner.to_string();
        self.db
            .read(move |c| {
                let mut invitations = valid(c, "partner_id", &partner, now_ms)?;
                invitations.retain(|one| !one.accepted);
                Ok(invitations)
            })
            .await
    }

    async fn invitations_to(
        &self,
        email: &EmailKey,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let email = email.clone();
        self.db
            .read(move |c| valid(c, "email_key", email.as_str(), now_ms))
            .await
    }

    async fn withdraw(
        &self,
        partner: &PartnerId,
        id: &InvitationId,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (partner, id) = (partner.clone(), id.clone());
        self.db
            .write(move |tx| {
                let withdrawn = tx
                    .prepare_cached(
                        "UPDATE invitations SET token_hash = :none, expires_at_ms = :until
                         WHERE id = :id AND partner_id = :partner
                           AND accepted = 0 AND token_hash <> :none",
                    )?
                    .execute(named_params! {
                        ":none": TokenHash::none().as_str(),
                        ":until": now_ms + RESEND_AFTER_MS,
                        ":id": id.as_str(),
                        ":partner": partner.as_str(),
                    })?;
                Ok(withdrawn > 0)
            })
            .await
    }

    async fn accept(
        &self,
        id: InvitationId,
        hash: TokenHash,
        user: UserId,
        email: EmailKey,
        now_ms: i64,
    ) -> Result<Accepted, StoreError> {
        self.db
            .write(move |tx| accept(tx, &id, &hash, &user, &email, now_ms))
            .await
    }
}

/// Those that are not over or withdrawn, by the value of a column.
fn valid(
    connection: &Connection,
    column: &'static str,
    value: &str,
    now_ms: i64,
) -> Result<Vec<Invitation>, SqliteError> {
    let sql =
        format!("{COLUMNS} WHERE {column} = ?1 AND expires_at_ms > ?2 ORDER BY created_at_ms, id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((value, now_ms))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    found.retain(|invitation| !invitation.is_withdrawn());
    Ok(found)
}

fn invite(
    tx: &Transaction<'_>,
    invitation: &Invitation,
    task: &NewTask,
) -> Result<Invited, SqliteError> {
    let (partner, now_ms) = (&invitation.partner, invitation.created_at_ms);
    if open_partner(tx, partner)?.is_none() {
        return Ok(Invited::NoPartner);
    }
    let named = invitation.places.named().unwrap_or_default();
    if memberships::open(tx, partner, &invitation.places)?.len() < named.len() {
        return Ok(Invited::NoPlace);
    }
    // Each write deletes the expired rows, so the table stays small.
    tx.prepare_cached("DELETE FROM invitations WHERE expires_at_ms <= ?1")?
        .execute([now_ms])?;
    let email = invitation.email_key();
    let known = one(
        tx,
        "partner_id = ?1 AND email_key = ?2",
        [partner.as_str(), email.as_str()],
    )?;
    let count: i64 = tx
        .prepare_cached(
            "SELECT COUNT(*) FROM invitations
             WHERE partner_id = ?1 AND accepted = 0 AND token_hash <> ?2",
        )?
        .query_row([partner.as_str(), TokenHash::none().as_str()], |row| {
            row.get(0)
        })?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let invited = writes::invited(invitation, known, count);
    match invited {
        Invited::NoPartner
        | Invited::NoPlace
        | Invited::Full
        | Invited::Sent(_)
        | Invited::Withdrawn { .. } => {}
        Invited::Done => {
            replace(tx, invitation, &email)?;
            queue::push(tx, [task])?;
        }
    }
    Ok(invited)
}

/// Stores an invitation in place of the one to the same address.
fn replace(
    tx: &Transaction<'_>,
    invitation: &Invitation,
    email: &EmailKey,
) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO invitations(id, partner_id, email_key, email, post, token_hash,
            created_at_ms, expires_at_ms, establishments)
         VALUES (:id, :partner, :email_key, :email, :post, :hash, :created, :expires, :places)",
    )?
    .execute(named_params! {
        ":id": invitation.id.as_str(),
        ":partner": invitation.partner.as_str(),
        ":email_key": email.as_str(),
        ":email": invitation.email,
        ":post": invitation.post.as_str(),
        ":hash": invitation.token_hash.as_str(),
        ":created": invitation.created_at_ms,
        ":expires": invitation.expires_at_ms,
        ":places": memberships::places(&invitation.places),
    })?;
    Ok(())
}

fn accept(
    tx: &Transaction<'_>,
    id: &InvitationId,
    hash: &TokenHash,
    user: &UserId,
    email: &EmailKey,
    now_ms: i64,
) -> Result<Accepted, SqliteError> {
    let known = one(tx, "id = ?1", [id.as_str()])?;
    let Some(proven) = writes::proven(known, hash, email, now_ms) else {
        return Ok(Accepted::Invalid);
    };
    if open_partner(tx, &proven.partner)?.is_none() {
        return Ok(Accepted::Invalid);
    }
    let members = users::members(tx, &proven.partner)?.len();
    let account = users::account(tx, "id", user.as_str())?;
    let current = account.and_then(|account| account.memberships.of(&proven.partner).cloned());
    let open = memberships::open(tx, &proven.partner, &proven.places)?;
    let is_open = |place: &EstablishmentId| open.contains(place);
    let membership = match writes::membership(proven, members, current, is_open) {
        Ok(membership) => membership,
        Err(answer) => return Ok(answer),
    };
    match join(tx, user, &membership, now_ms)? {
        Joined::NoUser => Ok(Accepted::Invalid),
        Joined::Member => Ok(Accepted::Member),
        Joined::TooMany => Ok(Accepted::TooMany),
        Joined::Done => {
            tx.prepare_cached("UPDATE invitations SET accepted = 1 WHERE id = ?1")?
                .execute([id.as_str()])?;
            Ok(Accepted::Done(membership))
        }
    }
}

fn one<const N: usize>(
    connection: &Connection,
    condition: &str,
    params: [&str; N],
) -> Result<Option<Invitation>, SqliteError> {
    connection
        .prepare_cached(&format!("{COLUMNS} WHERE {condition}"))?
        .query_row(params_from_iter(params), |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Result<Invitation, SqliteError> {
    let (id, partner, post): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
    Ok(Invitation {
        id: InvitationId::parse(&id).ok_or_else(|| SqliteError::corrupt("invitation id", &id))?,
        partner: PartnerId::parse(&partner)
            .ok_or_else(|| SqliteError::corrupt("partner id", &partner))?,
        email: row.get(2)?,
        post: Post::parse(&post).ok_or_else(|| SqliteError::corrupt("post", &post))?,
        token_hash: TokenHash::stored(row.get(4)?),
        created_at_ms: row.get(5)?,
        expires_at_ms: row.get(6)?,
        accepted: row.get(7)?,
        places: memberships::read_places(row.get(8)?)?,
    })
}
