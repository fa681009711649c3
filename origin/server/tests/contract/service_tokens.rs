//! Tokens of services.

use access::service_tokens::Secret;
use domain::auth::service_tokens::{Created, Scope, ServiceToken, TokenName};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples};

tests! {
    a_token_is_found_by_its_hash_and_by_nothing_else: [],
    a_name_is_given_once_however_many_want_it: [],
    a_token_is_revoked_once: [],
    a_revoked_token_keeps_its_name: [],
}

const NOW_MS: i64 = samples::NOW_MS;

fn token(name: &str) -> ServiceToken {
    ServiceToken {
        name: TokenName::parse(name).unwrap(),
        scopes: vec![Scope::Purge, Scope::Inspect],
        created_at_ms: NOW_MS,
        expires_at_ms: Some(NOW_MS + samples::DAY_MS),
        revoked_at_ms: None,
    }
}

async fn create(fresh: &Fresh, name: &str, secret: &Secret) -> Created {
    let tokens = &fresh.db.service_tokens;
    tokens.create(token(name), secret.hash()).await.unwrap()
}

async fn a_token_is_found_by_its_hash_and_by_nothing_else(fresh: Fresh) {
    let (one, other) = (Secret::fresh(), Secret::fresh());
    let tokens = &fresh.db.service_tokens;
    assert_eq!(create(&fresh, "ci", &one).await, Created::Done);
    assert_eq!(
        tokens.by_hash(&one.hash()).await.unwrap(),
        Some(token("ci"))
    );
    assert_eq!(tokens.by_hash(&other.hash()).await.unwrap(), None);
    let mut endless = token("ops");
    endless.expires_at_ms = None;
    tokens.create(endless.clone(), other.hash()).await.unwrap();
    assert_eq!(tokens.all().await.unwrap(), [token("ci"), endless]);
}

async fn a_name_is_given_once_however_many_want_it(fresh: Fresh) {
    let secrets: Vec<Secret> = (0..8).map(|_| Secret::fresh()).collect();
    let creating = secrets.iter().map(|secret| create(&fresh, "ci", secret));
    let created = join_all(creating).await;
    let done = created.iter().filter(|one| **one == Created::Done).count();
    assert_eq!(done, 1, "{created:?}");
    assert_eq!(fresh.db.service_tokens.all().await.unwrap().len(), 1);
}

async fn a_token_is_revoked_once(fresh: Fresh) {
    let (secret, name) = (Secret::fresh(), TokenName::parse("ci").unwrap());
    create(&fresh, "ci", &secret).await;
    let tokens = &fresh.db.service_tokens;
    assert!(tokens.revoke(&name, NOW_MS + 1).await.unwrap());
    assert!(!tokens.revoke(&name, NOW_MS + 2).await.unwrap());
    let nobody = TokenName::parse("nobody").unwrap();
    assert!(!tokens.revoke(&nobody, NOW_MS).await.unwrap());
    let stored = tokens.by_hash(&secret.hash()).await.unwrap().unwrap();
    assert_eq!(stored.revoked_at_ms, Some(NOW_MS + 1));
}

async fn a_revoked_token_keeps_its_name(fresh: Fresh) {
    create(&fresh, "ci", &Secret::fresh()).await;
    let name = TokenName::parse("ci").unwrap();
    let tokens = &fresh.db.service_tokens;
    assert!(tokens.revoke(&name, NOW_MS).await.unwrap());
    assert_eq!(
        create(&fresh, "ci", &Secret::fresh()).await,
        Created::NameTaken
    );
}
