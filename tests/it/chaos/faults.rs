//! The script of faults: what fails, when, and for how long.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{At, Cluster};
use serde_json::json;

use super::load::World;

/// The length of one round of all faults, with time to recover between them.
pub(super) const ROUND: Duration = Duration::from_mins(1);

/// The name of the fault that lasts longer than every staleness bound.
pub(super) const LINK_IS_CUT: &str = "the link to Redis is cut";

/// After so many rounds a run ends, whatever it did not exercise.
const MOST_ROUNDS: u32 = 3;

/// Repeats the script as long as there is time for a whole round, and until everything was exercised.
pub(super) async fn play(cluster: &mut Cluster, world: &World, until: At) -> Result<()> {
    for round in 0.. {
        let began = ROUND * round;
        let stage = Stage { world, began };
        if began + ROUND > until {
            stage.until_ms(0).await;
            note_what_is_warm(cluster, world);
            // A slow machine does less in a round.
            let is_done = super::not_exercised(&world.record()).is_empty();
            if is_done || round >= MOST_ROUNDS {
                break;
            }
        }
        redis_dies(&stage, cluster).await?;
        an_origin_dies(&stage, cluster, round).await?;
        the_link_fails(&stage, cluster).await?;
        a_replica_takes_over(&stage, cluster).await?;
        all_is_made_warm(&stage, cluster).await?;
    }
    let stage = Stage {
        world,
        began: until,
    };
    stage.until_ms(0).await;
    Ok(())
}

fn note_what_is_warm(cluster: &Cluster, world: &World) {
    let words = cluster.last_words();
    let count = words.matches("the hottest answers are warm").count() as u64;
    let mut record = world.record();
    // Only the last lines are kept.
    record.warmed = record.warmed.max(count);
}

/// The clock of a round.
struct Stage<'a> {
    world: &'a World,
    began: At,
}

impl Stage<'_> {
    async fn until_ms(&self, offset_ms: u64) {
        let at = self.began + Duration::from_millis(offset_ms);
        // Does not wait if the previous step took too long.
        tokio::time::sleep(at.saturating_sub(self.world.now())).await;
    }

    /// Waits until this offset in the round, in milliseconds, and records which fault begins.
    async fn at(&self, offset_ms: u64, happens: &'static str) {
        self.until_ms(offset_ms).await;
        self.world.record().begin_phase(happens);
    }
}

async fn redis_dies(stage: &Stage<'_>, cluster: &mut Cluster) -> Result<()> {
    stage.at(5_000, "Redis is dead").await;
    cluster.redis_mut().kill().await?;
    stage.at(8_000, "Redis is back with its data").await;
    cluster.redis_mut().restart().await?;
    stage.at(12_000, "Redis is dead again").await;
    cluster.redis_mut().kill().await?;
    stage.at(14_500, "Redis is back without its data").await;
    cluster.redis_mut().restart_wiped().await
}

async fn an_origin_dies(stage: &Stage<'_>, cluster: &mut Cluster, round: u32) -> Result<()> {
    let victim = usize::try_from(round)? % cluster.pod_urls().len();
    stage.at(18_500, "an origin is dead").await;
    cluster.kill_origin(victim).await?;
    stage.at(23_000, "the origin is back").await;
    cluster.restart_origin(victim).await
}

async fn the_link_fails(stage: &Stage<'_>, cluster: &Cluster) -> Result<()> {
    let link = &cluster.to_redis;
    // Longer than the edge's bound, so that it must distrust its copy of the log.
    stage.at(27_000, LINK_IS_CUT).await;
    link.cut().await;
    stage.at(35_000, "the link is whole again").await;
    link.open().await;
    stage.at(38_500, "the link hangs").await;
    link.hang().await;
    stage.at(42_500, "the link passes again").await;
    link.open().await;
    // Bytes are delayed, not lost: an append may arrive seconds later.
    stage.at(45_000, "the link is held").await;
    link.hold().await;
    stage.at(48_000, "the link delivers late").await;
    link.open().await;
    Ok(())
}

async fn all_is_made_warm(stage: &Stage<'_>, cluster: &Cluster) -> Result<()> {
    stage.at(55_000, "everything is purged and made warm").await;
    let request = cluster
        .client
        .post(format!("{}/admin/purge", cluster.pod_urls()[0]))
        .bearer_auth(cluster.token())
        .json(&json!({"all": true, "warm": true, "reason": "chaos"}));
    ensure!(request.send().await?.status().is_success(), "not purged");
    Ok(())
}

async fn a_replica_takes_over(stage: &Stage<'_>, cluster: &mut Cluster) -> Result<()> {
    stage.at(49_500, "Redis has a replica").await;
    let replica = cluster.redis().replicate().await?;
    stage.at(50_500, "the replica falls behind").await;
    replica.fall_behind().await;
    stage.until_ms(52_500).await;
    let [has, knows] = [
        cluster.redis().offset().await?,
        replica.redis().offset().await?,
    ];
    ensure!(knows < has, "the replica does not lag");
    stage.at(52_500, "the replica that lagged took over").await;
    cluster.fail_over(replica).await
}
