//! Tokens of services in MongoDB: `_id` is the name. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError,
    auth::service_tokens::{
        Created, ServiceToken, ServiceTokenStore, TokenHash, TokenName, stored_name as name,
        stored_scopes as scopes,
    },
};
use futures_util::TryStreamExt as _;
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{moment_ms, optional, text, texts},
    error::MongoError,
    limits::SERVER_WITHIN,
};

const SERVICE_TOKENS: &str = "service_tokens";

/// The tokens of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoServiceTokens {
    db: MongoDb,
}

impl MongoServiceTokens {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn tokens(&self) -> Collection<Document> {
        self.db.collection(SERVICE_TOKENS)
    }
}

#[async_trait]
impl ServiceTokenStore for MongoServiceTokens {
    async fn create(&self, token: ServiceToken, hash: TokenHash) -> Result<Created, StoreError> {
        let words: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let ends = token.expires_at_ms.map(DateTime::from_millis);
        let row = doc! {
            "_id": token.name.as_str(),
            "scopes": words,
            "hash": hash.as_str(),
            "createdAt": DateTime::from_millis(token.created_at_ms),
            "expiresAt": ends.map_or(Bson::Null, Bson::from),
            "revokedAt": Bson::Null,
        };
        let tokens = self.tokens();
        let created = self.db.run(async move {
            tokens.insert_one(row).await?;
            Ok(())
        });
        match created.await {
            Ok(()) => Ok(Created::Done),
            Err(error) if error.is_duplicate_key() => Ok(Created::NameTaken),
            Err(error) => Err(error.into()),
        }
    }

    async fn by_hash(&self, hash: &TokenHash) -> Result<Option<ServiceToken>, StoreError> {
        let (tokens, this) = (self.tokens(), doc! {"hash": hash.as_str()});
        let find = self.db.run(async move {
            let found = tokens.find_one(this).max_time(SERVER_WITHIN);
            Ok(found.await?)
        });
        Ok(find.await?.map(|stored| read(&stored)).transpose()?)
    }

    async fn all(&self) -> Result<Vec<ServiceToken>, StoreError> {
        let tokens = self.tokens();
        let find = self.db.run(async move {
            let found = tokens
                .find(doc! {})
                .sort(doc! {"createdAt": 1, "_id": 1})
                .hint(mongodb::options::Hint::Name("inOrder".to_owned()))
                .max_time(SERVER_WITHIN);
            Ok(found.await?.try_collect::<Vec<_>>().await?)
        });
        let found = find.await?;
        found.iter().map(|row| Ok(read(row)?)).collect()
    }

    async fn revoke(&self, name: &TokenName, now_ms: i64) -> Result<bool, StoreError> {
        let this = doc! {"_id": name.as_str(), "revokedAt": null};
        let edit = doc! {"$set": {"revokedAt": DateTime::from_millis(now_ms)}};
        let tokens = self.tokens();
        let revoke = self
            .db
            .run(async move { Ok(tokens.update_one(this, edit).await?.modified_count) });
        Ok(revoke.await? > 0)
    }
}

fn read(stored: &Document) -> Result<ServiceToken, MongoError> {
    let moment = |field| optional(stored, field, |_| moment_ms(stored, field));
    Ok(ServiceToken {
        name: name(&text(stored, "_id")?)?,
        scopes: scopes(&texts(stored, "scopes")?)?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        expires_at_ms: moment("expiresAt")?,
        revoked_at_ms: moment("revokedAt")?,
    })
}
