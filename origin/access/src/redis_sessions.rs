//! Sessions in Redis: one hash per session, which Redis expires, and one sorted set of sessions per
//! user.
//!
//! Every operation is one script, so that concurrent operations run one after the other.

use std::collections::HashMap;

use async_trait::async_trait;
use cache_tiered::Link;
use domain::{
    StoreError, UserId,
    auth::sessions::{
        Exchange, LIFE_MS, MAX_SESSIONS, Rotation, Session, SessionId, Sessions, WHOLE_MS,
    },
};
use redis::{FromRedisValue, Script};

/// KEYS: the session, its user's set. ARGV: id, expiry, maximum number of sessions, key prefix of
/// sessions, lifetime, fields. Redis gets lifetimes, not expiry times: its clock may differ from
/// ours.
const BEGIN: &str = "
redis.call('HSET', KEYS[1], unpack(ARGV, 6))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
local surplus = redis.call('ZCARD', KEYS[2]) - ARGV[3]
if surplus > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do
    redis.call('DEL', ARGV[4] .. id)
    redis.call('ZREM', KEYS[2], id)
  end
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
";

/// KEYS: the session. ARGV: id, hash, next hash, now, expiry, key prefix of users, lifetime, grace, how
/// long after its beginning a session ends.
/// Returns the outcome, the session's user and its epoch.
const ROTATE: &str = "
local user, hash, previous, used, expires, epoch, created = unpack(
  redis.call('HMGET', KEYS[1], 'user', 'hash', 'previous', 'used', 'expires', 'epoch', 'created'))
if not user then return {'unknown', '', ''} end
local now, set = tonumber(ARGV[4]), ARGV[6] .. user
local ends = tonumber(created) + tonumber(ARGV[9])
local is_over = tonumber(expires) <= now or ends <= now
if not is_over and previous == ARGV[2] and hash == ARGV[3] and now - used < tonumber(ARGV[8]) then
  return {'done', user, epoch or '0'}
end
if is_over or hash ~= ARGV[2] then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', set, ARGV[1])
  if is_over then return {'unknown', '', ''} end
  return {'reused', user, ''}
end
local goes_on = math.min(tonumber(ARGV[7]), ends - now)
redis.call('HSET', KEYS[1], 'hash', ARGV[3], 'previous', ARGV[2], 'used', ARGV[4],
  'expires', string.format('%.0f', now + goes_on))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', goes_on))
redis.call('ZADD', set, ARGV[5], ARGV[1])
redis.call('PEXPIRE', set, ARGV[7])
return {'done', user, epoch or '0'}
";

/// KEYS: the session. ARGV: id, key prefix of users. Returns the session's user, or nothing.
const SIGN_OUT: &str = "
local user = redis.call('HGET', KEYS[1], 'user')
if not user then return false end
redis.call('DEL', KEYS[1])
redis.call('ZREM', ARGV[2] .. user, ARGV[1])
return user
";

/// KEYS: the user's set. ARGV: key prefix of sessions, the session to keep (or empty), the session
/// to end (or empty: all). Returns how many sessions ended.
const END: &str = "
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if id ~= ARGV[2] and (ARGV[3] == '' or id == ARGV[3]) then
    ended = ended + redis.call('DEL', ARGV[1] .. id)
    redis.call('ZREM', KEYS[1], id)
  end
end
return ended
";

/// The sessions in a Redis server.
#[derive(Debug)]
pub struct RedisSessions {
    link: Link,
    prefix: String,
    begin: Script,
    rotate: Script,
    sign_out: Script,
    end: Script,
}

impl RedisSessions {
    /// All keys begin with `prefix` in braces, a hash tag that keeps them on one node of a Redis
    /// Cluster.
    pub fn new(link: Link, prefix: &str) -> Self {
        Self {
            link,
            prefix: format!("{{{prefix}}}"),
            begin: Script::new(BEGIN),
            rotate: Script::new(ROTATE),
            sign_out: Script::new(SIGN_OUT),
            end: Script::new(END),
        }
    }

    fn of_sessions(&self) -> String {
        format!("{}:session:", self.prefix)
    }

    fn of_users(&self) -> String {
        format!("{}:user:", self.prefix)
    }

    fn session_key(&self, id: &SessionId) -> String {
        self.of_sessions() + id.as_str()
    }

    fn user_key(&self, user: &UserId) -> String {
        self.of_users() + user.as_str()
    }

    async fn call<T: FromRedisValue>(
        &self,
        what: &'static str,
        invocation: redis::ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.link
            .call(what, async |mut connection| {
                invocation.invoke_async(&mut connection).await
            })
            .await
            .map_err(StoreError::backend)
    }

    async fn end_these(&self, user: &UserId, stays: &str, goes: &str) -> Result<usize, StoreError> {
        let mut invocation = self.end.key(self.user_key(user));
        invocation.arg(self.of_sessions()).arg(stays).arg(goes);
        self.call("sessions_end", invocation).await
    }
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn begin(&self, session: Session, hash: String) -> Result<(), StoreError> {
        let mut invocation = self.begin.key(self.session_key(&session.id));
        invocation
            .key(self.user_key(&session.user))
            .arg(session.id.as_str())
            .arg(session.expires_at_ms)
            .arg(MAX_SESSIONS)
            .arg(self.of_sessions())
            .arg(session.expires_at_ms - session.created_at_ms);
        for (field, value) in [
            ("user", session.user.to_string()),
            ("epoch", session.epoch.to_string()),
            ("hash", hash),
            ("device", session.device.unwrap_or_default()),
            ("created", session.created_at_ms.to_string()),
            ("used", session.used_at_ms.to_string()),
            ("expires", session.expires_at_ms.to_string()),
        ] {
            invocation.arg(field).arg(value);
        }
        Ok(self.call("session_begin", invocation).await?)
    }

    async fn rotate(&self, id: &SessionId, exchange: Exchange) -> Result<Rotation, StoreError> {
        let mut invocation = self.rotate.key(self.session_key(id));
        invocation
            .arg(id.as_str())
            .arg(exchange.hash)
            .arg(exchange.next)
            .arg(exchange.now_ms)
            .arg(exchange.now_ms + LIFE_MS)
            .arg(self.of_users())
            .arg(LIFE_MS)
            .arg(exchange.grace_ms)
            .arg(WHOLE_MS);
        let (outcome, user, epoch): (String, String, String) =
            self.call("session_rotate", invocation).await?;
        let user = || UserId::parse(&user).ok_or(StoreError::corrupt("user", &user));
        match outcome.as_str() {
            "done" => Ok(Rotation::Done {
                user: user()?,
                epoch: number("epoch", &epoch)?,
            }),
            "reused" => Ok(Rotation::Reused(user()?)),
            _ => Ok(Rotation::Unknown),
        }
    }

    async fn is_live(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        let key = self.session_key(id);
        let found: Option<String> = self
            .link
            .call("session_look", async |mut connection| {
                redis::cmd("HGET")
                    .arg(&key)
                    .arg("user")
                    .query_async(&mut connection)
                    .await
            })
            .await
            .map_err(StoreError::backend)?;
        Ok(found.is_some_and(|found| found == user.as_str()))
    }

    async fn of_user(&self, user: &UserId, now_ms: i64) -> Result<Vec<Session>, StoreError> {
        let key = self.user_key(user);
        let ids: Vec<String> = self
            .link
            .call("sessions_of_user", async |mut connection| {
                redis::cmd("ZRANGE")
                    .arg(&key)
                    .arg(0)
                    .arg(-1)
                    .query_async(&mut connection)
                    .await
            })
            .await
            .map_err(StoreError::backend)?;
        let mut reads = redis::pipe();
        for id in &ids {
            reads.hgetall(self.of_sessions() + id);
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<HashMap<String, String>> = self
            .link
            .call("sessions_read", async |mut connection| {
                reads.query_async(&mut connection).await
            })
            .await
            .map_err(StoreError::backend)?;
        let mut found = Vec::new();
        // An empty row is a session that Redis expired in the meantime.
        for (id, row) in ids.into_iter().zip(rows).filter(|(_, row)| !row.is_empty()) {
            let session = read(id, user, &row)?;
            if session.expires_at_ms > now_ms {
                found.push(session);
            }
        }
        found.sort_by(|a, b| {
            b.used_at_ms
                .cmp(&a.used_at_ms)
                .then(a.id.as_str().cmp(b.id.as_str()))
        });
        Ok(found)
    }

    async fn sign_out(&self, id: &SessionId) -> Result<Option<UserId>, StoreError> {
        let mut invocation = self.sign_out.key(self.session_key(id));
        invocation.arg(id.as_str()).arg(self.of_users());
        let user: Option<String> = self.call("session_sign_out", invocation).await?;
        user.map(|user| UserId::parse(&user).ok_or(StoreError::corrupt("user", &user)))
            .transpose()
    }

    async fn end(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        Ok(self.end_these(user, "", id.as_str()).await? > 0)
    }

    async fn end_all(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, StoreError> {
        let stays = except.map_or("", SessionId::as_str);
        self.end_these(user, stays, "").await
    }
}

fn number(field: &'static str, text: &str) -> Result<i64, StoreError> {
    text.parse()
        .map_err(|_| StoreError::corrupt(field, &"not a number"))
}

fn read(id: String, user: &UserId, row: &HashMap<String, String>) -> Result<Session, StoreError> {
    let moment = |field| number(field, row.get(field).map_or("", String::as_str));
    Ok(Session {
        id: SessionId::new(id),
        user: user.clone(),
        // Sessions that began before there were epochs have none.
        epoch: row
            .get("epoch")
            .map_or(Ok(0), |text| number("epoch", text))?,
        device: row.get("device").filter(|text| !text.is_empty()).cloned(),
        created_at_ms: moment("created")?,
        used_at_ms: moment("used")?,
        expires_at_ms: moment("expires")?,
    })
}
