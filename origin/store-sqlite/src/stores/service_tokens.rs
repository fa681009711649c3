//! Tokens of services in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError,
    auth::service_tokens::{
        Created, ServiceToken, ServiceTokenStore, TokenHash, TokenName, stored_name as name,
        stored_scopes as scopes,
    },
};
use rusqlite::{OptionalExtension as _, Row, named_params};

use crate::{database::EmbeddedDb, error::SqliteError};

/// The tokens of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedServiceTokens {
    db: EmbeddedDb,
}

impl EmbeddedServiceTokens {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ServiceTokenStore for EmbeddedServiceTokens {
    async fn create(&self, token: ServiceToken, hash: TokenHash) -> Result<Created, StoreError> {
        let create = self.db.write(move |tx| {
            let words: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
            let created = tx
                .prepare_cached(
                    "INSERT OR IGNORE INTO service_tokens(name, scopes, hash, created_at_ms,
                        expires_at_ms) VALUES (:name, :scopes, :hash, :created, :expires)",
                )?
                .execute(named_params! {
                    ":name": token.name.as_str(),
                    ":scopes": words.join(" "),
                    ":hash": hash.as_str(),
                    ":created": token.created_at_ms,
                    ":expires": token.expires_at_ms,
                })?;
            Ok(if created == 0 {
                Created::NameTaken
            } else {
                Created::Done
            })
        });
        create.await
    }

    async fn by_hash(&self, hash: &TokenHash) -> Result<Option<ServiceToken>, StoreError> {
        let hash = hash.clone();
        let find = self.db.read(move |c| {
            c.prepare_cached("SELECT * FROM service_tokens WHERE hash = ?1")?
                .query_row([hash.as_str()], |row| Ok(read(row)))
                .optional()?
                .transpose()
        });
        find.await
    }

    async fn all(&self) -> Result<Vec<ServiceToken>, StoreError> {
        let find = self.db.read(move |c| {
            let mut statement =
                c.prepare_cached("SELECT * FROM service_tokens ORDER BY created_at_ms, name")?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        });
        find.await
    }

    async fn revoke(&self, name: &TokenName, now_ms: i64) -> Result<bool, StoreError> {
        let name = name.clone();
        let revoke = self.db.write(move |tx| {
            let revoked = tx
                .prepare_cached(
                    "UPDATE service_tokens SET revoked_at_ms = ?2
                     WHERE name = ?1 AND revoked_at_ms IS NULL",
                )?
                .execute((name.as_str(), now_ms))?;
            Ok(revoked > 0)
        });
        revoke.await
    }
}

fn read(row: &Row<'_>) -> Result<ServiceToken, SqliteError> {
    let words: String = row.get("scopes")?;
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    Ok(ServiceToken {
        name: name(&row.get::<_, String>("name")?)?,
        scopes: scopes(&words)?,
        created_at_ms: row.get("created_at_ms")?,
        expires_at_ms: row.get("expires_at_ms")?,
        revoked_at_ms: row.get("revoked_at_ms")?,
    })
}
