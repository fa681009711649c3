//! Which answers are hottest, on this server and together with all others.
//!
//! Each server counts what it is asked for ([`Heat`]), and adds its counts to a sorted set in Redis from time
//! to time. So a server that has just started knows what will be asked for. An answer is named by its
//! recipe: the body of a request for it. A failure of Redis only means that each server has its own counts.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cache_core::{CacheKey, Heat};

use crate::link::{Link, LinkError};

/// How many answers are kept at least, here and in Redis.
pub const KEPT: usize = 1_000;
/// A longer recipe is not kept, in bytes.
const MAX_RECIPE_BYTES: usize = 2_048;
/// How often an answer must be asked for before it is told to others. What somebody typed into a search once
/// stays here.
const TOLD_FROM: u64 = 3;
/// For how long Redis keeps counts that nobody adds to.
const KEPT_FOR: Duration = Duration::from_hours(24);
/// How often the counts in Redis are halved, by one server each time.
pub const COOLED_EVERY: Duration = Duration::from_mins(10);
/// How long a server has for an answer that it claims.
const CLAIMED_FOR: Duration = Duration::from_secs(10);
/// How many recipes one call adds.
const ADDED_AT_ONCE: usize = 200;

/// The hottest answers.
#[derive(Debug)]
pub struct HotAnswers {
    heat: Mutex<Heat<Arc<str>>>,
    shared: Option<SharedHeat>,
}

/// The counts of all servers, in Redis.
#[derive(Debug)]
struct SharedHeat {
    link: Link,
    /// With a hash tag: one call uses two keys.
    prefix: String,
}

impl HotAnswers {
    /// No counts yet. With `link`, servers with the same prefix share their counts in Redis.
    pub fn new(link: Option<Link>, prefix: &str) -> Self {
        let prefix = format!("{{{prefix}}}");
        Self {
            heat: Mutex::new(Heat::keeping(KEPT)),
            shared: link.map(|link| SharedHeat { link, prefix }),
        }
    }

    /// Counts a request. `recipe` is called for an answer that is not known; one without a recipe is not
    /// counted.
    ///
    /// While another thread counts, a request is not counted: all are counted with the same chance, and
    /// none waits.
    pub fn saw(&self, key: &CacheKey, recipe: impl FnOnce() -> Option<String>) {
        let Ok(mut heat) = self.heat.try_lock() else {
            return;
        };
        let fits = |recipe: &String| recipe.len() <= MAX_RECIPE_BYTES;
        heat.saw(key, || Some(recipe().filter(fits)?.into()));
    }

    fn heat(&self) -> MutexGuard<'_, Heat<Arc<str>>> {
        self.heat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recipes of the hottest answers here, hottest first.
    pub fn hottest_here(&self) -> Vec<(CacheKey, Arc<str>)> {
        self.heat().hottest(KEPT)
    }

    /// The recipes of the hottest answers, hottest first: those of all servers, then those that only this
    /// one knows.
    pub async fn hottest(&self) -> Vec<Arc<str>> {
        let mut all: Vec<Arc<str>> = match &self.shared {
            // The link counts failures in a metric.
            Some(shared) => shared.hottest().await.unwrap_or_default(),
            None => Vec::new(),
        };
        let known: std::collections::HashSet<Arc<str>> = all.iter().cloned().collect();
        let here = self.hottest_here().into_iter().map(|(_, recipe)| recipe);
        all.extend(here.filter(|recipe| !known.contains(recipe)));
        all.truncate(KEPT);
        all
    }

    /// Adds what was counted since the last time to the counts of all servers. Counts that do not arrive
    /// are lost.
    pub async fn share(&self) -> Result<(), LinkError> {
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        let new = self.heat().take_new(TOLD_FROM);
        for some in new.chunks(ADDED_AT_ONCE) {
            shared.add(some).await?;
        }
        shared.cool().await
    }

    /// Halves the counts of this server.
    pub fn cool(&self) {
        self.heat().cool();
    }

    /// Whether this server is the one that makes an answer anew on this occasion. So is every one that
    /// cannot ask Redis.
    pub async fn claim(&self, occasion: &str, key: &CacheKey) -> bool {
        match &self.shared {
            Some(shared) => shared.claim(occasion, key).await.unwrap_or(true),
            None => true,
        }
    }
}

impl SharedHeat {
    fn counts(&self) -> String {
        format!("{}:heat", self.prefix)
    }

    async fn hottest(&self) -> Result<Vec<Arc<str>>, LinkError> {
        let mut range = redis::cmd("ZREVRANGE");
        range.arg(self.counts()).arg(0).arg(KEPT - 1);
        let read = async |mut connection| range.query_async(&mut connection).await;
        let recipes: Vec<String> = self.link.call("heat", read).await?;
        Ok(recipes.into_iter().map(Into::into).collect())
    }

    async fn add(&self, counts: &[(Arc<str>, u64)]) -> Result<(), LinkError> {
        let name = self.counts();
        let mut adds = redis::pipe();
        for (recipe, count) in counts {
            adds.cmd("ZINCRBY").arg(&name).arg(*count).arg(&**recipe);
            adds.ignore();
        }
        adds.cmd("PEXPIRE")
            .arg(&name)
            .arg(millis(KEPT_FOR))
            .ignore();
        let add = async |mut connection| adds.query_async(&mut connection).await;
        self.link.call("heat", add).await
    }

    /// Halves the counts if no server did so lately, and forgets the coldest.
    async fn cool(&self) -> Result<(), LinkError> {
        if !self
            .first(&format!("{}:cooled", self.prefix), COOLED_EVERY)
            .await?
        {
            return Ok(());
        }
        let name = self.counts();
        let mut calls = redis::pipe();
        let halve = calls.cmd("ZUNIONSTORE").arg(&name).arg(1).arg(&name);
        halve.arg("WEIGHTS").arg(0.5).ignore();
        calls.cmd("ZREMRANGEBYRANK").arg(&name).arg(0);
        calls
            .arg(-1 - i64::try_from(KEPT).unwrap_or(i64::MAX))
            .ignore();
        // A key that is stored anew has no time to live.
        calls
            .cmd("PEXPIRE")
            .arg(&name)
            .arg(millis(KEPT_FOR))
            .ignore();
        let cool = async |mut connection| calls.query_async(&mut connection).await;
        self.link.call("heat", cool).await
    }

    async fn claim(&self, occasion: &str, key: &CacheKey) -> Result<bool, LinkError> {
        let name = format!("{}:claim:{occasion}:{key}", self.prefix);
        self.first(&name, CLAIMED_FOR).await
    }

    /// Whether nobody took this name for so long.
    async fn first(&self, name: &str, kept: Duration) -> Result<bool, LinkError> {
        let mut set = redis::cmd("SET");
        set.arg(name).arg(1).arg("NX").arg("PX").arg(millis(kept));
        let take = async |mut connection| set.query_async(&mut connection).await;
        let taken: Option<String> = self.link.call("claim", take).await?;
        Ok(taken.is_some())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
